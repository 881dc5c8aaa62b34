//! The sandboxing flags, spelt alike for the iframe's attribute and for the CSP directive.
//!
//! Both are one *unordered set of unique space-separated tokens that are ASCII case-insensitive*
//! ([HTML §4.8.5](https://html.spec.whatwg.org/multipage/iframe-embed-object.html#attr-iframe-sandbox),
//! [CSP 3 §6.3.2](https://www.w3.org/TR/CSP3/#directive-sandbox)), and each token removes a
//! restriction. Five of them break the product's promise. No set that is parsed from text or built from
//! constants contains those five; only the `dangerous_` constructors make them, and their docs say what
//! is lost.

use std::fmt;
use std::ops::BitOr;
use std::str::FromStr;

/// A token of the `sandbox` attribute, or a word in the place of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SandboxToken {
    /// `allow-downloads`
    AllowDownloads,
    /// `allow-forms`
    AllowForms,
    /// `allow-modals`
    AllowModals,
    /// `allow-orientation-lock`
    AllowOrientationLock,
    /// `allow-pointer-lock`
    AllowPointerLock,
    /// `allow-popups`
    AllowPopups,
    /// `allow-popups-to-escape-sandbox`
    AllowPopupsToEscapeSandbox,
    /// `allow-presentation`
    AllowPresentation,
    /// `allow-same-origin`
    AllowSameOrigin,
    /// `allow-scripts`
    AllowScripts,
    /// `allow-top-navigation`
    AllowTopNavigation,
    /// `allow-top-navigation-by-user-activation`
    AllowTopNavigationByUserActivation,
    /// `allow-top-navigation-to-custom-protocols`
    AllowTopNavigationToCustomProtocols,
    /// Anything else, as it was written. The HTML standard ignores it; another standard may not
    /// (`allow-storage-access-by-user-activation`).
    Unknown(String),
}

/// A set of tokens: the value of the attribute and of the directive.
///
/// Sets are built from constants, and there is no constant for a token that opens the sandbox:
///
/// ```
/// use c2c_policy::SandboxTokens;
///
/// assert_eq!(SandboxTokens::strict().to_string(), "allow-scripts");
/// let tokens = SandboxTokens::strict().union(SandboxTokens::ALLOW_FORMS);
/// assert_eq!(tokens.to_string(), "allow-forms allow-scripts");
/// ```
///
/// The classic escape: with its own origin, the document removes its own sandbox.
/// ```compile_fail,E0599
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens::strict().union(SandboxTokens::ALLOW_SAME_ORIGIN);
/// ```
/// Top navigation and popups without a sandbox:
/// ```compile_fail,E0599
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens::strict().union(SandboxTokens::ALLOW_TOP_NAVIGATION);
/// ```
/// ```compile_fail,E0599
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens::strict().union(SandboxTokens::ALLOW_TOP_NAVIGATION_BY_USER_ACTIVATION);
/// ```
/// ```compile_fail,E0599
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens::strict().union(SandboxTokens::ALLOW_TOP_NAVIGATION_TO_CUSTOM_PROTOCOLS);
/// ```
/// ```compile_fail,E0599
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens::ALLOW_POPUPS.union(SandboxTokens::ALLOW_POPUPS_TO_ESCAPE_SANDBOX);
/// ```
/// No set is made by accident or without the constructors:
/// ```compile_fail,E0599
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens::default();
/// ```
/// ```compile_fail,E0423
/// # use c2c_policy::SandboxTokens;
/// SandboxTokens(u16::MAX);
/// ```
/// ```compile_fail,E0308
/// # use c2c_policy::{SandboxToken, SandboxTokens};
/// SandboxTokens::strict().union(SandboxToken::AllowSameOrigin);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SandboxTokens(
    /// A bit for each row of [`TABLE`].
    u16,
);

