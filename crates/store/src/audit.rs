//! The audit log: who did what, and when. It is also the list of changes that other servers read.

use std::collections::BTreeSet;

use c2c_access::CredentialId;
use c2c_delivery::{Agreement, Consent, EndpointId, EndpointState, Kind};
use c2c_names::AppId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::actor::{Actor, read_actor};
use crate::app::{Environment, Settings};
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::{RevisionNumber, Timestamp, Version};
use crate::outbox::collect_settings::CollectSettings;
use crate::preview_id::PreviewLinkId;
use crate::rows::read_id;
use crate::task::Task;
use crate::text::{ActorName, Name, Note};

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its number: over all apps, without gaps, in the order of the changes.
    pub seq: i64,
    /// The app.
    pub app: AppId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// The action.
    pub action: Action,
}

/// An action that changed an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Action {
    /// The app was created, without code.
    Created {
        /// Its settings.
        settings: Settings,
    },
    /// The app came from another store, or from one without an audit log.
    Imported {
        /// Its settings.
        settings: Settings,
        /// Their version.
        #[serde(default = "Version::first")]
        settings_version: Version,
        /// The version of the draft.
        #[serde(default = "Version::first")]
        draft: Version,
        /// The greatest number of its revisions; 0 if there are none.
        newest: i64,
        /// The revision that visitors get.
        live: Option<RevisionNumber>,
        /// The revision in staging.
        staged: Option<RevisionNumber>,
        /// Whether it is switched off.
        off: bool,
    },
    /// The settings were changed.
    Configured {
        /// Their new version.
        version: Version,
        /// The new settings.
        settings: Settings,
    },
    /// The draft was changed.
    DraftSaved {
        /// Its new version.
        version: Version,
    },
    /// The draft became a revision.
    Published {
        /// The environment that the revision runs in.
        environment: Environment,
        /// The new revision.
        revision: RevisionNumber,
        /// The version of the draft.
        draft: Version,
        /// The reason.
        note: Note,
    },
    /// The staged revision went live.
    Promoted {
        /// The revision.
        revision: RevisionNumber,
    },
    /// The content of an old revision went live again.
    RolledBack {
        /// The new revision.
        revision: RevisionNumber,
        /// The old one.
        to: RevisionNumber,
        /// The reason.
        note: Note,
    },
    /// Visitors get an empty sandbox.
    SwitchedOff {
        /// The reason.
        reason: Note,
    },
    /// Visitors get the live revision again.
    SwitchedOn {
        /// The reason.
        reason: Note,
    },
    /// Something was planned.
    Planned {
        /// The task.
        task: Task,
        /// When it will be carried out.
        due: Timestamp,
        /// The revision that it will put live, or copy.
        revision: RevisionNumber,
    },
    /// A plan was given up.
    Cancelled {
        /// The task.
        task: Task,
    },
    /// A plan was carried out.
    CarriedOut {
        /// The task.
        task: Task,
        /// The revision that is live now.
        revision: RevisionNumber,
    },
    /// A link was made that shows the draft.
    PreviewLinkMade {
        /// The link.
        link: PreviewLinkId,
        /// When it ends.
        expires: Timestamp,
    },
    /// A preview link was ended before its time.
    PreviewLinkRevoked {
        /// The link.
        link: PreviewLinkId,
    },
    /// The app takes events in another way.
    CollectConfigured {
        /// The version of the settings.
        version: Version,
        /// The settings.
        settings: CollectSettings,
    },
    /// An endpoint was added.
    EndpointAdded {
        /// The endpoint.
        endpoint: EndpointId,
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: Name,
        /// The host that gets the events.
        host: String,
        /// How it agreed.
        agreed: Agreement,
    },
    /// An endpoint has other settings.
    EndpointChanged {
        /// The endpoint.
        endpoint: EndpointId,
        /// Its version.
        version: Version,
        /// Its name.
        name: Name,
        /// The host that gets the events.
        host: String,
        /// The decisions of visitors with which it gets their events, if others than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consents: Option<Vec<Consent>>,
    },
    /// An endpoint has another state.
    EndpointMoved {
        /// The endpoint.
        endpoint: EndpointId,
        /// Its state.
        state: EndpointState,
        /// How it agreed, if a person has changed the state.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreed: Option<Agreement>,
        /// The reason; it may be empty.
        reason: String,
    },
    /// An endpoint has a new secret.
    EndpointSecretAdded {
        /// The endpoint.
        endpoint: EndpointId,
        /// The id of the secret.
        secret: String,
        /// The scheme of its signatures.
        scheme: String,
    },
    /// A secret of an endpoint ended at once.
    EndpointSecretRemoved {
        /// The endpoint.
        endpoint: EndpointId,
        /// The id of the secret.
        secret: String,
    },
    /// Deliveries that had ended are on their way again.
    Replayed {
        /// The endpoint.
        endpoint: EndpointId,
        /// Their number.
        deliveries: i64,
    },
    /// The content of events was deleted on request.
    EventsForgotten {
        /// The key of the context by whose value they were found, if they were.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The number of events.
        events: u32,
        /// The number of deliveries that will not take place.
        pending: u32,
        /// The endpoints that have got some of these events, or may have. Entries of older versions have none.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        sent_to: BTreeSet<EndpointId>,
    },
    /// A secret was made with which a backend sends events.
    EventTokenMade {
        /// Its id.
        token: CredentialId,
        /// Its name.
        name: ActorName,
        /// When it ends.
        expires: Timestamp,
    },
    /// A secret with which a backend sent events was ended.
    EventTokenRevoked {
        /// Its id.
        token: CredentialId,
    },
    /// The app was deleted. It can come back for a while.
    Deleted,
    /// A deleted app came back.
    Restored,
    /// Nothing of the app but its audit log is left.
    Purged,
    /// An action of a newer version, which has used this database.
    #[serde(untagged)]
    Unknown(UnknownAction),
}

