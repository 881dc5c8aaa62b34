//! Rules about the text of the sources, which `cargo metadata` does not show.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::Result;

/// The reference catalogue, which lists the demo's events.
const REFERENCE: &str = "crates/catalogue/reference/catalogue.json";
/// The Rust types of its events.
const TYPES: &str = "crates/catalogue/src/reference.rs";
/// Generated from other sources.
const GENERATED: [&str; 2] = ["crates/bridge/js/dist", "crates/bridge/js/types"];

/// The places in libraries and scripts that name an event of the reference catalogue. They must
/// not, because other providers' catalogues have other events.
pub(super) fn reference_events(root: &Path) -> Result<Vec<String>> {
    let catalogue: Value = serde_json::from_slice(&fs::read(root.join(REFERENCE))?)?;
    let events = catalogue["events"].as_object().ok_or("the reference catalogue has no events")?;
    let mut files = Vec::new();
    for folder in fs::read_dir(root.join("crates"))? {
        let folder = folder?.path();
        for part in ["src", "js"] {
            collect(&folder.join(part), root, &mut files)?;
        }
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(root.join(&file))?;
        for (index, line) in text.lines().enumerate() {
            if let Some(event) = events.keys().find(|event| line.contains(event.as_str())) {
                found.push(format!(
                    "{}:{}: names the demo's event `{event}`: use another name, or take it from the catalogue",
                    file.display(),
                    index + 1
                ));
            }
        }
    }
    Ok(found)
}

/// Adds the sources below a folder, by their paths from `root`.
fn collect(folder: &Path, root: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let from_root = path.strip_prefix(root)?.to_owned();
        if path.is_dir() {
            if !GENERATED.iter().any(|folder| Path::new(folder) == from_root) {
                collect(&path, root, files)?;
            }
        } else if from_root != Path::new(TYPES)
            && path.extension().is_some_and(|extension| extension == "rs" || extension == "js")
        {
            files.push(from_root);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{REFERENCE, TYPES, reference_events};

    #[test]
    fn only_sources_that_name_an_event_are_found() {
        let root = std::env::temp_dir().join(format!("c2c-xtask-sources-{}", std::process::id()));
        for (path, text) in [
            (REFERENCE, r#"{"events": {"bell_rung": {}}}"#),
            (TYPES, "bell_rung"),
            ("crates/bridge/js/dist/host.js", "bell_rung"),
            ("crates/bridge/js/host/name.js", "one\nconst name = 'bell_rung';\n"),
            ("crates/bridge/src/lib.rs", "bell"),
            ("crates/bridge/tests/it/main.rs", "bell_rung"),
        ] {
            let file = root.join(path);
            fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
            fs::write(file, text).expect("it is written");
        }
        let found = reference_events(&root).expect("the files are read");
        fs::remove_dir_all(&root).expect("it is removed");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crates/bridge/js/host/name.js:2: "), "{found:?}");
    }
}
