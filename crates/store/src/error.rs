//! Reasons why a use case did nothing.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use c2c_delivery::{EndpointId, EndpointState};
use c2c_names::AppId;
use sqlx::migrate::MigrateError;

use crate::app::App;
use crate::draft::Draft;
use crate::numbers::RevisionNumber;
use crate::outbox::collect_settings::Collect;
use crate::outbox::endpoint::Endpoint;

/// A use case that changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such app, or it was deleted.
    #[error("there is no app {0}")]
    NoSuchApp(AppId),
    /// An app with this id exists, or was deleted and may still come back.
    #[error("there is an app {0} already")]
    AppExists(AppId),
    /// The draft has a newer version than the one that was edited.
    #[error("the draft has version {}, not the one that was edited", .0.version)]
    DraftConflict(Box<Draft>),
    /// Another revision is in the environment than the one to replace.
    #[error("another revision is there than the one to replace")]
    LiveConflict(Box<App>),
    /// The settings have a newer version than the ones that were edited.
    #[error("the settings have version {}, not the one that was edited", .0.settings_version)]
    SettingsConflict(Box<App>),
    /// The app has no such revision.
    #[error("there is no revision {number} of the app {app}")]
    NoSuchRevision {
        /// The app.
        app: AppId,
        /// The number.
        number: RevisionNumber,
    },
    /// The app has no staging environment.
    #[error("the app {0} has no staging")]
    NoStaging(AppId),
    /// There is nothing in staging, so nothing can go live from there.
    #[error("the app {0} has nothing in staging")]
    NothingStaged(AppId),
    /// The app is switched off already.
    #[error("the app {0} is switched off already")]
    AlreadyOff(AppId),
    /// The app is not switched off.
    #[error("the app {0} is not switched off")]
    NotOff(AppId),
    /// The app needs a second person for this: the one who publishes has changed the draft.
    #[error(
        "you have changed this draft since it was last published, and the app {0} requires that \
         another person publishes it"
    )]
    NeedsApproval(AppId),
    /// The planned time is over.
    #[error("the planned time is over")]
    PlannedForThePast,
    /// There is no such plan.
    #[error("nothing is planned")]
    NotPlanned,
    /// The app has no such preview link, or the link has ended.
    #[error("there is no such preview link")]
    NoSuchPreviewLink,
    /// The app has as many preview links as it can have.
    #[error("the app {app} has {max} preview links, which is the most; revoke one first")]
    TooManyPreviewLinks {
        /// The app.
        app: AppId,
        /// The greatest number: [`PREVIEW_LINKS_MAX`](crate::PREVIEW_LINKS_MAX).
        max: usize,
    },
    /// The lifetime of a preview link is zero or too long.
    #[error("a preview link lasts 7 days at most")]
    PreviewLifetime,
    /// There is no such token, or it has ended.
    #[error("there is no such token")]
    NoSuchToken,
    /// There is no such sign-in link, or it was spent or has ended.
    #[error("there is no such sign-in link; it may have been used already, or be too old")]
    NoSuchLink,
    /// There is no such session, or it has ended.
    #[error("there is no such session")]
    NoSuchSession,
    /// The assertion has begun a session before.
    #[error("this assertion was used already")]
    AssertionUsed,
    /// There are as many sign-in links as there can be, for one of the apps or for all.
    #[error(
        "there are {max} sign-in links that were not used, which is the most; revoke one first"
    )]
    TooManyLinks {
        /// The greatest number: [`SIGN_IN_LINKS_MAX`](crate::SIGN_IN_LINKS_MAX).
        max: usize,
    },
    /// There are as many tokens as there can be, for one of the apps or for all.
    #[error("there are {max} tokens, which is the most; revoke one first")]
    TooManyTokens {
        /// The greatest number: [`TOKENS_MAX`](crate::TOKENS_MAX).
        max: usize,
    },
    /// The lifetime of a token or a sign-in link is zero or too long.
    #[error("it lasts {hours} hours at most", hours = max.as_secs() / 3600)]
    AccessLifetime {
        /// The longest lifetime.
        max: std::time::Duration,
    },
    /// A preview link was opened too often within a minute.
    #[error("the preview link is opened too often; try again in a minute")]
    TooManyPreviewTickets,
    /// The settings for events have a newer version than the ones that were edited.
    #[error("the settings for events have version {}, not the one that was edited", .0.version)]
    CollectConflict(Box<Collect>),
    /// Bodies would be kept for longer than the knowledge that there was an event.
    #[error("bodies cannot be kept for longer than the rest of an event")]
    KeptTooShort,
    /// The app has no such endpoint, or it was removed.
    #[error("there is no endpoint {0}")]
    NoSuchEndpoint(EndpointId),
    /// The endpoint has a newer version than the one that was edited.
    #[error("the endpoint has version {}, not the one that was edited", .0.version)]
    EndpointConflict(Box<Endpoint>),
    /// This is not possible in the endpoint's state.
    #[error("this is not possible while the endpoint is {0}")]
    EndpointState(EndpointState),
    /// The app has as many endpoints as it can have.
    #[error("the app {app} has {max} endpoints, which is the most; remove one first")]
    TooManyEndpoints {
        /// The app.
        app: AppId,
        /// The greatest number: [`ENDPOINTS_MAX`](crate::ENDPOINTS_MAX).
        max: usize,
    },
    /// The endpoint has as many secrets as it can have.
    #[error(
        "the endpoint has {max} secrets, which is the most; remove one, or wait for the end of one"
    )]
    TooManySecrets {
        /// The greatest number: [`SECRETS_MAX`](crate::SECRETS_MAX).
        max: usize,
    },
    /// The endpoint has no such secret, or it is the only current one.
    #[error("there is no such secret, or it is the only current one")]
    NoSuchSecret,
    /// There is no such event, or it is forgotten after its time.
    #[error("there is no such event")]
    NoSuchEvent,
    /// The endpoint has no such delivery, or it is forgotten after its time.
    #[error("there is no such delivery")]
    NoSuchDelivery,
    /// The delivery has not ended.
    #[error("the delivery has not ended")]
    StillPending,
    /// The event's body is not there any more.
    #[error("the content of the event is not there any more")]
    BodyGone,
    /// The app has as many event tokens as it can have.
    #[error("the app {app} has {max} tokens for events, which is the most; revoke one first")]
    TooManyEventTokens {
        /// The app.
        app: AppId,
        /// The greatest number: [`EVENT_TOKENS_MAX`](crate::EVENT_TOKENS_MAX).
        max: usize,
    },
    /// A snippet is too large.
    #[error("a snippet has {bytes} bytes; at most {max} are stored")]
    SnippetTooLarge {
        /// Its size.
        bytes: usize,
        /// The greatest size: [`Limits::snippet_bytes_max`](crate::Limits::snippet_bytes_max).
        max: usize,
    },
    /// The database failed. Whether the use case was carried out is not known if the connection broke
    /// during the commit; in all other cases it was not.
    #[error("{kind}: {source}")]
    Failed {
        /// The kind of failure.
        kind: FailureKind,
        /// The database's error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A row holds content that this version never writes.
    #[error("the database holds an app that cannot be read ({app:?}): {reason}")]
    Unreadable {
        /// The app's id.
        app: String,
        /// The problem.
        reason: String,
    },
}

