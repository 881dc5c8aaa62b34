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
        }
    }
}

/// Declares [`Code`] from its one table, so that a code cannot lack a name, a severity, a summary or a help text.
macro_rules! codes {
    ($($variant:ident, $name:literal, $severity:ident, $summary:literal, $help:literal;)+) => {
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
        }
    };
}

codes! {
    // Containment: the snippet would swallow what follows it.
    UnclosedScript, "unclosed-script", Error,
        "A `<script>` is never closed.",
        "Add `</script>` where the script ends. After `<!--` and `<script` inside a script, one `</script>` more is needed.";
    UnclosedStyle, "unclosed-style", Error,
        "A `<style>` is never closed.",
        "Add `</style>` where the style sheet ends.";
    UnclosedTitle, "unclosed-title", Error,
        "A `<title>` is never closed.",
        "Add `</title>` where the title ends.";
    UnclosedTextarea, "unclosed-textarea", Error,
        "A `<textarea>` is never closed.",
        "Add `</textarea>` where its text ends.";
    UnclosedNoscript, "unclosed-noscript", Error,
        "A `<noscript>` is never closed.",
        "Add `</noscript>` where the fallback ends, or remove it: scripts always run here.";
    UnclosedRawText, "unclosed-raw-text", Error,
        "An `<iframe>`, `<xmp>`, `<noembed>` or `<noframes>` is never closed.",
        "Add its end tag: until there, a browser reads all that follows as plain text.";
    Plaintext, "plaintext", Error,
        "A `<plaintext>` turns the rest of the document into text, and nothing can close it.",
        "Use `<pre>` instead.";
    UnclosedComment, "unclosed-comment", Error,
        "A comment is never closed.",
        "Add `-->` where the comment ends.";
    UnclosedBogusComment, "unclosed-bogus-comment", Error,
        "A `<!`, `<?` or `</` that starts no tag is read as a comment up to the next `>`, and there is none.",
        "Remove it, or write `&lt;` for a literal `<`.";
    UnclosedCdata, "unclosed-cdata", Error,
        "A CDATA section is never closed.",
        "Add `]]>` where the section ends.";
    UnclosedDoctype, "unclosed-doctype", Error,
        "A doctype is never closed.",
        "Remove it: the document has one already.";
    UnclosedTag, "unclosed-tag", Error,
        "A tag is never finished.",
        "Add the missing `>`, or write `&lt;` for a literal `<`.";
    UnclosedAttribute, "unclosed-attribute", Error,
        "A quoted attribute value is never closed.",
        "Add the missing quote where the value ends.";
    UnclosedTemplate, "unclosed-template", Error,
        "A `<template>` is never closed: scripts after it would not run.",
        "Add `</template>` where the template ends.";
    UnclosedSvg, "unclosed-svg", Error,
        "An `<svg>` is never closed: scripts after it would be part of the drawing.",
        "Add `</svg>` where the drawing ends.";
    UnclosedMath, "unclosed-math", Error,
        "A `<math>` is never closed: scripts after it would be part of the formula.",
        "Add `</math>` where the formula ends.";
    Frameset, "frameset", Error,
        "A `<frameset>` replaces the document's body, and scripts after it are dropped.",
        "Remove the `<frameset>`.";
    NotContained, "not-contained", Error,
        "The snippet changes how the document after it is read.",
        "Look for something that is opened and never closed.";
    // Input: it cannot be judged, or not as it was meant.
    Nul, "nul", Error,
        "The snippet contains a NUL character, which browsers drop or replace depending on where it stands.",
        "Remove it: it usually comes from a file that is not UTF-8.";
    NotUtf8, "not-utf8", Error,
        "The snippet is not UTF-8, which is what the document is served as.",
        "Save it as UTF-8.";
    TooLarge, "too-large", Error,
        "The snippet is over the size limit.",
        "Load large scripts from a URL with `<script src=…>`.";
    TooComplex, "too-complex", Error,
        "The snippet nests too deeply, has too many attributes in one tag, or too many elements.",
        "Look for tags that are opened over and over and never closed.";
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
