// @ts-check
/**
 * Creates and finds elements. The console's scripts contain no markup and no way to write any: text that
 * a person typed or that custom code reports becomes a text node.
 */

/** @template {HTMLElement} T @param {string} id @returns {T} */
export const byId = (id) => /** @type {T} */ (document.getElementById(id));

/** @template {HTMLElement} T @param {ParentNode} root @param {string} selector @returns {T} */
export const find = (root, selector) => /** @type {T} */ (root.querySelector(selector));

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {string} text @param {() => void} onClick @param {string} [className]
 */
export function button(text, onClick, className) {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', onClick);
  return made;
}

/** Gives a list these children, without touching those that are at their place: they keep the focus.
 * @param {Element} list @param {Element[]} children */
export function arrange(list, children) {
  for (const child of [...list.children]) if (!children.includes(child)) child.remove();
  for (const [at, child] of children.entries()) if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null);
}

/** Marks up the parts of a sentence that are between backticks as code. @param {string} sentence */
export const withCode = (sentence) =>
  sentence.split('`').map((part, at) => (at % 2 === 1 ? element('code', '', part) : part));

/** Announces a change to screen reader users. @param {string} sentence */
export function announce(sentence) {
  byId('announcer').textContent = sentence;
}

/**
 * A button that copies a text and confirms it for a moment.
 * @param {string} label what is copied, for screen reader users
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const made = button('Copy', () => copy(made, text()), 'small');
  made.setAttribute('aria-label', `Copy ${label}`);
  return made;
}

/** @param {HTMLButtonElement} pressed @param {string} text */
export async function copy(pressed, text) {
  try {
    await navigator.clipboard.writeText(text);
    pressed.textContent = 'Copied';
    announce('Copied.');
  } catch {
    pressed.textContent = 'Not copied';
    announce('The browser did not let this page copy.');
  }
  setTimeout(() => (pressed.textContent = 'Copy'), 2000);
}

/** Formats a time in the reader's locale. @param {string | number} timestamp */
export function moment(timestamp) {
  const then = new Date(timestamp);
  const today = then.toDateString() === new Date().toDateString();
  return today
    ? then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : then.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}