/// An action of a newer version: any name and fields, as the log has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownAction {
    #[serde(rename = "action")]
    pub(crate) name: String,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// A change that may concern visitors.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The number of its audit entry.
    pub seq: i64,
    /// The app to read again.
    pub app: AppId,
}

impl Action {
    /// Whether servers have to read the app again.
    pub(crate) fn is_visible(&self) -> bool {
        // Pages of an app say whether it takes events.
        let shows = matches!(self, Self::CollectConfigured { .. }) || !self.is_of_events();
        shows
            && !matches!(
                self,
                Self::DraftSaved { .. }
                    | Self::Planned { .. }
                    | Self::Cancelled { .. }
                    | Self::PreviewLinkMade { .. }
                    | Self::PreviewLinkRevoked { .. }
                    | Self::Purged
            )
    }

    /// Whether it is about the app's events, and not about its code.
    fn is_of_events(&self) -> bool {
        matches!(
            self,
            Self::CollectConfigured { .. }
                | Self::EndpointAdded { .. }
                | Self::EndpointChanged { .. }
                | Self::EndpointMoved { .. }
                | Self::EndpointSecretAdded { .. }
                | Self::EndpointSecretRemoved { .. }
                | Self::Replayed { .. }
                | Self::EventsForgotten { .. }
                | Self::EventTokenMade { .. }
                | Self::EventTokenRevoked { .. }
        )
    }
}

impl Store {
    /// The audit log of an app, newest first: at most `limit` entries before the entry `before`. It also
    /// has those of a deleted app.
    pub async fn audit(
        &self,
        id: &AppId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, app_id, at, actor, credential, address, action FROM audit WHERE app_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
        )
        .bind(id.as_str())
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(read_entry).collect()
    }

    /// The number of the last audit entry.
    pub async fn last_seq(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT seq FROM clock").fetch_one(&self.read).await?;
        Ok(row.try_get("seq")?)
    }

    /// The changes after the audit entry `seq`, oldest first, at most `limit`. A reader who has all changes
    /// up to a number misses none before it.
    pub async fn changes_since(&self, seq: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, app_id FROM audit WHERE seq > $1 AND visible = 1 ORDER BY seq LIMIT $2",
        )
        .bind(seq)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok(Change { seq: row.try_get("seq")?, app: read_id(row)? })).collect()
    }
}

fn read_entry(row: &AnyRow) -> Result<Entry, StoreError> {
    let app = read_id(row)?;
    let unreadable = |reason: String| StoreError::Unreadable { app: app.to_string(), reason };
    let action: &str = row.try_get("action")?;
    Ok(Entry {
        seq: row.try_get("seq")?,
        at: Timestamp(row.try_get("at")?),
        actor: read_actor(row).map_err(unreadable)?,
        action: serde_json::from_str(action)
            .map_err(|error| unreadable(format!("audit entry: {error}")))?,
        app,
    })
}

