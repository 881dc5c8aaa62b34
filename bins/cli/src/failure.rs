//! Reasons why a command ended early.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use c2c_catalogue::CatalogueError;
use c2c_injector::{AttributeError, TemplateError};
use thiserror::Error;

use crate::files::WriteError;
use crate::input::ReadError;
use crate::outcome::{FAILED, Outcome};
use crate::remote::answer::ServerError;
use crate::remote::conflict::Conflict;
use crate::remote::folder::FolderError;
use crate::remote::rejected::RejectedByServer;

/// A reason why a command ended early. (A snippet that the check rejects is a result, not a failure.)
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    File(#[from] WriteError),
    #[error("cannot write the output: {0}")]
    Write(#[from] io::Error),
    #[error("cannot listen on {address}: {error} (--port sets another)")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("the shim does not fit into the template: {0}")]
    Template(#[from] TemplateError),
    #[error("the shim's tag cannot carry this: {0}")]
    Attribute(#[from] AttributeError),
    #[error("cannot print the report: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{file} is not a catalogue:\n{error}")]
    Catalogue { file: String, error: CatalogueError },
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    RejectedByServer(#[from] RejectedByServer),
    #[error(transparent)]
    Conflict(#[from] Conflict),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Conflict(_) => Outcome::Conflict.into(),
            Self::RejectedByServer(_) => Outcome::Rejected.into(),
            _ => ExitCode::from(FAILED),
        }
    }
}
