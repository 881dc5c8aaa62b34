//! Calls that the sandbox blocks or ignores, and code that stops itself in a frame.
//!
//! The effect of each of them in the sandbox was measured in three engines: docs/isolation.md.

use std::borrow::Cow;
use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, AssignmentTarget, BinaryExpression, CallExpression, Expression, IfStatement,
    NewExpression, ObjectPropertyKind, Statement,
};
use oxc_semantic::AstNode;
use oxc_span::GetSpan as _;
use oxc_syntax::operator::BinaryOperator;

use super::path::{literal, member_path, path};
use super::syntax::{Parsed, range};
use crate::diagnostic::Code;
use crate::diagnostic::shown;
use crate::found::Found;

/// Properties of another window that any document may read
/// (<https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginproperties-(-o-)>).
const OF_ANY_WINDOW: [&str; 14] = [
    "blur",
    "close",
    "closed",
    "focus",
    "frames",
    "length",
    "location",
    "opener",
    "parent",
    "postMessage",
    "self",
    "then",
    "top",
    "window",
];

/// How much of the text before `.submit()` is searched for a form.
const OBJECT_BYTES: usize = 64;

/// Finds what the sandbox keeps from working in one node.
pub(super) fn visit(parsed: &Parsed<'_>, node: &AstNode<'_>, found: &mut Vec<Found>) {
    let check = Check { parsed, node };
    match node.kind() {
        AstKind::CallExpression(call) => found.extend(check.call(call)),
        AstKind::NewExpression(new) => found.extend(check.made(new)),
        AstKind::AssignmentExpression(assignment) => {
            found.extend(check.assigned(&assignment.left));
        }
        AstKind::StaticMemberExpression(member) => {
            let names = path(parsed, &member.object).map(|mut names| {
                names.push(member.property.name.as_str());
                names
            });
            found.extend(names.and_then(|names| check.member(&names, range(member.span))));
        }
        AstKind::IfStatement(statement) => found.extend(check.frame_check(statement)),
        _ => {}
    }
}

struct Check<'p, 'a> {
    parsed: &'p Parsed<'a>,
    node: &'p AstNode<'a>,
}

impl<'a> Check<'_, 'a> {
    fn call(&self, call: &CallExpression<'a>) -> Option<Found> {
        let span = range(call.callee.span());
        let callee = path(self.parsed, &call.callee);
        let message = match &callee {
            Some(callee) => blocked_call(&above(callee)),
            None => None,
        };
        let message = message.or_else(|| self.submits(call).then_some(FORM))?;
        Some(Found::new(Code::BlockedCall, span, message))
    }

    /// `form.submit()`, recognized by the word `form` before it.
    fn submits(&self, call: &CallExpression<'a>) -> bool {
        let Expression::StaticMemberExpression(member) = &call.callee else { return false };
        let name = member.property.name.as_str();
        if !matches!(name, "submit" | "requestSubmit") || !call.arguments.is_empty() {
            return false;
        }
        let object = &self.parsed.text[range(member.object.span())];
        let start = object.len().saturating_sub(OBJECT_BYTES);
        let near = &object[object.ceil_char_boundary(start)..];
        near.to_ascii_lowercase().contains("form")
    }

    fn made(&self, new: &NewExpression<'a>) -> Option<Found> {
        let callee = path(self.parsed, &new.callee)?;
        let message = match callee[..] {
            ["SharedWorker"] => "a shared worker needs an origin, and the sandbox has none",
            ["Notification"] => NOTIFICATIONS,
            ["Worker"] => worker(new)?,
            _ => return None,
        };
        Some(Found::new(Code::BlockedCall, range(new.callee.span()), message))
    }

    fn assigned(&self, target: &AssignmentTarget<'a>) -> Option<Found> {
        let names = match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => {
                self.parsed.is_global(name).then(|| vec![name.name.as_str()])?
            }
            target => member_path(self.parsed, target.as_member_expression()?)?,
        };
        let message = match &*above(&names) {
            ["location"]
            | ["location", "href"]
            | ["document", "location"]
            | ["document", "location", "href"] => NAVIGATES_FRAME,
            ["parent" | "top", "location"] | ["parent" | "top", "location", _] => NAVIGATES_PAGE,
            // The code may expect that.
            ["document", "domain"] if self.is_guarded() => return None,
            ["document", "domain"] => "the sandbox has no domain: this assignment throws",
            _ => return None,
        };
        Some(Found::new(Code::BlockedCall, range(target.span()), message))
    }

    /// Reaching into the pages above.
    fn member(&self, names: &[&str], span: Range<usize>) -> Option<Found> {
        let is_blocked = match &*above(names) {
            ["parent" | "top", name] if !OF_ANY_WINDOW.contains(name) => true,
            ["parent" | "top", "location", _] => {
                // Calls and assignments have a finding of their own.
                !self.is_assigned() && !self.is_called()
            }
            _ => false,
        };
        if !is_blocked || self.is_guarded() {
            return None;
        }
        let what = shown(&self.parsed.text[span.clone()]);
        let message =
            format!("custom code cannot reach the page around the widget: `{what}` throws");
        Some(Found::new(Code::BlockedCall, span, message))
    }

    fn is_called(&self) -> bool {
        let nodes = self.parsed.semantic.nodes();
        match nodes.parent_kind(self.node.id()) {
            AstKind::CallExpression(call) => call.callee.span() == self.node.kind().span(),
            _ => false,
        }
    }

    fn is_assigned(&self) -> bool {
        let nodes = self.parsed.semantic.nodes();
        match nodes.parent_kind(self.node.id()) {
            AstKind::AssignmentExpression(assignment) => {
                assignment.left.span() == self.node.kind().span()
            }
            _ => false,
        }
    }

    /// Whether an exception here is caught.
    fn is_guarded(&self) -> bool {
        let span = self.node.kind().span();
        let nodes = self.parsed.semantic.nodes();
        nodes.ancestor_kinds(self.node.id()).any(|kind| match kind {
            AstKind::TryStatement(attempt) => {
                attempt.handler.is_some() && attempt.block.span.contains_inclusive(span)
            }
            _ => false,
        })
    }

    /// `if (self !== top) return`, and `if (self === top) { everything }`.
    fn frame_check(&self, statement: &IfStatement<'a>) -> Option<Found> {
        let Expression::BinaryExpression(test) = &statement.test else { return None };
        let is_framed = self.asks_for_frame(test)?;
        let stops = match (is_framed, &statement.alternate) {
            (true, _) => leaves(&statement.consequent),
            (false, None) => true,
            (false, Some(alternate)) => leaves(alternate),
        };
        let message = if is_framed {
            "the sandbox is a frame, so this is always true, and the code after it never runs"
        } else {
            "the sandbox is a frame, so this is never true, and the code in it never runs"
        };
        stops.then(|| Found::new(Code::FrameCheck, range(test.span), message))
    }

    /// Whether a comparison of windows is true in a frame (`Some(true)`) or false there.
    fn asks_for_frame(&self, test: &BinaryExpression<'a>) -> Option<bool> {
        let is_framed = match test.operator {
            BinaryOperator::Inequality | BinaryOperator::StrictInequality => true,
            BinaryOperator::Equality | BinaryOperator::StrictEquality => false,
            _ => return None,
        };
        let is_own = |names: &[&str]| matches!(names, ["window" | "self" | "globalThis"]);
        let is_above = |names: &[&str]| matches!(names, ["top" | "parent"]);
        let left = path(self.parsed, &test.left)?;
        let right = path(self.parsed, &test.right)?;
        let compares = is_own(&left) && is_above(&right)
            || is_above(&left) && is_own(&right)
            || matches!(
                (&left[..], &right[..]),
                (["location"], ["top" | "parent", "location"])
                    | (["top" | "parent", "location"], ["location"])
            );
        compares.then_some(is_framed)
    }
}

