// @ts-check
/**
 * The widget's end of the console's live preview. Only the widget page of a preview loads this: the
 * page that visitors get does not know the console's origin, and nobody can play a call in it.
 */

import { diagnosticsTo } from './diagnostics.js';

/** @typedef {import('./host/envelope.js').Envelope} Envelope */

/**
 * Offers the console a port. Whoever else may stand on top gets nothing: the message goes to the
 * console's exact origin.
 *
 * @param {string} console the console's origin
 */
export function connect(console) {
  const { port1: port, port2 } = new MessageChannel();
  // The path tells the console which preview this is: it may be on its way to the next one.
  window.top?.postMessage({ type: 'c2c-preview', path: location.pathname }, console, [port2]);

  return {
    /** For `mount`. */
    options: {
      // Somebody may sit at a breakpoint.
      removeHung: false,
      /** @param {import('./host/machine.js').State} state */
      onState: (state) => port.postMessage({ type: 'state', ...state }),
      /** @param {Envelope} envelope */
      onCustomEvent: (envelope) => port.postMessage({ type: 'custom', envelope }),
      diagnostics: diagnosticsTo((diagnostic) => port.postMessage({ type: 'diagnostic', diagnostic })),
    },

    /** @param {Envelope} envelope an event of the widget */
    sent: (envelope) => port.postMessage({ type: 'sent', envelope }),

    /** An event that is not sent, because it is not as the catalogue says. @param {TypeError} error */
    refuse(error) {
      port.postMessage({ type: 'unfit', message: error.message, problems: error.cause });
      throw error;
    },

    /** @param {Record<string, (step: any) => void>} steps what the console may play */
    takes(steps) {
      port.onmessage = ({ data }) => steps[data.step]?.(data);
    },
  };
}
