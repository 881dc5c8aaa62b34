//! Why a script does not parse: damage that copying has done, with a repair that was tried; or else the
//! error itself.

use std::ops::Range;

use super::stack::Budget;
use super::syntax::{self, SyntaxError, may_be_module};
use super::types::Kind;
use crate::damage::{
    change, editor_tag, is_dash, straight_quote, unescaped_html, unescaped_string, visible,
    without_editor_tags, without_invisible,
};
use crate::diagnostic::Code;
use crate::found::Found;
use crate::placeholder;

/// The maximum number of single repairs, each of which parses the script again.
const REPAIRS_MAX: usize = 64;

/// The maximum number of bytes that are parsed to try repairs.
const BYTES_MAX: usize = 1024 * 1024;

/// How far before an error its cause is looked for, in characters.
const CHARS_BEFORE: usize = 256;

/// The marks of a CDATA section, in which XML expects a script.
const CDATA: [&str; 2] = ["<![CDATA[", "]]>"];

/// The maximum length of a character reference.
const REFERENCE_BYTES_MAX: usize = 8;

/// Names the cause of a syntax error.
pub(super) fn diagnose(budget: &Budget, text: &str, kind: Kind, error: SyntaxError) -> Found {
    // In the value of an attribute, no tag begins or ends.
    if kind != Kind::Handler
        && let Some(found) = markup(text, &error)
    {
        return found;
    }
    if let Some((cause, span)) = cause(text, &error) {
        let code = cause.code();
        let found = Found::new(code, span.clone(), cause.message(&text[span]));
        return match repaired(budget, text, kind, &error) {
            Some(repaired) => {
                let (span, replacement) = change(text, &repaired);
                found.replaced_by(span, replacement)
            }
            None => found,
        };
    }
    if kind == Kind::Classic
        && may_be_module(text)
        && matches!(syntax::parse(text, Kind::Module, budget, |_| ()), Some(Ok(())))
    {
        let message = "syntax error: this works only in a module, that is, with `type=module`";
        return Found::new(Code::SyntaxError, error.span, message);
    }
    Found::new(
        Code::SyntaxError,
        shown_place(text, error.span),
        format!("syntax error: {}", error.message),
    )
}

/// The place of an error; at the end of a script, its last line of code.
fn shown_place(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text.trim_end().len();
    if span.start < end {
        return span;
    }
    let line = text[..end].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    line + (text[line..end].len() - text[line..end].trim_start().len())..end
}

/// A `<script>` inside the script, or a text in which its own end tag was meant to be.
fn markup(text: &str, error: &SyntaxError) -> Option<Found> {
    let is_open_text =
        error.message.contains("never closed") && error.span.end >= text.trim_end().len();
    let quoted = &text[error.span.clone()];
    if is_open_text
        && quoted.starts_with(['\'', '"', '`'])
        && (quoted.len() == 1 || quoted.contains('<'))
    {
        let message = "syntax error: the `</script>` in this text ended the script here";
        return Some(Found::new(Code::EarlyScriptEnd, error.span.clone(), message));
    }
    let lower = text.to_ascii_lowercase();
    let tag = lower
        .match_indices("<script")
        .map(|(at, _)| at)
        .find(|at| *at >= error.span.start.saturating_sub(1))?;
    let line_start = text[..error.span.start].rfind('\n').map_or(0, |at| at + 1);
    let is_near = text[line_start..tag].trim().is_empty() || tag <= error.span.end;
    let end = text[tag..].find('>').map_or(text.len(), |len| tag + len + 1);
    let message = "syntax error: a `<script>` tag inside a script is read as JavaScript";
    is_near.then(|| Found::new(Code::SwallowedScript, tag..end, message))
}

/// A kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Placeholder,
    Quote,
    Dash,
    Invisible,
    EditorTag,
    Cdata,
    Reference,
    Escape,
    Fence,
}

impl Cause {
    fn code(self) -> Code {
        match self {
            Self::Placeholder => Code::Placeholder,
            Self::Quote | Self::Dash => Code::TypographicCharacter,
            Self::Invisible => Code::InvisibleCharacter,
            Self::EditorTag | Self::Cdata => Code::EditorMarkup,
            Self::Reference => Code::EscapedHtml,
            Self::Escape => Code::EscapedQuotes,
            Self::Fence => Code::MarkdownFence,
        }
    }

    fn message(self, text: &str) -> String {
        match self {
            Self::Placeholder => {
                let text = crate::diagnostic::shown(text);
                format!(
                    "syntax error: an unfilled placeholder, `{text}`, where JavaScript is expected"
                )
            }
            Self::Quote => {
                format!("syntax error: typographic quotes (`{text}`) are no quotes in JavaScript")
            }
            Self::Dash => {
                format!("syntax error: a typographic dash (`{text}`) is no operator in JavaScript")
            }
            Self::Invisible => {
                let code = text.chars().next().map_or(0, u32::from);
                format!(
                    "syntax error: an invisible character (U+{code:04X}) where JavaScript is expected"
                )
            }
            Self::EditorTag => {
                format!("syntax error: HTML in JavaScript: an editor put `{text}` here")
            }
            Self::Cdata => {
                format!("syntax error: `{text}` belongs to XML, and HTML does not know it")
            }
            Self::Reference => format!(
                "syntax error: the code was escaped as HTML: `{text}` stands for `{}`",
                unescaped_html(text)
            ),
            Self::Escape => {
                "syntax error: escaped quotes: the code was copied out of a string".to_owned()
            }
            Self::Fence => {
                "syntax error: a Markdown fence, which is not part of the code".to_owned()
            }
        }
    }
}