/// The state of an app as its audit log gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The settings.
    pub settings: Settings,
    /// Their version.
    pub settings_version: Version,
    /// The version of the draft.
    pub draft: Version,
    /// The greatest number of its revisions; 0 if there are none.
    pub newest: i64,
    /// The revision that visitors get.
    pub live: Option<RevisionNumber>,
    /// The revision in staging.
    pub staged: Option<RevisionNumber>,
    /// Whether it is switched off.
    pub off: bool,
    /// Whether it was deleted.
    pub deleted: bool,
}

impl State {
    /// Replays all entries of an app, oldest first. Actions of newer versions change nothing. `None` if they do not begin with its creation. An id
    /// that was purged and created again begins anew.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut state = Self::first(&entries.next()?.action)?;
        for entry in entries {
            match Self::first(&entry.action) {
                Some(first) => state = first,
                None => state.apply(&entry.action),
            }
        }
        Some(state)
    }

    fn first(action: &Action) -> Option<Self> {
        let first = Version::first();
        Some(match action.clone() {
            Action::Created { settings } => Self {
                settings,
                settings_version: first,
                draft: first,
                newest: 0,
                live: None,
                staged: None,
                off: false,
                deleted: false,
            },
            Action::Imported { settings, settings_version, draft, newest, live, staged, off } => {
                Self {
                    settings,
                    settings_version,
                    draft,
                    newest,
                    live,
                    staged,
                    off,
                    deleted: false,
                }
            }
            _ => return None,
        })
    }

    fn apply(&mut self, action: &Action) {
        let mut live = |revision: RevisionNumber| {
            self.newest = self.newest.max(revision.0);
            self.live = Some(revision);
        };
        match action.clone() {
            Action::Configured { version, settings } => {
                if !settings.staging {
                    self.staged = None;
                }
                (self.settings_version, self.settings) = (version, settings);
            }
            Action::DraftSaved { version } => self.draft = version,
            Action::Published { environment: Environment::Staging, revision, .. } => {
                self.newest = self.newest.max(revision.0);
                self.staged = Some(revision);
            }
            Action::Published { revision, .. }
            | Action::Promoted { revision }
            | Action::RolledBack { revision, .. }
            | Action::CarriedOut { revision, .. } => live(revision),
            Action::Planned { revision, .. } => self.newest = self.newest.max(revision.0),
            // The first two begin a state and change none.
            Action::Created { .. }
            | Action::Imported { .. }
            | Action::Cancelled { .. }
            | Action::PreviewLinkMade { .. }
            | Action::PreviewLinkRevoked { .. }
            | Action::Purged
            | Action::Unknown(_)
            | Action::CollectConfigured { .. }
            | Action::EndpointAdded { .. }
            | Action::EndpointChanged { .. }
            | Action::EndpointMoved { .. }
            | Action::EndpointSecretAdded { .. }
            | Action::EndpointSecretRemoved { .. }
            | Action::Replayed { .. }
            | Action::EventsForgotten { .. }
            | Action::EventTokenMade { .. }
            | Action::EventTokenRevoked { .. } => {}
            Action::SwitchedOff { .. } => self.off = true,
            Action::SwitchedOn { .. } => self.off = false,
            Action::Deleted => self.deleted = true,
            Action::Restored => self.deleted = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, is_known: bool) {
        let action: Action = serde_json::from_str(text).expect("an action");
        assert_eq!(!matches!(action, Action::Unknown(_)), is_known, "{text}");
        assert_eq!(serde_json::to_string(&action).expect("JSON"), text);
    }

    #[test]
    fn actions_of_newer_versions_are_kept_as_they_are() {
        check(r#"{"action":"deleted"}"#, true);
        check(r#"{"action":"promoted","revision":7}"#, true);
        check(r#"{"action":"eventsForgotten","events":1,"pending":0}"#, true);
        check(r#"{"action":"recalled"}"#, false);
        check(r#"{"action":"recalled","by":["a",1],"revision":7}"#, false);
        for text in ["{}", r#"{"action":7}"#, "[]", "\"deleted\""] {
            assert!(serde_json::from_str::<Action>(text).is_err(), "{text}");
        }
    }
}
