/** The parts of CodeMirror in codemirror.js (see bins/xtask/npm/editor), as far as rich.js needs their types. */

export interface Doc {
  length: number;
  lines: number;
  toString(): string;
  line(number: number): { from: number; to: number; text: string };
  lineAt(position: number): { from: number; to: number; number: number; text: string };
}
export interface State {
  doc: Doc;
  selection: { main: { from: number; to: number; head: number; empty: boolean } };
  replaceSelection(text: string): object;
  sliceDoc(from?: number, to?: number): string;
}
export interface View {
  state: State;
  dom: HTMLElement;
  contentDOM: HTMLElement;
  dispatch(...transactions: object[]): void;
  focus(): void;
  setTabFocusMode(to?: boolean | number): void;
}
export interface CompletionContext {
  state: State;
  pos: number;
  explicit: boolean;
  matchBefore(pattern: RegExp): { from: number; to: number; text: string } | null;
}
type Extension = object;
type Command = (view: View) => boolean;
export const EditorView: {
  new (config: object): View;
  cspNonce: { of(nonce: string): Extension };
  contentAttributes: { of(attributes: Record<string, string>): Extension };
  updateListener: { of(listener: (update: { docChanged: boolean; state: State; transactions: readonly { isUserEvent(name: string): boolean }[] }) => void): Extension };
  domEventHandlers(handlers: Record<string, (event: any, view: View) => boolean | void>): Extension;
  scrollIntoView(position: number, options?: { y?: string }): object;
};
export const EditorState: { create(config: object): State; tabSize: { of(size: number): Extension }; readOnly: { of(isReadOnly: boolean): Extension } };
export const HighlightStyle: { define(styles: readonly object[]): object };
export const tags: any;
export const defaultKeymap: readonly object[];
export const historyKeymap: readonly object[];
export const searchKeymap: readonly object[];
export const completionKeymap: readonly object[];
export const indentMore: Command;
export const indentLess: Command;
export const indentUnit: { of(unit: string): Extension };
export const keymap: { of(bindings: readonly object[]): Extension };
export function autocompletion(config: object): Extension;
export function bracketMatching(): Extension;
export function highlightSpecialChars(): Extension;
export function history(): Extension;
export function html(config: object): Extension;
export function lineNumbers(): Extension;
export function search(config: object): Extension;
export function setDiagnostics(state: State, diagnostics: readonly object[]): object;
export function syntaxHighlighting(style: object): Extension;
