//! The shapes of the API, as far as the commands read them. A server is not trusted: its texts print only
//! without control characters, and its snippets have at most the size that a server stores.

use std::fmt;

use c2c_injector::{Limits, Snippets};
use serde::{Deserialize, Serialize};

use crate::printable;

/// The greatest number of characters of a text of the server that are printed.
const FOREIGN_CHARS_MAX: usize = 300;

/// A text of the server, which prints in one line that cannot steer a terminal.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Foreign(String);

impl Foreign {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable::line(&self.0, FOREIGN_CHARS_MAX))
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The version of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Version(i64);

/// The number of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RevisionNumber(i64);

impl RevisionNumber {
    pub(crate) fn new(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for RevisionNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A pair of snippets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "AnyCode")]
pub(crate) struct CustomCode {
    pub(crate) head: String,
    pub(crate) body_end: String,
}

/// A pair of snippets of any size.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyCode {
    head: String,
    body_end: String,
}

impl TryFrom<AnyCode> for CustomCode {
    type Error = String;

    fn try_from(AnyCode { head, body_end }: AnyCode) -> Result<Self, String> {
        let max = Limits::default().snippet_bytes_max();
        match head.len().max(body_end.len()) {
            bytes if bytes > max => {
                Err(format!("a snippet has {bytes} bytes; at most {max} are stored"))
            }
            _ => Ok(Self { head, body_end }),
        }
    }
}

impl From<Snippets> for CustomCode {
    /// Takes snippets that were checked, and so are UTF-8.
    fn from(Snippets { head, body_end }: Snippets) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self { head: text(&head), body_end: text(&body_end) }
    }
}

/// An app without its code.
#[derive(Debug, Deserialize)]
pub(crate) struct App {
    pub(crate) name: Foreign,
    pub(crate) live: Option<RevisionNumber>,
    pub(crate) staged: Option<RevisionNumber>,
    pub(crate) staging: bool,
    pub(crate) off: Option<Off>,
}

impl App {
    /// The revision in an environment.
    pub(crate) fn revision(&self, environment: Environment) -> Option<RevisionNumber> {
        match environment {
            Environment::Live => self.live,
            Environment::Staging => self.staged,
        }
    }
}

/// The reason why visitors get an empty sandbox.
#[derive(Debug, Deserialize)]
pub(crate) struct Off {
    pub(crate) at: Foreign,
    pub(crate) by: Foreign,
    pub(crate) reason: Foreign,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    pub(crate) version: Version,
    pub(crate) saved_at: Foreign,
    pub(crate) saved_by: Foreign,
    #[serde(flatten)]
    pub(crate) code: CustomCode,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Revision {
    pub(crate) number: RevisionNumber,
    pub(crate) created_at: Foreign,
    pub(crate) author: Foreign,
    pub(crate) note: Foreign,
    #[serde(flatten)]
    pub(crate) code: CustomCode,
}

/// A task that the server carries out later.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    pub(crate) task: Foreign,
    pub(crate) at: Foreign,
    pub(crate) revision: RevisionNumber,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Plans {
    pub(crate) plans: Vec<Plan>,
}

/// The answer to a saved draft.
#[derive(Debug, Deserialize)]
pub(crate) struct Saved {
    pub(crate) version: Version,
    pub(crate) diagnostics: Vec<Finding>,
}

/// The answer to a publication or a rollback.
#[derive(Debug, Deserialize)]
pub(crate) struct NewRevision {
    pub(crate) revision: RevisionNumber,
}

/// A finding of the server's own check.
#[derive(Debug, Deserialize)]
pub(crate) struct Finding {
    pub(crate) severity: Foreign,
    pub(crate) code: Foreign,
    pub(crate) area: Foreign,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) message: Foreign,
    pub(crate) help: Foreign,
}

/// A place where a revision is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    /// All visitors get it.
    Live,
    /// Only the pages in staging get it.
    Staging,
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Live => "live",
            Self::Staging => "in staging",
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Publication<'p> {
    pub(crate) draft: Version,
    pub(crate) replaces: Option<RevisionNumber>,
    pub(crate) to: Environment,
    pub(crate) note: &'p str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Rollback<'r> {
    pub(crate) to: RevisionNumber,
    pub(crate) replaces: Option<RevisionNumber>,
    pub(crate) note: &'r str,
}