/// The kinds of database failures that an operator handles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The database server cannot be reached, or too slowly. A later try may succeed.
    Unavailable,
    /// There is no space left.
    Full,
    /// The file, or its folder, cannot be written.
    ReadOnly,
    /// The file is damaged, or is no database.
    Corrupt,
    /// Another failure.
    Other,
}

/// How often each kind of failure has happened, in the order of [`FailureKind::ALL`].
static FAILURES: [AtomicU64; FailureKind::ALL.len()] = [const { AtomicU64::new(0) }; _];

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Unavailable, Self::Full, Self::ReadOnly, Self::Corrupt, Self::Other];

    /// How often this has happened in this process, in all its stores.
    pub fn count(self) -> u64 {
        FAILURES[self as usize].load(Relaxed)
    }

    fn counted(self) -> Self {
        FAILURES[self as usize].fetch_add(1, Relaxed);
        self
    }
}

impl std::fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Unavailable => "the database cannot be reached",
            Self::Full => "there is no space left for the database",
            Self::ReadOnly => "the database cannot be written",
            Self::Corrupt => "the database file is damaged",
            Self::Other => "the database failed",
        })
    }
}

impl StoreError {
    /// The error of a caller who has waited too long for a use case. The drivers have no time limit for a
    /// statement, so a server that hangs gives no error by itself; a caller needs a timeout.
    pub fn hung() -> Self {
        let source = "it does not answer".into();
        Self::Failed { kind: FailureKind::Unavailable.counted(), source }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed { kind: kind_of(&error).counted(), source: error.into() }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            error => sqlx::Error::from(error).into(),
        }
    }
}

