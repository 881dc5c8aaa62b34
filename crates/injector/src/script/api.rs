//! The use of `c2c`: names of events and fields that do not exist, and calls that do nothing or throw.

use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, FormalParameters, PropertyKey,
};
use oxc_semantic::{AstNode, SymbolId};

use super::path::{literal, path};
use super::syntax::{Parsed, range};
use crate::diagnostic::Code;
use crate::diagnostic::shown;
use crate::events::{self, Events};
use crate::found::Found;

/// The global that the trusted script defines.
const GLOBAL: &str = "c2c";

const MEMBERS: [&str; 8] = ["on", "once", "off", "emit", "context", "page", "appId", "ready"];

/// Names of other event emitters, and the one that `c2c` has instead.
const MEANT: [(&str, &[&str]); 3] = [
    ("on", &["addEventListener", "addListener", "bind", "listen", "subscribe", "watch", "when"]),
    ("off", &["removeEventListener", "removeListener", "unbind", "unsubscribe"]),
    ("emit", &["dispatch", "dispatchEvent", "fire", "publish", "push", "send", "track", "trigger"]),
];

/// Functions of vendors that send an event and return nothing, so that none of their results is a handler.
const SENDERS: [&[&str]; 7] = [
    &["gtag"],
    &["fbq"],
    &["ga"],
    &["lintrk"],
    &["dataLayer", "push"],
    &["ttq", "track"],
    &["console", "log"],
];

/// Finds what is wrong with the use of `c2c` in one node.
pub(super) fn visit(
    parsed: &Parsed<'_>,
    node: &AstNode<'_>,
    events: &Events,
    found: &mut Vec<Found>,
) {
    if events.is_empty() {
        return;
    }
    let AstKind::CallExpression(call) = node.kind() else { return };
    let Some(callee) = path(parsed, &call.callee) else { return };
    let check = Check { parsed, call, events };
    match callee[..] {
        [GLOBAL, method @ ("on" | "once" | "off")] => check.listens(method, found),
        [GLOBAL, "emit"] => found.extend(check.emits()),
        [GLOBAL, member] if !MEMBERS.contains(&member) => found.push(check.unknown_member(member)),
        ["addEventListener"] | ["document", "addEventListener"] => found.extend(check.dom_event()),
        ["analytics", "subscribe"] => found.push(check.pixel_api()),
        _ => {}
    }
}

struct Check<'p, 'a> {
    parsed: &'p Parsed<'a>,
    call: &'p CallExpression<'a>,
    events: &'p Events,
}

