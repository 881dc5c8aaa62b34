//! Meta, by its [Conversions API](https://developers.facebook.com/documentation/ads-commerce/conversions-api).
//!
//! A request fails as a whole if one of its events is wrong. So the documented rules are checked before anything is
//! sent, and a batch that was refused is sent again event by event.
//!
//! Meta counts an event once that comes from the page's pixel and from here, if both have the same name and the same
//! `event_id` (`eventID` in the pixel) within 48 hours.

mod credentials;
mod judge;
mod mapping;
mod names;
mod page;
mod plan;
mod value;

pub use credentials::{Credentials, CredentialsError};
pub use judge::judge;
pub use mapping::Mapping;
pub use plan::plan;
