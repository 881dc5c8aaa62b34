//! Rust types for the events of the reference catalogue ([`Catalogue::reference`](crate::Catalogue::reference)), which
//! the demo widget reports. A provider with another catalogue writes its own types.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Validator;
use crate::json::Strict;

/// A widget event of the [reference catalogue](crate::Catalogue::reference) with its fields, as `name` and
/// `data` of an [`Envelope`](crate::Envelope::event).
///
/// The types are written by hand; a test proves that they accept the same events as the catalogue's file.
///
/// On the wire, field names are in camelCase. Deserializing accepts only events that the catalogue
/// accepts: a nullable field must be present, and unknown fields are rejected. So the reader of an event
/// never has to guess whether a field is missing or misspelt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    remote = "Self",
    tag = "name",
    content = "data",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum Event {
    /// The widget was rendered; reported once.
    WidgetLoaded {
        /// Whether the widget runs in the console's preview.
        is_preview: bool,
    },
    /// The outbound call request was accepted.
    CallStarted {
        /// The destination of the call, if the widget knows it.
        destination_id: Option<String>,
        /// The routing decision, if there was one.
        routing_key: Option<String>,
        /// Whether the visitor filled in a form before the call.
        has_form_values: bool,
    },
    /// The call ended cleanly.
    CallEnded {
        /// Seconds since the visitor started the call, 0 or more.
        duration: f64,
        /// The side that hung up.
        reason: EndReason,
    },
    /// The call failed to start or was dropped; no [`Event::CallEnded`] follows.
    CallError {
        /// A stable, machine-readable code.
        code: String,
        /// A sentence for a person.
        message: Option<String>,
        /// Seconds since the visitor started the call, if it had started.
        duration: Option<f64>,
    },
    /// The survey after the call was sent.
    SurveySubmitted {
        /// The visitor's rating.
        rating: Rating,
        /// The visitor's words.
        comment: Option<String>,
    },
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    /// Checks the event against the catalogue first: `serde` alone would accept a list of values for
    /// an object, `{"user_hangup": null}` for a text, and a missing field for `null`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Strict(tagged) = Strict::deserialize(deserializer)?;
        let Some(name) = tagged["name"].as_str() else {
            return Err(D::Error::custom("/name: expected a string"));
        };
        Validator::reference().check_data(name, &tagged["data"]).map_err(D::Error::custom)?;
        Self::deserialize(tagged).map_err(D::Error::custom)
    }
}

impl Event {
    /// The names of all widget events, in the order in which a call produces them.
    pub const NAMES: [&'static str; 5] =
        ["widget_loaded", "call_started", "call_ended", "call_error", "survey_submitted"];

    /// The event's name on the wire.
    pub fn name(&self) -> &'static str {
        let [loaded, started, ended, error, survey] = Self::NAMES;
        match self {
            Self::WidgetLoaded { .. } => loaded,
            Self::CallStarted { .. } => started,
            Self::CallEnded { .. } => ended,
            Self::CallError { .. } => error,
            Self::SurveySubmitted { .. } => survey,
        }
    }
}

/// The side that ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The visitor hung up.
    UserHangup,
    /// The other side hung up.
    RemoteHangup,
}

/// A survey rating, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "u8")]
pub struct Rating(u8);

/// The number is not a rating.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a rating is an integer from 1 to 5, not {0}")]
pub struct RatingError(f64);

impl TryFrom<u8> for Rating {
    type Error = RatingError;

    fn try_from(stars: u8) -> Result<Self, RatingError> {
        if (1..=5).contains(&stars) { Ok(Self(stars)) } else { Err(RatingError(stars.into())) }
    }
}

/// Accepts `5.0`, because JSON has only one kind of number.
impl TryFrom<f64> for Rating {
    type Error = RatingError;

