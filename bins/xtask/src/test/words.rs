//! The worst of stilted English, found by its words. A reader finds the rest.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::run::Result;

/// Words to avoid, in identifiers too, and their replacements.
const AVOIDED: &[(&str, &str)] = &[
    ("anybody", ACTOR),
    ("everybody", ACTOR),
    ("mend", "fix"),
    ("mended", "fixed"),
    ("mending", "fixing"),
    ("mends", "fixes"),
    ("nobody", ACTOR),
    ("somebody", ACTOR),
    ("whoever", ACTOR),
];
const ACTOR: &str = "the actor: a visitor, a page, a site, a caller";

/// Begins a sentence whose subject is a clause.
const CLAUSE: &str = "What ";
/// The beginnings of comment lines.
const COMMENTS: [&str; 5] = ["///", "//!", "//", "*", "#"];

/// Files for readers.
const TEXTS: [&str; 9] = ["css", "dict", "html", "js", "md", "mjs", "rs", "toml", "ts"];
/// Files whose comments are read. (In Markdown `#` begins a heading.)
const COMMENTED: [&str; 5] = ["dict", "js", "mjs", "rs", "toml"];
/// Folders that are not written by hand, and this file.
const EXCEPT: [&str; 7] = [
    ".git",
    "bins/xtask/src/test/words.rs",
    "crates/bridge/js/dist",
    "fuzz/artifacts",
    "fuzz/corpus",
    "fuzz/target",
    "target",
];

/// Returns the places of avoided words, and of comments that begin with a clause.
pub(super) fn avoided(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    look(root, root, &mut found)?;
    found.sort();
    Ok(found)
}

fn look(folder: &Path, root: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let from_root = path.strip_prefix(root)?;
        if EXCEPT.iter().any(|except| Path::new(except) == from_root) {
            continue;
        }
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() {
            look(&path, root, found)?;
        } else if TEXTS.contains(&extension) {
            let is_commented = COMMENTED.contains(&extension);
            for (index, line) in fs::read_to_string(&path)?.lines().enumerate() {
                if let Some(why) = fault(line, is_commented) {
                    found.push(format!("{}:{}: {why}", from_root.display(), index + 1));
                }
            }
        }
    }
    Ok(())
}

/// Returns the first fault of a line.
fn fault(line: &str, is_commented: bool) -> Option<String> {
    let comment = COMMENTS.iter().find_map(|begin| line.trim_start().strip_prefix(begin));
    if is_commented && comment.is_some_and(|text| text.trim_start().starts_with(CLAUSE)) {
        return Some("the comment begins with \"What\": begin with a noun or a verb".to_owned());
    }
    let words = line.split(|character: char| !character.is_ascii_alphabetic());
    let mut avoided = words
        .filter_map(|word| AVOIDED.iter().find(|(avoided, _)| word.eq_ignore_ascii_case(avoided)));
    avoided.next().map(|(word, instead)| format!("{word:?}: use {instead}"))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn words_and_beginnings_are_found() {
        let check = |line, is_commented, expected: Option<&str>| {
            let fault = fault(line, is_commented);
            assert_eq!(fault.is_some(), expected.is_some(), "{line}: {fault:?}");
            let said = fault.zip(expected);
            assert!(said.is_none_or(|(fault, expected)| fault.contains(expected)), "{line}");
        };
        check("fn it_is_mended_by_hand() {", true, Some("use fixed"));
        check("Nobody knows.", false, Some("use the actor"));
        check("the amended law recommends it", false, None);
        check("    /// What it does.", true, Some("begin with a noun"));
        check("# What it does", false, None);
        check("/// Returns What.", true, None);
        check("let what = 1; // What", true, None);
    }
}
