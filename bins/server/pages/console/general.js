// @ts-check
/** An app's general settings, at `/apps/{app}/settings`. */

import { api } from './api.js';
import { ask, confirmInFrame } from './ask.js';
import { button, byId, copy, element } from './dom.js';
import { tell } from './framed.js';
import { isFramed, nameApp } from './surface.js';

/** @param {any} app as the API describes it */
export function showGeneral(app) {
  const form = /** @type {HTMLFormElement & {elements: {jar: RadioNodeList}}} */ (byId('general-form'));
  const name = /** @type {HTMLInputElement} */ (byId('general-name'));
  const origins = /** @type {HTMLTextAreaElement} */ (byId('general-origins'));
  name.value = app.name;
  origins.value = app.parentOrigins.join('\n');
  form.elements.jar.value = app.jar;
  const staging = /** @type {HTMLInputElement} */ (byId('general-staging'));
  staging.checked = app.staging;
  const approval = /** @type {HTMLInputElement} */ (byId('general-approval'));
  approval.checked = app.approval;
  let version = app.settingsVersion;

  form.addEventListener('input', () => tell('dirty', { dirty: true }));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const parts = [element('p', '', 'They are live for visitors at once.')];
    confirmInFrame({ title: 'Save the settings?', submit: 'Save', note: null, parts, perform: save });
  });

  /** @returns {Promise<string | null>} the sentence of a failure */
  async function save() {
    const parentOrigins = origins.value.split('\n').map((line) => line.trim()).filter(Boolean);
    const settings = { name: name.value, parentOrigins, jar: form.elements.jar.value, staging: staging.checked, approval: approval.checked };
    const { status, body } = await api.configure(app.id, settings, version);
    if (status === 200) {
      version = body.settingsVersion;
      nameApp(body.name);
      byId('app-name').textContent = body.name;
      tell('dirty', { dirty: false });
    }
    // The form keeps what was typed; saving again is a decision.
    if (status === 412) version = body.app.settingsVersion;
    byId('general-message').textContent = outcome(status, body);
    return status === 200 ? null : outcome(status, body);
  }

  byId('delete-app').addEventListener('click', () => {
    ask({
      title: `Delete ${app.name}?`,
      submit: 'Delete it',
      note: null,
      parts: [element('p', '', 'Pages that embed its widget show nothing from now on. For 30 days the app can come back, with its code and history.')],
      async perform() {
        const { status, body } = await api.deleteApp(app.id);
        if (status !== 204) return `Not deleted: ${body.detail}.`;
        showDeleted(app);
        return null;
      },
    });
  });

  const embed = embedCode(app.links.widget);
  byId('embed').textContent = embed;
  const copyEmbed = /** @type {HTMLButtonElement} */ (byId('copy-embed'));
  copyEmbed.addEventListener('click', () => copy(copyEmbed, embed));
  byId('general').hidden = false;
}

/** @param {number} status @param {any} body */
function outcome(status, body) {
  if (status === 200) return 'Saved. It is live for visitors.';
  if (status === 412) return `Not saved: the settings were changed elsewhere in the meantime (${inWords(body.app)}). Yours are still here; save again to replace the others.`;
  return `Not saved: ${body.detail}.`;
}

/** @param {any} app */
const inWords = ({ name, parentOrigins, jar, staging, approval }) =>
  `name “${name}”, pages ${parentOrigins.join(', ') || 'none'}, cookies “${jar}”, staging ${staging ? 'on' : 'off'}, approval ${approval ? 'on' : 'off'}`;

/** The page of an app that was just deleted. @param {any} app */
function showDeleted(app) {
  const bringBack = async () => {
    const { status, body } = await api.restoreApp(app.id);
    const failure = status === 200 ? null : `Not brought back: ${body.detail}.`;
    byId('deleted-message').textContent = failure;
    if (failure === null) location.reload();
    return failure;
  };
  const parts = [element('p', '', 'Pages that embed its widget show it again at once.')];
  const restore = button('Bring it back', () => confirmInFrame({ title: `Bring ${app.name} back?`, submit: 'Bring it back', note: null, parts, perform: bringBack }));
  byId('general').replaceChildren(
    element('h1', '', `${app.name} was deleted`),
    element('p', '', 'For 30 days it can come back, with its code and history.'),
    element('div', 'actions', restore, ...(isFramed ? [] : [Object.assign(element('a', '', 'To the list of apps'), { href: '/' })])),
    Object.assign(element('p', 'message'), { id: 'deleted-message' }),
  );
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
