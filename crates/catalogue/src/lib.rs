//! The vocabulary of c2c: what a widget reports, what custom code may report, and the
//! envelope in which both reach the parent page and integrations.
//!
//! The crate does no IO. Everything that crosses a boundary is parsed into one of its types,
//! so that a value of these types is a proof: a [`Catalogue`] is consistent, an [`Event`] has exactly the fields of its name,
//! a [`CustomName`] cannot pass for a widget event, an [`Envelope`] carries one or the other.
//!
//! Which events there are says a [`Catalogue`], which is a file. A [`Validator`] checks events against it, and
//! schema, types, reference and fixtures are made of it. The [reference catalogue](Catalogue::reference) has types
//! besides:
//!
//! ```
//! use c2c_catalogue::{Body, EndReason, Envelope, Event};
//!
//! let envelope: Envelope = r#"{
//!     "name": "call_ended",
//!     "data": {"duration": 31, "reason": "user_hangup", "context": {"orderId": "A-1"}},
//!     "timestamp": "2026-03-01T12:00:00Z",
//!     "id": "01956b4e-3c00-7000-8000-000000000000",
//!     "seq": 3
//! }"#
//! .parse()?;
//!
//! let Body::Widget(Event::CallEnded { duration, reason }) = envelope.body() else { panic!() };
//! assert_eq!((*duration, *reason), (31.0, EndReason::UserHangup));
//! assert_eq!(envelope.context()["orderId"], "A-1");
//! # Ok::<(), c2c_catalogue::EnvelopeError>(())
//! ```

mod artefacts;
mod compatible;
mod consistency;
mod envelope;
mod event;
mod file;
mod fixtures;
mod json;
mod markdown;
mod model;
mod name;
mod problem;
mod schema;
mod typescript;
mod validate;
mod version;

pub use compatible::CannotFollow;
pub use envelope::{Body, Envelope, EnvelopeError};
pub use event::{EndReason, Event, Rating, RatingError};
pub use file::CatalogueError;
pub use fixtures::Fixture;
pub use json::{SyntaxError, read_json};
pub use model::{Catalogue, EventDef, Field, Privacy, Type};
pub use name::{CUSTOM_PREFIX, CustomName, CustomNameError, EventName, EventNameError};
pub use problem::Problem;
pub use validate::{Refused, UnknownFields, Validator};
pub use version::{Version, VersionError};
