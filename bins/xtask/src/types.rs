//! `cargo xtask types`: checks our JavaScript with TypeScript.
//!
//! The scripts have their types in comments. The compiler checks them, and makes the declarations
//! (`crates/bridge/js/types`) for users who install the host from npm. The declarations are
//! committed, so that a change of the host's interface is visible. The types that the catalogue
//! makes for custom code (`c2c.d.ts`) are tested with good and bad code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::npm;
use crate::run::{Result, root, show, shown, target};

/// Check the types of all scripts, and write the host's declarations (needs npm)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if the committed declarations are not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    check_scripts()?;
    check_custom_code()?;
    if args.check {
        check_declarations()?;
    } else {
        declare(&root().join("crates/bridge/js/types"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks all scripts, with the strictest rules.
pub(crate) fn check_scripts() -> Result<()> {
    show(npm::tsc()?.args(["--project", "tsconfig.json"]).current_dir(root()))
}

/// Checks that the committed declarations match the scripts.
pub(crate) fn check_declarations() -> Result<()> {
    let made = target()?.join("e2e/types");
    declare(&made)?;
    let (made, committed) = (files(&made)?, files(&root().join("crates/bridge/js/types"))?);
    let names = made.keys().chain(committed.keys());
    match names.into_iter().find(|name| made.get(*name) != committed.get(*name)) {
        None => Ok(()),
        Some(stale) => Err(format!(
            "crates/bridge/js/types/{stale} is stale: run `cargo xtask types` and commit the result"
        )
        .into()),
    }
}

/// Custom code in TypeScript.
const CUSTOM_CODE: &str = "crates/catalogue/tests/types";

/// The comment above a line that the compiler should reject: `// TS2540: its message`.
const EXPECTED: &str = "// TS";

/// Checks that the compiler reports exactly the errors that the comments of each file below
/// [`CUSTOM_CODE`] expect. Returns the number of files and expected errors.
pub(crate) fn check_custom_code() -> Result<u32> {
    let folder = root().join(CUSTOM_CODE);
    let mut tsc = npm::tsc()?;
    tsc.args(["--pretty", "false", "--project", "."]).current_dir(&folder);
    println!("$ {}", shown(&tsc));
    let said = String::from_utf8(tsc.output()?.stdout)?;
    let mut said = errors(&said);
    let mut checked = 0;
    for (name, text) in files(&folder)? {
        if name != "tsconfig.json" {
            let said = said.remove(&name).unwrap_or_default();
            let text = String::from_utf8(text)?;
            checked +=
                1 + compare(&text, &said).map_err(|why| format!("{CUSTOM_CODE}/{name}{why}"))?;
        }
    }
    match said.into_iter().next() {
        None => Ok(checked),
        Some((file, errors)) => Err(format!("{CUSTOM_CODE}/{file}: {errors:?}").into()),
    }
}

/// The compiler's errors by line of a file.
type Errors = BTreeMap<usize, String>;

/// The errors by file and line: `file.ts(3,5): error TS2540: …`, with the lines that belong to it.
fn errors(said: &str) -> BTreeMap<String, Errors> {
    let mut files: BTreeMap<String, Errors> = BTreeMap::new();
    let mut last = None;
    for line in said.lines() {
        let place = line.split_once("): error ").and_then(|(place, message)| {
            let (file, position) = place.rsplit_once('(')?;
            Some((file, position.split(',').next()?.parse().ok()?, message))
        });
        if let Some((file, number, message)) = place {
            let lines = files.entry(file.to_owned()).or_default();
            lines.entry(number).or_default().push_str(message);
            last = Some((file.to_owned(), number));
        } else {
            // It explains the error before it. Without one, it concerns no file at all.
            let (file, number) = last.clone().unwrap_or_default();
            let message = files.entry(file).or_default().entry(number).or_default();
            *message += line.trim_start();
        }
    }
    files
}

/// Compares a file's errors with those that its comments expect. Returns the number of the latter.
fn compare(text: &str, said: &Errors) -> std::result::Result<u32, String> {
    let mut unexpected = said.clone();
    let mut expected = 0;
    for (number, line) in text.lines().enumerate().map(|(before, line)| (before + 1, line)) {
        let Some(error) = line.trim_start().strip_prefix(EXPECTED) else { continue };
        let (code, words) = error.split_once(": ").ok_or(format!("({number}): expected what?"))?;
        let said = unexpected.remove(&(number + 1)).unwrap_or_default();
        if !said.starts_with(&format!("TS{code}: ")) || !said.contains(words) {
            return Err(format!("({}): expected TS{error}, got {said:?}", number + 1));
        }
        expected += 1;
    }
    match unexpected.into_iter().next() {
        None => Ok(expected),
        Some((number, said)) => Err(format!("({number}): {said}")),
    }
}

fn declare(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut tsc = npm::tsc()?;
    tsc.args(["--project", "crates/bridge/js", "--outDir"]).arg(folder);
    show(tsc.current_dir(root()))
}

/// The files below `folder`, by relative path.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = format!("{inner}{}", entry.file_name().display());
            if entry.file_type()?.is_dir() {
                folders.push(path + "/");
            } else {
                files.insert(path, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{compare, errors};

    const CODE: &str = "let a = 1;\n// TS2540: read-only\na.b = 2;\n";

    fn check(said: &str, expected: Result<u32, &str>) {
        let said = errors(said).remove("code.ts").unwrap_or_default();
        assert_eq!(compare(CODE, &said), expected.map_err(str::to_owned));
    }

    #[test]
    fn an_expected_error_is_not_one() {
        check("code.ts(3,1): error TS2540: Cannot assign\n  because it is read-only\n", Ok(1));
    }

    #[test]
    fn all_others_are() {
        check("", Err("(3): expected TS2540: read-only, got \"\""));
        let said = "code.ts(3,1): error TS2322: It is read-only";
        check(said, Err("(3): expected TS2540: read-only, got \"TS2322: It is read-only\""));
        let said = "code.ts(3,1): error TS2540: read-only\ncode.ts(1,5): error TS1: No.";
        check(said, Err("(1): TS1: No."));
        assert!(errors("error TS5083: Cannot read file").contains_key(""));
    }
}
