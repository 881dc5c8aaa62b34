//! The two snippets as files, or one of them as standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use c2c_injector::{Area, Diagnostic, Snippets};
use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum ReadError {
    #[error("cannot read {}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{} is not UTF-8 (byte {valid})", path.display())]
    NotText { path: PathBuf, valid: usize },
    #[error("cannot read standard input: {0}")]
    StandardInput(io::Error),
    #[error("standard input can be only one of the two snippets")]
    StandardInputTwice,
    #[error("`--fix` writes files, and standard input is none: save the snippet in one")]
    StandardInputToFix,
}

/// The input's contents, with the names to show for them.
#[derive(Debug)]
pub(crate) struct Inputs {
    head: Source,
    body_end: Source,
}

#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl Inputs {
    /// Reads both snippets. A missing one is empty.
    pub(crate) fn read(head: Option<&Path>, body_end: Option<&Path>) -> Result<Self, ReadError> {
        let is_standard_input =
            |path: Option<&Path>| path.is_some_and(|path| path == Path::new("-"));
        if is_standard_input(head) && is_standard_input(body_end) {
            return Err(ReadError::StandardInputTwice);
        }
        let read = |path: Option<&Path>| path.map_or(Ok(Source::default()), Source::read);
        Ok(Self { head: read(head)?, body_end: read(body_end)? })
    }

    pub(crate) fn snippets(&self) -> Snippets {
        Snippets { head: self.head.bytes.clone(), body_end: self.body_end.bytes.clone() }
    }

    pub(crate) fn source(&self, area: Area) -> &Source {
        match area {
            Area::Head => &self.head,
            Area::BodyEnd => &self.body_end,
        }
    }

    /// The name of the file that contains a finding.
    pub(crate) fn name(&self, diagnostic: &Diagnostic) -> &str {
        &self.source(diagnostic.area).name
    }
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, ReadError> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map_err(ReadError::StandardInput)?;
            return Ok(Self { name: "<stdin>".to_owned(), bytes: bytes.into() });
        }
        let bytes =
            fs::read(path).map_err(|error| ReadError::File { path: path.to_owned(), error })?;
        Ok(Self { name: path.display().to_string(), bytes: bytes.into() })
    }
}