/// The reason why the sandbox blocks or ignores a call.
fn blocked_call(callee: &[&str]) -> Option<&'static str> {
    Some(match callee {
        ["alert" | "prompt"] => "the sandbox ignores dialogs: the visitor sees nothing",
        ["confirm"] => {
            "the sandbox ignores dialogs: the visitor sees nothing, and the answer is always no"
        }
        ["print"] => "the sandbox ignores `print`: nothing is printed",
        ["open"] => "the sandbox blocks new windows: `open` returns `null`",
        ["parent" | "top", "postMessage"] => {
            "the widget ignores messages of custom code: use `c2c.emit(name, data)`"
        }
        ["parent" | "top", "location", _] => NAVIGATES_PAGE,
        ["location", "assign" | "replace" | "reload"]
        | ["document", "location", "assign" | "replace" | "reload"] => NAVIGATES_FRAME,
        ["navigator", "geolocation", "getCurrentPosition" | "watchPosition"] => {
            "the sandbox denies the visitor's location"
        }
        ["navigator", "mediaDevices", _] => "the sandbox denies camera and microphone",
        ["navigator", "clipboard", _] => "the sandbox denies the clipboard",
        ["navigator", "serviceWorker", _] => {
            "a service worker needs an origin, and the sandbox has none"
        }
        ["Notification", "requestPermission"] => NOTIFICATIONS,
        _ => return None,
    })
}

const FORM: &str = "the sandbox blocks forms: this one would never be sent";
const NOTIFICATIONS: &str = "the sandbox denies notifications";
const NAVIGATES_FRAME: &str =
    "this navigates only the frame of the custom code, which then receives no events";
const NAVIGATES_PAGE: &str = "the sandbox blocks navigation of the page around the widget";

/// The reason why a worker does not start.
fn worker(new: &NewExpression<'_>) -> Option<&'static str> {
    let file = new.arguments.first().and_then(Argument::as_expression).and_then(literal);
    let is_file = |address: &str| !address.starts_with("blob:") && !address.starts_with("data:");
    if file.is_some_and(is_file) {
        return Some("a worker cannot be loaded from a file here: make it from a blob");
    }
    let is_module = new.arguments.get(1).is_some_and(is_module);
    is_module.then_some("a worker from a blob cannot be a module here: leave out `type`")
}

/// A path without the steps that lead from one window above to another, or from a window to itself.
fn above<'n, 's>(names: &'n [&'s str]) -> Cow<'n, [&'s str]> {
    if !matches!(names, ["parent" | "top", _, ..]) {
        return Cow::Borrowed(names);
    }
    let is_step = |name: &&&str| matches!(**name, "parent" | "top" | "self" | "window");
    let steps = names.iter().take_while(is_step).count();
    let window = names[..steps].iter().rposition(|name| matches!(*name, "parent" | "top"));
    let window = names[window.unwrap_or(0)];
    Cow::Owned(std::iter::once(window).chain(names[steps..].iter().copied()).collect())
}

/// Whether options have `type: 'module'`.
fn is_module(options: &Argument<'_>) -> bool {
    let Some(Expression::ObjectExpression(options)) = options.as_expression() else { return false };
    options.properties.iter().any(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            property.key.is_specific_static_name("type")
                && literal(&property.value) == Some("module")
        }
        ObjectPropertyKind::SpreadProperty(_) => false,
    })
}

/// Whether a branch ends the script or navigates away.
fn leaves(branch: &Statement<'_>) -> bool {
    match branch {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(leaves),
        _ => false,
    }
}
