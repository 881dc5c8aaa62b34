//! The messages of the protocol (`docs/protocol.md`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the protocol, in the boot name and in every window message.
pub(crate) const PROTOCOL: u64 = 1;

/// A message from host to shim, on the port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToFrame {
    /// The hello was accepted.
    Accepted,
    /// A check that the frame still responds.
    Ping {
        /// The number that the answer repeats.
        n: u64,
    },
    /// A list of widget events, in order, at most
    /// [`BridgeLimits::batch_max`](c2c_names::BridgeLimits::batch_max) of them.
    #[serde(untagged)]
    Events(Vec<FrameEvent>),
}

/// An event on its way to the frame, which adds the context itself. (In the browser it also has a
/// `timestamp` and an `id`.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FrameEvent {
    /// The widget event's name.
    pub(crate) name: String,
    /// The event's fields.
    pub(crate) data: Map<String, Value>,
    /// The position among the events of this mount, from 0.
    pub(crate) seq: u64,
}

/// A message from shim to host, on the port. Only its type has been checked: fields may hold anything.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FromFrame {
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
    /// Changes to the jar.
    Jar {
        /// Perhaps a list of changes.
        changes: Value,
    },
}

impl FromFrame {
    /// Reads a message. Returns `None` if it is none of these.
    pub(crate) fn read(data: Value) -> Option<Self> {
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

/// The only window message from shim to host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// The nonce that the host wrote into the fragment of the element's `src`.
    pub(crate) nonce: String,
}

impl Hello {
    /// Reads a window message's data. Returns `None` if it is not a hello of this version.
    pub(crate) fn read(data: &Value) -> Option<Self> {
        let is_hello = *data.get("c2c")? == PROTOCOL && data.get("type")? == "hello";
        let nonce = data.get("nonce")?.as_str()?.to_owned();
        is_hello.then_some(Self { nonce })
    }
}
