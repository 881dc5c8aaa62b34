//! `cargo xtask assets`: makes `crates/bridge/js/dist`, the scripts as they are served, from the
//! modules beside it.
//!
//! Each entry becomes one file: the module and what it imports in one scope ([`bundle()`]), and then
//! minified ([`minify()`]). The files are committed, so that building the product needs nothing of
//! this; `--check` says whether they are current.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

mod bundle;
mod error;
mod minify;
mod module;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io, iter};

use brotli::enc::BrotliEncoderParams;
use clap::Parser;

use crate::bundle::{Kind, bundle};
use crate::minify::minify;

/// A file to make.
#[derive(Debug)]
struct Entry {
    /// The module, below `crates/bridge/js`; the file in `dist` has the same name.
    path: &'static str,
    kind: Kind,
    /// How large the file may be when it is compressed.
    brotli_max: Option<usize>,
}

/// Everything that is made.
const ENTRIES: &[Entry] = &[
    Entry { path: "shim.js", kind: Kind::Script, brotli_max: Some(1_740) },
    Entry { path: "shim_diagnostics.js", kind: Kind::Script, brotli_max: None },
    Entry { path: "shim_jar.js", kind: Kind::Script, brotli_max: None },
    Entry { path: "shim_jar_diagnostics.js", kind: Kind::Script, brotli_max: Some(3_700) },
    Entry { path: "host.js", kind: Kind::Module, brotli_max: Some(4_380) },
    Entry { path: "listen.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "diagnostics.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "page.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "scroll.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "jar.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "validate.js", kind: Kind::Module, brotli_max: Some(2_100) },
];

/// Bundle and minify the scripts of the bridge, into crates/bridge/js/dist
#[derive(Debug, Parser)]
#[command(name = "cargo xtask assets", bin_name = "cargo xtask assets")]
struct Args {
    /// Write nothing; fail if a committed file is not what would be written
    #[arg(long)]
    check: bool,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    let js = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/bridge/js");
    println!("{:<28}{:>9}{:>10}{:>9}", "file", "bundled", "minified", "brotli");
    let made = ENTRIES.iter().map(|entry| make(entry, &js, args.check));
    let (mut passed, mut failed) = (0, 0);
    for outcome in made.chain(iter::once_with(|| no_others(&js.join("dist")))) {
        match outcome {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                println!("error: {error}");
            }
        }
    }
    // Of the form that `cargo xtask test` counts.
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes one file below `js`, or checks that it is what would be made.
fn make(entry: &Entry, js: &Path, check: bool) -> Result<()> {
    let &Entry { path, kind, brotli_max } = entry;
    let bundled = bundle(path, kind, &|path| fs::read_to_string(js.join(path)))
        .map_err(|error| format!("crates/bridge/js/{error}"))?;
    let minified = minify(&bundled, kind)
        .map_err(|error| format!("crates/bridge/js/{path}, bundled: {error}"))?;
    let brotli = brotli_size(minified.as_bytes())?;
    println!("{path:<28}{:>9}{:>10}{brotli:>9}", bundled.len(), minified.len());
    let file = js.join("dist").join(path);
    if !check {
        fs::create_dir_all(js.join("dist"))?;
        fs::write(file, minified)?;
    } else if fs::read_to_string(file).map_or(true, |committed| committed != minified) {
        // A missing file is a stale one.
        return Err(format!(
            "crates/bridge/js/dist/{path} is stale: run `cargo xtask assets` and commit the result"
        )
        .into());
    }
    match brotli_max {
        Some(max) if brotli > max => {
            Err(format!("{path} is {brotli} bytes in brotli, and may be {max}").into())
        }
        _ => Ok(()),
    }
}

/// The size of the best that brotli can do, which is what a server sends.
fn brotli_size(mut bytes: &[u8]) -> io::Result<usize> {
    let mut compressed = Vec::new();
    let params = BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut compressed, &params)?;
    Ok(compressed.len())
}

/// A file that no entry makes would never change again.
fn no_others(dist: &Path) -> Result<()> {
    for file in fs::read_dir(dist)? {
        let name = file?.file_name();
        if ENTRIES.iter().all(|entry| name != entry.path) {
            let name = name.to_string_lossy();
            return Err(format!(
                "crates/bridge/js/dist/{name} is made from no entry: delete it, or add one"
            )
            .into());
        }
    }
    Ok(())
}
