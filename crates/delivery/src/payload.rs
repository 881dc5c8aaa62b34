//! The bodies of webhooks.
//!
//! A body is made anew for each attempt, and always has the same bytes: a receiver may compare them, and
//! the tests do. So no part of it depends on the attempt, and the keys of objects are sorted.

use c2c_names::{AppId, CUSTOM_PREFIX, Origin};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::endpoint::Format;
use crate::event::EventId;
use crate::sign::MessageId;
use crate::time::Timestamp;

/// An event as it was collected.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The app that it belongs to.
    pub app: &'a AppId,
    /// The id of its envelope.
    pub id: EventId,
    /// Whether a backend with a token sent it. Otherwise it is the claim of a visitor's browser.
    pub verified: bool,
    /// The name in its envelope, with `custom:` before those of custom code.
    pub name: &'a str,
    /// When it happened, by the visitor's clock.
    pub happened_at: Timestamp,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Its position among the events of its page.
    pub seq: u64,
    /// Its fields, with the context in `context`.
    pub data: &'a Map<String, Value>,
}

/// The body of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The value of the header `content-type`.
    pub content_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// [Standard Webhooks' payload](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure):
/// `type`, `timestamp` and `data`, and what else the server knows.
#[derive(Serialize)]
struct Standard<'a> {
    r#type: String,
    timestamp: String,
    data: &'a Value,
    app: &'a str,
    verified: bool,
    received: String,
    seq: u64,
}

/// A [CloudEvent in JSON](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). Names
/// of extensions have lower-case letters and digits only, and integers 32 bits: so `c2cseq` is a string.
/// `recordedtime` is a [documented extension](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/recordedtime.md).
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    r#type: String,
    time: String,
    datacontenttype: &'static str,
    recordedtime: String,
    c2cverified: bool,
    c2cseq: String,
    data: &'a Value,
}

impl Event<'_> {
    /// The id of the webhook about it.
    pub fn message_id(&self) -> MessageId {
        MessageId::of(self.id, self.verified)
    }

    /// The event's type for receivers: `custom.<name>` or `widget.<name>`.
    ///
    /// Names may have full stops, so without `widget.` the widget's event `custom.x` could not be told from custom code's `x`.
    pub fn kind(&self) -> String {
        match self.name.strip_prefix(CUSTOM_PREFIX) {
            Some(name) => format!("custom.{name}"),
            None => format!("widget.{}", self.name),
        }
    }

    /// The body of the webhook. `widget` is the origin of the widget's page, which the `source` of [`Format::CloudEvents`] names.
    pub fn body(&self, format: Format, widget: &Origin) -> Body {
        let mut data = Value::Object(self.data.clone());
        // The keys are sorted already, unless a crate in the build has serde_json keep their order.
        data.sort_all_objects();
        match format {
            Format::Standard => Body::new("application/json", &self.standard(&data)),
            Format::CloudEvents => {
                let id = self.message_id();
                let content = self.cloud_event(id.as_str(), &data, widget);
                Body::new("application/cloudevents+json; charset=utf-8", &content)
            }
        }
    }

    fn standard<'a>(&'a self, data: &'a Value) -> Standard<'a> {
        Standard {
            r#type: self.kind(),
            timestamp: self.happened_at.to_string(),
            data,
            app: self.app.as_str(),
            verified: self.verified,
            received: self.received_at.to_string(),
            seq: self.seq,
        }
    }

    fn cloud_event<'a>(&self, id: &'a str, data: &'a Value, widget: &Origin) -> CloudEvent<'a> {
        CloudEvent {
            specversion: "1.0",
            id,
            source: format!("{}/e/{}", widget.as_str(), self.app.as_str()),
            r#type: self.kind(),
            time: self.happened_at.to_string(),
            datacontenttype: "application/json",
            recordedtime: self.received_at.to_string(),
            c2cverified: self.verified,
            c2cseq: self.seq.to_string(),
            data,
        }
    }
}

impl Body {
    /// A body of JSON, such as that of a test by a person.
    pub fn json(content: &Value) -> Self {
        Self::new("application/json", content)
    }

    pub(crate) fn new(content_type: &'static str, content: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(content).expect("text, numbers and JSON values");
        Self { content_type, bytes }
    }
}
