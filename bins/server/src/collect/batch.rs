//! The form of what a widget's page sends, and the verdict on each event in it.
//!
//! All of it is a claim: anyone can send such a request without a browser.

use std::collections::BTreeMap;

use c2c_catalogue::{Envelope, EnvelopeError, Problem, Validator};
use c2c_delivery::{CollectMode, Consent, EventId};
use c2c_names::{CUSTOM_PREFIX, CollectLimits};
use c2c_store::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The version of the form.
const VERSION: u32 = 1;
/// The longest address of a page, in bytes.
const PAGE_BYTES_MAX: usize = 2048;
/// The most reasons for which a page counts events that it lost.
const LOST_MAX: usize = 8;
/// The most lost events that one batch can tell of. A page that says more may be forged; the greatest number that fits
/// would end the count of all pages.
const LOST_EVENTS_MAX: u64 = 100_000;
/// The most findings that are kept with an event.
const MARKS_MAX: usize = 20;
/// How long ago an event may have happened, by the visitor's clock, in milliseconds.
const AGE_MAX_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How far the visitor's clock may be ahead, in milliseconds.
const AHEAD_MAX_MS: i64 = 60 * 60 * 1000;

/// A batch whose frame is right. Its events are not yet read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    c2c: u32,
    /// The visitor's decision, if the sender says so.
    #[serde(default = "unknown")]
    pub(super) consent: Consent,
    /// The address of the page around the widget, reduced as its policy says.
    #[serde(default)]
    pub(super) page: Option<String>,
    /// Events that the page lost, by reason.
    #[serde(default)]
    lost: BTreeMap<String, u64>,
    /// The events, in order.
    pub(super) events: Vec<Box<RawValue>>,
}

fn unknown() -> Consent {
    Consent::Unknown
}

/// An event to keep.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: EventId,
    /// As on the wire: with `custom:` before the name of an event of custom code.
    pub(super) name: String,
    /// By the visitor's clock; if that is far off, by the server's.
    pub(super) happened_at: Timestamp,
    /// The envelope as JSON, in its one printed form.
    pub(super) body: String,
    /// Findings, as a JSON array of texts.
    pub(super) marks: Option<String>,
}

/// An event that is not kept.
#[derive(Debug)]
pub(super) struct Refused {
    /// Its id, if it has one.
    pub(super) id: Option<EventId>,
    pub(super) why: Why,
}

/// Why an event is not kept. Its word is in the answer, in the tally and in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is no envelope.
    Form,
    /// It is too large.
    Size,
    /// The catalogue does not allow it.
    Catalogue,
    /// The app's custom code is off, and the event says that it comes from there.
    Off,
}

impl Why {
    pub(crate) const ALL: [Self; 4] = [Self::Form, Self::Size, Self::Catalogue, Self::Off];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Size => "size",
            Self::Catalogue => "catalogue",
            Self::Off => "off",
        }
    }
}

/// The rules for the events of one app, at a time.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) validator: &'a Validator,
    pub(super) mode: CollectMode,
    /// Custom code is switched off.
    pub(super) off: bool,
    pub(super) now: Timestamp,
}

impl Batch {
    /// Reads a batch.
    ///
    /// # Errors
    ///
    /// One sentence, with the place in the body.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        // serde would also read the fields from an array, in order: two spellings for one batch.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err("the body must be an object".to_owned());
        }
        let batch: Self =
            serde_json::from_slice(body).map_err(|error| format!("the body: {error}"))?;
        if batch.c2c != VERSION {
            return Err(format!("/c2c must be {VERSION}"));
        }
        let events_max = CollectLimits::default().batch_events_max;
        if batch.events.is_empty() || batch.events.len() > events_max {
            return Err(format!("/events must have 1 to {events_max} events"));
        }
        if batch.page.as_ref().is_some_and(|page| page.len() > PAGE_BYTES_MAX) {
            return Err(format!("/page has more than {PAGE_BYTES_MAX} bytes"));
        }
        if batch.lost.len() > LOST_MAX {
            return Err(format!("/lost has more than {LOST_MAX} reasons"));
        }
        Ok(batch)
    }

    /// The number of events that the page lost, as it says: at most [`LOST_EVENTS_MAX`].
    pub(super) fn lost(&self) -> u64 {
        self.lost.values().fold(0, |sum: u64, lost| sum.saturating_add(*lost)).min(LOST_EVENTS_MAX)
    }
}

