//! Two editors and a publisher. Each acts on what it saw last, so that some acts are stale.

use c2c_names::AppId;
use c2c_store::{
    Actor, App, Environment, RevisionNumber, Settings, Snippets, Store, StoreError, Version,
};
use proptest::prelude::*;

use crate::steps::{code, note, number, publication, restoration, settings, version};

/// An act of one person.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Read,
    Save(Snippets),
    Configure(Settings),
    Publish(Environment),
    Promote,
    RollBack(RevisionNumber),
    SwitchOff,
    SwitchOn,
}

/// The state that a person saw last.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) draft: Version,
    pub(crate) settings: Version,
    pub(crate) live: Option<RevisionNumber>,
    pub(crate) staged: Option<RevisionNumber>,
}

/// An app as people see it: without times and names of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) settings: Settings,
    pub(crate) settings_version: Version,
    pub(crate) newest: Option<RevisionNumber>,
    pub(crate) live: Option<RevisionNumber>,
    pub(crate) staged: Option<RevisionNumber>,
    pub(crate) off: bool,
}

/// The draft as people see it.
pub(crate) type Code = (Version, Snippets);

/// The result of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Read(View, Code),
    Saved(Version),
    Configured(Version),
    Made(RevisionNumber),
    Promoted,
    Switched,
    DraftConflict(Code),
    SettingsConflict(View),
    LiveConflict(View),
    NoStaging,
    NothingStaged,
    NoSuchRevision,
    AlreadyOff,
    NotOff,
}

impl From<App> for View {
    fn from(app: App) -> Self {
        Self {
            settings: app.settings,
            settings_version: app.settings_version,
            newest: app.newest,
            live: app.live,
            staged: app.staged,
            off: app.off.is_some(),
        }
    }
}

impl Seen {
    /// A new app.
    pub(crate) fn new() -> Self {
        Self { draft: version(1), settings: version(1), live: None, staged: None }
    }

    /// Learns from the outcome of an act: also from the state that a conflict carries.
    pub(crate) fn learn(&mut self, act: &Act, outcome: &Outcome) {
        match outcome {
            Outcome::Read(view, (draft, _)) => {
                (self.draft, self.settings) = (*draft, view.settings_version);
                (self.live, self.staged) = (view.live, view.staged);
            }
            Outcome::Saved(version) | Outcome::DraftConflict((version, _)) => self.draft = *version,
            Outcome::Configured(version) => self.settings = *version,
            Outcome::SettingsConflict(view) => self.settings = view.settings_version,
            Outcome::LiveConflict(view) => (self.live, self.staged) = (view.live, view.staged),
            Outcome::Made(revision) => match act {
                Act::Publish(Environment::Staging) => self.staged = Some(*revision),
                _ => self.live = Some(*revision),
            },
            Outcome::Promoted => self.live = self.staged,
            _ => {}
        }
    }

    /// Carries out an act on what was seen. A failure of the database fails the test.
    pub(crate) async fn act(&self, store: &Store, by: &Actor, app: &AppId, act: &Act) -> Outcome {
        let done = match act {
            Act::Read => return read(store, app).await,
            Act::Save(new) => store.save_draft(by, app, self.draft, new).await.map(Outcome::Saved),
            Act::Configure(new) => {
                store.configure(by, app, self.settings, new).await.map(Outcome::Configured)
            }
            Act::Publish(to) => {
                let replaces = match to {
                    Environment::Live => self.live,
                    Environment::Staging => self.staged,
                };
                let publication = publication(self.draft, replaces, *to);
                store.publish(by, app, &publication).await.map(Outcome::Made)
            }
            Act::Promote => {
                let staged = self.staged.unwrap_or(number(1));
                store.promote(by, app, staged, self.live).await.map(|()| Outcome::Promoted)
            }
            Act::RollBack(to) => {
                let back = restoration(*to, self.live);
                store.roll_back(by, app, &back).await.map(Outcome::Made)
            }
            Act::SwitchOff => {
                store.switch_off(by, app, &note("off")).await.map(|()| Outcome::Switched)
            }
            Act::SwitchOn => {
                store.switch_on(by, app, &note("on")).await.map(|()| Outcome::Switched)
            }
        };
        done.unwrap_or_else(rejection)
    }
}

pub(crate) async fn read(store: &Store, app: &AppId) -> Outcome {
    let view = store.app(app).await.expect("an app").into();
    let draft = store.draft(app).await.expect("a draft");
    Outcome::Read(view, (draft.version, draft.snippets))
}

fn rejection(error: StoreError) -> Outcome {
    match error {
        StoreError::DraftConflict(draft) => Outcome::DraftConflict((draft.version, draft.snippets)),
        StoreError::SettingsConflict(app) => Outcome::SettingsConflict((*app).into()),
        StoreError::LiveConflict(app) => Outcome::LiveConflict((*app).into()),
        StoreError::NoStaging(_) => Outcome::NoStaging,
        StoreError::NothingStaged(_) => Outcome::NothingStaged,
        StoreError::NoSuchRevision { .. } => Outcome::NoSuchRevision,
        StoreError::AlreadyOff(_) => Outcome::AlreadyOff,
        StoreError::NotOff(_) => Outcome::NotOff,
        error => panic!("{error:?}"),
    }
}

/// Few different contents, so that some saves change nothing.
fn save() -> impl Strategy<Value = Act> {
    (0..4).prop_map(|n| Act::Save(code(&format!("code {n}"))))
}

fn configure() -> impl Strategy<Value = Act> {
    (0..3, prop::bool::weighted(0.7))
        .prop_map(|(n, staging)| Act::Configure(settings(&format!("Shop {n}"), staging)))
}

fn roll_back() -> impl Strategy<Value = Act> {
    (1..4_i64).prop_map(|to| Act::RollBack(number(to)))
}

/// Mostly saves.
pub(crate) fn editor() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Read),
        12 => save(),
        2 => configure(),
        2 => Just(Act::Publish(Environment::Live)),
        1 => roll_back(),
    ]
}

/// Mostly decides about revisions.
pub(crate) fn publisher() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Read),
        4 => Just(Act::Publish(Environment::Live)),
        3 => Just(Act::Publish(Environment::Staging)),
        2 => Just(Act::Promote),
        2 => roll_back(),
        1 => Just(Act::SwitchOff),
        1 => Just(Act::SwitchOn),
        1 => configure(),
        1 => save(),
    ]
}
