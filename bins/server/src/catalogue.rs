//! The events of the provider's widget. All apps of the server have the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use c2c_catalogue::{Catalogue, CatalogueError};

/// A reason why a catalogue cannot be used, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueFileError {
    /// The file cannot be read.
    #[error("cannot read the catalogue {file}: {source} (--catalogue names it)", file = file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is no catalogue.
    #[error("--catalogue {}", in_one_line(file, source))]
    Form {
        /// The file.
        file: PathBuf,
        /// The problem, with its place.
        source: CatalogueError,
    },
}

/// Reads the catalogue of a file, as JSON or as TOML by its name. Without a file, it is that of the reference
/// widget.
pub(crate) fn read(file: Option<&Path>) -> Result<Arc<Catalogue>, CatalogueFileError> {
    let Some(file) = file else { return Ok(Arc::new(Catalogue::reference().clone())) };
    let text = fs::read_to_string(file)
        .map_err(|source| CatalogueFileError::Read { file: file.to_owned(), source })?;
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let read = if is_json { Catalogue::from_json(&text) } else { Catalogue::from_toml(&text) };
    let read = read.map_err(|source| CatalogueFileError::Form { file: file.to_owned(), source })?;
    Ok(Arc::new(read))
}

fn in_one_line(file: &Path, error: &CatalogueError) -> String {
    let file = file.display();
    match error {
        CatalogueError::Syntax(error) => {
            format!("{file}:{}:{}: {}", error.line, error.column, error.message)
        }
        error => format!("{file}: {}", error.to_string().replace('\n', "; ")),
    }
}
