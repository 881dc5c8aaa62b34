// @ts-check
/** A page that embeds the widget and shows the messages that it receives. */

import { listen } from './listen.js';

const config = JSON.parse(document.body.dataset.config ?? '');
const frame = /** @type {HTMLIFrameElement} */ (document.querySelector('#widget'));
const events = /** @type {HTMLElement} */ (document.querySelector('#events'));
const empty = /** @type {HTMLElement} */ (document.querySelector('#empty'));

/** @type {HTMLElement} */ (document.querySelector('#app-name')).textContent = config.appName;

/** @param {string} tag @param {string} [text] */
function element(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Shows every part of an envelope as text only, because custom code wrote some of it.
 * @param {import('./host/envelope.js').Envelope} envelope */
function showEvent(envelope) {
  const summary = element('summary');
  summary.append(element('b', envelope.name), element('time', envelope.timestamp.slice(11, 23)));
  const details = element('details');
  details.append(summary, element('pre', JSON.stringify(envelope, null, 2)));
  const item = element('li');
  item.dataset.name = envelope.name;
  item.classList.toggle('custom', envelope.name.startsWith('custom:'));
  item.append(details);
  events.prepend(item);
  empty.hidden = true;
}

// Only a preview names the console above it.
listen({ frame, widgetOrigin: config.widgetOrigin, onEvent: showEvent, page: true, above: config.console });

// The query carries the context to the widget.
frame.src = `${config.widgetOrigin}${config.widgetPath}${location.search}`;
