//! `cargo xtask assets`: makes `crates/bridge/js/dist`, the scripts to serve, from the modules
//! beside it.
//!
//! Each entry becomes one file: the module and its imports are bundled into one scope
//! ([`bundle()`]), then minified ([`minify()`]). The files are committed, so that a build of the
//! product does not need this program; `--check` reports whether they are current.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

mod bundle;
mod error;
mod minify;
mod module;
mod shared;

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
    /// The file's maximum compressed size.
    brotli_max: Option<usize>,
}

/// All files to make.
const ENTRIES: &[Entry] = &[
    Entry { path: "shim.js", kind: Kind::Script, brotli_max: Some(1_740) },
    Entry { path: "shim_diagnostics.js", kind: Kind::Script, brotli_max: None },
    Entry { path: "shim_trace.js", kind: Kind::Script, brotli_max: None },
    Entry { path: "shim_jar.js", kind: Kind::Script, brotli_max: None },
    Entry { path: "shim_jar_diagnostics.js", kind: Kind::Script, brotli_max: Some(3_700) },
    Entry { path: "shim_jar_trace.js", kind: Kind::Script, brotli_max: None },
    Entry { path: "host.js", kind: Kind::Module, brotli_max: Some(4_460) },
    Entry { path: "listen.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "diagnostics.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "page.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "scroll.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "jar.js", kind: Kind::Module, brotli_max: None },
    Entry { path: "collect.js", kind: Kind::Module, brotli_max: Some(1_300) },
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
    let shared = shared::files();
    let generated = shared.iter().map(|(path, text)| write_or_check(&js, path, text, args.check));
    let made = ENTRIES.iter().map(|entry| make(entry, &js, args.check));
    let last = iter::once_with(|| no_others(&js.join("dist")));
    let (mut passed, mut failed) = (0, 0);
    for outcome in generated.chain(made).chain(last) {
        match outcome {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                println!("error: {error}");
            }
        }
    }
    // In the form that `cargo xtask test` counts.
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes one file below `js`, or checks that it is current.
fn make(entry: &Entry, js: &Path, check: bool) -> Result<()> {
    let &Entry { path, kind, brotli_max } = entry;
    let bundled = bundle(path, kind, &|path| fs::read_to_string(js.join(path)))
        .map_err(|error| format!("crates/bridge/js/{error}"))?;
    let minified = minify(&bundled, kind)
        .map_err(|error| format!("crates/bridge/js/{path}, bundled: {error}"))?;
    let brotli = brotli_size(minified.as_bytes())?;
    println!("{path:<28}{:>9}{:>10}{brotli:>9}", bundled.len(), minified.len());
    write_or_check(js, &format!("dist/{path}"), &minified, check)?;
    match brotli_max {
        Some(max) if brotli > max => {
            Err(format!("{path} is {brotli} bytes in brotli, and may be {max}").into())
        }
        _ => Ok(()),
    }
}

/// Writes a file below `js`, or checks that it is current.
fn write_or_check(js: &Path, path: &str, text: &str, check: bool) -> Result<()> {
    let file = js.join(path);
    if !check {
        fs::create_dir_all(file.parent().unwrap_or(js))?;
        fs::write(file, text)?;
    } else if fs::read_to_string(file).map_or(true, |committed| committed != text) {
        // A missing file counts as stale.
        return Err(format!(
            "crates/bridge/js/{path} is stale: run `cargo xtask assets` and commit the result"
        )
        .into());
    }
    Ok(())
}

/// The size at brotli's best compression, which servers send.
fn brotli_size(mut bytes: &[u8]) -> io::Result<usize> {
    let mut compressed = Vec::new();
    let params = BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut compressed, &params)?;
    Ok(compressed.len())
}

/// Fails if `dist` has a file that no entry makes, since it would never change again.
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
