//! Text that was meant to be code: a snippet that is no HTML at all, and text outside its elements.

use std::ops::Range;

use crate::damage::{unescaped_html, unescaped_string, without_editor_tags};
use crate::diagnostic::Code;
use crate::diagnostic::shown;
use crate::found::Found;
use crate::placeholder;
use crate::script::{self, Kind, Scripts};
use crate::vendors;

/// Names of elements that pasted code has.
const TAGS: [&str; 10] =
    ["script", "noscript", "iframe", "img", "link", "style", "meta", "div", "!--", "template"];

/// Returns what is wrong with a snippet as a whole; nothing if it is HTML.
pub(crate) fn whole(snippet: &str, scripts: &Scripts<'_>) -> Vec<Found> {
    let trimmed = snippet.trim();
    if trimmed.is_empty() {
        return Vec::new();
    }
    let start = snippet.len() - snippet.trim_start().len();
    let place = start..start + trimmed.len();
    let one = fenced(snippet, start, scripts)
        .or_else(|| escaped_html(trimmed).map(|found| found.within(&place)))
        .or_else(|| escaped_string(trimmed).map(|found| found.within(&place)))
        .or_else(|| alone(trimmed).map(|found| found.within(&place)));
    match one {
        Some(found) => vec![found],
        None if trimmed.starts_with('<') => Vec::new(),
        None => bare_code(trimmed, scripts).into_iter().map(|found| found.within(&place)).collect(),
    }
}

/// Returns what is wrong with text outside elements. Places are relative to `source`, its source.
pub(crate) fn text(source: &str, scripts: &Scripts<'_>) -> Option<Found> {
    let trimmed = source.trim();
    if trimmed.is_empty() {
        return None;
    }
    let start = source.len() - source.trim_start().len();
    let place = start..start + trimmed.len();
    let found = directive(trimmed)
        .or_else(|| template(trimmed))
        .or_else(|| jsx_comment(trimmed))
        .or_else(|| fence(trimmed))
        .or_else(|| escaped_text(trimmed))
        .or_else(|| broken_tag(trimmed))
        .or_else(|| alone(trimmed))
        .or_else(|| code(trimmed, scripts))
        .unwrap_or_else(|| {
            let message = "this text is outside any element: it does nothing";
            Found::new(Code::VisibleText, first_line(trimmed), message)
        });
    Some(found.within(&place))
}

fn first_line(text: &str) -> Range<usize> {
    0..text.find(['\n', '\r']).unwrap_or(text.len())
}

fn in_script(code: &str, kind: Kind) -> String {
    let tag = if kind == Kind::Module { "<script type=\"module\">" } else { "<script>" };
    // In a text of the script, its own end tag would end it.
    let code = code.trim_matches(['\n', '\r']).replace("</script", "<\\/script");
    format!("{tag}\n{code}\n</script>")
}

/// The snippet as HTML, if it is that or JavaScript.
fn as_html(text: &str, scripts: &Scripts<'_>) -> Option<String> {
    if text.trim_start().starts_with('<') {
        return Some(text.to_owned());
    }
    scripts.is_code(text).map(|kind| in_script(text, kind))
}

/// A snippet in a Markdown fence.
fn fenced(snippet: &str, start: usize, scripts: &Scripts<'_>) -> Option<Found> {
    snippet[start..].starts_with("```").then_some(())?;
    let clean = script::without_fences(snippet);
    let line = first_line(&snippet[start..]);
    let is_code = !clean.trim_start().starts_with('<');
    let message = if is_code {
        "a Markdown fence, and JavaScript without `<script>`: nothing of it runs"
    } else {
        "a Markdown fence, which is not part of the code"
    };
    let found = Found::new(Code::MarkdownFence, start..start + line.end, message);
    Some(match as_html(&clean, scripts) {
        Some(html) => found.replaced_by(0..snippet.len(), html),
        None => found,
    })
}

/// A snippet whose HTML was escaped.
fn escaped_html(snippet: &str) -> Option<Found> {
    let at = snippet.to_ascii_lowercase().find("&lt;")?;
    let plain = unescaped_html(&without_editor_tags(snippet));
    if without_editor_tags(snippet).contains('<') || !has_tag(&plain) {
        return None;
    }
    let message = "the HTML was escaped (`&lt;` stands for `<`): nothing of it runs";
    Some(Found::new(Code::EscapedHtml, at..at + 4, message).replaced_by(0..snippet.len(), plain))
}

