//! The console's libraries, made from npm packages: its editor, and the comparison of two texts.
//!
//! esbuild bundles them, since it finds modules in packages. Our own scripts have another bundler
//! (`bins/assets`), whose output is 4 % smaller: that counts in every visitor's browser.

use std::fs;
use std::process::{Command, Stdio};

use crate::npm;
use crate::run::{Result, output, root};

/// A library: its source, the file that is served, and the first lines of it, since packages have no
/// notice in their code.
struct Library {
    source: &'static str,
    made: &'static str,
    notice: &'static str,
}

const LIBRARIES: [Library; 2] = [
    Library {
        source: "bins/xtask/npm/editor/codemirror.js",
        made: "bins/server/pages/codemirror.js",
        notice: "// @ts-nocheck
/*! CodeMirror, <https://codemirror.net>, MIT License. Copyright (C) 2018-2026 by Marijn Haverbeke and others.
 * Made by `cargo xtask assets`. */
",
    },
    Library {
        source: "bins/xtask/npm/editor/diff.js",
        made: "bins/server/pages/diff.js",
        notice: "// @ts-nocheck
/*! jsdiff, <https://github.com/kpdecker/jsdiff>, BSD-3-Clause License. Copyright (c) 2009-2015, Kevin Decker.
 * Made by `cargo xtask assets`. */
",
    },
];

/// Writes the libraries.
pub(crate) fn write() -> Result<()> {
    for library in &LIBRARIES {
        fs::write(root().join(library.made), bundle(library)?)?;
        println!("{} was written", library.made);
    }
    Ok(())
}

/// Fails if a committed library is not what would be written.
pub(crate) fn check() -> Result<()> {
    for library in &LIBRARIES {
        if fs::read_to_string(root().join(library.made))? != bundle(library)? {
            let why = "is stale: run `cargo xtask assets` and commit the result";
            return Err(format!("{} {why}", library.made).into());
        }
    }
    Ok(())
}

fn bundle(library: &Library) -> Result<String> {
    let packages = npm::TOOLS.modules()?;
    let mut esbuild = Command::new("node");
    esbuild
        .arg(packages.join("esbuild/bin/esbuild"))
        .arg(root().join(library.source))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"])
        .env("NODE_PATH", packages)
        .stdin(Stdio::null());
    Ok(format!("{}{}", library.notice, output(&mut esbuild)?))
}
