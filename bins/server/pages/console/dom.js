// @ts-check
/**
 * Making and finding elements. There is no markup in the console's scripts, and no way to write
 * some: whatever a person typed, and whatever custom code says, becomes a text node.
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

/** A sentence in which `code` stands between backticks. @param {string} sentence */
export const withCode = (sentence) =>
  sentence.split('`').map((part, at) => (at % 2 === 1 ? element('code', '', part) : part));

/** Says something to those who cannot see what changed. @param {string} sentence */
export function announce(sentence) {
  byId('announcer').textContent = sentence;
}

/**
 * A button that copies a text and says so for a moment.
 * @param {string} label what is copied, for those who hear the button only
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

/** When something was, in the reader's own way of writing it. @param {string} timestamp */
export function moment(timestamp) {
  const then = new Date(timestamp);
  const today = then.toDateString() === new Date().toDateString();
  return today
    ? then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : then.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}