impl<'a> Check<'_, 'a> {
    fn argument(&self, index: usize) -> Option<&Expression<'a>> {
        self.call.arguments.get(index).and_then(Argument::as_expression)
    }

    /// The first argument, if it is a literal name, with the place between its quotes.
    fn name(&self) -> Option<(&'a str, Range<usize>)> {
        let argument = self.argument(0)?;
        let name = literal(argument)?;
        let quoted = range(oxc_span::GetSpan::span(argument));
        let inner = quoted.start + 1..quoted.end - 1;
        // A name with escapes has another length than its source.
        (self.parsed.text.get(inner.clone()) == Some(name)).then_some((name, inner))
    }

    /// The place of the method's name.
    fn method(&self) -> Range<usize> {
        let callee = range(oxc_span::GetSpan::span(&self.call.callee));
        let text = &self.parsed.text[callee.clone()];
        let start =
            text.rfind(|next: char| !(next.is_alphanumeric() || next == '_' || next == '$'));
        callee.start + start.map_or(0, |before| before + 1)..callee.end
    }

    fn listens(&self, method: &str, found: &mut Vec<Found>) {
        if let Some((name, span)) = self.name() {
            if name != "*" && !self.events.has(name) {
                found.push(self.unknown_event(method, name, span));
            } else if method != "off" {
                self.fields(name, found);
            }
        }
        if method != "off" {
            found.extend(self.handler(method));
        }
    }

    fn unknown_event(&self, method: &str, name: &str, span: Range<usize>) -> Found {
        let text = shown(name);
        if let Some(meant) = self.events.nearest(name) {
            let message = format!("there is no widget event `{text}` (did you mean `{meant}`?)");
            Found::new(Code::UnknownEvent, span.clone(), message).replaced_by(span, meant)
        } else {
            let message =
                format!("there is no widget event `{text}`: this `c2c.{method}` does nothing");
            Found::new(Code::UnknownEvent, span, message)
        }
    }

    fn emits(&self) -> Option<Found> {
        let (name, span) = self.name()?;
        if self.events.allow_custom(name) {
            return None;
        }
        let message = format!("`{}` is not a valid name of a custom event", shown(name));
        Some(Found::new(Code::CustomEventName, span, message))
    }

    /// Finds a second argument that is certainly no function.
    fn handler(&self, method: &str) -> Option<Found> {
        let says = |message: String, span| Some(Found::new(Code::ApiMisuse, span, message));
        let Some(argument) = self.call.arguments.get(1) else {
            let is_spread = self.call.arguments.iter().any(Argument::is_spread);
            let message = format!(
                "`c2c.{method}` needs a function as its second argument, and throws without one"
            );
            return if is_spread { None } else { says(message, self.method()) };
        };
        let handler = argument.as_expression()?;
        let span = range(oxc_span::GetSpan::span(handler));
        let is_value = matches!(
            handler,
            Expression::StringLiteral(_)
                | Expression::NumericLiteral(_)
                | Expression::BooleanLiteral(_)
                | Expression::NullLiteral(_)
                | Expression::ObjectExpression(_)
                | Expression::ArrayExpression(_)
                | Expression::TemplateLiteral(_)
        );
        if is_value {
            let message =
                format!("`c2c.{method}` throws here: its second argument must be a function");
            return says(message, span);
        }
        let Expression::CallExpression(call) = handler else { return None };
        let callee = path(self.parsed, &call.callee)?;
        let sends = SENDERS.iter().any(|sender| **sender == *callee);
        let message = format!("`{}` is called now, and not when the event comes", callee.join("."));
        let text = &self.parsed.text[span.clone()];
        if sends {
            says(message, span.clone())
                .map(|found| found.replaced_by(span, format!("() => {text}")))
        } else {
            None
        }
    }

    fn unknown_member(&self, member: &str) -> Found {
        let meant =
            MEANT.iter().find(|(_, others)| others.contains(&member)).map(|(meant, _)| *meant);
        let meant = meant.or_else(|| {
            let methods = ["on", "once", "off", "emit"];
            methods.into_iter().find(|method| method.eq_ignore_ascii_case(member))
        });
        let span = self.method();
        let member = shown(member);
        match meant {
            Some(meant) => {
                let message = format!("`c2c` has no `{member}` (did you mean `{meant}`?)");
                Found::new(Code::ApiMisuse, span.clone(), message).replaced_by(span, meant)
            }
            None => Found::new(
                Code::ApiMisuse,
                span,
                format!("`c2c` has no `{member}`, so this throws"),
            ),
        }
    }

    fn dom_event(&self) -> Option<Found> {
        let (name, _) = self.name()?;
        if !self.events.has(name) {
            return None;
        }
        let message =
            format!("widget events do not come by `addEventListener`: use `c2c.on('{name}', …)`");
        Some(Found::new(Code::ApiMisuse, self.method(), message))
    }

    fn pixel_api(&self) -> Found {
        let span = range(oxc_span::GetSpan::span(&self.call.callee));
        let message = "`analytics.subscribe` is the API of another product: here it is `c2c.on`";
        Found::new(Code::ForeignApi, span.clone(), message).replaced_by(span, "c2c.on")
    }

    /// Finds fields that the event does not have, where the handler is written in place.
    fn fields(&self, event: &str, found: &mut Vec<Found>) {
        let Some(fields) = self.events.fields(event) else { return };
        let parameters = match self.argument(1) {
            Some(Expression::ArrowFunctionExpression(function)) => &function.params,
            Some(Expression::FunctionExpression(function)) => &function.params,
            _ => return,
        };
        for (name, span) in self.used_fields(parameters) {
            if !events::is_missing(fields, name) {
                continue;
            }
            let nearest = events::nearest(name, fields.iter().map(String::as_str));
            let text = shown(name);
            found.push(if let Some(meant) = nearest {
                let message = format!("`{event}` has no field `{text}` (did you mean `{meant}`?)");
                Found::new(Code::UnknownField, span.clone(), message).replaced_by(span, meant)
            } else {
                let message = format!("`{event}` has no field `{text}`, so this is `undefined`");
                Found::new(Code::UnknownField, span, message)
            });
        }
    }

    /// The fields that a handler reads of its first parameter, with their places.
    fn used_fields(&self, parameters: &FormalParameters<'a>) -> Vec<(&'a str, Range<usize>)> {
        let Some(first) = parameters.items.first() else { return Vec::new() };
        match &first.pattern {
            BindingPattern::BindingIdentifier(name) => {
                name.symbol_id.get().map(|symbol| self.read_of(symbol)).unwrap_or_default()
            }
            BindingPattern::ObjectPattern(pattern) => {
                let properties = pattern.properties.iter();
                properties
                    // Of the short form, the name is also that of a variable, which other code uses.
                    .filter_map(|property| match &property.key {
                        PropertyKey::StaticIdentifier(name) => {
                            Some((name.name.as_str(), range(name.span)))
                        }
                        _ => None,
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The names that are read of a variable, unless it is assigned to.
    fn read_of(&self, symbol: SymbolId) -> Vec<(&'a str, Range<usize>)> {
        let nodes = self.parsed.semantic.nodes();
        let mut names = Vec::new();
        for reference in self.parsed.semantic.symbol_references(symbol) {
            if reference.is_write() {
                return Vec::new();
            }
            if let AstKind::StaticMemberExpression(member) = nodes.parent_kind(reference.node_id())
            {
                names.push((member.property.name.as_str(), range(member.property.span)));
            }
        }
        names
    }
}
