//! Files that are written at once: none is ever half written.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

/// A file could not be written; it is as it was.
#[derive(Debug, Error)]
#[error("cannot write {}: {error}", path.display())]
pub(crate) struct WriteError {
    path: PathBuf,
    error: io::Error,
}

/// Replaces a file. A link goes on leading to it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let replace = || {
        let file = fs::canonicalize(path)?;
        let permissions = fs::metadata(&file)?.permissions();
        put(&file, bytes, permissions)
    };
    replace().map_err(|error| WriteError { path: path.to_owned(), error })
}

/// Replaces a file, or makes it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    if path.exists() {
        return replace(path, bytes);
    }
    let make = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut new = usual(&mut Builder::new()).tempfile_in(folder)?;
        new.write_all(bytes)?;
        new.persist_noclobber(path)?;
        Ok(())
    };
    make().map_err(|error| WriteError { path: path.to_owned(), error })
}

/// Makes a folder, and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(path).map_err(|error| WriteError { path: path.to_owned(), error })
}

fn put(file: &Path, bytes: &[u8], permissions: Permissions) -> io::Result<()> {
    let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(bytes)?;
    new.as_file().set_permissions(permissions)?;
    new.persist(file)?;
    Ok(())
}

/// The permissions of any new file. Those of a temporary file let only its owner read it.
#[cfg(unix)]
fn usual<'b>(builder: &'b mut Builder<'static, 'static>) -> &'b Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn usual<'b>(builder: &'b mut Builder<'static, 'static>) -> &'b Builder<'static, 'static> {
    builder
}
