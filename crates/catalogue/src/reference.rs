//! The reference catalogue for people: what each widget event means, field by field.
//!
//! [`Event`](crate::Event) says what is on the wire; this table says it in words, for the console. A
//! test compares the two, so that neither can change without the other.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A widget event in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EventReference {
    /// The name on the wire.
    pub name: &'static str,
    /// When it happens: a sentence.
    pub when: &'static str,
    /// The fields of its data, besides `context`. Each is always there.
    pub fields: &'static [FieldReference],
}

/// A field of a widget event in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FieldReference {
    /// The name on the wire.
    pub name: &'static str,
    /// The JSON type, or the values that there are.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it tells: a sentence.
    pub summary: &'static str,
    /// A value that it may have, as JSON text.
    #[serde(serialize_with = "as_json")]
    pub example: &'static str,
}

/// All widget events, in the order of [`Event::NAMES`](crate::Event::NAMES).
pub const REFERENCE: &[EventReference] = &[
    EventReference {
        name: "widget_loaded",
        when: "The widget has appeared on the page. Once per page view.",
        fields: &[field(
            "isPreview",
            "bool",
            "Whether this is a preview in the console instead of a visitor's page.",
            "false",
        )],
    },
    EventReference {
        name: "call_started",
        when: "The visitor asked for a call, and the request was accepted.",
        fields: &[
            field(
                "destinationId",
                "string | null",
                "Who is called; null if the widget does not know.",
                r#""sales""#,
            ),
            field(
                "routingKey",
                "string | null",
                "How the call was routed; null if there was nothing to decide.",
                r#""de-premium""#,
            ),
            field(
                "hasFormValues",
                "bool",
                "Whether the visitor filled in a form before the call.",
                "true",
            ),
        ],
    },
    EventReference {
        name: "call_ended",
        when: "The call is over because one side hung up. Not after a failure: see call_error.",
        fields: &[
            field("duration", "number ≥ 0", "Seconds since the visitor started the call.", "42.5"),
            field(
                "reason",
                r#""user_hangup" | "remote_hangup""#,
                "Who hung up: the visitor (user) or the other side (remote).",
                r#""user_hangup""#,
            ),
        ],
    },
    EventReference {
        name: "call_error",
        when: "The call could not start, or it was cut off. No call_ended follows.",
        fields: &[
            field(
                "code",
                "string",
                "What went wrong, as a code that stays the same.",
                r#""connection_lost""#,
            ),
            field(
                "message",
                "string | null",
                "The same as a sentence for people; null if there is none.",
                r#""The connection was lost.""#,
            ),
            field(
                "duration",
                "number ≥ 0 | null",
                "Seconds since the visitor started the call; null if it never started.",
                "12.25",
            ),
        ],
    },
    EventReference {
        name: "survey_submitted",
        when: "The visitor answered the survey after the call.",
        fields: &[
            field("rating", "integer 1–5", "The visitor's rating; 5 is the best.", "5"),
            field(
                "comment",
                "string | null",
                "The visitor's own words; null if there are none.",
                r#""Very helpful!""#,
            ),
        ],
    },
];

const fn field(
    name: &'static str,
    kind: &'static str,
    summary: &'static str,
    example: &'static str,
) -> FieldReference {
    FieldReference { name, kind, summary, example }
}

fn as_json<S: Serializer>(text: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    let value: Value = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
    value.serialize(serializer)
}