impl Rules<'_> {
    /// Judges one event.
    pub(super) fn judge(self, event: &RawValue) -> Result<Kept, Refused> {
        let text = event.get();
        if text.len() > CollectLimits::default().event_bytes_max {
            return Err(Refused { id: None, why: Why::Size });
        }
        let kept = match self.validator.read_envelope(text) {
            Ok(envelope) => self.keep(&envelope)?,
            Err(EnvelopeError::ValidationError(found)) => self.mark(text, &found.problems)?,
            Err(_) => return Err(Refused { id: None, why: Why::Form }),
        };
        if self.off && kept.name.starts_with(CUSTOM_PREFIX) {
            return Err(Refused { id: Some(kept.id), why: Why::Off });
        }
        Ok(kept)
    }

    fn keep(self, envelope: &Envelope) -> Result<Kept, Refused> {
        let id = envelope.id().to_string().parse();
        let id = id.map_err(|_| Refused { id: None, why: Why::Form })?;
        let happened_at = Timestamp::from_millis(envelope.timestamp().as_millisecond());
        let (happened_at, mark) = self.by_clock(happened_at);
        Ok(Kept {
            id,
            name: envelope.name().to_string(),
            happened_at,
            body: envelope.to_string(),
            marks: mark.map(|mark| json!([mark]).to_string()),
        })
    }

    /// Keeps an event that the catalogue does not allow, with what was found, if the app wants that. It has the
    /// form of an envelope nevertheless.
    fn mark(self, text: &str, found: &[Problem]) -> Result<Kept, Refused> {
        #[derive(Deserialize)]
        struct Wire {
            name: String,
            data: Map<String, Value>,
            timestamp: jiff::Timestamp,
            id: EventId,
            seq: u64,
        }
        let Ok(Wire { name, data, timestamp, id, seq }) = serde_json::from_str(text) else {
            return Err(Refused { id: None, why: Why::Form });
        };
        if !is_name(&name) || !has_context(&data) {
            return Err(Refused { id: Some(id), why: Why::Form });
        }
        if self.mode != CollectMode::Mark {
            return Err(Refused { id: Some(id), why: Why::Catalogue });
        }
        let (happened_at, mark) = self.by_clock(Timestamp::from_millis(timestamp.as_millisecond()));
        let found = found.iter().take(MARKS_MAX).map(Problem::to_string);
        let marks: Vec<_> = found.chain(mark.map(str::to_owned)).collect();
        let mut body =
            json!({"name": name, "data": data, "timestamp": timestamp, "id": id, "seq": seq});
        body.sort_all_objects();
        Ok(Kept {
            id,
            name,
            happened_at,
            body: body.to_string(),
            marks: Some(json!(marks).to_string()),
        })
    }

    /// The time of an event, with a finding if the visitor's clock cannot be right.
    fn by_clock(self, happened_at: Timestamp) -> (Timestamp, Option<&'static str>) {
        let (now, at) = (self.now.as_millis(), happened_at.as_millis());
        let is_right = (now - AGE_MAX_MS..=now + AHEAD_MAX_MS).contains(&at);
        let mark = "/timestamp: the visitor's clock is wrong, so the time of receipt counts";
        if is_right { (happened_at, None) } else { (self.now, Some(mark)) }
    }
}

/// Whether an event could have such a name, in some catalogue.
fn is_name(name: &str) -> bool {
    match name.strip_prefix(CUSTOM_PREFIX) {
        Some(custom) => custom.parse::<c2c_names::CustomName>().is_ok(),
        None => name.parse::<c2c_names::EventName>().is_ok(),
    }
}