    fn try_from(stars: f64) -> Result<Self, RatingError> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "one of the five, which fit"
        )]
        if (1.0..=5.0).contains(&stars) && stars.fract() == 0.0 {
            Ok(Self(stars as u8))
        } else {
            Err(RatingError(stars))
        }
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Catalogue, Type};

    fn check(json: &str, expected: Result<&str, &str>) {
        let parsed = serde_json::from_str::<Event>(json);
        match (&parsed, expected) {
            (Ok(event), Ok(name)) => {
                assert_eq!(event.name(), name);
                let printed = serde_json::to_string(event).expect("events serialise");
                assert_eq!(&serde_json::from_str::<Event>(&printed).expect("round trip"), event);
            }
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error} does not say {part:?}");
            }
            _ => panic!("{json}: {parsed:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn each_event_of_the_catalogue_is_read_and_printed() {
        check(r#"{"name":"widget_loaded","data":{"isPreview":false}}"#, Ok("widget_loaded"));
        check(
            r#"{"name":"call_started","data":{"destinationId":"sales","routingKey":null,"hasFormValues":false}}"#,
            Ok("call_started"),
        );
        check(
            r#"{"name":"call_ended","data":{"duration":0.5,"reason":"remote_hangup"}}"#,
            Ok("call_ended"),
        );
        check(
            r#"{"name":"call_error","data":{"code":"busy","message":null,"duration":null}}"#,
            Ok("call_error"),
        );
        check(
            r#"{"name":"survey_submitted","data":{"rating":5,"comment":"thanks"}}"#,
            Ok("survey_submitted"),
        );
    }

    /// Returns the names that `serde` expects, read from its error message.
    fn expected<T: std::fmt::Debug>(read: Result<T, serde_json::Error>) -> Vec<String> {
        let error = read.expect_err("there is no such name").to_string();
        error.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect()
    }

    /// Asks `serde` alone. The catalogue rejects wrong events before they reach the types, so other tests
    /// cannot show that the types hold no more than the catalogue allows.
    #[test]
    fn the_types_hold_what_the_catalogue_says_and_no_more() {
        let tagged = |name: &str| json!({"name": name, "data": {"no such field": 1}});
        // The derived `deserialize`, which does not ask the catalogue.
        assert_eq!(expected(Event::deserialize(tagged("no such event"))), Event::NAMES);
        for event in Catalogue::reference().events() {
            let fields: Vec<_> = event.fields.iter().map(|field| field.name.clone()).collect();
            assert_eq!(expected(Event::deserialize(tagged(event.name.as_str()))), fields);
            for field in &event.fields {
                if let Type::Enum(values) = &field.kind {
                    assert_eq!(field.name, "reason", "compare its type here, too");
                    assert_eq!(&expected(EndReason::deserialize(json!("bored"))), values);
                }
            }
        }
        for stars in 0..=u8::MAX {
            let data = json!({"rating": stars, "comment": null});
            let verdict = Validator::reference().check_data("survey_submitted", &data);
            assert_eq!(Rating::try_from(stars).is_ok(), verdict.is_ok(), "{stars}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        check(r#"{"name":"call_begun","data":{}}"#, Err("there is no event \"call_begun\""));
        check(r#"{"name":"widget_loaded","data":{}}"#, Err("/isPreview: is missing"));
        check(
            r#"{"name":"widget_loaded","data":{"isPreview":true,"extra":1}}"#,
            Err("/extra: is not a field"),
        );
        check(r#"["widget_loaded", {"isPreview": true}]"#, Err("/name"));
        check(r#"{"name":{"widget_loaded":null},"data":{"isPreview":true}}"#, Err("/name"));
        check(
            r#"{"name":"call_ended","data":{"duration":1,"reason":{"user_hangup":null}}}"#,
            Err("/reason: expected"),
        );
        check(
            r#"{"name":"call_ended","data":{"duration":1,"duration":1,"reason":"user_hangup"}}"#,
            Err("\"duration\" is there twice"),
        );
        check(r#"{"name":"widget_loaded","data":[true]}"#, Err("expected an object, got list"));
        check(
            r#"{"name":"call_started","data":{"destinationId":"x","hasFormValues":true}}"#,
            Err("/routingKey: is missing"),
        );
        check(
            r#"{"name":"call_ended","data":{"duration":-1,"reason":"user_hangup"}}"#,
            Err("/duration: expected a number ≥ 0"),
        );
        check(
            r#"{"name":"call_error","data":{"code":"x","message":null,"duration":-1}}"#,
            Err("/duration: expected a number ≥ 0"),
        );
        check(
            r#"{"name":"call_ended","data":{"duration":1,"reason":"bored"}}"#,
            Err("/reason: expected"),
        );
        check(
            r#"{"name":"survey_submitted","data":{"rating":6,"comment":null}}"#,
            Err("/rating: expected an integer from 1 to 5, got 6"),
        );
        check(
            r#"{"name":"survey_submitted","data":{"rating":4.5,"comment":null}}"#,
            Err("got 4.5"),
        );
    }
}
