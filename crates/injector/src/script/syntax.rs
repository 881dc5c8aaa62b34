//! Parses scripts, and says in plain words why one does not parse.

use std::borrow::Cow;
use std::ops::Range;

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{IdentifierReference, Program};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::{SourceType, Span};

use super::stack::{self, Budget};
use super::types::Kind;

/// A script that browsers accept.
pub(super) struct Parsed<'a> {
    pub(super) text: &'a str,
    pub(super) semantic: Semantic<'a>,
}

/// The reason why a script never runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// The place where a browser gives up; empty at the end of the text.
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

/// Parses a script, and passes the result to `then`. `None` if that costs too much.
pub(super) fn parse<R: Send>(
    text: &str,
    kind: Kind,
    budget: &Budget,
    then: impl FnOnce(&Parsed<'_>) -> R + Send,
) -> Option<Result<R, SyntaxError>> {
    if !budget.affords(text) {
        return None;
    }
    stack::with_stack_of(text, || {
        let allocator = Allocator::default();
        let source = match kind {
            Kind::Module => SourceType::mjs(),
            Kind::Classic | Kind::Handler => SourceType::script(),
        };
        let options = ParseOptions {
            parse_regular_expression: true,
            allow_return_outside_function: kind == Kind::Handler,
            ..ParseOptions::default()
        };
        let strict = with_strict_spaces(text);
        let read = Parser::new(&allocator, &strict, source).with_options(options).parse();
        if let Some(first) = first(read.diagnostics) {
            return Err(SyntaxError::of(text, &first));
        }
        let program: &Program<'_> = allocator.alloc(read.program);
        let built = SemanticBuilder::new()
            .with_build_nodes(true)
            .with_check_syntax_error(true)
            .build(program);
        if let Some(first) = first(built.diagnostics) {
            return Err(SyntaxError::of(text, &first));
        }
        Ok(then(&Parsed { text, semantic: built.semantic }))
    })
}

/// The text with two characters that the parser skips replaced by others of the same length, which it
/// rejects: they are no white space by <https://tc39.es/ecma262/#sec-white-space>.
fn with_strict_spaces(text: &str) -> Cow<'_, str> {
    if text.contains(['\u{200B}', '\u{85}']) {
        text.replace('\u{200B}', "\u{2060}").replace('\u{85}', "\u{AB}").into()
    } else {
        text.into()
    }
}

/// The error that a browser would report: the first in the text.
fn first(diagnostics: impl IntoIterator<Item = OxcDiagnostic>) -> Option<OxcDiagnostic> {
    diagnostics.into_iter().min_by_key(place)
}

fn place(diagnostic: &OxcDiagnostic) -> usize {
    span(diagnostic).start
}

/// The place that a message is about: the label that is marked as the primary one, or else the last.
fn span(diagnostic: &OxcDiagnostic) -> Range<usize> {
    let labels = &diagnostic.labels[..];
    let Some(label) = labels.iter().find(|label| label.primary()).or(labels.last()) else {
        return 0..0;
    };
    let start = label.offset() as usize;
    start..start + label.len() as usize
}

impl SyntaxError {
    fn of(text: &str, diagnostic: &OxcDiagnostic) -> Self {
        let Range { start, end } = span(diagnostic);
        let span = start.min(text.len())..end.min(text.len());
        let message = sentence(&diagnostic.message, text.get(span.clone()).unwrap_or_default());
        Self { span, message }
    }
}

/// The parser's message in the words of this crate; `found` is the text that it is about.
fn sentence(message: &str, found: &str) -> String {
    let found = found.lines().next().unwrap_or_default();
    match message {
        "Unexpected token" if !found.is_empty() => {
            format!("`{}` is not expected here", crate::diagnostic::shown(found))
        }
        "Unexpected JSX expression" => "`<` is not expected here".to_owned(),
        "Unexpected token" | "Unexpected end of file" => {
            "the script ends too early: something that it opens is never closed".to_owned()
        }
        "Unterminated string" => "this text is never closed with its quote".to_owned(),
        "Unterminated multiline comment" => "this comment is never closed with `*/`".to_owned(),
        "Unterminated regular expression" => {
            "this is read as a regular expression that is never closed".to_owned()
        }
        "Expected a semicolon or an implicit semicolon after a statement, but found none" => {
            "a semicolon, an operator or a line break is missing here".to_owned()
        }
        _ => expected(message).unwrap_or_else(|| plain(message)),
    }
}

/// "Expected `,` or `}` but found `)`" as a sentence.
fn expected(message: &str) -> Option<String> {
    let (expected, found) = message.strip_prefix("Expected ")?.split_once(" but found ")?;
    let before = match found {
        "`EOF`" => "the end of the script".to_owned(),
        found => format!("this {found}"),
    };
    Some(format!("{expected} is missing before {before}"))
}

/// The parser's own message, in lower case and without a full stop.
fn plain(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let is_acronym = message.chars().nth(1).is_some_and(|second| !second.is_lowercase());
    if is_acronym {
        return message.to_owned();
    }
    let mut letters = message.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

impl Parsed<'_> {
    /// Whether a name is not declared in the script, so that it means the global object's.
    pub(super) fn is_global(&self, name: &IdentifierReference<'_>) -> bool {
        self.semantic.is_reference_to_global_variable(name)
    }
}

/// Whether the script would do more than evaluate names, numbers and texts.
pub(super) fn does_something(parsed: &Parsed<'_>) -> bool {
    parsed.semantic.nodes().iter().any(|node| {
        matches!(
            node.kind(),
            AstKind::CallExpression(_)
                | AstKind::NewExpression(_)
                | AstKind::AssignmentExpression(_)
                | AstKind::Function(_)
                | AstKind::VariableDeclarator(_)
                | AstKind::ImportDeclaration(_)
                | AstKind::ImportExpression(_)
                | AstKind::Class(_)
        )
    })
}

/// Whether a text has a word that makes a module of a script.
pub(super) fn may_be_module(text: &str) -> bool {
    ["import", "export", "await"].iter().any(|word| text.contains(word))
}

/// A place of the parser as a range of bytes.
pub(super) fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
