//! What a check has to say: one table of codes, and the finding that carries one of them with its place.

use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};

use crate::position::line_and_column;

/// Whether a finding stops publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Severity {
    /// The snippets are refused.
    Error,
    /// The snippets are accepted, but something in them will not work as hoped.
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

/// Which of the two text areas a finding is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    /// *Head HTML*.
    Head,
    /// *Body end HTML*.
    BodyEnd,
}

/// One finding in one snippet. In JSON its names are in camelCase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Diagnostic {
    /// Whether it stops publication.
    pub severity: Severity,
    /// What kind of finding it is; stable over releases.
    pub code: Code,
    /// Which snippet it is in.
    pub area: Area,
    /// The bytes of the snippet that *began* the problem, such as the `<script>` that is never closed.
    pub span: Range<usize>,
    /// The line of the span's first byte, from 1. CR LF, CR and LF each end one line.
    pub line: usize,
    /// The column of the span's first byte, from 1, counted in Unicode scalar values.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, in one sentence.
    pub help: &'static str,
    /// A change that removes this finding, where one can be made without knowing what was meant. Not in JSON if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// A change of one snippet: put `replacement` in the place of `span`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// The bytes of the snippet to replace; empty where something is only added.
    pub span: Range<usize>,
    /// What to put there.
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

/// Declares [`Code`] from its one table, so that a code cannot lack a name, a severity, a text or an example.
macro_rules! codes {
    ($(
        $variant:ident, $name:literal, $severity:ident,
        $summary:literal,
        $help:literal,
        bad: $bad:literal,
        good: $good:literal;
    )+) => {
        /// The kind of a finding. Names are stable: they are what documentation, tests and tools refer to.
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

            /// What findings of this kind have in common, in one sentence.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }

            /// What to do about it, in one sentence.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }

            /// A snippet with this finding and no other, for people: what text cannot show is described in it.
            pub const fn bad_example(self) -> &'static str {
                match self { $(Self::$variant => $bad,)+ }
            }

            /// The same snippet as it should be.
            pub const fn good_example(self) -> &'static str {
                match self { $(Self::$variant => $good,)+ }
            }
        }
    };
}

codes! {
    // Containment: the snippet would swallow what follows it.
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
    // Input: it cannot be judged, or not as it was meant.
    Nul, "nul", Error,
        "The snippet contains a NUL character, which browsers drop or replace depending on where it stands.",
        "Remove it: it usually comes from a file that is not UTF-8.",
        bad: "Hello\u{2400}",
        good: "Hello";
    NotUtf8, "not-utf8", Error,
        "The snippet is not UTF-8, which is what the document is served as.",
        "Save it as UTF-8.",
        bad: "Gr\u{fffd}\u{fffd}e",
        good: "Grüße";
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
    // Warnings: it runs, but perhaps not as hoped.
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
        "A `<meta>` would set a content security policy, which can stop scripts and requests that come after it.",
        "Remove it: the document is served with its own policy.",
        bad: "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'\">",
        good: "<meta name=\"author\" content=\"us\">";
    MetaRefresh, "meta-refresh", Warning,
        "A `<meta>` would reload the frame or lead it elsewhere, and from then on no event reaches it.",
        "Remove it.",
        bad: "<meta http-equiv=\"refresh\" content=\"30\">",
        good: "<script>setInterval(() => track(), 30000)</script>";
    MetaCharset, "meta-charset", Warning,
        "A `<meta>` names an encoding other than UTF-8, and it has no effect: the document is UTF-8.",
        "Remove it. A script that is served in another encoding needs its `charset` in its own `Content-Type`.",
        bad: "<meta charset=\"iso-8859-1\">",
        good: "<meta charset=\"utf-8\">";
    Base, "base", Warning,
        "A `<base>` changes where every relative URL leads, also those of code in the other text area.",
        "Remove it, and write whole URLs.",
        bad: "<base href=\"https://shop.example/\">\n<script src=\"tags.js\"></script>",
        good: "<script src=\"https://shop.example/tags.js\"></script>";
    InsecureUrl, "insecure-url", Warning,
        "Something is loaded by `http:`, which browsers block, or try by `https:`, on pages that were loaded by `https:`.",
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
    UnknownEvent, "unknown-event", Warning,
        "The code waits for a widget event that does not exist.",
        "Use the name of a widget event: it is never called for any other, nor for custom events.",
        bad: "<script>c2c.on('call_end', () => track())</script>",
        good: "<script>c2c.on('call_ended', () => track())</script>";
    CustomEventName, "custom-event-name", Warning,
        "The code emits a custom event under a name that is not allowed, so `c2c.emit` does nothing.",
        "Use 1 to 64 letters (a–z), digits, `_`, `-` or `.`, a letter first, and no name of a widget event or beginning with `c2c`.",
        bad: "<script>c2c.emit('lead qualified', {})</script>",
        good: "<script>c2c.emit('lead_qualified', {})</script>";
    ScriptAsText, "script-as-text", Warning,
        "JavaScript stands outside of a `<script>`, so it is shown as text and does not run.",
        "Put it between `<script>` and `</script>`.",
        bad: "c2c.on('call_ended', () => track());",
        good: "<script>\nc2c.on('call_ended', () => track());\n</script>";
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