/// A snippet that was copied out of a string of a program.
fn escaped_string(snippet: &str) -> Option<Found> {
    let escape = snippet
        .find("\\\"")
        .or_else(|| snippet.find("\\u003c"))
        .or_else(|| snippet.find("\\u003C"))?;
    // A tag that is none of the text's escapes: the rest are those of a string in a script.
    if !snippet[escape..].starts_with("\\\"") && snippet.contains('<') {
        return None;
    }
    let inner =
        snippet.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(snippet);
    let is_bare = |(at, _): (usize, &str)| !inner[..at].ends_with('\\');
    if inner.match_indices('"').any(is_bare) {
        return None;
    }
    let plain = unescaped_string(inner);
    let is_html = plain.trim_start().starts_with('<') && has_tag(&plain);
    let in_tag = snippet.contains("=\\\"") || snippet.contains("\\u003");
    let message = "escaped quotes (`\\\"`): the code was copied out of a string of a program";
    (is_html && in_tag).then(|| {
        Found::new(Code::EscapedQuotes, escape..escape + 2, message)
            .replaced_by(0..snippet.len(), plain)
    })
}

fn has_tag(html: &str) -> bool {
    html.match_indices('<').any(|(at, _)| {
        let rest = &html[at + 1..];
        let name = rest.strip_prefix('/').unwrap_or(rest);
        TAGS.iter()
            .any(|tag| name.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
    })
}

/// A URL or an id, without the code that belongs to it.
fn alone(text: &str) -> Option<Found> {
    if text.contains(|next: char| next.is_whitespace() || next == '<') {
        return None;
    }
    if let Some((message, snippet)) = vendors::of_id(text) {
        return Some(
            Found::new(Code::BareId, 0..text.len(), message).replaced_by(0..text.len(), snippet),
        );
    }
    let rest = ["https://", "http://", "//"].iter().find_map(|scheme| text.strip_prefix(scheme))?;
    let is_host = rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('.'));
    let message = "an address alone loads nothing";
    is_host.then(|| {
        Found::new(Code::BareUrl, 0..text.len(), message)
            .replaced_by(0..text.len(), vendors::of_url(text))
    })
}

/// A snippet that is JavaScript: the finding, and those of the code.
fn bare_code(snippet: &str, scripts: &Scripts<'_>) -> Vec<Found> {
    // Tags parse as comparisons.
    let is_tag = |line: &str| line.trim_start().starts_with('<') && has_tag(line);
    if snippet.lines().any(is_tag) {
        return Vec::new();
    }
    let Some(kind) = scripts.is_code(snippet) else { return Vec::new() };
    let message = "JavaScript without `<script>`: it is shown as text and does not run";
    let found = Found::new(Code::ScriptAsText, first_line(snippet), message);
    let found = found.replaced_by(0..snippet.len(), in_script(snippet, kind));
    let inner = scripts.findings(snippet, kind);
    [found].into_iter().chain(inner).collect()
}

fn directive(text: &str) -> Option<Found> {
    let line = first_line(text);
    let message =
        "a directive of a template, which nothing here carries out: it becomes visible text";
    placeholder::is_directive(&text[line.clone()])
        .then(|| Found::new(Code::Placeholder, line, message))
}

fn template(text: &str) -> Option<Found> {
    let place = placeholder::template(text)?;
    let name = shown(&text[place.clone()]);
    let message = format!("an unfilled placeholder, `{name}`: it becomes visible text");
    Some(Found::new(Code::Placeholder, place, message))
}

fn jsx_comment(text: &str) -> Option<Found> {
    let start = text.find("{/*")?;
    let message = "JSX, not HTML: this is shown as text";
    let found = Found::new(Code::Jsx, start..start + 3, message);
    let Some(len) = text[start..].find("*/}") else { return Some(found) };
    let comment = text[start + 3..start + len].replace("--", "-");
    Some(found.replaced_by(start..start + len + 3, format!("<!--{comment}-->")))
}

