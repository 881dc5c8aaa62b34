// @ts-check
/**
 * The widget's end of a preview link (preview-link.js). Only a widget page below a window that another window
 * has opened loads this.
 *
 * The question goes to the opener at the widget's own origin, so no page of another origin receives it. An answer
 * counts only if the opener gives it from the widget's own origin: the pages above this one, their scripts and
 * custom code have other origins.
 */

/** How long an opener may take to say that it is the page of a preview link. Other openers do not answer. */
const ANSWER_MS_MAX = 500;

/** How long such a page may take to get an address from the server. */
const ADDRESS_MS_MAX = 15_000;

/**
 * Asks the opener for the address of a draft's document.
 *
 * @param {Window} opener @param {string} app
 * @param {string} sandbox an address on the sandbox's origin
 * @returns {Promise<string | null>} null: this is no preview
 */
export function draftFrom(opener, app, sandbox) {
  return new Promise((resolve) => {
    let clock = setTimeout(end, ANSWER_MS_MAX, null);

    /** @param {string | null} src */
    function end(src) {
      clearTimeout(clock);
      removeEventListener('message', hear);
      resolve(src);
    }

    /** @param {MessageEvent} event */
    function hear({ data, origin, source }) {
      if (source !== opener || origin !== location.origin) return;
      if (data?.c2c === 'preview-wait') {
        clearTimeout(clock);
        clock = setTimeout(end, ADDRESS_MS_MAX, null);
      }
      // The frame may have been another app's widget when its question was asked.
      if (data?.c2c === 'preview' && data.app === app) end(isWithin(sandbox, data.src) ? data.src : null);
    }

    addEventListener('message', hear);
    opener.postMessage({ c2c: 'preview?', app }, location.origin);
  });
}

/** @param {string} sandbox @param {unknown} src @returns {src is string} */
function isWithin(sandbox, src) {
  return typeof src === 'string' && src.startsWith(`${new URL(sandbox).origin}/`);
}

/** Shows in the widget that it does not run the published code. */
export function showMark() {
  const mark = document.createElement('p');
  mark.className = 'preview-mark';
  mark.textContent = 'Preview of a draft';
  document.querySelector('main')?.prepend(mark);
}
