// @ts-check
/**
 * The widget's end of the console's live preview. Only the widget page of a preview loads this: a
 * visitor's page does not know the console's origin, and calls cannot be played in it.
 */

import { diagnosticsTo } from './diagnostics.js';

/** @typedef {import('./host/envelope.js').Envelope} Envelope */

/** Messages of custom code to this page that are reported: the first ones say it all. */
const STRAYS_MAX = 20;

/** Reports messages that custom code posts to this page, where nothing listens. @param {() => void} report */
function watchStrays(report) {
  let strays = 0;
  /** @param {MessageEvent} event */
  function onMessage(event) {
    // The source comes first: reading the data is the costly part of a flood.
    const { source } = event;
    const frame = document.querySelector('iframe');
    if (source === null || source !== frame?.contentWindow) return;
    // The frame's hello is for the host.
    if (event.data?.c2c !== undefined) return;
    report();
    if (++strays === STRAYS_MAX) removeEventListener('message', onMessage);
  }
  addEventListener('message', onMessage);
}

/**
 * Offers the console a port. Any other page on top gets nothing, because the message goes to the
 * console's exact origin.
 *
 * @param {string} console the console's origin
 */
export function connect(console) {
  const { port1: port, port2 } = new MessageChannel();
  watchStrays(() => port.postMessage({ type: 'stray' }));
  // The path tells the console which preview this is, since the console may already be on its way
  // to the next one.
  // The console is around the parent page, and may itself be in a frame.
  window.parent.parent.postMessage({ type: 'c2c-preview', path: location.pathname }, console, [port2]);

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
