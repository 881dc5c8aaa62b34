//! Whether the keys open the secrets of integrations that are in the database.

use std::collections::BTreeMap;

use super::report::Report;
use crate::delivery::Keys;
use crate::settings::Settings;

const ABOUT: &str = "secrets key";

/// `used` has the keys that the database needs, each with the number of places.
pub(super) fn check(report: &mut Report, settings: &Settings, used: &BTreeMap<String, i64>) {
    let ring = match Keys::open(settings) {
        Ok(keys) => keys.ring(),
        Err(error) => return report.problem(ABOUT, error),
    };
    let places = |number: i64| match number {
        1 => "1 secret of integrations".to_owned(),
        number => format!("{number} secrets of integrations"),
    };
    let Some(ring) = ring else {
        if used.is_empty() {
            return report.ok(ABOUT, "there is none, and no secret of integrations needs one");
        }
        let text = format!(
            "there is none, and {} in the database cannot be opened, so nothing is delivered: put the file of the keys \
             back from its copy ({}), or name it with --secrets-key-file",
            places(used.values().sum()),
            names(used.keys()),
        );
        return report.problem(ABOUT, text);
    };
    let known: Vec<_> = ring.ids().map(|id| id.to_string()).collect();
    let (opened, closed): (BTreeMap<_, _>, BTreeMap<_, _>) =
        used.iter().partition(|(id, _)| known.contains(id));
    if closed.is_empty() {
        return report.ok(ABOUT, format!("it opens {}", places(opened.into_values().sum())));
    }
    let text = format!(
        "{} in the database cannot be opened, and their endpoints get nothing: the known keys are {}, and those were \
         sealed with {}; put their lines back into the file, from its copy",
        places(closed.values().copied().sum()),
        names(known.iter()),
        names(closed.keys().copied()),
    );
    report.problem(ABOUT, text);
}

fn names<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    let ids: Vec<_> = ids.map(String::as_str).collect();
    ids.join(", ")
}
