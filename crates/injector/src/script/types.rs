//! The types of scripts: which of them browsers run.

use crate::events;

/// How a browser reads a script's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Classic,
    Module,
    /// The value of an attribute such as `onclick`: the body of a function.
    Handler,
}

/// How a browser uses the text of a script element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Classic,
    Module,
    /// The value of an attribute such as `onclick`.
    Handler,
    ImportMap,
    /// Data in JSON.
    Json,
    /// A block of data, which a vendor's script may read.
    Data,
    /// It does not run it.
    Never(Never),
}

/// The reason why no browser runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Never {
    /// The type is a misspelling of JavaScript's.
    Spelling,
    /// The type is for another program, which is not here.
    Type,
    /// The attribute `language` names another language.
    Language,
    /// The attribute `nomodule`.
    NoModule,
}

/// The MIME types of JavaScript
/// (<https://mimesniff.spec.whatwg.org/#javascript-mime-type>). Of a script's `type` nothing else may
/// follow, not even a parameter
/// (<https://html.spec.whatwg.org/multipage/scripting.html#prepare-the-script-element>).
const JAVASCRIPT: [&str; 16] = [
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
];

/// Types of scripts that a consent tool, a library or a compiler is expected to run or to change.
const FOR_TOOLS: [&str; 11] = [
    "application/typescript",
    "text/babel",
    "text/coffeescript",
    "text/html",
    "text/jsx",
    "text/partytown",
    "text/plain",
    "text/template",
    "text/tsx",
    "text/typescript",
    "text/vbscript",
];

impl Use {
    pub(crate) fn of(kind: Option<&str>, language: Option<&str>, nomodule: bool) -> Self {
        let used_as = Self::of_type(kind, language);
        if nomodule && used_as == Self::Classic { Self::Never(Never::NoModule) } else { used_as }
    }

    fn of_type(kind: Option<&str>, language: Option<&str>) -> Self {
        let Some(kind) = kind.filter(|kind| !kind.is_empty()) else {
            let language = language.filter(|_| kind.is_none()).unwrap_or_default();
            let is_known = language.is_empty() || is_javascript(&format!("text/{language}"));
            return if is_known { Self::Classic } else { Self::Never(Never::Language) };
        };
        let kind = kind.trim_matches(|next: char| next.is_ascii_whitespace()).to_ascii_lowercase();
        match kind.as_str() {
            _ if is_javascript(&kind) => Self::Classic,
            "module" => Self::Module,
            "importmap" => Self::ImportMap,
            "speculationrules" | "application/json" | "text/json" => Self::Json,
            _ if kind.ends_with("+json") => Self::Json,
            _ if reads_like_javascript(&kind) => Self::Never(Never::Spelling),
            "" => Self::Never(Never::Type),
            _ if FOR_TOOLS.contains(&kind.split(';').next().unwrap_or_default().trim()) => {
                Self::Never(Never::Type)
            }
            _ => Self::Data,
        }
    }

    /// How its text is parsed, if it runs.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Self::Classic => Some(Kind::Classic),
            Self::Module => Some(Kind::Module),
            Self::Handler => Some(Kind::Handler),
            Self::ImportMap | Self::Json | Self::Data | Self::Never(_) => None,
        }
    }
}

fn is_javascript(kind: &str) -> bool {
    JAVASCRIPT.iter().any(|javascript| javascript.eq_ignore_ascii_case(kind))
}

fn reads_like_javascript(kind: &str) -> bool {
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let names = ["text/javascript", "application/javascript", "javascript", "module"];
    let has_version = bare.starts_with("text/javascript") || bare.starts_with("text/ecmascript");
    bare == "js" || has_version || events::nearest(bare, names.into_iter()).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Never, Use};

    #[test]
    fn types() {
        #[track_caller]
        fn check(kind: &str, expected: Use) {
            assert_eq!(Use::of(Some(kind), None, false), expected, "{kind}");
        }
        for kind in ["", "text/javascript", " Text/JScript\n", "application/x-javascript"] {
            check(kind, Use::Classic);
        }
        check("Module", Use::Module);
        check("importmap", Use::ImportMap);
        check("application/ld+json", Use::Json);
        for kind in [
            "javascript",
            "text/javscript",
            "text/javascript; charset=utf-8",
            "js",
            "modul",
            "text/javascript1.6",
        ] {
            check(kind, Use::Never(Never::Spelling));
        }
        for kind in ["text/x-template", "text/x-options", "text/dsscript"] {
            check(kind, Use::Data);
        }
        for kind in [" ", "text/plain", "text/partytown", "text/babel"] {
            check(kind, Use::Never(Never::Type));
        }
        assert_eq!(Use::of(None, Some("JavaScript"), false), Use::Classic);
        assert_eq!(Use::of(None, Some("vbscript"), false), Use::Never(Never::Language));
        assert_eq!(Use::of(Some(""), Some("vbscript"), false), Use::Classic);
        assert_eq!(Use::of(None, None, true), Use::Never(Never::NoModule));
        assert_eq!(Use::of(Some("module"), None, true), Use::Module);
    }
}
