//! SQLite files that cannot be written.
//!
//! SQLite reads such a file. In WAL mode it needs the `-wal` and `-shm` files next to it, and creates them if
//! they are missing. Where that is not possible, it reads only files that are declared
//! [immutable](https://sqlite.org/wal.html#read_only_databases). It then locks nothing, and ignores a `-wal`
//! file.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

/// Whether the file is complete without a `-wal` file, and this process can create none.
///
/// Another process, with greater rights, must not begin to write as long as the file is open.
pub(crate) fn is_immutable(file: &Path) -> bool {
    has_no_log(file) && cannot_create_next_to(file)
}

fn has_no_log(file: &Path) -> bool {
    match fs::metadata(with_suffix(file, "-wal")) {
        Ok(log) => log.len() == 0,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Tries it, since file modes do not show what is mounted read-only.
fn cannot_create_next_to(file: &Path) -> bool {
    let probe = with_suffix(file, "-probe");
    match File::create_new(&probe) {
        Ok(_) => {
            let _ = fs::remove_file(probe);
            false
        }
        Err(error) => {
            matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
        }
    }
}

fn with_suffix(file: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
