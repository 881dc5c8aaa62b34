//! Events on their way to customers' servers: a durable outbox in the database of the apps.
//!
//! An **event** is kept once, also if several endpoints get it. For each endpoint whose filter names it there is a **delivery**: a row of
//! `outbox` while it is open, and a row of `ended` afterwards. A server **claims** deliveries for a while, and
//! **settles** them with what came back. What to do with a result is decided by the caller; this module keeps it.
//!
//! - An event and its deliveries are in one transaction: [`Store::ingest`](crate::Store::ingest) acknowledges both or
//!   neither.
//! - A result counts only for the last claim: it names the attempt, whose number each claim raises.
//! - A delivery has one time before which it cannot be claimed: that of the next try, or the end of a server's claim.
//! - A claim walks over the endpoints, so no endpoint waits for the backlog of another.
//! - Each change of a delivery is counted in its transaction: [`Accounts`].

mod accounts;
mod between;
mod claim;
mod collect;
pub(crate) mod collect_settings;
mod deliveries;
mod end;
pub(crate) mod endpoint;
mod endpoint_rows;
mod endpoints;
mod event;
mod event_tokens;
mod forget;
mod health;
mod ingest;
mod moves;
mod replay;
mod rows;
mod sealed;
mod secrets;
mod settle;
mod sql;
mod sweep;
mod tally;

pub use accounts::{Accounts, EndpointAccount, Intake, OutboxState};
pub use claim::{Claimed, Claimer, Claims, Lane, Lease};
pub use collect_settings::{Collect, CollectSettings};
pub use deliveries::{Delivery, DeliveryFilter, Progress, Stage, TracedDelivery, TracedEvent};
pub use endpoint::{
    ENDPOINTS_MAX, Endpoint, EndpointHealth, EndpointSecret, EndpointSettings, NewEndpoint,
    NewSecret, SECRETS_MAX, Sealed,
};
pub use event::{EventKey, NewEvent, StoredEvent};
pub use event_tokens::{EVENT_TOKENS_MAX, EventToken};
pub use forget::{Forget, Forgotten};
pub use ingest::{Incoming, Receipt, Receipts, Taken};
pub use moves::EndpointMove;
pub use replay::{Replay, ReplayStep};
pub(crate) use sealed::sealing_keys;
pub use sealed::{SealedPlace, SealedRow};
pub use settle::{Attempt, Settled, Settlement, Verdict};
