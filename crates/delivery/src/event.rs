//! Events as they are collected.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Uuid, Variant};

use crate::words::words;

/// The id of an envelope: a UUID of version 7, in lower case. It has no full stop, so it can be a
/// [`webhook-id`](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(Uuid);

/// The text is not the id of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID of version 7 in lower case, with hyphens")]
pub struct EventIdError;

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Only the form that it prints.
impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, EventIdError> {
        let id = Uuid::try_parse(text).map_err(|_| EventIdError)?;
        let is_seven = id.get_version_num() == 7 && id.get_variant() == Variant::RFC4122;
        (is_seven && id.to_string() == text).then_some(Self(id)).ok_or(EventIdError)
    }
}

impl TryFrom<String> for EventId {
    type Error = EventIdError;

    fn try_from(text: String) -> Result<Self, EventIdError> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.to_string()
    }
}

words! {
    /// The visitor's decision about custom code, as the widget knows it.
    Consent {
        /// The visitor agreed.
        Granted = "granted",
        /// The widget's page did not ask.
        NotAsked = "not-asked",
        /// The sender did not say.
        Unknown = "unknown",
    }
}

words! {
    /// The fate of events that the app's catalogue does not allow.
    CollectMode {
        /// They are refused.
        Refuse = "refuse",
        /// They are kept, with the findings.
        Mark = "mark",
        /// The app takes no events.
        Off = "off",
    }
}
