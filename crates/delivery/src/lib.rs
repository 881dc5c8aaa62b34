//! Events on their way to a customer's servers: what may be sent where, when again, and signed how.
//!
//! The crate decides, and does no IO: it has no clock, no client and no database. The server asks it with the
//! present time and with what came back.

mod endpoint;
mod event;
mod outcome;
mod words;

pub use endpoint::{
    Agreement, EndpointId, EndpointIdError, EndpointState, Filter, FilterError, Format, Kind,
};
pub use event::{CollectMode, Consent, EventId, EventIdError};
pub use outcome::{Outcome, Reason};
pub use words::UnknownWord;