/// Finds the damage that is the cause of an error: at its place, or before it in the same line.
fn cause(text: &str, error: &SyntaxError) -> Option<(Cause, Range<usize>)> {
    // An error at the end belongs to the last line with code.
    let at = text.floor_char_boundary(error.span.start).min(text.trim_end().len());
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |line| line + 1);
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |len| at + len);
    if let Some(found) = placeholder::template(&text[start..end]) {
        return Some((Cause::Placeholder, start + found.start..start + found.end));
    }
    // Where something is missing, the place is before the white space before it.
    let next = at + (text[at..].len() - text[at..].trim_start().len());
    damage_at(text, at).or_else(|| damage_at(text, next)).or_else(|| {
        let before = text[start..at].char_indices().rev();
        before
            .take(CHARS_BEFORE)
            .map(|(index, _)| start + index)
            .find_map(|index| damage_at(text, index))
    })
}

/// The damage that begins at a place.
fn damage_at(text: &str, at: usize) -> Option<(Cause, Range<usize>)> {
    let rest = &text[at..];
    let first = rest.chars().next()?;
    let character = at..at + first.len_utf8();
    if straight_quote(first).is_some() {
        return Some((Cause::Quote, character));
    }
    if is_dash(first) {
        return Some((Cause::Dash, character));
    }
    if visible(first) == Some("") {
        return Some((Cause::Invisible, character));
    }
    if rest.starts_with("```") {
        return Some((Cause::Fence, at..at + 3));
    }
    if let Some(mark) = CDATA.into_iter().find(|mark| rest.starts_with(mark)) {
        return Some((Cause::Cdata, at..at + mark.len()));
    }
    if let Some(tag) = editor_tag(rest) {
        return Some((Cause::EditorTag, at..at + tag.end));
    }
    if first == '&' {
        let near = &rest[..rest.floor_char_boundary(REFERENCE_BYTES_MAX)];
        let end = near.find(';')? + 1;
        let reference = &near[..end];
        let is_reference = unescaped_html(reference) != reference;
        return is_reference.then_some((Cause::Reference, at..at + end));
    }
    let is_escape = ["\\\"", "\\'", "\\n", "\\/"].iter().any(|escape| rest.starts_with(escape));
    is_escape.then_some((Cause::Escape, at..at + 2))
}

/// Repairs damage until the script parses.
fn repaired(budget: &Budget, text: &str, kind: Kind, error: &SyntaxError) -> Option<String> {
    let mut text = text.to_owned();
    let mut error = error.clone();
    let mut bytes = 0;
    for _ in 0..REPAIRS_MAX {
        let (cause, span) = cause(&text, &error)?;
        text = step(&text, cause, span)?;
        bytes += text.len();
        if bytes > BYTES_MAX {
            return None;
        }
        match syntax::parse(&text, kind, budget, |_| ())? {
            Ok(()) => return Some(text),
            Err(next) => error = next,
        }
    }
    None
}

/// The text with one damage repaired: quotes in pairs, everything else in the whole text.
fn step(text: &str, cause: Cause, span: Range<usize>) -> Option<String> {
    let repaired = match cause {
        Cause::Placeholder => return None,
        Cause::Quote => with_straight_pair(text, span),
        Cause::Dash => [&text[..span.start], "-", &text[span.end..]].concat(),
        Cause::Invisible => without_invisible(text),
        Cause::EditorTag => without_editor_tags(text),
        Cause::Cdata => without_cdata(text),
        Cause::Reference => unescaped_html(text),
        Cause::Escape => unescaped_string(text),
        Cause::Fence => without_fences(text),
    };
    (repaired != text).then_some(repaired)
}

/// A text without the marks of a CDATA section. (Code may have `]]>` as well.)
fn without_cdata(text: &str) -> String {
    let [open, close] = CDATA;
    let text = text.replacen(open, "", 1);
    match text.rsplit_once(close) {
        Some((before, after)) if after.trim().is_empty() => [before, after].concat(),
        _ => text,
    }
}

/// Makes a typographic quote and the next one in its line straight, of a kind that is not between them.
fn with_straight_pair(text: &str, opening: Range<usize>) -> String {
    let (before, rest) = (&text[..opening.start], &text[opening.end..]);
    let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let kind = text[opening].chars().next().and_then(straight_quote).unwrap_or('"');
    let is_partner = |next: char| straight_quote(next) == Some(kind);
    // An apostrophe inside a word closes nothing.
    let closes = |at: usize, next: char| {
        is_partner(next)
            && !rest[at + next.len_utf8()..].starts_with(|after: char| after.is_alphanumeric())
    };
    let closing = rest[..line].char_indices().find(|&(at, next)| closes(at, next));
    let Some((at, closing)) = closing else {
        return [before, &kind.to_string(), rest].concat();
    };
    let inner = &rest[..at];
    let quote = if !inner.contains(kind) {
        kind
    } else if kind == '"' {
        '\''
    } else {
        '"'
    };
    let quote = quote.to_string();
    [before, &quote, inner, &quote, &rest[at + closing.len_utf8()..]].concat()
}

/// A text without lines that are Markdown fences.
pub(crate) fn without_fences(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("```")).collect()
}