/// The reason why a text is not a set of sandbox tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A token opens the sandbox. No parser here accepts it.
    #[error("`{token}` opens the sandbox: {lost}")]
    Dangerous {
        /// The token.
        token: SandboxToken,
        /// The protection that would be lost.
        lost: &'static str,
    },
    /// A word is not in the standard. Its author expects an effect that it does not have.
    #[error("{0:?} is not a sandbox token of the HTML standard")]
    Unknown(String),
    /// A token occurs twice. Removing one of them would have no effect.
    #[error("`{0}` is there twice")]
    Duplicate(SandboxToken),
}

/// A token, its name and, if it opens the sandbox, the protection that is lost.
type Row = (SandboxToken, &'static str, Option<&'static str>);

/// All tokens of the standard, in its order, which is alphabetical.
static TABLE: [Row; 13] = [
    (SandboxToken::AllowDownloads, "allow-downloads", None),
    (SandboxToken::AllowForms, "allow-forms", None),
    (SandboxToken::AllowModals, "allow-modals", None),
    (SandboxToken::AllowOrientationLock, "allow-orientation-lock", None),
    (SandboxToken::AllowPointerLock, "allow-pointer-lock", None),
    (SandboxToken::AllowPopups, "allow-popups", None),
    (
        SandboxToken::AllowPopupsToEscapeSandbox,
        "allow-popups-to-escape-sandbox",
        Some("custom code opens windows that no sandbox holds"),
    ),
    (SandboxToken::AllowPresentation, "allow-presentation", None),
    (
        SandboxToken::AllowSameOrigin,
        "allow-same-origin",
        Some("with `allow-scripts`, custom code has the sandbox host's origin and storage"),
    ),
    (SandboxToken::AllowScripts, "allow-scripts", None),
    (
        SandboxToken::AllowTopNavigation,
        "allow-top-navigation",
        Some("custom code leads the visitor away from the page"),
    ),
    (
        SandboxToken::AllowTopNavigationByUserActivation,
        "allow-top-navigation-by-user-activation",
        Some("custom code leads the visitor away from the page at the next click"),
    ),
    (
        SandboxToken::AllowTopNavigationToCustomProtocols,
        "allow-top-navigation-to-custom-protocols",
        Some("custom code starts programs of the visitor's machine"),
    ),
];

impl SandboxToken {
    /// The token as the standard spells it; an unknown one as it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown(word) => word,
            known => TABLE.iter().find(|row| row.0 == *known).map_or("", |row| row.1),
        }
    }
}

impl From<&str> for SandboxToken {
    /// Parses one word; ASCII case does not matter.
    fn from(word: &str) -> Self {
        let row = TABLE.iter().find(|row| row.1.eq_ignore_ascii_case(word));
        row.map_or_else(|| Self::Unknown(word.to_owned()), |row| row.0.clone())
    }
}

impl fmt::Display for SandboxToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl SandboxTokens {
    /// No token: every restriction applies, and not even scripts run.
    pub const EMPTY: Self = Self(0);
    /// Files may be downloaded without the visitor's request.
    pub const ALLOW_DOWNLOADS: Self = Self(1);
    /// Forms may be submitted: a visitor's input leaves by navigation, unless `form-action` stops it.
    pub const ALLOW_FORMS: Self = Self(1 << 1);
    /// `alert`, `confirm`, `prompt` and `print` work: these dialogs block the widget's page and look
    /// like its own.
    pub const ALLOW_MODALS: Self = Self(1 << 2);
    /// The screen orientation may be locked.
    pub const ALLOW_ORIENTATION_LOCK: Self = Self(1 << 3);
    /// The pointer may be captured and hidden.
    pub const ALLOW_POINTER_LOCK: Self = Self(1 << 4);
    /// Windows may be opened, with the same sandbox. By the standard, this token also lets links such as
    /// `tel:` start other programs.
    pub const ALLOW_POPUPS: Self = Self(1 << 5);
    /// Presentations on other screens may be started.
    pub const ALLOW_PRESENTATION: Self = Self(1 << 7);
    /// Scripts run.
    pub const ALLOW_SCRIPTS: Self = Self(1 << 9);

