//! The library of the console's editor: `bins/server/pages/codemirror.js`, made from npm packages.
//!
//! esbuild bundles it, since it finds modules in packages. Our own scripts have another bundler
//! (`bins/assets`), whose output is 4 % smaller: that counts in every visitor's browser.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::npm;
use crate::run::{Result, output, root};

/// Its source.
const SOURCE: &str = "bins/xtask/npm/editor/codemirror.js";
/// The library, as it is served.
const MADE: &str = "bins/server/pages/codemirror.js";

/// The first lines of the library: the packages have no notice in their code.
const NOTICE: &str = "// @ts-nocheck
/*! CodeMirror, <https://codemirror.net>, MIT License. Copyright (C) 2018-2026 by Marijn Haverbeke and others.
 * Made by `cargo xtask assets`. */
";

/// Writes the library.
pub(crate) fn write() -> Result<()> {
    fs::write(made(), bundle()?)?;
    println!("{MADE} was written");
    Ok(())
}

/// Fails if the committed library is not what would be written.
pub(crate) fn check() -> Result<()> {
    if fs::read_to_string(made())? == bundle()? {
        return Ok(());
    }
    Err(format!("{MADE} is stale: run `cargo xtask assets` and commit the result").into())
}

fn made() -> PathBuf {
    root().join(MADE)
}

fn bundle() -> Result<String> {
    let packages = npm::TOOLS.modules()?;
    let mut esbuild = Command::new("node");
    esbuild
        .arg(packages.join("esbuild/bin/esbuild"))
        .arg(root().join(SOURCE))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"])
        .env("NODE_PATH", packages)
        .stdin(Stdio::null());
    Ok(format!("{NOTICE}{}", output(&mut esbuild)?))
}
