//! Google Analytics 4, by its [Measurement Protocol][reference].
//!
//! The protocol answers 2xx whatever comes, and drops what breaks its rules without a word. So the rules are checked
//! here: those of names when a mapping is read, those of values when a request is made.
//!
//! It has no id by which an event counts once: Google compares the `transaction_id` of purchases, and nothing else. An
//! event that the page's own tag sends, too, is counted twice. So a mapping must name only those that the tag does not
//! send.
//!
//! [reference]: https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag

mod credentials;
mod judge;
mod mapping;
mod names;
mod plan;
mod value;

pub use credentials::{Credentials, CredentialsError, Region};
pub use judge::{Finding, FindingsError, findings, judge};
pub use mapping::Mapping;
pub use plan::{check, plan};
