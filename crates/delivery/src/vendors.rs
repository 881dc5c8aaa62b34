//! Events for advertising and analytics vendors, from server to server.
//!
//! Ad blockers and ended third-party cookies lose a browser's hits. So an endpoint can be a vendor: its mapping says
//! which event is which of the vendor's, and which fields go with it. Nothing else goes: no field is sent unless a
//! mapping names it.
//!
//! Personal data is the danger here. It is sent only where the vendor wants it hashed, normalised as the vendor says
//! ([`UserKey`]), and its source is in no other place of the same request.

pub mod ga4;
pub mod meta;

mod answer;
mod event;
mod hash;
mod leak;
mod normal;
mod reader;
mod request;
mod scalar;
mod source;

pub use answer::Verdict;
pub use event::{Event, Hit};
pub use hash::Sha256Hex;
pub use normal::UserKey;
pub use reader::{MappingError, RULES_MAX};
pub use request::{Ended, Now, Omission, Omitted, Plan, Request};
pub use source::PersonalFields;
