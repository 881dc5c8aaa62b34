//! The one who does something.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use c2c_access::Credential;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::subject::Subject;
use crate::text::{ActorName, TextError};

/// The person or program that does something.
///
/// History shows the name. The audit log also has what they showed and where they were, if that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ActorName", into = "ActorName")]
pub struct Actor {
    /// The name.
    pub name: ActorName,
    /// The person, if more than the name is known. The logs have it only where access is given: the entry of the
    /// credential.
    pub subject: Option<Subject>,
    /// The credential that they showed.
    pub credential: Option<Credential>,
    /// The address that they came from.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The name.
    pub fn as_str(&self) -> &str {
        self.name.as_str()
    }
}

impl From<ActorName> for Actor {
    /// Without more than the name.
    fn from(name: ActorName) -> Self {
        Self { name, subject: None, credential: None, address: None }
    }
}

impl From<Actor> for ActorName {
    fn from(actor: Actor) -> Self {
        actor.name
    }
}

impl FromStr for Actor {
    type Err = TextError;

    /// From a name: 1 to 200 characters in one line.
    fn from_str(name: &str) -> Result<Self, TextError> {
        name.parse().map(ActorName::into)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(formatter)
    }
}

/// The actor of a row of one of the two logs.
pub(crate) fn read_actor(row: &AnyRow) -> Result<Actor, String> {
    let text = |column: &str| {
        row.try_get::<Option<&str>, _>(column).map_err(|error| format!("{column}: {error}"))
    };
    let name = text("actor")?.unwrap_or_default();
    Ok(Actor {
        name: name.parse().map_err(|error| format!("actor {error}"))?,
        subject: None,
        // A newer version may know other kinds of both.
        credential: text("credential")?.and_then(|credential| credential.parse().ok()),
        address: text("address")?.and_then(|address| address.parse().ok()),
    })
}