pub(crate) fn kind_of(error: &sqlx::Error) -> FailureKind {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => FailureKind::Unavailable,
        sqlx::Error::Database(error) => {
            error.code().map_or(FailureKind::Other, |code| kind_of_code(&code))
        }
        // The schema is not the one that was made, or a value has another type than its column.
        sqlx::Error::Migrate(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::Decode(_) => FailureKind::Corrupt,
        _ => FailureKind::Other,
    }
}

/// By SQLite's [result codes](https://sqlite.org/rescode.html), whose lowest byte is the primary one, and
/// PostgreSQL's [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html), which has five
/// characters.
fn kind_of_code(code: &str) -> FailureKind {
    if code.len() == 5 {
        return match code {
            "25006" => FailureKind::ReadOnly,
            "53100" => FailureKind::Full,
            "25P03" | "40P01" | "53300" | "55P03" | "57P01" | "57P02" | "57P03" | "57P05"
            | "57014" => FailureKind::Unavailable,
            "XX001" | "XX002" => FailureKind::Corrupt,
            _ if code.starts_with("08") => FailureKind::Unavailable,
            _ => FailureKind::Other,
        };
    }
    // SQLITE_IOERR_SHMSIZE: the index of the write-ahead log cannot grow.
    if code == "4874" {
        return FailureKind::Full;
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL
        Ok(5 | 6 | 15) => FailureKind::Unavailable,
        // SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN
        Ok(3 | 8 | 14) => FailureKind::ReadOnly,
        // SQLITE_FULL
        Ok(13) => FailureKind::Full,
        // SQLITE_CORRUPT, SQLITE_NOTADB; SQLITE_ERROR: the schema is not the one that was made
        Ok(1 | 11 | 26) => FailureKind::Corrupt,
        _ => FailureKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_counted_by_its_kind() {
        assert!(FailureKind::ALL.iter().enumerate().all(|(at, &kind)| kind as usize == at));
        let before = FailureKind::Unavailable.count();
        let _ = StoreError::hung();
        let _ = StoreError::from(sqlx::Error::PoolTimedOut);
        // Other tests of this process may fail at the same time.
        assert!(FailureKind::Unavailable.count() >= before + 2);
    }

    #[test]
    fn codes_have_kinds() {
        let check = |code: &str, expected: FailureKind| {
            assert_eq!(kind_of_code(code), expected, "{code}");
        };
        check("5", FailureKind::Unavailable); // SQLITE_BUSY
        check("261", FailureKind::Unavailable); // SQLITE_BUSY_RECOVERY
        check("13", FailureKind::Full); // SQLITE_FULL
        check("4874", FailureKind::Full); // SQLITE_IOERR_SHMSIZE
        check("10", FailureKind::Other); // SQLITE_IOERR
        check("264", FailureKind::ReadOnly); // SQLITE_READONLY_RECOVERY
        check("14", FailureKind::ReadOnly); // SQLITE_CANTOPEN
        check("11", FailureKind::Corrupt); // SQLITE_CORRUPT
        check("26", FailureKind::Corrupt); // SQLITE_NOTADB
        check("2067", FailureKind::Other); // SQLITE_CONSTRAINT_UNIQUE
        check("08006", FailureKind::Unavailable); // connection_failure
        check("55P03", FailureKind::Unavailable); // lock_not_available
        check("57P01", FailureKind::Unavailable); // admin_shutdown
        check("53100", FailureKind::Full); // disk_full
        check("25006", FailureKind::ReadOnly); // read_only_sql_transaction
        check("XX000", FailureKind::Other); // internal_error
        check("XX001", FailureKind::Corrupt); // data_corrupted
        check("23505", FailureKind::Other); // unique_violation
    }
}
