// @ts-check
/** The surface of an editor with CodeMirror: highlighting, search, completion, marks with fixes. */

import {
  EditorState,
  EditorView,
  HighlightStyle,
  autocompletion,
  bracketMatching,
  completionKeymap,
  defaultKeymap,
  highlightSpecialChars,
  history,
  historyKeymap,
  html,
  indentLess,
  indentMore,
  indentUnit,
  keymap,
  lineNumbers,
  search,
  searchKeymap,
  setDiagnostics,
  syntaxHighlighting,
  tags,
} from '../codemirror.js';
import { completions } from './complete.js';
import { find } from './dom.js';

/** @typedef {import('./api.js').Finding} Finding @typedef {import('../codemirror.js').View} View */

/** Names in console.css. */
const HIGHLIGHT = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket], class: 'tok-tag' },
  { tag: [tags.attributeName, tags.propertyName, tags.definition(tags.propertyName)], class: 'tok-name' },
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.bool, tags.null], class: 'tok-keyword' },
  { tag: [tags.string, tags.attributeValue, tags.special(tags.string), tags.regexp], class: 'tok-string' },
  { tag: [tags.number, tags.unit, tags.color], class: 'tok-number' },
  { tag: [tags.comment, tags.meta, tags.documentMeta], class: 'tok-comment' },
]);

/** Inserts two spaces, or indents the selected lines. @param {View} view */
function indent(view) {
  if (!view.state.selection.main.empty) return indentMore(view);
  view.dispatch(view.state.replaceSelection('  '), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

/** A Tab after Esc moves the focus on, so that keyboard users are not trapped here.
 * @param {KeyboardEvent} event @param {View} view */
function leaves(event, view) {
  if (event.key === 'Escape') view.setTabFocusMode(true);
  else if (event.key !== 'Tab' && event.key !== 'Shift') view.setTabFocusMode(false);
}

/**
 * Replaces a text area, which stays as the copy of the text.
 *
 * @param {object} options
 * @param {HTMLTextAreaElement} options.area
 * @param {HTMLElement} options.section
 * @param {import('./reference.js').Event[]} options.events
 * @param {() => void} options.onInput
 * @param {(finding: Finding) => void} options.apply
 * @returns {import('./plain.js').Surface}
 */
export function rich({ area, section, events, onInput, apply }) {
  const label = find(section, 'label');
  label.id = `${area.id}-label`;
  /** Whether the change that is being made is the page's own, not a person's. */
  let filling = false;
  const view = new EditorView({
    doc: area.value,
    extensions: [
      // The styles that it adds to the page need the page's nonce.
      EditorView.cspNonce.of(find(document, 'script[nonce]').nonce ?? ''),
      EditorView.contentAttributes.of({ tabindex: '0', 'aria-labelledby': label.id, 'aria-describedby': area.getAttribute('aria-describedby') ?? '' }),
      EditorView.domEventHandlers({ keydown: leaves, blur: (_, blurred) => blurred.setTabFocusMode(false) }),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (!docChanged) return;
        area.value = state.doc.toString();
        if (!filling) onInput();
      }),
      EditorState.tabSize.of(2),
      EditorState.readOnly.of(area.readOnly),
      indentUnit.of('  '),
      lineNumbers(),
      highlightSpecialChars(),
      history(),
      bracketMatching(),
      search({ top: true }),
      html({ autoCloseTags: false }),
      syntaxHighlighting(HIGHLIGHT),
      autocompletion({ override: [completions(events)], icons: false }),
      keymap.of([{ key: 'Tab', run: indent, shift: indentLess }, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
    ],
  });
  const code = /** @type {HTMLElement} */ (area.parentElement);
  code.append(view.dom);
  code.classList.add('rich');
  label.removeAttribute('for');
  label.addEventListener('click', () => view.focus());

  /** @param {number} start @param {number} end */
  const inDoc = (start, end) => ({ from: Math.min(start, view.state.doc.length), to: Math.min(end, view.state.doc.length) });

  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(text) {
      if (text === view.state.doc.toString()) return;
      filling = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      filling = false;
    },
    replace(start, end, text) {
      view.focus();
      const at = start + text.length;
      view.dispatch({ changes: { ...inDoc(start, end), insert: text }, selection: { anchor: at }, userEvent: 'input', scrollIntoView: true });
    },
    select(start, end) {
      view.focus();
      const { from, to } = inDoc(start, end);
      view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
    },
    mark: (findings) => view.dispatch(setDiagnostics(view.state, findings.map((finding) => markOf(view, finding, apply)))),
    selection: () => ({ start: view.state.selection.main.from, end: view.state.selection.main.to }),
  };
}

/** A mark under the word at the finding's place. @param {View} view @param {Finding} finding @param {(finding: Finding) => void} apply */
function markOf({ state: { doc } }, finding, apply) {
  const line = doc.line(Math.min(finding.line, doc.lines));
  const before = [...line.text].slice(0, finding.column - 1).join('').length;
  const word = /^[\w$.-]+|^./u.exec(line.text.slice(before))?.[0] ?? '';
  const from = line.from + before;
  const actions = finding.fix ? [{ name: 'Apply fix', apply: () => apply(finding) }] : [];
  return { from, to: from + word.length, severity: finding.severity, message: finding.message.replaceAll('`', ''), actions };
}
