// @ts-check
/** Origins: the only place where they are compared (crates/names/src/origin.rs has the same rules). */

/**
 * Returns whether an event's origin is opaque, as that of a sandboxed frame always is. Such an origin
 * does not identify the sender.
 *
 * @param {string} origin
 */
export const isOpaque = (origin) => origin === 'null';

/**
 * A rule for origins: an exact one (`https://shop.example:8443`), or all subdomains of a host
 * (`https://*.shop.example`, of any depth, and not the host itself).
 *
 * @typedef {{readonly exact: string | null, readonly matches: (origin: string) => boolean}} OriginRule
 * @param {string} text
 * @returns {OriginRule}
 */
export function originRule(text) {
  const [, scheme, star, rest] = /^(https?:\/\/)(\*(?=\.))?([^*]+)$/.exec(text) ?? [];
  const plain = star ? scheme + rest.slice(1) : text;
  if (!scheme || !URL.canParse(plain) || new URL(plain).origin !== plain) {
    throw new TypeError(`not an origin: ${text}`);
  }
  if (!star) return { exact: text, matches: (origin) => origin === text };
  return {
    exact: null,
    matches: (origin) =>
      origin.startsWith(scheme) && origin.endsWith(rest) && origin.length > scheme.length + rest.length,
  };
}
