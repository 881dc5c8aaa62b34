// @ts-check
/**
 * Hooks by which the other modules report on themselves. They are empty unless diagnostics are
 * wanted: then `diagnostics.js` sets them.
 */

import { create } from './frame.js';

/**
 * @type {{
 *   caught?: (error: unknown) => void,
 *   cutOff?: () => void,
 *   delivered?: (seq: number, handlers: number) => void,
 *   refused?: (name: unknown, reason: string) => void,
 *   lost?: (element: any) => string,
 *   jarRefused?: (message: string) => void,
 * }}
 */
export const watcher = create(null);
