// @ts-check
/** Completion of `c2c.`, of the names of events, and of the fields of an event in its handler. */

/** @typedef {import('./reference.js').Event} Event @typedef {import('../codemirror.js').CompletionContext} Context */

const MEMBERS = [
  { label: 'on', detail: '(name, handler)', info: 'Calls the handler for each event of this name' },
  { label: 'once', detail: '(name, handler)', info: 'Calls the handler for the next event of this name' },
  { label: 'off', detail: '(name, handler)', info: 'Ends a subscription' },
  { label: 'emit', detail: '(name, data)', info: 'Sends an event of your own to the page' },
  { label: 'context', info: 'Values from the page, such as an order’s number' },
  { label: 'page', info: 'The page around the widget: url, title, referrer' },
  { label: 'appId', info: 'The app’s id' },
  { label: 'ready', info: 'A promise: the widget is connected' },
];

/** A subscription, with the name of the event and of the handler's parameter. */
const HANDLER = /c2c\.(?:on|once)\(\s*(['"`])([\w.-]+)\1\s*,\s*(?:async\b\s*)?(?:function\b\s*(?:\w+\s*)?)?(?:\(\s*)?([\w$]+)/g;

/** How much of the code before the caret is searched for the handler. */
const BEFORE_MAX = 20_000;

/** @param {readonly Event[]} events @returns {(context: Context) => object | null} */
export const completions = (events) => (context) => {
  const member = context.matchBefore(/\bc2c\.\w*/);
  if (member) return { from: member.from + 'c2c.'.length, options: MEMBERS.map((option) => ({ ...option, type: 'method' })) };

  const name = context.matchBefore(/\bc2c\.(?:on|once|off)\(\s*['"`][\w.-]*/);
  if (name) {
    const options = events.map(({ name: label, summary }) => ({ label, info: summary, type: 'constant' }));
    return { from: name.from + name.text.search(/['"`]/) + 1, options };
  }

  const property = context.matchBefore(/(?<![\w$.])[\w$]+\.\w*/);
  if (!property) return null;
  const [parameter] = property.text.split('.');
  const before = context.state.sliceDoc(Math.max(0, property.from - BEFORE_MAX), property.from);
  const handler = [...before.matchAll(HANDLER)].findLast((found) => found[3] === parameter);
  const event = handler && events.find((known) => known.name === handler[2]);
  if (!event) return null;
  const fields = event.fields.map(({ name: label, type, summary }) => ({ label, detail: type, info: summary, type: 'property' }));
  const all = [...fields, { label: 'context', info: 'Values from the page', type: 'property' }];
  return { from: property.from + parameter.length + 1, options: all };
};