fn has_context(data: &Map<String, Value>) -> bool {
    let context = data.get("context").and_then(Value::as_object);
    context.is_some_and(|context| context.values().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use c2c_catalogue::{Catalogue, UnknownFields};

    use super::*;

    const NOW: i64 = 1_790_000_000_000;
    const ID: &str = "01956b4e-3c00-7000-8000-000000000000";

    #[track_caller]
    fn check_form(body: &str, expected: &str) {
        let error = Batch::read(body.as_bytes()).err().expect("it is not a batch");
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_batch_has_one_form() {
        check_form("[1, \"granted\", null, {}, []]", "must be an object");
        check_form(r#"{"c2c":1,"consent":"granted","events":[]}"#, "1 to 100 events");
        check_form(r#"{"c2c":2,"consent":"granted","events":[{}]}"#, "/c2c must be 1");
        check_form(r#"{"c2c":1,"consent":"denied","events":[{}]}"#, "\"denied\" is not one of");
        check_form(
            r#"{"c2c":1,"consent":"granted","events":[{}],"more":1}"#,
            "unknown field `more`",
        );
        check_form(
            r#"{"c2c":1,"c2c":1,"consent":"granted","events":[{}]}"#,
            "duplicate field `c2c`",
        );
        let many = vec!["{}"; CollectLimits::default().batch_events_max + 1].join(",");
        check_form(&format!(r#"{{"c2c":1,"consent":"granted","events":[{many}]}}"#), "1 to 100");
        let page = "x".repeat(PAGE_BYTES_MAX + 1);
        let body = format!(r#"{{"c2c":1,"consent":"granted","page":"{page}","events":[{{}}]}}"#);
        check_form(&body, "/page has more than");
    }

    #[test]
    fn a_page_tells_of_some_lost_events_only() {
        let lost = |lost: Value| {
            let body = json!({"c2c": 1, "consent": "granted", "lost": lost, "events": [{}]});
            Batch::read(body.to_string().as_bytes()).map(|batch| batch.lost())
        };
        assert_eq!(lost(json!({})), Ok(0));
        assert_eq!(lost(json!({"full": 3, "size": 2})), Ok(5));
        assert_eq!(lost(json!({"full": LOST_EVENTS_MAX, "size": 1})), Ok(LOST_EVENTS_MAX));
        assert_eq!(lost(json!({"full": u64::MAX, "size": u64::MAX})), Ok(LOST_EVENTS_MAX));
    }

    fn event(name: &str, data: &Value, at: i64) -> String {
        let timestamp = jiff::Timestamp::from_millisecond(at).expect("a time");
        json!({"name": name, "data": data, "timestamp": timestamp, "id": ID, "seq": 3}).to_string()
    }

    fn judged(text: &str, mode: CollectMode, off: bool) -> Result<Kept, (bool, Why)> {
        let validator = Validator::new(Catalogue::reference(), UnknownFields::Keep);
        let rules = Rules { validator: &validator, mode, off, now: Timestamp::from_millis(NOW) };
        let event = RawValue::from_string(text.to_owned()).expect("JSON");
        rules.judge(&event).map_err(|Refused { id, why }| (id.is_some(), why))
    }

    fn custom() -> String {
        event("custom:chat_opened", &json!({"b": 1, "a": 2, "context": {"orderId": "A-1"}}), NOW)
    }

    #[test]
    fn an_event_of_the_catalogue_is_kept_in_its_one_form() {
        let kept = judged(&custom(), CollectMode::Refuse, false).expect("it is kept");
        assert_eq!((kept.name.as_str(), kept.marks), ("custom:chat_opened", None));
        assert_eq!(kept.id.to_string(), ID);
        assert!(
            kept.body.contains(r#""data":{"a":2,"b":1,"context":{"orderId":"A-1"}}"#),
            "{}",
            kept.body
        );
    }

    #[test]
    fn the_catalogue_decides_or_marks() {
        let unknown = event("no_such_event", &json!({"context": {}}), NOW);
        assert_eq!(
            judged(&unknown, CollectMode::Refuse, false).err(),
            Some((true, Why::Catalogue))
        );
        let kept = judged(&unknown, CollectMode::Mark, false).expect("it is kept");
        assert!(kept.marks.is_some_and(|marks| marks.contains("/name")));
    }

    #[test]
    fn nothing_without_the_form_is_marked() {
        for text in [
            "7",
            "{}",
            r#"{"name":"a","name":"b"}"#,
            &event("custom:Ünzulässig", &json!({"context": {}}), NOW),
            &event("no_such_event", &json!({}), NOW),
            &event("no_such_event", &json!({"context": {"a": 1}}), NOW),
            &custom().replace(ID, "1"),
            &custom().replace(ID, &ID.to_uppercase()),
        ] {
            let refused = judged(text, CollectMode::Mark, false).expect_err(text);
            assert_eq!(refused.1, Why::Form, "{text}");
        }
        let large = event(
            "custom:large",
            &json!({"a": "x".repeat(CollectLimits::default().event_bytes_max), "context": {}}),
            NOW,
        );
        assert_eq!(judged(&large, CollectMode::Mark, false).err(), Some((false, Why::Size)));
    }

    #[test]
    fn without_custom_code_there_are_no_custom_events() {
        assert_eq!(judged(&custom(), CollectMode::Mark, true).err(), Some((true, Why::Off)));
        let example = Catalogue::reference().fixtures();
        let widget = example.iter().find_map(|fixture| {
            let text = serde_json::to_string(&fixture.envelope).expect("JSON");
            judged(&text, CollectMode::Refuse, true).ok()
        });
        assert!(widget.is_some());
    }

    #[test]
    fn a_wrong_clock_is_told_and_does_not_count() {
        for at in [NOW - AGE_MAX_MS - 1, NOW + AHEAD_MAX_MS + 1] {
            let text = event("custom:chat_opened", &json!({"context": {}}), at);
            let kept = judged(&text, CollectMode::Refuse, false).expect("it is kept");
            assert_eq!(kept.happened_at, Timestamp::from_millis(NOW));
            assert!(kept.marks.is_some_and(|marks| marks.contains("clock")));
        }
    }
}
