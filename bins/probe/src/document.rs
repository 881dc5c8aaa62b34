//! Tables in a document, between `<!-- name -->` and `<!-- end of name -->`.

use std::fs;
use std::path::Path;

use c2c_harness::{Context as _, Error, Result};

/// Compares these tables with those in the document. Returns each differing table's first difference.
pub(crate) fn check(file: &Path, tables: &[(&str, String)]) -> Result<Vec<String>> {
    let text = fs::read_to_string(file).context(file.display())?;
    let mut faults = Vec::new();
    for (name, table) in tables {
        let (start, end) = place(&text, name, file)?;
        let there = text[start..end].trim();
        let mut lines = there.lines().zip(table.trim().lines());
        if there != table.trim() {
            let line = lines.find(|(there, found)| there != found);
            let (there, found) = line.unwrap_or(("(another number of lines)", ""));
            faults.push(format!(
                "{}: {name} differ; write them with --write\n  there: {there}\n  found: {found}",
                file.display()
            ));
        }
    }
    Ok(faults)
}

/// Writes the tables into the document.
pub(crate) fn write(file: &Path, tables: &[(&str, String)]) -> Result<()> {
    let mut text = fs::read_to_string(file).context(file.display())?;
    for (name, table) in tables {
        let (start, end) = place(&text, name, file)?;
        text.replace_range(start..end, &format!("\n\n{}\n\n", table.trim()));
    }
    fs::write(file, text)?;
    Ok(())
}

fn place(text: &str, name: &str, file: &Path) -> Result<(usize, usize)> {
    let (begin, over) = (format!("<!-- {name} -->"), format!("<!-- end of {name} -->"));
    let start = text.find(&begin).map(|at| at + begin.len());
    let end = start.and_then(|start| Some(start + text[start..].find(&over)?));
    start.zip(end).ok_or_else(|| {
        Error::new(format!("{}: no place between {begin} and {over}", file.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::{check, write};

    #[test]
    fn tables_are_written_and_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("isolation.md");
        std::fs::write(&file, "a\n<!-- probes -->\nold\n<!-- end of probes -->\nb\n")
            .expect("a file");
        let tables = [("probes", "| x |\n".to_owned())];
        let faults = check(&file, &tables).expect("it can be read");
        assert!(
            faults[0].contains("there: old") && faults[0].contains("found: | x |"),
            "{faults:?}"
        );
        write(&file, &tables).expect("it can be written");
        assert!(check(&file, &tables).expect("it can be read").is_empty());
        let text = std::fs::read_to_string(&file).expect("a file");
        assert_eq!(text, "a\n<!-- probes -->\n\n| x |\n\n<!-- end of probes -->\nb\n");
        assert!(check(&file, &[("others", String::new())]).is_err());
    }
}
