/** The version of the protocol, in the boot name and in every window message. */
export const PROTOCOL: 1;
/** What a visitor may have decided. @type {readonly string[]} */
export const CONSENTS: readonly string[];
