/** The widget's catalogue: a module that the server makes (src/sites/widget.rs). */
declare const catalogue: import('./validate.js').Catalogue;
export default catalogue;
