/** What names of events are made of, by the rules of c2c-catalogue (crates/catalogue/src/name.rs). */
/** What stands before a custom event's name everywhere outside the frame. */
export const CUSTOM_PREFIX: "custom:";
/** The form that all names have. */
export const NAME_FORM: RegExp;
export function lettersOnly(name: string): string;
