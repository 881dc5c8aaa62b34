//! Imports: a browser asks for each module with CORS, and resolves names without an address by an import
//! map only.

use oxc_ast::AstKind;
use oxc_ast::ast::StringLiteral;
use oxc_semantic::AstNode;

use super::path::literal;
use super::syntax::range;
use crate::diagnostic::Code;
use crate::diagnostic::shown;
use crate::found::Found;
use crate::hosts::{Authority, lets_all_read};

/// Finds imports that may fail.
pub(super) fn visit(node: &AstNode<'_>, found: &mut Vec<Found>) {
    match node.kind() {
        AstKind::ImportDeclaration(import) => found.extend(of(&import.source)),
        AstKind::ExportAllDeclaration(export) => found.extend(of(&export.source)),
        AstKind::ExportFromDeclaration(export) => found.extend(of(&export.source)),
        AstKind::ImportExpression(import) => {
            if let Some(address) = literal(&import.source) {
                found.extend(check(address, range(oxc_span::GetSpan::span(&import.source))));
            }
        }
        _ => {}
    }
}

fn of(source: &StringLiteral<'_>) -> Option<Found> {
    check(source.value.as_str(), range(source.span))
}

fn check(address: &str, span: std::ops::Range<usize>) -> Option<Found> {
    let shown = shown(address);
    if let Some(authority) = Authority::of(address) {
        if lets_all_read(&authority) {
            return None;
        }
        let host = authority.host;
        let message = format!("this import works only if `{host}` lets the origin `null` read it");
        return Some(Found::new(Code::NeedsCors, span, message));
    }
    if address.starts_with(['/', '.']) {
        let message = format!("`{shown}` leads to the host of the sandbox, which has no such file");
        return Some(Found::new(Code::RelativeUrl, span, message));
    }
    let has_scheme = address.split_once(':').is_some_and(|(scheme, _)| {
        scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    if has_scheme {
        return None;
    }
    let message = format!("`{shown}` is no address: a browser finds it only by an import map");
    Some(Found::new(Code::BareImport, span, message))
}
