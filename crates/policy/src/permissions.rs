//! Permissions-Policy ([W3C](https://www.w3.org/TR/permissions-policy-1/)).
//!
//! The header is a structured-field dictionary: it maps a feature's name to the origins that may use it.
//! We send only the empty list, which denies the feature to the document and to every frame inside it.
//! So a policy is a set of names, and cannot grant anything.

mod features;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use features::{FEATURES, Feature, FeatureSource};

use http::header::HeaderName;

use crate::header::{self, Header};

/// Optional white space ([RFC 9110 §5.6.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.3)).
const SPACE: [char; 2] = [' ', '\t'];

/// The features that are denied to all origins; at least one.
///
/// ```
/// use c2c_policy::PermissionsPolicy;
///
/// let policy: PermissionsPolicy = "microphone=(),  camera=()".parse()?;
/// assert_eq!(policy.to_string(), "camera=(), microphone=()");
/// assert!("microphone=(self)".parse::<PermissionsPolicy>().is_err());
/// # Ok::<(), c2c_policy::PermissionsPolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionsPolicy(BTreeSet<Cow<'static, str>>);

/// The reason why a text is not a [`PermissionsPolicy`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PermissionsPolicyError {
    /// No feature is denied.
    #[error("no feature is denied, so the policy would do nothing")]
    Empty,
    /// A member is not `name=…`.
    #[error("{0:?} is not a feature's name followed by a list, such as `camera=()`")]
    Member(String),
    /// A member does not deny its feature to all origins.
    #[error("`{feature}` must be denied to every origin: `{feature}=()`, not {value:?}")]
    NotDenied {
        /// The feature.
        feature: String,
        /// Its value.
        value: String,
    },
    /// A feature occurs twice. Browsers would use the last value.
    #[error("`{0}` is there twice")]
    Duplicate(String),
}

impl PermissionsPolicy {
    /// Denies every feature of [`FEATURES`] except those with a reason to keep them
    /// ([`Feature::kept`]).
    pub fn strict() -> Self {
        let denied = FEATURES.iter().filter(|feature| feature.kept.is_none());
        Self(denied.map(|feature| Cow::Borrowed(feature.name)).collect())
    }

    /// Whether the policy denies this feature.
    pub fn denies(&self, feature: &str) -> bool {
        self.0.contains(feature)
    }

    pub(crate) fn header(&self) -> Header {
        header::printed(HeaderName::from_static("permissions-policy"), self)
    }
}

impl FromStr for PermissionsPolicy {
    type Err = PermissionsPolicyError;

    /// Parses a dictionary ([RFC 9651 §4.2.2](https://www.rfc-editor.org/rfc/rfc9651#section-4.2.2))
    /// whose members are empty lists without parameters.
    fn from_str(text: &str) -> Result<Self, PermissionsPolicyError> {
        let mut denied = BTreeSet::new();
        // Only spaces may precede the first member; elsewhere tabs are allowed too.
        let text = text.trim_start_matches(' ').trim_end_matches(SPACE);
        if text.is_empty() {
            return Err(PermissionsPolicyError::Empty);
        }
        for (at, member) in text.split(',').enumerate() {
            let member = member.trim_end_matches(SPACE);
            let member = if at == 0 { member } else { member.trim_start_matches(SPACE) };
            let name = denied_feature(member)?;
            if !denied.insert(Cow::Owned(name.to_owned())) {
                return Err(PermissionsPolicyError::Duplicate(name.to_owned()));
            }
        }
        Ok(Self(denied))
    }
}

/// Returns the name in `name=()`.
fn denied_feature(member: &str) -> Result<&str, PermissionsPolicyError> {
    let (name, value) = member
        .split_once('=')
        .filter(|(name, _)| is_feature(name))
        .ok_or_else(|| PermissionsPolicyError::Member(member.to_owned()))?;
    let inside = value.strip_prefix('(').and_then(|value| value.strip_suffix(')'));
    if inside.is_none_or(|inside| !inside.trim_matches(' ').is_empty()) {
        let (feature, value) = (name.to_owned(), value.to_owned());
        return Err(PermissionsPolicyError::NotDenied { feature, value });
    }
    Ok(name)
}

/// Whether a text is both a dictionary key and the
/// [name of a feature](https://www.w3.org/TR/permissions-policy-1/#serialized-policy-directive).
fn is_feature(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl fmt::Display for PermissionsPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            write!(formatter, "{}{name}=()", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
