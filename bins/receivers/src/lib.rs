//! Customers' servers that tests play: [`Receiver`] gets webhooks and answers as it is told, [`Authority`] gives it a
//! certificate, and [`Names`] a name.
//!
//! A receiver notes what comes, also connections without a request, so a test sees what a server has called and what it
//! has not.

#![expect(clippy::missing_panics_doc, reason = "tests want panics: each is a broken machine")]

mod authority;
mod names;
mod receiver;

pub use authority::Authority;
pub use names::Names;
pub use receiver::{Answer, Hit, Receiver, agreeing};
