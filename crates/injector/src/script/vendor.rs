//! Calls of functions that a vendor's snippet has to define.

use oxc_ast::AstKind;
use oxc_semantic::AstNode;

use super::path::path;
use super::syntax::{Parsed, range};
use crate::diagnostic::Code;
use crate::found::Found;
use crate::services::is_defined_by_snippet;

/// Finds such a call. Whether the snippet is there can only be said of all scripts together: `warn.rs`
/// drops the finding if it is.
pub(super) fn visit(parsed: &Parsed<'_>, node: &AstNode<'_>, found: &mut Vec<Found>) {
    let AstKind::CallExpression(call) = node.kind() else { return };
    let Some(callee) = path(parsed, &call.callee) else { return };
    let [name, ..] = callee[..] else { return };
    if is_defined_by_snippet(name) {
        let message = format!(
            "`{name}` is called, but nothing here defines it: the vendor's snippet is missing"
        );
        found.push(Found::new(Code::MissingSnippet, range(call.span), message));
    }
}
