//! Events on their way to a customer's servers: what may be sent where, when again, and signed how.
//!
//! The crate decides, and does no IO: it has no clock, no client and no database. The server asks it with the
//! present time and with what came back.

mod address;
mod agreement;
mod answer;
mod breaker;
mod endpoint;
mod endpoint_url;
mod event;
mod machine;
mod outcome;
mod payload;
mod schedule;
mod seal;
mod secret;
mod sign;
mod time;
pub mod vendors;
mod words;

pub use address::{
    AddressFault, AddressRefused, AddressRules, Allowed, AllowedError, Reachable, judge,
};
pub use agreement::{
    ALLOWED_ORIGIN, ALLOWED_RATE, Challenge, Granted, Handshake, NotAgreed, REQUEST_ORIGIN,
    REQUEST_RATE,
};
pub use answer::{Failure, RetryAfter, Verdict};
pub use breaker::{DisableReason, Health};
pub use endpoint::{
    Agreement, EndpointId, EndpointIdError, EndpointState, Filter, FilterError, Format, Kind,
};
pub use endpoint_url::{EndpointUrl, UrlError, UrlRules};
pub use event::{CollectMode, Consent, EventId, EventIdError};
pub use machine::{Due, Next, next};
pub use outcome::{Outcome, Reason};
pub use payload::{Body, Event};
pub use schedule::{DELAYS, Jitter};
pub use seal::{About, KeyId, KeyIdError, Keyring, KeyringError, OpenError, Sealed};
pub use secret::{KeyError, PublicKey, Scheme, SigningKey, WebhookSecret};
pub use sign::{
    MessageId, MessageIdError, Signer, Signers, SignersError, TOLERANCE, Verifier, VerifyError,
    WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, verify,
};
pub use time::Timestamp;
pub use words::UnknownWord;
