//! The vocabulary of c2c: widget events, custom events, and the envelope in which both reach the parent
//! page and integrations.
//!
//! The crate does no IO. Input is parsed into its types, and a value of these types is a proof: a
//! [`Catalogue`] is consistent, and an [`Envelope`] conforms to its catalogue.
//!
//! A [`Catalogue`] lists the events; it comes from a file. A [`Validator`] checks events against it, and
//! schema, types, reference and fixtures are generated from it:
//!
//! ```
//! use c2c_catalogue::{Catalogue, Name, UnknownFields, Validator};
//!
//! let catalogue = Catalogue::from_toml(r#"
//!     name = "chat"
//!     version = "1.0.0"
//!
//!     [events."chat.closed"]
//!     since = "1.0.0"
//!     summary = "The chat is over."
//!     when = "The visitor closed the chat."
//!
//!     [events."chat.closed".fields.seconds]
//!     type = "integer"
//!     min = 0
//!     summary = "The length of the chat."
//!     example = 90
//!     privacy = "none"
//! "#)?;
//! let validator = Validator::new(&catalogue, UnknownFields::Reject);
//! let envelope = validator.read_envelope(r#"{
//!     "name": "chat.closed",
//!     "data": {"seconds": 31, "context": {"orderId": "A-1"}},
//!     "timestamp": "2026-03-01T12:00:00Z",
//!     "id": "01956b4e-3c00-7000-8000-000000000000",
//!     "seq": 3
//! }"#)?;
//! assert_eq!(envelope.name(), &Name::Widget("chat.closed".parse()?));
//! assert_eq!((&envelope.data()["seconds"], &*envelope.context()["orderId"]), (&31.into(), "A-1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The events of the demo widget also have Rust types, in [`mod@reference`].

mod artefacts;
mod catalogue;
mod compatible;
mod consistency;
mod envelope;
mod error;
mod file;
mod findings;
mod fixtures;
mod formats;
mod json;
mod markdown;
mod model;
mod problem;
pub mod reference;
mod schema;
mod shape;
mod typescript;
mod validate;
mod version;

pub use catalogue::Catalogue;
pub use compatible::IncompatibleVersion;
pub use envelope::{Envelope, EnvelopeError, Name};
pub use error::CatalogueError;
pub use findings::{UnknownFields, ValidationError};
pub use fixtures::Fixture;
pub use json::{SyntaxError, read_json};
pub use model::{EventDef, Field, Privacy, Type};
pub use problem::Problem;
pub use validate::Validator;
pub use version::{Version, VersionError};
