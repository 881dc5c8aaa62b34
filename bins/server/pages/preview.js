// @ts-check
/**
 * The widget's end of the console's live preview. Only the widget page of a preview loads this: a
 * visitor's page does not know the console's origin, and calls cannot be played in it.
 */

import { diagnosticsTo } from './diagnostics.js';

/** @typedef {import('./host/envelope.js').Envelope} Envelope */

/**
 * Offers the console a port. Any other page on top gets nothing, because the message goes to the
 * console's exact origin.
 *
 * @param {string} console the console's origin
 */
export function connect(console) {
  const { port1: port, port2 } = new MessageChannel();
  addEventListener('message', ({ origin, data }) => {
    // Custom code that posts to the page above it; the frame's own hello is the host's.
    if (origin === 'null' && data?.c2c === undefined) port.postMessage({ type: 'stray' });
  });
  // The path tells the console which preview this is, since the console may already be on its way
  // to the next one.
  window.top?.postMessage({ type: 'c2c-preview', path: location.pathname }, console, [port2]);

  return {
    /** For `mount`. */
    options: {
      // The developer may have paused at a breakpoint.
      removeHung: false,
      /** @param {import('./host/machine.js').State} state */
      onState: (state) => port.postMessage({ type: 'state', ...state }),
      /** @param {Envelope} envelope */
      onCustomEvent: (envelope) => port.postMessage({ type: 'custom', envelope }),
      diagnostics: diagnosticsTo((diagnostic) => port.postMessage({ type: 'diagnostic', diagnostic }), { trace: true }),
    },

    /** @param {Envelope} envelope an event of the widget */
    sent: (envelope) => port.postMessage({ type: 'sent', envelope }),

    /** Reports an unsent event that breaks the catalogue's rules. @param {TypeError} error */
    refuse(error) {
      port.postMessage({ type: 'unfit', message: error.message, problems: error.cause });
      throw error;
    },

    /** @param {Record<string, (step: any) => void>} steps the steps that the console may play */
    takes(steps) {
      port.onmessage = ({ data }) => steps[data.step]?.(data);
    },
  };
}
