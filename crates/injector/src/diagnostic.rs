//! Findings of a check, and the table of their codes.

use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};

use crate::position::line_and_column;

/// Whether a finding stops publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Severity {
    /// The snippets are rejected.
    Error,
    /// The snippets are accepted, but something in them will not work as intended.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One of the two text areas for snippets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    /// *Head HTML*.
    Head,
    /// *Body end HTML*.
    BodyEnd,
}

/// One finding in one snippet. In JSON, the field names are in camelCase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Diagnostic {
    /// Whether it stops publication.
    pub severity: Severity,
    /// The kind of finding; stable across releases.
    pub code: Code,
    /// The snippet that it is in.
    pub area: Area,
    /// The bytes of the snippet that *begin* the problem, such as the `<script>` that is never closed.
    pub span: Range<usize>,
    /// The line of the span's first byte, from 1. CR LF, CR and LF each end one line.
    pub line: usize,
    /// The column of the span's first byte, from 1, counted in Unicode scalar values.
    pub column: usize,
    /// The problem, in one sentence.
    pub message: String,
    /// How to fix it, in one sentence.
    pub help: &'static str,
    /// A change that removes this finding, if one is possible without knowing the author's intent. Omitted
    /// from JSON if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// A change of one snippet: replaces `span` with `replacement`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// The bytes of the snippet to replace; empty for an insertion.
    pub span: Range<usize>,
    /// The new text.
    pub replacement: String,
}

impl Diagnostic {
    pub(crate) fn new(
        code: Code,
        area: Area,
        snippet: &[u8],
        span: Range<usize>,
        message: String,
    ) -> Self {
        let (line, column) = line_and_column(snippet, span.start);
        Self {
            severity: code.severity(),
            code,
            area,
            span,
            line,
            column,
            message,
            help: code.help(),
            fix: None,
        }
    }

    pub(crate) fn with_fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }
}

/// Declares [`Code`] from one table, so that every code has a name, a severity, texts and examples.
macro_rules! codes {
    ($(
        $variant:ident, $name:literal, $severity:ident,
        $summary:literal,
        $help:literal,
        bad: $bad:literal,
        good: $good:literal;
    )+) => {
        /// The kind of a finding. Names are stable: documentation, tests and tools refer to them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $summary] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable name, in kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Whether findings of this kind stop publication.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// A description of this kind of finding, in one sentence.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }

            /// How to fix it, in one sentence.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }

            /// A snippet with this finding and no other, for people to read: it describes bytes that text
            /// cannot show.
            pub const fn bad_example(self) -> &'static str {
                match self { $(Self::$variant => $bad,)+ }
            }

            /// The same snippet, corrected.
            pub const fn good_example(self) -> &'static str {
                match self { $(Self::$variant => $good,)+ }
            }
        }
    };
}

