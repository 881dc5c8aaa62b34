//! Where tests put what a person may want to see, and find what was installed for them.

use std::path::PathBuf;

use crate::error::{Context as _, Result};

/// Cargo's target directory, the one that this program was built in.
pub fn target_dir() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    // Cargo marks it, so that it is left out of backups.
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    Ok(target.context("the program is in no target directory")?.to_owned())
}
