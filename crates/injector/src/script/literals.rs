//! Findings in literals: placeholders in texts, code that is one text, tags of an editor.

use oxc_ast::AstKind;
use oxc_ast::ast::{Expression, Program, Statement};
use oxc_semantic::AstNode;
use oxc_span::Span;

use super::repair::without_fences;
use super::syntax::{Parsed, range};
use crate::damage::{change, editor_tag, without_editor_tags};
use crate::diagnostic::Code;
use crate::diagnostic::shown;
use crate::found::Found;
use crate::placeholder;
use crate::services;

/// Finds what is wrong with one node.
pub(super) fn visit(parsed: &Parsed<'_>, node: &AstNode<'_>, found: &mut Vec<Found>) {
    match node.kind() {
        AstKind::StringLiteral(text) => {
            found.extend(unfilled(parsed, text.span));
            found.extend(service(parsed, &text.value, text.span));
        }
        AstKind::TemplateElement(text) => {
            found.extend(unfilled(parsed, text.span));
            found.extend(service(parsed, &text.value.raw, text.span));
        }
        AstKind::Program(program) => {
            found.extend(fence(parsed));
            found.extend(one_text(parsed, program));
        }
        _ => {}
    }
}

fn unfilled(parsed: &Parsed<'_>, span: Span) -> Option<Found> {
    let span = range(span);
    let place = placeholder::find(&parsed.text[span.clone()])?;
    let place = span.start + place.start..span.start + place.end;
    let message = format!(
        "an unfilled placeholder, `{}`, would be used as it is",
        shown(&parsed.text[place.clone()])
    );
    Some(Found::new(Code::Placeholder, place, message))
}

/// The address of a service that works on the page that it runs in, if the code makes elements: other code
/// may only talk about it.
fn service(parsed: &Parsed<'_>, text: &str, span: Span) -> Option<Found> {
    let service = services::of_address(text)?;
    parsed.text.contains("createElement").then_some(())?;
    Some(Found::new(Code::NeedsPage, range(span), service.in_words()))
}

/// A Markdown fence around the code: it parses, as a template with a tag.
fn fence(parsed: &Parsed<'_>) -> Option<Found> {
    let start = parsed.text.len() - parsed.text.trim_start().len();
    parsed.text[start..].starts_with("```").then_some(())?;
    let message = "a Markdown fence: the code after it is one text, which nothing runs";
    let clean = without_fences(parsed.text);
    let found = Found::new(Code::MarkdownFence, start..start + 3, message);
    Some(found.replaced_by(0..parsed.text.len(), clean))
}

/// The children of a JSX script element: `{` … `}` with the code as one text in it.
fn one_text(parsed: &Parsed<'_>, program: &Program<'_>) -> Option<Found> {
    let [Statement::BlockStatement(block)] = &program.body[..] else { return None };
    let [Statement::ExpressionStatement(statement)] = &block.body[..] else { return None };
    let Expression::TemplateLiteral(text) = &statement.expression else { return None };
    let inner = range(text.span);
    let code = &parsed.text[inner.start + 1..inner.end - 1];
    let message = "JSX, not HTML: the code in the braces is one text, which nothing runs";
    let found = Found::new(Code::Jsx, range(block.span), message);
    Some(found.replaced_by(range(block.span), code.replace("\\`", "`")))
}

/// Finds a tag between two operands: it parses, as two comparisons.
pub(super) fn tag(parsed: &Parsed<'_>) -> Option<Found> {
    let (name, start) = parsed.semantic.nodes().iter().find_map(|node| match node.kind() {
        AstKind::IdentifierReference(name) if is_tag(&name.name) && parsed.is_global(name) => {
            let start = range(name.span).start.checked_sub(1)?;
            let is_bracketed = parsed.text[start..].starts_with('<')
                && parsed.text[range(name.span).end..].starts_with(['>', ' ', '/']);
            is_bracketed.then_some((range(name.span), start))
        }
        _ => None,
    })?;
    if parsed.text[name.clone()].eq_ignore_ascii_case("script") {
        let message = "a `<script>` tag inside a script is read as JavaScript";
        return Some(Found::new(Code::SwallowedScript, start..name.end, message));
    }
    let tag = start..start + editor_tag(&parsed.text[start..])?.end;
    let message = format!("HTML in JavaScript: an editor put `{}` here", &parsed.text[tag.clone()]);
    let clean = without_editor_tags(parsed.text);
    let (span, replacement) = change(parsed.text, &clean);
    Some(Found::new(Code::EditorMarkup, tag, message).replaced_by(span, replacement))
}

fn is_tag(name: &str) -> bool {
    name.eq_ignore_ascii_case("br") || name.eq_ignore_ascii_case("script")
}
