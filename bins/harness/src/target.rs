//! The directory where tests put files for people to see, and where installed tools are.

use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::error::{Context as _, Error, Result};

/// Returns Cargo's target directory, in which this program was built.
pub fn target_dir() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    // Cargo marks the directory for backup programs to skip.
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    Ok(target.context("the program is in no target directory")?.to_owned())
}

/// Returns the text of a file below the target directory if it has this SHA-256; `install` says how
/// to get it.
pub fn installed(file: &str, sha256: &str, install: &str) -> Result<String> {
    let path = target_dir()?.join(file);
    let bytes = std::fs::read(&path).context(format_args!("{}: {install}", path.display()))?;
    checked(bytes, sha256).context(format_args!("{}: {install}", path.display()))
}

fn checked(bytes: Vec<u8>, sha256: &str) -> Result<String> {
    let mut found = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(found, "{byte:02x}")?;
    }
    if found != sha256 {
        return Err(Error::new(format!("SHA-256 is {found} and not {sha256}")));
    }
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn another_file_is_not_taken() {
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checked(b"abc".to_vec(), digest).expect("the file"), "abc");
        let error = checked(b"alert(1)".to_vec(), digest).expect_err("another file").to_string();
        assert!(error.contains("and not ba7816bf8f01"), "{error}");
    }
}