codes! {
    // Containment: the snippet would swallow the text after it.
    UnclosedScript, "unclosed-script", Error,
        "A `<script>` is never closed.",
        "Add `</script>` where the script ends. After `<!--` and `<script` inside a script, one `</script>` more is needed.",
        bad: "<script>\n  dataLayer.push({ event: 'seen' });\n",
        good: "<script>\n  dataLayer.push({ event: 'seen' });\n</script>\n";
    UnclosedStyle, "unclosed-style", Error,
        "A `<style>` is never closed.",
        "Add `</style>` where the style sheet ends.",
        bad: "<style>p { margin: 0 }",
        good: "<style>p { margin: 0 }</style>";
    UnclosedTitle, "unclosed-title", Error,
        "A `<title>` is never closed.",
        "Add `</title>` where the title ends.",
        bad: "<title>Custom code",
        good: "<title>Custom code</title>";
    UnclosedTextarea, "unclosed-textarea", Error,
        "A `<textarea>` is never closed.",
        "Add `</textarea>` where its text ends.",
        bad: "<textarea>Hello",
        good: "<textarea>Hello</textarea>";
    UnclosedNoscript, "unclosed-noscript", Error,
        "A `<noscript>` is never closed.",
        "Add `</noscript>` where the fallback ends, or remove it: scripts always run here.",
        bad: "<noscript><img src=\"https://tags.example/seen\">",
        good: "<noscript><img src=\"https://tags.example/seen\"></noscript>";
    UnclosedRawText, "unclosed-raw-text", Error,
        "An `<iframe>`, `<xmp>`, `<noembed>` or `<noframes>` is never closed.",
        "Add its end tag: until there, a browser reads all that follows as plain text.",
        bad: "<iframe src=\"https://tags.example/frame\">",
        good: "<iframe src=\"https://tags.example/frame\"></iframe>";
    Plaintext, "plaintext", Error,
        "A `<plaintext>` turns the rest of the document into text, and nothing can close it.",
        "Use `<pre>` instead.",
        bad: "<plaintext>1 < 2",
        good: "<pre>1 &lt; 2</pre>";
    UnclosedComment, "unclosed-comment", Error,
        "A comment is never closed.",
        "Add `-->` where the comment ends.",
        bad: "<!-- our tags\n<script>track()</script>",
        good: "<!-- our tags -->\n<script>track()</script>";
    UnclosedBogusComment, "unclosed-bogus-comment", Error,
        "A `<!`, `<?` or `</` that starts no tag is read as a comment up to the next `>`, and there is none.",
        "Remove it, or write `&lt;` for a literal `<`.",
        bad: "<?php echo $tags;",
        good: "<!-- tags -->";
    UnclosedCdata, "unclosed-cdata", Error,
        "A CDATA section is never closed.",
        "Add `]]>` where the section ends.",
        bad: "<svg><![CDATA[ text",
        good: "<svg><![CDATA[ text ]]></svg>";
    UnclosedDoctype, "unclosed-doctype", Error,
        "A doctype is never closed.",
        "Remove it: the document has one already.",
        bad: "<!doctype html",
        good: "<p>Hello</p>";
    UnclosedTag, "unclosed-tag", Error,
        "A tag is never finished.",
        "Add the missing `>`, or write `&lt;` for a literal `<`.",
        bad: "<img alt=\"\" src=\"https://tags.example/seen\"",
        good: "<img alt=\"\" src=\"https://tags.example/seen\">";
    UnclosedAttribute, "unclosed-attribute", Error,
        "A quoted attribute value is never closed.",
        "Add the missing quote where the value ends.",
        bad: "<img alt=\"\" src=\"https://tags.example/seen>",
        good: "<img alt=\"\" src=\"https://tags.example/seen\">";
    UnclosedTemplate, "unclosed-template", Error,
        "A `<template>` is never closed: scripts after it would not run.",
        "Add `</template>` where the template ends.",
        bad: "<template><p>Hello</p>",
        good: "<template><p>Hello</p></template>";
    UnclosedSvg, "unclosed-svg", Error,
        "An `<svg>` is never closed: scripts after it would be part of the drawing.",
        "Add `</svg>` where the drawing ends.",
        bad: "<svg><circle r=\"4\"/>",
        good: "<svg><circle r=\"4\"/></svg>";
    UnclosedMath, "unclosed-math", Error,
        "A `<math>` is never closed: scripts after it would be part of the formula.",
        "Add `</math>` where the formula ends.",
        bad: "<math><mi>x</mi>",
        good: "<math><mi>x</mi></math>";
    Frameset, "frameset", Error,
        "A `<frameset>` replaces the document's body, and scripts after it are dropped.",
        "Remove the `<frameset>`.",
        bad: "<frameset></frameset>",
        good: "<iframe src=\"https://tags.example/frame\"></iframe>";
    NotContained, "not-contained", Error,
        "The snippet changes how the document after it is read.",
        "Look for something that is opened and never closed.",
        bad: "",
        good: "";
    // Input: the snippet cannot be checked, or not as intended.
    Nul, "nul", Error,
        "The snippet contains a NUL character, which browsers drop or replace depending on its position.",
        "Remove it: it usually comes from a file that is not UTF-8.",
        bad: "<p>Hello\u{2400}</p>",
        good: "<p>Hello</p>";
    NotUtf8, "not-utf8", Error,
        "The snippet is not UTF-8, the encoding of the document.",
        "Save it as UTF-8.",
        bad: "<p>Gr\u{fffd}\u{fffd}e</p>",
        good: "<p>Grüße</p>";
    TooLarge, "too-large", Error,
        "The snippet is over the size limit.",
        "Load large scripts from a URL with `<script src=…>`.",
        bad: "<script>/* a library of 300 KB */</script>",
        good: "<script src=\"https://tags.example/library.js\"></script>";
    TooComplex, "too-complex", Error,
        "The snippet nests too deeply, has too many attributes in one tag, or too many elements.",
        "Look for tags that are opened over and over and never closed.",
        bad: "<div><div><div>… a thousand times",
        good: "<div></div><div></div><div></div>";
    // Warnings: the snippet runs, but perhaps not as intended.
    UnclosedElement, "unclosed-element", Warning,
        "An element is still open where the snippet ends, so whatever comes after it becomes part of it.",
        "Add its end tag where the element ends.",
        bad: "<div><p>Hello</p>",
        good: "<div><p>Hello</p></div>";
    EarlyEndTag, "early-end-tag", Warning,
        "A `</head>`, `</body>` or `</html>`: the document has its own, after the snippet.",
        "Remove it: paste only what belongs between these tags.",
        bad: "<script>track()</script>\n</body>",
        good: "<script>track()</script>";
    MetaCsp, "meta-csp", Warning,
        "A `<meta>` would set a content security policy, which can block scripts and requests after it.",
        "Remove it: the document is served with its own policy.",
        bad: "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'\">",
        good: "<meta name=\"author\" content=\"us\">";
    MetaRefresh, "meta-refresh", Warning,
        "A `<meta>` would reload or navigate the frame, which would then receive no events.",
        "Remove it.",
        bad: "<meta http-equiv=\"refresh\" content=\"30\">",
        good: "<script>setInterval(() => track(), 30000)</script>";
    MetaCharset, "meta-charset", Warning,
        "A `<meta>` names an encoding other than UTF-8, and it has no effect: the document is UTF-8.",
        "Remove it. A script that is served in another encoding needs its `charset` in its own `Content-Type`.",
        bad: "<meta charset=\"iso-8859-1\">",
        good: "<meta charset=\"utf-8\">";
    Base, "base", Warning,
        "A `<base>` changes what every relative URL refers to, also in the other text area.",
        "Remove it, and write whole URLs.",
        bad: "<base href=\"https://shop.example/\">\n<script src=\"tags.js\"></script>",
        good: "<script src=\"https://shop.example/tags.js\"></script>";
    InsecureUrl, "insecure-url", Warning,
        "Mixed content: a resource is loaded over HTTP, which an HTTPS page blocks or loads by HTTPS instead.",
        "Write `https:`.",
        bad: "<script src=\"http://tags.example/tags.js\"></script>",
        good: "<script src=\"https://tags.example/tags.js\"></script>";
    NeedsCors, "needs-cors", Warning,
        "A script with `type=module` or `crossorigin` runs only if its server lets every origin read it, because the sandbox has the origin `null`.",
        "Make sure that its server answers with `Access-Control-Allow-Origin: *`, or load a classic script without `crossorigin`.",
        bad: "<script type=\"module\" src=\"https://tags.example/tags.js\"></script>",
        good: "<script src=\"https://tags.example/tags.js\"></script>";
    BlockedTarget, "blocked-target", Warning,
        "A link would open outside the frame, which the sandbox blocks: nothing happens.",
        "Report the wish with `c2c.emit`, and let the page around the widget open the link.",
        bad: "<a href=\"https://shop.example/\" target=\"_blank\">Shop</a>",
        good: "<button onclick=\"c2c.emit('shop_wanted', {})\">Shop</button>";
    BlockedForm, "blocked-form", Warning,
        "A form with an `action` would be sent, which the sandbox blocks: nothing happens.",
        "Send the data from a script, with `fetch` or `navigator.sendBeacon`.",
        bad: "<form action=\"https://shop.example/\"><input name=\"mail\"></form>",
        good: "<script>navigator.sendBeacon('https://shop.example/', 'mail')</script>";
    RelativeUrl, "relative-url", Warning,
        "An address has no host, so it leads to the host of the sandbox, which has no such file.",
        "Write the whole address, with `https://` and the host.",
        bad: "<script src=\"/js/tags.js\"></script>",
        good: "<script src=\"https://shop.example/js/tags.js\"></script>";
    Placeholder, "placeholder", Warning,
        "A placeholder is not filled in: one of a template language, or the sample id of a documentation.",
        "Replace it by your own id or text: nothing here fills it in.",
        bad: "<script async src=\"https://tags.example/t.js?id={{ site.id }}\"></script>",
        good: "<script async src=\"https://tags.example/t.js?id=4711\"></script>";
    NeedsPage, "needs-page", Warning,
        "A service works on the page that it runs in, and here that page is the sandbox, which visitors do not see.",
        "Put it into your own page: custom code is for tags that have no visible part.",
        bad: "<script async src=\"https://client.crisp.chat/l.js\"></script>",
        good: "<script>c2c.on('chat.closed', () => track())</script>";
    MissingSnippet, "missing-snippet", Warning,
        "The code calls a function of a vendor, but the snippet that defines it is missing.",
        "Paste the vendor's whole snippet before it.",
        bad: "<script>fbq('track', 'Lead')</script>",
        good: "<script>function fbq() { fbq.queue.push(arguments) }\nfbq.queue = []\nfbq('track', 'Lead')</script>\n<script async src=\"https://connect.facebook.net/en_US/fbevents.js\"></script>";
    IntegrityNeedsCors, "integrity-needs-cors", Warning,
        "An element from another site has `integrity` but not `crossorigin`, so the browser blocks its file.",
        "Add `crossorigin=\"anonymous\"`, as the vendor's snippet has it.",
        bad: "<script src=\"https://tags.example/t.js\" integrity=\"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\"></script>",
        good: "<script src=\"https://tags.example/t.js\"></script>";
    // Scripts that never run.
    UncheckedScript, "unchecked-script", Warning,
        "A script nests too deeply, or its brackets are too many, for it to be parsed in time.",
        "Load large libraries from a URL with `<script src=…>`; look for brackets that are never closed.",
        bad: "<script>((((((… a thousand times</script>",
        good: "<script src=\"https://tags.example/library.js\"></script>";
    SyntaxError, "syntax-error", Warning,
        "A script is not JavaScript, so no browser runs any of it.",
        "Correct it at this place, or copy it again from where it came from.",
        bad: "<script>\n  track('event', 'ended', { value: 1 );\n</script>",
        good: "<script>\n  track('event', 'ended', { value: 1 });\n</script>";
    IgnoredScript, "ignored-script", Warning,
        "A script has a type, a language or an attribute for which no browser runs it.",
        "Leave out `type`, or write `text/javascript` or `module`.",
        bad: "<script type=\"text/javscript\">track('seen')</script>",
        good: "<script type=\"text/javascript\">track('seen')</script>";
    CodeBesideSource, "code-beside-source", Warning,
        "A script has a `src`, so the code inside it never runs.",
        "Put the code into a `<script>` of its own.",
        bad: "<script async src=\"https://tags.example/t.js\">\n  track('seen');\n</script>",
        good: "<script async src=\"https://tags.example/t.js\"></script>\n<script>\n  track('seen');\n</script>";
    SwallowedScript, "swallowed-script", Warning,
        "A script is not closed before the next one, which is swallowed.",
        "Close each script with `</script>`: `/>` does not close one.",
        bad: "<script async src=\"https://tags.example/t.js\"/>\n<script>\n  track('seen');\n</script>",
        good: "<script async src=\"https://tags.example/t.js\"></script>\n<script>\n  track('seen');\n</script>";
    EarlyScriptEnd, "early-script-end", Warning,
        "A `</script>` in a text of the code ends the script there.",
        "Write `<\\/script>` inside the text.",
        bad: "<script>\n  document.write('<script src=\"https://tags.example/t.js\"></script>');\n</script>",
        good: "<script>\n  document.write('<script src=\"https://tags.example/t.js\"><\\/script>');\n</script>";
    OpenQuote, "open-quote", Warning,
        "The quote of an attribute is missing at its end, so the tags after it become part of the value.",
        "Add the quote where the value ends.",
        bad: "<script async src=\"https://tags.example/t.js></script>\n<script>track(\"seen\");</script>\n<script>track('too');</script>",
        good: "<script async src=\"https://tags.example/t.js\"></script>\n<script>track(\"seen\");</script>\n<script>track('too');</script>";
    FrameCheck, "frame-check", Warning,
        "The code asks whether it is in a frame, and does nothing in one; the sandbox is a frame.",
        "Remove the condition.",
        bad: "<script>(() => {\n  if (self !== top) return;\n  track('seen');\n})()</script>",
        good: "<script>(() => {\n  track('seen');\n})()</script>";
    BlockedCall, "blocked-call", Warning,
        "The code calls something that the sandbox blocks or ignores.",
        "Use `c2c.emit` to ask the page around the widget for it.",
        bad: "<script>alert('Thank you')</script>",
        good: "<script>c2c.emit('thanks', {})</script>";
    BareImport, "bare-import", Warning,
        "A module is imported by a name without an address.",
        "Import it from a whole address, such as `https://cdn.jsdelivr.net/npm/…`.",
        bad: "<script type=\"module\">import { track } from 'tags'; track()</script>",
        good: "<script type=\"module\">import { track } from 'https://cdn.jsdelivr.net/npm/tags'; track()</script>";
    InvalidJson, "invalid-json", Warning,
        "A script with data, or an import map, is not JSON.",
        "Correct it at this place: names and texts need double quotes, and no comma follows the last item.",
        bad: "<script type=\"application/ld+json\">{ 'name': 1 }</script>",
        good: "<script type=\"application/ld+json\">{ \"name\": 1 }</script>";
    // Damage by copying.
    TypographicCharacter, "typographic-character", Warning,
        "Typographic quotes or dashes are in place of straight ones.",
        "Write `\"`, `'` and `-`: paste from a text editor, not from a word processor.",
        bad: "<script>track(‘seen’)</script>",
        good: "<script>track('seen')</script>";
    InvisibleCharacter, "invisible-character", Warning,
        "An invisible character, or a space that is none, is inside code.",
        "Remove it.",
        bad: "<script>\u{200B}track('seen')</script>",
        good: "<script>track('seen')</script>";
    EscapedHtml, "escaped-html", Warning,
        "HTML was escaped, so that a browser shows it instead of reading it.",
        "Copy the code itself, not a page that shows it.",
        bad: "&lt;script&gt;track('seen')&lt;/script&gt;",
        good: "<script>track('seen')</script>";
    EscapedQuotes, "escaped-quotes", Warning,
        "The code was copied out of a string of a program, with the escapes in it.",
        "Remove the backslashes before the quotes.",
        bad: "<script src=\\\"https://tags.example/t.js\\\"></script>",
        good: "<script src=\"https://tags.example/t.js\"></script>";
    MarkdownFence, "markdown-fence", Warning,
        "The marks around code in a Markdown text were copied too.",
        "Remove the lines with the three backquotes.",
        bad: "```html\n<script>track('seen')</script>\n```",
        good: "<script>track('seen')</script>";
    EditorMarkup, "editor-markup", Warning,
        "A script contains markup: an editor's `<br>`, or the `<![CDATA[` of XML.",
        "Remove it. An editor adds none to code that is pasted as plain text.",
        bad: "<script>\n  track('seen');<br>\n</script>",
        good: "<script>\n  track('seen');\n</script>";
    BrokenTag, "broken-tag", Warning,
        "A tag has white space after its `<`, or no `<`, so it is text.",
        "Write `<` directly before the name.",
        bad: "< script src=\"https://tags.example/t.js\"></script>",
        good: "<script src=\"https://tags.example/t.js\"></script>";
    // Not HTML at all.
    Jsx, "jsx", Warning,
        "The code is JSX, which only a build tool can read.",
        "Write it as HTML: the code directly between `<script>` and `</script>`.",
        bad: "<script>{`\n  track('seen');\n`}</script>",
        good: "<script>\n  track('seen');\n</script>";
    BareUrl, "bare-url", Warning,
        "An address stands alone, without the element that loads it.",
        "Put it into the `src` of a `<script>` or an `<img>`.",
        bad: "https://tags.example/t.js",
        good: "<script async src=\"https://tags.example/t.js\"></script>";
    BareId, "bare-id", Warning,
        "An id stands alone, without the snippet that it belongs to.",
        "Paste the whole snippet that the vendor shows with the id.",
        bad: "GTM-AB12CD3",
        good: "<script>\n  window.dataLayer = window.dataLayer || [];\n  dataLayer.push({ 'gtm.start': Date.now(), event: 'gtm.js' });\n</script>\n<script async src=\"https://www.googletagmanager.com/gtm.js?id=GTM-AB12CD3\"></script>";
    VisibleText, "visible-text", Warning,
        "Text is outside any element, where it does nothing.",
        "Remove it, or put it into an element or a comment.",
        bad: "Our tags:\n<script>track('seen')</script>",
        good: "<!-- Our tags: -->\n<script>track('seen')</script>";
    ForeignApi, "foreign-api", Warning,
        "The code uses the API of another product.",
        "Use `c2c.on` to listen for events of the widget.",
        bad: "<script>analytics.subscribe('chat.closed', () => track())</script>",
        good: "<script>c2c.on('chat.closed', () => track())</script>";
    // The use of `c2c`.
    ApiMisuse, "api-misuse", Warning,
        "The code uses `c2c` in a way that throws or does nothing.",
        "Use `c2c.on(name, function)`, `c2c.once`, `c2c.off` and `c2c.emit(name, data)`.",
        bad: "<script>c2c.subscribe('chat.closed', () => track())</script>",
        good: "<script>c2c.on('chat.closed', () => track())</script>";
    UnknownField, "unknown-field", Warning,
        "A handler reads a field that the event does not have.",
        "Use the name of a field of the event.",
        bad: "<script>c2c.on('chat.closed', (chat) => track(chat.second))</script>",
        good: "<script>c2c.on('chat.closed', (chat) => track(chat.seconds))</script>";
    UnknownEvent, "unknown-event", Warning,
        "The code listens for a widget event that does not exist.",
        "Use the name of a widget event: it is never called for any other, nor for custom events.",
        bad: "<script>c2c.on('chat_closed', () => track())</script>",
        good: "<script>c2c.on('chat.closed', () => track())</script>";
    CustomEventName, "custom-event-name", Warning,
        "The code emits a custom event with an invalid name, so `c2c.emit` does nothing.",
        "Use 1 to 64 letters (a–z), digits, `_`, `-` or `.`, a letter first, and no name of a widget event or beginning with `c2c`.",
        bad: "<script>c2c.emit('lead qualified', {})</script>",
        good: "<script>c2c.emit('lead_qualified', {})</script>";
    ScriptAsText, "script-as-text", Warning,
        "JavaScript is outside any `<script>`, so it is shown as text and does not run.",
        "Put it between `<script>` and `</script>`.",
        bad: "c2c.on('chat.closed', () => track());",
        good: "<script>\nc2c.on('chat.closed', () => track());\n</script>";
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The maximum number of characters of a name that a message repeats.
const NAME_CHARS_MAX: usize = 64;

/// Shortens a name from a snippet for use in a message.
pub(crate) fn shown(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Area, Code, Diagnostic};

    #[test]
    fn names_are_distinct_kebab_case_and_texts_are_sentences() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} is there twice");
            assert!(
                code.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
            assert!(code.summary().ends_with('.'), "{code}");
            assert!(code.help().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn json_is_camel_case_and_stable() {
        let diagnostic = Diagnostic::new(
            Code::UnclosedComment,
            Area::BodyEnd,
            b"a\n <!--",
            3..7,
            "m".to_owned(),
        );
        assert_eq!(
            serde_json::to_string(&diagnostic).expect("it serialises"),
            r#"{"severity":"error","code":"unclosed-comment","area":"bodyEnd","span":{"start":3,"end":7},"line":2,"column":2,"message":"m","help":"Add `-->` where the comment ends."}"#
        );
    }
}
