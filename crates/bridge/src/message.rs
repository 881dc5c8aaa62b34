//! The messages of the protocol (`docs/protocol.md`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the protocol, in the boot name and in every window message.
pub const PROTOCOL: u64 = 1;

/// From host to shim, on the port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToFrame {
    /// The hello was accepted.
    Accepted,
    /// A question whether somebody is there.
    Ping {
        /// What the answer repeats.
        n: u64,
    },
    /// Events of the widget, in order: a list, at most
    /// [`BridgeLimits::batch_max`](crate::BridgeLimits::batch_max) of them.
    #[serde(untagged)]
    Events(Vec<FrameEvent>),
}

/// An event on its way to the frame, which adds the context by itself. (In the browser it has a
/// `timestamp` and an `id` as well.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameEvent {
    /// The widget event's name.
    pub name: String,
    /// The event's fields.
    pub data: Map<String, Value>,
    /// The position among the events of this mount, from 0.
    pub seq: u64,
}

/// From shim to host, on the port: so far only the kind is believed, every field may be anything.
#[derive(Clone, Debug, PartialEq)]
pub enum FromFrame {
    /// A custom event.
    Emit {
        /// Perhaps a name.
        name: Value,
        /// Perhaps JSON text.
        json: Value,
    },
    /// The answer to a ping.
    Pong {
        /// Perhaps the number of the ping.
        n: Value,
    },
    /// What custom code stored.
    Jar {
        /// Perhaps a list of changes.
        changes: Value,
    },
}

impl FromFrame {
    /// Reads a message; `None` if it is none of these.
    pub fn read(data: Value) -> Option<Self> {
        let Value::Object(mut fields) = data else { return None };
        let kind = fields.remove("type")?;
        let mut field = |name: &str| fields.remove(name).unwrap_or(Value::Null);
        match kind.as_str()? {
            "emit" => Some(Self::Emit { name: field("name"), json: field("json") }),
            "pong" => Some(Self::Pong { n: field("n") }),
            "jar" => Some(Self::Jar { changes: field("changes") }),
            _ => None,
        }
    }
}

/// The one window message from shim to host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What the host wrote into the fragment of the element's `src`.
    pub nonce: String,
}

impl Hello {
    /// Reads a window message's data; `None` if it is no hello of this version.
    pub fn read(data: &Value) -> Option<Self> {
        let is_hello = *data.get("c2c")? == PROTOCOL && data.get("type")? == "hello";
        let nonce = data.get("nonce")?.as_str()?.to_owned();
        is_hello.then_some(Self { nonce })
    }
}
