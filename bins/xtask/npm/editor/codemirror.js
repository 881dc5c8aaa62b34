// @ts-nocheck
/**
 * The parts of CodeMirror that the console's editor uses (bins/server/pages/console/rich.js).
 * `cargo xtask assets` bundles them into bins/server/pages/codemirror.js.
 */

export { autocompletion, completionKeymap } from '@codemirror/autocomplete';
export { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands';
export { html } from '@codemirror/lang-html';
export { HighlightStyle, bracketMatching, indentUnit, syntaxHighlighting } from '@codemirror/language';
export { setDiagnostics } from '@codemirror/lint';
export { search, searchKeymap } from '@codemirror/search';
export { EditorState } from '@codemirror/state';
export { EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
export { tags } from '@lezer/highlight';
