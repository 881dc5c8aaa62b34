//! Apps, their drafts and revisions, what is live, and who changed it: a domain without HTTP, over an
//! embedded SQLite file or a PostgreSQL server.
//!
//! An app has one **draft** with a version, and numbered **revisions** that never change. [`Store::publish`]
//! makes a revision of the draft and puts it **live** (or into **staging**); [`Store::roll_back`] makes a
//! new revision with the content of an old one; [`Store::switch_off`] takes the code away from all visitors
//! at once.
//!
//! - Each use case is one transaction, which writes its entry of the audit log, too.
//! - A write says which version it has seen. If there is a newer one, it changes nothing and fails with the
//!   current state ([`StoreError::DraftConflict`], [`StoreError::LiveConflict`],
//!   [`StoreError::SettingsConflict`]).
//! - The audit log is the list of changes, too: [`Store::changes_since`] tells a server which apps to read
//!   again.
//! - Compiled documents are kept, too, so that no server compiles them again ([`Store::keep_documents`]).
//! - A backup is a file that is written while servers use the database ([`Database::back_up`]).
//! - A preview link shows the draft to its holder for a while ([`Store::make_preview_link`]).
//!
//! The crate stores what it is given. It neither checks nor compiles snippets.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use c2c_store::{Database, Environment, Limits, NewApp, Publication, Snippets, Store};
//!
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("c2c.db");
//! let store = Store::open(&Database::file(&file), Limits::default()).await?;
//! let anna = "anna@shop.example".parse()?;
//! let id = "shop".parse()?;
//! store.create(&anna, &id, &NewApp { name: "Shop".parse()?, ..NewApp::default() }).await?;
//!
//! let draft = store.draft(&id).await?;
//! let code = Snippets { head: "<script>…</script>".into(), body_end: String::new() };
//! let version = store.save_draft(&anna, &id, draft.version, &code).await?;
//!
//! let publication = Publication {
//!     draft: version,
//!     replaces: None,
//!     to: Environment::Live,
//!     note: "Conversion tracking".parse()?,
//!     catalogue: "1.0.0".to_owned(),
//!     diagnostics: "[]".to_owned(),
//! };
//! let revision = store.publish(&anna, &id, &publication).await?;
//! assert_eq!(store.app(&id).await?.live, Some(revision));
//!
//! // It was written against version 1, and version 2 is there.
//! assert!(store.save_draft(&anna, &id, draft.version, &code).await.is_err());
//! # Ok(()) }
//! ```

mod access_log;
mod actor;
mod app;
mod approval;
mod archive;
mod assertion;
mod audit;
mod backup;
mod database;
mod document;
mod draft;
mod engine;
mod error;
mod examine;
mod grant;
mod history;
mod job;
mod lifetime;
mod numbers;
mod outbox;
mod plan;
mod preview_id;
mod preview_link;
mod preview_ticket;
mod publish;
mod purged_access;
mod read_only;
mod rows;
mod save;
mod schema;
mod session;
mod session_room;
mod settings;
mod sign_in_link;
mod subject;
mod switch;
mod task;
mod text;
mod token;
mod watch;
mod write;

pub use access_log::{AccessAction, AccessEntry};
pub use actor::Actor;
pub use app::{App, Environment, Jar, NewApp, Off, Settings};
pub use archive::ArchiveError;
pub use assertion::Assertion;
pub use audit::{Action, Change, Entry, State, UnknownAction};
pub use backup::{BackupError, Copied};
pub use c2c_access::{Secret, SecretError};
pub use database::{Database, DatabaseError, Limits, Store};
pub use document::{AppDocuments, DocumentKey, NewDocument};
pub use draft::{Draft, Snippets};
pub use error::{FailureKind, StoreError};
pub use examine::Examined;
pub use grant::Grant;
pub use history::{Revision, RevisionMark};
pub use job::{Claim, Job};
pub use lifetime::GRACE;
pub use numbers::{RevisionNumber, Timestamp, Version};
pub use outbox::{
    Accounts, Attempt, Claimed, Claimer, Claims, Collect, CollectSettings, Delivery,
    DeliveryFilter, ENDPOINTS_MAX, EVENT_TOKENS_MAX, Endpoint, EndpointAccount, EndpointHealth,
    EndpointMove, EndpointSecret, EndpointSettings, EventKey, EventToken, Forget, Forgotten,
    Incoming, Intake, Lane, Lease, NewEndpoint, NewEvent, NewSecret, OutboxState, Progress,
    Receipt, Receipts, Replay, ReplayStep, SECRETS_MAX, Sealed, SealedPlace, SealedRow, Settled,
    Settlement, Stage, StoredEvent, Taken, TracedDelivery, TracedEvent, Verdict,
};
pub use plan::Plan;
pub use preview_id::PreviewLinkId;
pub use preview_link::{NewPreviewLink, PREVIEW_LIFETIME_MAX, PREVIEW_LINKS_MAX, PreviewLink};
pub use preview_ticket::{PREVIEW_TICKET_LIFETIME, PREVIEW_TICKETS_MAX};
pub use publish::{Publication, Restoration};
pub use session::{NewSession, Session, SessionLimits};
pub use session_room::{SESSIONS_MAX, SESSIONS_OF_ONE_MAX};
pub use sign_in_link::{NewSignInLink, SIGN_IN_LIFETIME_MAX, SIGN_IN_LINKS_MAX, SignInLink};
pub use subject::{Identifier, Subject};
pub use task::Task;
pub use text::{ActorName, Name, Note, TextError};
pub use token::{ApiToken, NewApiToken, TOKEN_LIFETIME_MAX, TOKENS_MAX};
pub use watch::Watch;
