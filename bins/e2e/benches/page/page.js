/** The parent page's own script, the same in all ways: it embeds the widget and hears its events. */

import { listen } from './listen.js';

const frame = /** @type {HTMLIFrameElement} */ (document.querySelector('#widget'));
const heard = /** @type {HTMLElement} */ (document.querySelector('#heard'));
const widget = new URL(document.body.dataset.widget ?? '');

listen({
  frame,
  widgetOrigin: widget.origin,
  onEvent({ name }) {
    const item = document.createElement('li');
    item.textContent = name;
    heard.append(item);
  },
  page: true,
});
frame.src = widget.href;
