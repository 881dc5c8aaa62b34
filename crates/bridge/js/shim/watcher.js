// @ts-check
/**
 * What the other pieces tell of themselves. Nobody listens unless diagnostics are wanted: then
 * `diagnostics.js` puts its functions here.
 */

import { create } from './frame.js';

/**
 * @type {{
 *   caught?: (error: unknown) => void,
 *   cutOff?: () => void,
 *   delivered?: (seq: number, handlers: number) => void,
 *   refused?: (name: unknown, reason: string) => void,
 *   jarRefused?: (message: string) => void,
 * }}
 */
export const watcher = create(null);
