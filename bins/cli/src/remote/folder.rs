//! A folder with the custom code of an app: `c2c.toml`, which says whose it is, and a file for each snippet.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use c2c_names::AppId;
use serde::Deserialize;
use thiserror::Error;

use super::address::ConsoleOrigin;
use super::server::Server;
use super::shapes::CustomCode;
use super::token::TokenError;
use crate::files::{self, WriteError};
use crate::input::{Inputs, ReadError};
use crate::printable;

pub(crate) const CONFIG: &str = "c2c.toml";
pub(crate) const HEAD: &str = "head.html";
pub(crate) const BODY_END: &str = "body-end.html";

/// The greatest file that is read, in bytes: larger ones are no snippets, and no configuration.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Debug, Error)]
pub(crate) enum FolderError {
    #[error(
        "there is no {CONFIG} in {0}: `c2c pull --server http://127.0.0.1:7100 --app APP {0}` makes one, \
         with the address of the console and the id of the app"
    )]
    NoConfig(String),
    #[error("cannot read {file}: {reason}")]
    Config { file: String, reason: String },
    #[error(
        "{file} says {written}, and the command line {given}: change the file, or use another folder"
    )]
    OtherConfig { file: String, written: String, given: String },
    #[error("{0} is missing: a snippet without code is an empty file")]
    NoSnippet(String),
    #[error("{file} has {bytes} bytes; at most {FILE_BYTES_MAX} are read")]
    TooLarge { file: String, bytes: u64 },
    #[error("{0} was never in step with a server: run `c2c pull` first")]
    NotPulled(String),
    #[error(
        "the files are not the draft that they were last in step with: `c2c push --publish` saves and \
         publishes them, `c2c pull --force` drops the changes"
    )]
    Unsaved,
    #[error("no revision is live")]
    NothingLive,
    #[error("the app has no staging environment")]
    NoStaging,
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The contents of `c2c.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ConsoleOrigin,
    pub(crate) app: AppId,
}

/// A folder, which need not exist yet.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

/// The snippets that are in a folder, of which one or both may be missing.
#[derive(Debug)]
pub(crate) struct Present {
    head: Option<String>,
    body_end: Option<String>,
}

impl Present {
    /// Whether no file has other text than this code.
    pub(crate) fn agrees_with(&self, code: &CustomCode) -> bool {
        let agrees = |file: &Option<String>, text| file.as_ref().is_none_or(|file| file == text);
        agrees(&self.head, &code.head) && agrees(&self.body_end, &code.body_end)
    }

    /// With an empty snippet for a missing file.
    pub(crate) fn code(self) -> CustomCode {
        let (head, body_end) = (self.head.unwrap_or_default(), self.body_end.unwrap_or_default());
        CustomCode { head, body_end }
    }
}

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The path of a file in it, as it is printed.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        if self.0 == Path::new(".") { PathBuf::from(name) } else { self.0.join(name) }
    }

    pub(crate) fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn file(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The client for its server and app.
    pub(crate) fn server(&self, timeout_s: u64) -> Result<Server, FolderError> {
        let Config { server, app } =
            self.config()?.ok_or_else(|| FolderError::NoConfig(self.name()))?;
        Ok(Server::new(server, app, timeout_s)?)
    }

    /// The configuration, if there is one.
    pub(crate) fn config(&self) -> Result<Option<Config>, FolderError> {
        let Some(text) = self.read(CONFIG)? else { return Ok(None) };
        let config = toml::from_str(&text).map_err(|error| FolderError::Config {
            file: self.file(CONFIG),
            reason: printable::lines(&error.to_string()),
        })?;
        Ok(Some(config))
    }

    pub(crate) fn write_config(&self, Config { server, app }: &Config) -> Result<(), FolderError> {
        let text = format!(
            "# The app whose custom code is in this folder. `c2c status` compares, `c2c pull` reads and \
             `c2c push`\n# saves it; `c2c --help` has more.\nserver = \"{server}\"\napp = \"{app}\"\n"
        );
        Ok(files::write(&self.path(CONFIG), text.as_bytes())?)
    }

    /// Both snippets, as the check takes them.
    pub(crate) fn inputs(&self) -> Result<Inputs, FolderError> {
        for name in [HEAD, BODY_END] {
            if self.size(name)?.is_none() {
                return Err(FolderError::NoSnippet(self.file(name)));
            }
        }
        Ok(Inputs::read(Some(&self.path(HEAD)), Some(&self.path(BODY_END)))?)
    }

    /// Both snippets.
    pub(crate) fn code(&self) -> Result<CustomCode, FolderError> {
        let snippet =
            |name| self.read(name)?.ok_or_else(|| FolderError::NoSnippet(self.file(name)));
        Ok(CustomCode { head: snippet(HEAD)?, body_end: snippet(BODY_END)? })
    }

    /// The snippets that are there.
    pub(crate) fn present(&self) -> Result<Present, FolderError> {
        Ok(Present { head: self.read(HEAD)?, body_end: self.read(BODY_END)? })
    }

    pub(crate) fn write_code(&self, code: &CustomCode) -> Result<(), FolderError> {
        files::make_folder(&self.0)?;
        files::write(&self.path(HEAD), code.head.as_bytes())?;
        Ok(files::write(&self.path(BODY_END), code.body_end.as_bytes())?)
    }

    /// The text of a file, if there is one.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, FolderError> {
        if self.size(name)?.is_none() {
            return Ok(None);
        }
        let path = self.path(name);
        let bytes =
            fs::read(&path).map_err(|error| ReadError::File { path: path.clone(), error })?;
        let text = String::from_utf8(bytes).map_err(|error| ReadError::NotText {
            path,
            valid: error.utf8_error().valid_up_to(),
        })?;
        Ok(Some(text))
    }

    /// The size of a file, if there is one.
    fn size(&self, name: &str) -> Result<Option<u64>, FolderError> {
        let path = self.path(name);
        let failed = |error| FolderError::Read(ReadError::File { path: path.clone(), error });
        match fs::metadata(&path) {
            Ok(file) if !file.is_file() => Err(failed(io::Error::other("it is not a file"))),
            Ok(file) if file.len() > FILE_BYTES_MAX => {
                Err(FolderError::TooLarge { file: self.file(name), bytes: file.len() })
            }
            Ok(file) => Ok(Some(file.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}