    /// The tokens for custom code: `allow-scripts` alone.
    pub const fn strict() -> Self {
        Self::ALLOW_SCRIPTS
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// `allow-same-origin`. **What is lost:** the opaque origin. With `allow-scripts`, custom code
    /// reads and writes cookies and storage of the sandbox's host, sends requests as that origin,
    /// and reaches every other document there, such as those of other apps. If the page around the frame
    /// has that origin too, custom code can remove the sandbox itself.
    pub const fn dangerous_allow_same_origin() -> Self {
        Self(1 << 8)
    }

    /// `allow-top-navigation`. **What is lost:** control of the tab. Custom code can replace the whole
    /// page at any moment, for example by one that looks the same.
    pub const fn dangerous_allow_top_navigation() -> Self {
        Self(1 << 10)
    }

    /// `allow-top-navigation-by-user-activation`. **What is lost:** the same, at the visitor's next
    /// click or key press in the frame; a visible frame will get one.
    pub const fn dangerous_allow_top_navigation_by_user_activation() -> Self {
        Self(1 << 11)
    }

    /// `allow-top-navigation-to-custom-protocols`. **What is lost:** custom code can start programs on
    /// the visitor's machine by their protocols, with data of its choice.
    pub const fn dangerous_allow_top_navigation_to_custom_protocols() -> Self {
        Self(1 << 12)
    }

    /// `allow-popups-to-escape-sandbox`. **What is lost:** with `allow-popups`, everything. A window
    /// that custom code opens has no sandbox, and the code runs there without restrictions.
    pub const fn dangerous_allow_popups_to_escape_sandbox() -> Self {
        Self(1 << 6)
    }

    /// Whether the token is in the set.
    pub fn contains(self, token: &SandboxToken) -> bool {
        self.iter().any(|own| own == *token)
    }

    /// The tokens in the order in which they are printed.
    pub fn iter(self) -> impl Iterator<Item = SandboxToken> {
        let present = TABLE.iter().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0);
        present.map(|(_, row)| row.0.clone())
    }

    /// Parses tokens as browsers do
    /// ([HTML §7.1.5](https://html.spec.whatwg.org/multipage/browsers.html#parse-a-sandboxing-directive)):
    /// unknown and repeated ones have no effect. Use it to inspect other sites' values; for settings use
    /// [`FromStr`], which rejects such tokens.
    ///
    /// Tokens that open the sandbox are rejected here too.
    pub fn parse_lenient(text: &str) -> Result<Self, SandboxError> {
        Self::parse(text, |_| Ok(()))
    }

    /// Parses tokens; `ignored` accepts or rejects those that a browser would ignore.
    fn parse(
        text: &str,
        ignored: impl Fn(SandboxError) -> Result<(), SandboxError>,
    ) -> Result<Self, SandboxError> {
        let mut tokens = Self::EMPTY;
        // Rust and the standard agree on ASCII whitespace: tab, line feed, form feed, CR and space.
        for word in text.split_ascii_whitespace() {
            let Some(at) = TABLE.iter().position(|row| row.1.eq_ignore_ascii_case(word)) else {
                ignored(SandboxError::Unknown(word.to_owned()))?;
                continue;
            };
            let (token, _, lost) = &TABLE[at];
            if let Some(lost) = lost {
                return Err(SandboxError::Dangerous { token: token.clone(), lost });
            }
            let bit = Self(1 << at);
            if tokens.union(bit) == tokens {
                ignored(SandboxError::Duplicate(token.clone()))?;
            }
            tokens = tokens.union(bit);
        }
        Ok(tokens)
    }
}

impl FromStr for SandboxTokens {
    type Err = SandboxError;

    /// Parses tokens of the standard, each at most once, in any order and case. A text without tokens is
    /// [`SandboxTokens::EMPTY`], as in browsers.
    fn from_str(text: &str) -> Result<Self, SandboxError> {
        Self::parse(text, Err)
    }
}

impl BitOr for SandboxTokens {
    type Output = Self;

    /// Same as [`union`](Self::union).
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl fmt::Display for SandboxTokens {
    /// Writes the value of the attribute and of the directive: each token once, in a fixed order.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, token) in self.iter().enumerate() {
            write!(formatter, "{}{token}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for SandboxTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SandboxTokens({self})")
    }
}
