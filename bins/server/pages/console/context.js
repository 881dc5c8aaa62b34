// @ts-check
/** The fields of the context, which become the query of the widget's URL. */

import { button, byId, element, find } from './dom.js';

/** @param {() => void} onChange */
export function contextFields(onChange) {
  const list = byId('context');
  let made = 0;

  /** @param {string} key @param {string} value */
  function add(key, value) {
    made += 1;
    const name = input(`Name of value ${made}`, key, 'key');
    const text = input(`Value ${made}`, value, 'value');
    const pair = element('div', 'pair', name, text);
    const remove = button('×', () => {
      pair.remove();
      onChange();
    }, 'small');
    remove.setAttribute('aria-label', `Remove value ${made}`);
    pair.append(remove);
    list.append(pair);
    return name;
  }

  list.addEventListener('input', onChange);
  byId('add-context').addEventListener('click', () => add('', '').focus());
  add('orderId', 'A-1');
  add('customerTier', 'gold');

  return {
    query() {
      const values = new URLSearchParams();
      for (const pair of list.children) {
        const key = /** @type {HTMLInputElement} */ (find(pair, '.key')).value;
        if (key) values.append(key, /** @type {HTMLInputElement} */ (find(pair, '.value')).value);
      }
      return `?${values}`;
    },
  };
}

/** @param {string} label @param {string} value @param {string} className */
function input(label, value, className) {
  const made = element('input', className);
  made.value = value;
  made.autocomplete = 'off';
  made.spellcheck = false;
  made.setAttribute('aria-label', label);
  return made;
}
