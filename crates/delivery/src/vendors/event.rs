//! An event as it is made into a vendor's.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Consent, EventId};

/// A collected event, with the request that it came by.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The envelope's id.
    pub id: EventId,
    /// The envelope's name, with `custom:` before the name of a custom event.
    pub name: &'a str,
    /// The time in milliseconds since 1970 that the vendor is told: the visitor's clock, or ours if theirs is wrong.
    /// A time in the future counts as the present.
    pub at_ms: i64,
    /// The visitor's decision.
    pub consent: Consent,
    /// The envelope's `data`: the fields, and `context`.
    pub data: &'a Map<String, Value>,
    /// The request; only Meta needs it.
    pub hit: Option<&'a Hit>,
}

/// Facts that the visitor's browser told the server with an event. They are kept only for apps that have an endpoint at Meta.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The visitor's address.
    pub address: Option<IpAddr>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// The address of the page with the widget.
    pub page: Option<String>,
}

/// Nothing about the visitor, since it could come into a log.
impl fmt::Debug for Hit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hit { .. }")
    }
}
