// @ts-check
/** The parent page's end: events from the widget's frame, and from nobody else. */

/**
 * Calls `onEvent` with every envelope that the widget in `frame` sends.
 *
 * Any window can post a message to this page, also the custom code inside the widget. So a message
 * counts only if it comes from the very window of the widget's frame *and* from the widget's exact
 * origin. Call this before the frame gets its `src`: no event is kept for latecomers.
 *
 * What custom code emitted arrives as `custom:<name>`; treat its data as text from a stranger.
 *
 * @param {object} options
 * @param {HTMLIFrameElement} options.frame the iframe that holds the widget
 * @param {string} options.widgetOrigin the widget's origin, such as `https://widget.example`
 * @param {(envelope: import('./envelope.js').Envelope) => void} options.onEvent
 * @returns {() => void} stops listening
 */
export function listen({ frame, widgetOrigin, onEvent }) {
  if (new URL(widgetOrigin).origin !== widgetOrigin) {
    throw new TypeError(`listen: widgetOrigin must be an origin such as ${new URL(widgetOrigin).origin}`);
  }
  /** @param {MessageEvent} event */
  const receive = (event) => {
    const widget = frame.contentWindow;
    if (widget === null || event.source !== widget) return;
    if (!event.isTrusted || event.origin !== widgetOrigin) return;
    if (isEnvelope(event.data)) onEvent(event.data);
  };
  window.addEventListener('message', receive);
  return () => window.removeEventListener('message', receive);
}

/** @param {any} value */
function isEnvelope(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.name === 'string' &&
    typeof value.data === 'object' &&
    value.data !== null &&
    typeof value.timestamp === 'string' &&
    typeof value.id === 'string' &&
    typeof value.seq === 'number'
  );
}
