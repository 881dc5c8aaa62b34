//! The webhooks that a receiver has written down.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::ledger::Ledger;

/// The webhooks that have arrived, by the number of their event.
pub(super) struct Arrivals {
    file: PathBuf,
    /// The end of the last whole line.
    read: u64,
    pub(super) events: BTreeMap<u64, Arrived>,
    /// Lines that a killed receiver did not finish.
    pub(super) torn: usize,
}

/// An event that has arrived.
pub(super) struct Arrived {
    body: String,
    pub(super) copies: u64,
}

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    id: String,
    signed: bool,
    body: String,
}

impl Arrivals {
    pub(super) fn of(file: &Path) -> Self {
        Self { file: file.to_owned(), read: 0, events: BTreeMap::new(), torn: 0 }
    }

    /// The number of all that came.
    pub(super) fn copies(&self) -> u64 {
        self.events.values().map(|arrived| arrived.copies).sum()
    }

    /// Reads on, and checks each webhook: it is signed, its event was sent, and it is the same each time.
    pub(super) fn read_on(&mut self, app: &str, ledger: &Ledger) {
        let mut file = File::open(&self.file).expect("the receiver's file");
        file.seek(SeekFrom::Start(self.read)).expect("a place in it");
        let (mut lines, mut text) = (BufReader::new(file), String::new());
        while lines.read_line(&mut text).expect("UTF-8") > 0 && text.ends_with('\n') {
            self.read += text.len() as u64;
            match serde_json::from_str::<Line>(&text) {
                Ok(line) => self.take(line, app, ledger),
                Err(_) => self.torn += 1,
            }
            text.clear();
        }
    }

    fn take(&mut self, Line { id, signed, body }: Line, app: &str, ledger: &Ledger) {
        assert!(signed, "{id}: the signature is wrong");
        let event: Value = serde_json::from_str(&body).expect("a body of JSON");
        let number = event["data"]["n"].as_u64().expect("a number");
        let verified = ledger.is_verified(number).unwrap_or_else(|| panic!("{id} was not sent"));
        let ending = if verified { "_v" } else { "" };
        assert_eq!(id, format!("{}{ending}", crate::integrating::id(number)), "{body}");
        assert_eq!(event["verified"], verified, "{body}");
        assert_eq!((&event["type"], &event["app"]), (&"custom.chat_opened".into(), &app.into()));
        let known = self.events.entry(number);
        let arrived = known.or_insert_with(|| Arrived { body: body.clone(), copies: 0 });
        assert_eq!(arrived.body, body, "{id}: another body");
        arrived.copies += 1;
    }
}
