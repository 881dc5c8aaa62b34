// @ts-check
/** The claims of an assertion (docs/assertions.md), to show them. Only the server checks it, when it is used. */

/** @typedef {{name: string, role: 'viewer' | 'editor' | 'publisher' | 'owner', apps: string[] | '*', sub: string, iss: string, exp: number}} Claims */

/** Whether a text may be an assertion, and not the secret of a sign-in link. @param {string} text */
export const isAssertion = (text) => text.includes('.');

/** @param {string} assertion @returns {Claims | null} */
export function claimsOf(assertion) {
  try {
    const middle = assertion.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(middle), (byte) => byte.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
