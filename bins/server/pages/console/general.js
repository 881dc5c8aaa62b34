// @ts-check
/** An app's general settings, at `/apps/{app}/settings`. */

import { api } from './api.js';
import { byId, copy } from './dom.js';

/** @param {any} app as the API describes it */
export function showGeneral(app) {
  const form = /** @type {HTMLFormElement & {elements: {jar: RadioNodeList}}} */ (byId('general-form'));
  const name = /** @type {HTMLInputElement} */ (byId('general-name'));
  const origins = /** @type {HTMLTextAreaElement} */ (byId('general-origins'));
  name.value = app.name;
  origins.value = app.parentOrigins.join('\n');
  form.elements.jar.value = app.jar;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const parentOrigins = origins.value.split('\n').map((line) => line.trim()).filter(Boolean);
    const { status, body } = await api.configure(app.id, { name: name.value, parentOrigins, jar: form.elements.jar.value });
    if (status === 200) byId('app-name').textContent = body.name;
    byId('general-message').textContent =
      status === 200 ? 'Saved. It is live for visitors.' : `Not saved: ${body.error}.`;
  });

  const embed = embedCode(app.links.widget);
  byId('embed').textContent = embed;
  const copyEmbed = /** @type {HTMLButtonElement} */ (byId('copy-embed'));
  copyEmbed.addEventListener('click', () => copy(copyEmbed, embed));
  byId('general').hidden = false;
}

/** @param {string} widget the URL of the widget page */
function embedCode(widget) {
  const { origin } = new URL(widget);
  return `<iframe id="c2c-widget" title="Click to call" allow="microphone"></iframe>
<script type="module">
  import { listen } from '${origin}/listen.js';

  const frame = document.getElementById('c2c-widget');
  listen({
    frame,
    widgetOrigin: '${origin}',
    onEvent: (event) => console.log(event.name, event.data),
    page: true, // tells custom code this page's address, without its query, and its title
  });
  frame.src = '${widget}?orderId=A-1&customerTier=gold';
</script>`;
}
