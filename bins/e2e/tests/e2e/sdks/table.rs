//! The table in the documentation.

use std::sync::{Mutex, PoisonError};
use std::{env, fmt, fs};

use c2c_harness::{Context as _, Result};

use super::Sdk;

const DOCUMENTATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sdks.md");
const BEGIN: &str = "<!-- sdks -->\n";
const END: &str = "<!-- /sdks -->";
const HEAD: &str = "\
| SDK | at its start | the event | `none` | `visit`, `kept` | second visit, `kept` |
|---|---|---|---|---|---|
";

/// The results of an SDK.
pub(super) struct Row<'a> {
    pub(super) sdk: &'a Sdk,
    pub(super) without_jar: WithoutJar,
}

pub(super) enum WithoutJar {
    Delivers,
    Fails { first: bool, event: bool, why: Option<&'static str> },
}

impl fmt::Display for WithoutJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Fails { first, event, why } = *self else { return f.write_str("delivers") };
        f.write_str(match (first, event) {
            (true, _) => "loses the event",
            (false, true) => "sends the event only",
            (false, false) => "sends nothing",
        })?;
        match why {
            Some(class) => write!(f, ": `{class}`"),
            None => f.write_str(", and reports no error"),
        }
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sdk, without_jar } = self;
        let version = sdk.package.version().map_err(|_| fmt::Error)?;
        let visitor = sdk.visitor.as_ref().map_or_else(
            || "has no id of a visitor".to_owned(),
            |visitor| format!("the same `{}`", visitor.name),
        );
        write!(f, "{}{version} | ", start(sdk))?;
        write!(
            f,
            "{} | {} | {without_jar} | delivers | {visitor} |",
            sdk.first.describe(),
            sdk.event
        )
    }
}

/// Returns the beginning of an SDK's row.
fn start(sdk: &Sdk) -> String {
    format!("| {} ", sdk.package.0)
}

fn updates() -> bool {
    env::var_os("UPDATE").is_some()
}

/// Returns the documentation in three parts: the text before the table, its rows, and the text
/// after it.
fn read() -> Result<(String, Vec<String>, String)> {
    let text = fs::read_to_string(DOCUMENTATION)?;
    let (before, rest) = text.split_once(BEGIN).context("the begin of the table")?;
    let (table, after) = rest.split_once(END).context("the end of the table")?;
    let rows = table.strip_prefix(HEAD).unwrap_or_default().lines().map(str::to_owned).collect();
    Ok((before.to_owned(), rows, after.to_owned()))
}

/// Whether the table says that an SDK delivers without a jar, or does not have the SDK yet.
pub(super) fn expects_delivery(sdk: &Sdk) -> Result<bool> {
    let (_, rows, _) = read()?;
    let row = rows.iter().find(|row| row.starts_with(&start(sdk)));
    Ok(updates() || row.is_none_or(|row| row.split(" | ").nth(3) == Some("delivers")))
}

/// Compares a row with the documentation's, or writes it there.
pub(super) fn check(row: &Row<'_>) -> Result<()> {
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let (before, mut rows, after) = read()?;
    let text = row.to_string();
    if updates() {
        rows.retain(|other| !other.starts_with(&start(row.sdk)));
        rows.push(text.clone());
        rows.sort();
        let rows = rows.join("\n");
        fs::write(DOCUMENTATION, format!("{before}{BEGIN}{HEAD}{rows}\n{END}{after}"))?;
    } else {
        assert!(rows.contains(&text), "docs/sdks.md lacks this row:\n{text}");
        assert_eq!(rows.len(), super::TESTS.len(), "a row for each SDK");
    }
    Ok(())
}
