// @ts-check
/** Beside the code: the widget's events with handlers to copy, and examples to insert. */

import { api } from './api.js';
import { announce, button, byId, copyButton, element } from './dom.js';

/** @typedef {Record<import('./api.js').AreaName, import('./editor.js').Editor>} Areas */

/** The placeholder that a person replaces: selected after an example is inserted. */
const PLACEHOLDER = /(?<=[='])(?:G-X+|GTM-X+|YOUR_[A-Z_]+)/;

/** @param {Areas} areas */
export async function showReference(areas) {
  const [known, examples] = await Promise.all([api.events(), api.examples()]);
  fill(byId('events'), known, ({ events }) => showEvents(events, areas));
  fill(byId('examples'), examples, (all) => [
    element('p', 'hint', 'Insert an example, then replace the selected text with your own ID.'),
    ...all.map((/** @type {any} */ example) => exampleCard(example, areas)),
  ]);
}

/** @param {HTMLElement} panel @param {import('./api.js').Reply} reply @param {(body: any) => Node[]} show */
function fill(panel, { status, body }, show) {
  if (status === 200) panel.replaceChildren(...show(body));
  else panel.textContent = 'This could not be loaded. Reload the page to try again.';
}

/**
 * @typedef {{name: string, summary: string, when: string, fields: EventField[]}} Event
 * @typedef {{name: string, type: string, summary: string}} EventField
 */

/** @param {Event[]} events @param {Areas} areas */
function showEvents(events, areas) {
  const types = element('a', '', 'Types for your editor');
  types.href = '/c2c.d.ts';
  types.download = '';
  const hint = element(
    'p',
    'hint',
    'Your code receives these events from the widget. Every event also carries the visitor’s context. ',
    types,
  );
  const found = events.map((event) => ({ text: searchText(event), card: eventCard(event, areas) }));
  return [hint, searchRow(found), ...found.map(({ card }) => card)];
}

/** The searchable text of an event. It omits `when`, which mentions other events. @param {Event} event */
const searchText = ({ name, summary, fields }) =>
  [name, summary, ...fields.map((field) => field.name)].join('\n').toLowerCase();

/** Filters the cards by the typed words. @param {{text: string, card: HTMLElement}[]} all */
function searchRow(all) {
  const label = element('label', '', 'Search');
  const input = element('input');
  input.type = 'search';
  input.id = label.htmlFor = 'event-search';
  input.autocomplete = 'off';
  input.spellcheck = false;
  const count = element('p', 'hint', `${all.length} events`);
  count.setAttribute('role', 'status');

  input.addEventListener('input', () => {
    const query = input.value.trim();
    const words = query.toLowerCase().split(/\s+/);
    for (const { text, card } of all) card.hidden = !words.every((word) => text.includes(word));
    const shown = all.filter(({ card }) => !card.hidden).length;
    count.textContent =
      shown > 0 ? `${shown} of ${all.length} events` : `No event has “${query}” in its name, summary or fields`;
  });
  return element('div', 'row search', label, input, count);
}

/** @param {Event} event @param {Areas} areas */
function eventCard({ name, summary, when, fields }, areas) {
  const code = handlerFor(name, fields);
  const rows = fields.map((field) =>
    element('tr', '', element('td', '', element('code', '', field.name)), element('td', '', field.type), element('td', '', field.summary)),
  );
  const head = element('tr', '', ...['Field', 'Type', 'Meaning'].map((text) => element('th', '', text)));
  for (const cell of head.children) cell.setAttribute('scope', 'col');
  const table = element('div', 'table', element('table', '', element('thead', '', head), element('tbody', '', ...rows)));
  return element(
    'article',
    'card',
    element('h2', '', element('code', '', name)),
    element('p', '', summary),
    element('p', 'hint', when),
    table,
    sample(`the handler for ${name}`, code),
    element('div', 'row', insertButton(`a handler for ${name}`, 'head', code, areas), copyButton(`a handler for ${name}`, () => code)),
  );
}

/** @param {string} name @param {{name: string}[]} fields */
function handlerFor(name, fields) {
  const values = fields.map(({ name: field }) => `event.${field}`);
  return `<script>
  c2c.on('${name}', (event) => {
    console.log(${[...values, 'event.context.orderId'].join(', ')});
  });
</script>
`;
}

/** @param {{title: string, summary: string, area: import('./api.js').AreaName, code: string}} example @param {Areas} areas */
function exampleCard({ title, summary, area, code }, areas) {
  const details = element('details', '', element('summary', '', 'Show the code'), sample(title, code));
  return element(
    'article',
    'card',
    element('h2', '', title),
    element('p', '', summary),
    details,
    element('div', 'row', insertButton(title, area, code, areas), copyButton(title, () => code)),
  );
}

/** @param {string} label @param {string} code */
function sample(label, code) {
  const made = element('pre', 'sample-code', code);
  made.tabIndex = 0;
  made.setAttribute('role', 'region');
  made.setAttribute('aria-label', `Code: ${label}`);
  return made;
}

/** @param {string} label @param {import('./api.js').AreaName} name @param {string} code @param {Areas} areas */
function insertButton(label, name, code, areas) {
  const area = areas[name];
  const made = button(`Insert into ${area.title}`, () => {
    area.append(code, PLACEHOLDER);
    announce(`Inserted at the end of ${area.title}.`);
  });
  made.setAttribute('aria-label', `Insert into ${area.title}: ${label}`);
  return made;
}