fn fence(text: &str) -> Option<Found> {
    let at = if text.starts_with("```") { 0 } else { text.find("\n```")? + 1 };
    let message = "a Markdown fence, which is not part of the code";
    let end = text[at..].find('\n').map_or(text.len(), |len| at + len + 1);
    Some(Found::new(Code::MarkdownFence, at..at + 3, message).replaced_by(at..end, ""))
}

fn escaped_text(text: &str) -> Option<Found> {
    let at = text.to_ascii_lowercase().find("&lt;")?;
    let plain = unescaped_html(text);
    let message = "the HTML was escaped (`&lt;` stands for `<`): nothing of it runs";
    has_tag(&plain).then(|| {
        Found::new(Code::EscapedHtml, at..at + 4, message).replaced_by(0..text.len(), plain)
    })
}

/// A tag with white space after its `<`, or without its `<`.
fn broken_tag(text: &str) -> Option<Found> {
    if let Some(first) = spaced_tags(text).next() {
        let message = "white space after `<`: this is no tag, but text";
        let len = text[first.end..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let found = Found::new(Code::BrokenTag, first.start..first.end + len, message);
        let (span, replacement) = (0..text.len(), with_whole_tags(text));
        return Some(found.replaced_by(span, replacement));
    }
    let name = text.strip_prefix('/').unwrap_or(text);
    let line = &name[..name.find('\n').unwrap_or(name.len())];
    let is_cut = starts_with_tag(name) && line.contains('>') && !line.starts_with("div");
    let message = "a `<` is missing before this tag, so it is text";
    let len = text.find('>').map_or(text.len(), |at| at + 1);
    is_cut.then(|| Found::new(Code::BrokenTag, 0..len, message).replaced_by(0..0, "<"))
}

/// The starts of tags with white space in them: `< ` or `< /`, up to the name.
fn spaced_tags(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let name = rest.trim_start_matches(|next: char| next.is_whitespace() || next == '/');
        let skipped = &rest[..rest.len() - name.len()];
        let is_spaced = skipped.contains(char::is_whitespace) && starts_with_tag(name);
        is_spaced.then_some(at..at + 1 + skipped.len())
    })
}

fn with_whole_tags(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut end = 0;
    for start in spaced_tags(text) {
        whole.push_str(&text[end..start.start]);
        whole.push_str(if text[start.clone()].contains('/') { "</" } else { "<" });
        end = start.end;
    }
    whole + &text[end..]
}

/// Whether a text begins with the name of an element that pasted code has.
fn starts_with_tag(text: &str) -> bool {
    let len = text
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'-'))
        .count();
    let is_known = TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(&text[..len]));
    is_known
        && text[len..].starts_with(|next: char| next.is_whitespace() || matches!(next, '>' | '/'))
}

fn code(text: &str, scripts: &Scripts<'_>) -> Option<Found> {
    let message = "this is outside any `<script>`, so it is shown as text and does not run";
    if let Some(kind) = scripts.is_code(text) {
        let found = Found::new(Code::ScriptAsText, first_line(text), message);
        return Some(found.replaced_by(0..text.len(), in_script(text, kind)));
    }
    let line = first_line_of_code(text)?;
    Some(Found::new(Code::ScriptAsText, line, message))
}

/// Starts of lines that are typical of pasted code and do not occur in prose.
const LINE_STARTS: &[&str] = &[
    "c2c.on(",
    "c2c.off(",
    "c2c.emit(",
    "gtag(",
    "fbq(",
    "dataLayer.push(",
    "window.dataLayer",
    "window.addEventListener(",
    "document.addEventListener(",
    "document.write(",
    "console.log(",
    "(function(",
    "(function (",
    "!function",
    "(() =>",
    "(()=>",
];

/// The first line that is certainly JavaScript, of a text that as a whole is not.
fn first_line_of_code(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split(['\n', '\r']) {
        let code = line.trim();
        if LINE_STARTS.iter().any(|start| code.starts_with(start)) {
            let start = start + (line.len() - line.trim_start().len());
            return Some(start..start + code.len());
        }
        start += line.len() + 1;
    }
    None
}

impl Found {
    /// The finding with places that are relative to the text around `place`.
    fn within(mut self, place: &Range<usize>) -> Self {
        self.shift(place.start);
        self
    }
}
