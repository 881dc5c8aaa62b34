/**
 * A rule for origins: an exact one (`https://shop.example:8443`), or all subdomains of a host
 * (`https://*.shop.example`, of any depth, and not the host itself).
 *
 * @typedef {{readonly exact: string | null, readonly matches: (origin: string) => boolean}} OriginRule
 * @param {string} text
 * @returns {OriginRule}
 */
export function originRule(text: string): OriginRule;
export function isOpaque(origin: string): origin is "null";
/**
 * A rule for origins: an exact one (`https://shop.example:8443`), or all subdomains of a host
 * (`https://*.shop.example`, of any depth, and not the host itself).
 */
export type OriginRule = {
    readonly exact: string | null;
    readonly matches: (origin: string) => boolean;
};
