/** The version of the protocol, in the boot name and in every window message. */
export const PROTOCOL: 1;
/** The possible decisions of a visitor. @type {readonly string[]} */
export const CONSENTS: readonly string[];
