//! Endpoints: where events of an app go.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use c2c_names::{CUSTOM_PREFIX, EventName, is_custom_name};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::words::words;

/// The id of an endpoint. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointId(Uuid);

impl EndpointId {
    /// A new one.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

/// The text is not the id of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID in lower case, with hyphens")]
pub struct EndpointIdError;

impl fmt::Display for EndpointId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Only the form that it prints.
impl FromStr for EndpointId {
    type Err = EndpointIdError;

    fn from_str(text: &str) -> Result<Self, EndpointIdError> {
        let id = Uuid::try_parse(text).map_err(|_| EndpointIdError)?;
        (id.to_string() == text).then_some(Self(id)).ok_or(EndpointIdError)
    }
}

words! {
    /// The kind of an endpoint.
    Kind {
        /// A server of the customer, which gets Standard Webhooks.
        Webhook = "webhook",
        /// Google Analytics 4, by its Measurement Protocol.
        Ga4 = "ga4",
        /// Meta, by its Conversions API.
        Meta = "meta",
    }
}

words! {
    /// The form of a webhook's body.
    Format {
        /// That of [Standard Webhooks](https://www.standardwebhooks.com/).
        Standard = "standard",
        /// [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md), structured.
        CloudEvents = "cloudevents",
    }
}

words! {
    /// Whether events go to an endpoint.
    EndpointState {
        /// It has not agreed yet. Nothing is sent, and no event is kept for it.
        Asked = "asked",
        /// Events go there.
        Active = "active",
        /// A person stopped it. Events wait.
        Paused = "paused",
        /// It failed for too long, or wants no more. Events wait.
        Disabled = "disabled",
        /// It is gone. Its history stays.
        Removed = "removed",
    }
}

words! {
    /// How an endpoint agreed to get events.
    Agreement {
        /// By [CloudEvents' handshake](https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection).
        Handshake = "handshake",
        /// It returned a challenge.
        Challenge = "challenge",
        /// An owner said that it need not be asked.
        Skipped = "skipped",
        /// It need not be asked: it is a vendor's, whose credentials are the agreement.
        NotNeeded = "not-needed",
        /// Not yet.
        No = "no",
    }
}

/// Which events an endpoint gets: all, or those of the names (with `custom:` before those of custom code).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Filter(Option<BTreeSet<String>>);

/// Characters of a wrong name in a message.
const NAME_SHOWN_MAX: usize = 64;

/// The names cannot be a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is no name.
    #[error("names no event; [\"*\"] means all")]
    Empty,
    /// There are too many names.
    #[error("names more than {} events", Filter::NAMES_MAX)]
    TooMany,
    /// `*` is there beside names.
    #[error("\"*\" means all events, so it must be the only name")]
    AllAndMore,
    /// No event has this name; of a long one, the first characters.
    #[error("names {0:?}, which no event can have")]
    Name(String),
}

impl Filter {
    /// The greatest number of names.
    pub const NAMES_MAX: usize = 100;

    /// As by [`TryFrom`], for names that a person chose: each is one that an event can have.
    ///
    /// ```
    /// use c2c_delivery::Filter;
    ///
    /// let names = |names: &[&str]| Filter::of_events(names.iter().copied().map(str::to_owned).collect());
    /// assert!(names(&["visit_ended", "custom:order_called"])?.has("visit_ended"));
    /// assert!(names(&["*"])?.has("custom:order_called"));
    /// let error = names(&["visit_ended", "Visit ended"]).unwrap_err();
    /// assert_eq!(error.to_string(), "names \"Visit ended\", which no event can have");
    /// # Ok::<(), c2c_delivery::FilterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FilterError::Name`] for the first that is none, and the others as by [`TryFrom`].
    pub fn of_events(names: Vec<String>) -> Result<Self, FilterError> {
        let is_known = |name: &&String| *name == "*" || is_event(name);
        match names.iter().find(|name| !is_known(name)) {
            Some(name) => Err(FilterError::Name(name.chars().take(NAME_SHOWN_MAX).collect())),
            None => names.try_into(),
        }
    }

    /// Whether an event of this name (with `custom:` before those of custom code) is to be sent.
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(name))
    }
}

/// Whether an event can have this name.
pub(crate) fn is_event(name: &str) -> bool {
    match name.strip_prefix(CUSTOM_PREFIX) {
        Some(custom) => is_custom_name([], custom),
        None => name.parse::<EventName>().is_ok(),
    }
}

/// `["*"]` means all.
impl TryFrom<Vec<String>> for Filter {
    type Error = FilterError;

    fn try_from(names: Vec<String>) -> Result<Self, FilterError> {
        if names == ["*"] {
            return Ok(Self(None));
        }
        let names: BTreeSet<_> = names.into_iter().collect();
        match names.len() {
            0 => Err(FilterError::Empty),
            _ if names.contains("*") => Err(FilterError::AllAndMore),
            number if number > Self::NAMES_MAX => Err(FilterError::TooMany),
            _ => Ok(Self(Some(names))),
        }
    }
}

impl From<Filter> for Vec<String> {
    fn from(filter: Filter) -> Self {
        match filter.0 {
            None => vec!["*".to_owned()],
            Some(names) => names.into_iter().collect(),
        }
    }
}
