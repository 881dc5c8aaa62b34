//! The form of the files.

use std::fs;
use std::path::{Path, PathBuf};

use c2c_names::AppId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ArchiveError;
use crate::actor::Actor;
use crate::app::Settings;
use crate::audit::Action;
use crate::draft::Snippets;
use crate::numbers::{RevisionNumber, Timestamp, Version};
use crate::task::Task;
use crate::text::Note;

/// The version of the form. Another one is rejected.
pub(super) const FORMAT: u32 = 1;

/// `app.toml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AppFile {
    pub(super) format: u32,
    pub(super) id: AppId,
    pub(super) created_at: Time,
    pub(super) settings_version: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<RevisionNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) staged: Option<RevisionNumber>,
    pub(super) settings: Settings,
    pub(super) draft: DraftFile,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) off: Option<OffFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) plans: Vec<PlanFile>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct DraftFile {
    pub(super) version: Version,
    pub(super) saved_at: Time,
    pub(super) saved_by: Actor,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OffFile {
    pub(super) at: Time,
    pub(super) by: Actor,
    pub(super) reason: Note,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PlanFile {
    pub(super) task: Task,
    pub(super) at: Time,
    pub(super) revision: RevisionNumber,
    pub(super) planned_by: Actor,
}

/// `revision.toml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RevisionFile {
    pub(super) number: RevisionNumber,
    pub(super) created_at: Time,
    pub(super) author: Actor,
    pub(super) note: Note,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) copy_of: Option<RevisionNumber>,
    pub(super) catalogue: String,
}

/// One line of `audit.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AuditLine {
    pub(super) at: Time,
    pub(super) actor: Actor,
    #[serde(flatten)]
    pub(super) action: Action,
}

/// A time in RFC 3339, with milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Time(jiff::Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(jiff::Timestamp::from_millisecond(at.0).unwrap_or_default())
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        Self(time.0.as_millisecond())
    }
}

/// A folder, whose files are read and written whole.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn join(&self, name: &str) -> Self {
        Self(self.0.join(name))
    }

    /// Creates the folder and those above it.
    pub(super) fn create(&self) -> Result<(), ArchiveError> {
        fs::create_dir_all(&self.0).map_err(|source| failed(&self.0, source))
    }

    pub(super) fn write(&self, name: &str, content: &str) -> Result<(), ArchiveError> {
        let path = self.0.join(name);
        fs::write(&path, content).map_err(|source| failed(&path, source))
    }

    pub(super) fn write_toml(
        &self,
        name: &str,
        content: &impl Serialize,
    ) -> Result<(), ArchiveError> {
        let text =
            toml::to_string_pretty(content).map_err(|error| self.wrong(name, error.to_string()))?;
        self.write(name, &text)
    }

    pub(super) fn write_snippets(&self, snippets: &Snippets) -> Result<(), ArchiveError> {
        self.create()?;
        self.write("head.html", &snippets.head)?;
        self.write("body-end.html", &snippets.body_end)
    }

    pub(super) fn read(&self, name: &str) -> Result<String, ArchiveError> {
        let path = self.0.join(name);
        fs::read_to_string(&path).map_err(|source| failed(&path, source))
    }

    pub(super) fn read_toml<T: DeserializeOwned>(&self, name: &str) -> Result<T, ArchiveError> {
        toml::from_str(&self.read(name)?).map_err(|error| self.wrong(name, error.to_string()))
    }

    pub(super) fn read_snippets(&self) -> Result<Snippets, ArchiveError> {
        Ok(Snippets { head: self.read("head.html")?, body_end: self.read("body-end.html")? })
    }

    /// The names of the folders in this one.
    pub(super) fn folders(&self) -> Result<Vec<String>, ArchiveError> {
        let read = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.0)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    names.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
            names.sort();
            Ok(names)
        };
        read().map_err(|source| failed(&self.0, source))
    }

    /// A file whose content is not as it should be.
    pub(super) fn wrong(&self, name: &str, reason: impl Into<String>) -> ArchiveError {
        ArchiveError::Content { path: self.0.join(name), reason: reason.into() }
    }
}

fn failed(path: &Path, source: std::io::Error) -> ArchiveError {
    ArchiveError::File { path: path.to_owned(), source }
}
