//! Use cases in one line, for tests of the one that follows.

use c2c_names::AppId;
use c2c_store::{
    Action, Actor, App, Draft, Entry, Environment, NewApp, Note, Plan, Publication, Restoration,
    RevisionMark, RevisionNumber, Settings, Snippets, State, Store, StoreError, Version,
};

/// The content of the expected error. Every other result fails the test.
macro_rules! rejected {
    ($result:expr, $kind:ident) => {
        match $result {
            Err(c2c_store::StoreError::$kind(state)) => state,
            other => panic!("not {}, but {other:?}", stringify!($kind)),
        }
    };
}

pub(crate) use rejected;

pub(crate) fn anna() -> Actor {
    "anna@shop.example".parse().expect("an actor")
}

pub(crate) fn ben() -> Actor {
    "Bén 🐝".parse().expect("an actor")
}

pub(crate) fn id(id: &str) -> AppId {
    id.parse().expect("an app id")
}

pub(crate) fn note(note: &str) -> Note {
    note.parse().expect("a note")
}

pub(crate) fn number(number: i64) -> RevisionNumber {
    RevisionNumber::new(number)
}

pub(crate) fn version(version: i64) -> Version {
    Version::new(version)
}

/// Two snippets that differ.
pub(crate) fn code(head: &str) -> Snippets {
    Snippets { head: head.to_owned(), body_end: format!("end of {head}") }
}

pub(crate) fn settings(name: &str, staging: bool) -> Settings {
    Settings { name: name.parse().expect("a name"), staging, ..NewApp::default() }
}

/// Creates an app that has a staging environment.
pub(crate) async fn create(store: &Store, app: &str) -> AppId {
    let app = id(app);
    store.create(&anna(), &app, &settings("Shop", true)).await.expect("a new app");
    app
}

/// Saves code over what is there.
pub(crate) async fn save(store: &Store, app: &AppId, head: &str) -> Version {
    let seen = store.draft(app).await.expect("a draft").version;
    store.save_draft(&anna(), app, seen, &code(head)).await.expect("it is saved")
}

/// Publishes the draft over what is there.
pub(crate) async fn publish(store: &Store, app: &AppId, to: Environment) -> RevisionNumber {
    let draft = store.draft(app).await.expect("a draft").version;
    let replaces = store.app(app).await.expect("an app").revision_in(to);
    let publication = publication(draft, replaces, to);
    store.publish(&anna(), app, &publication).await.expect("it is published")
}

/// Saves code and publishes it.
pub(crate) async fn release(store: &Store, app: &AppId, head: &str) -> RevisionNumber {
    save(store, app, head).await;
    publish(store, app, Environment::Live).await
}

pub(crate) fn publication(
    draft: Version,
    replaces: Option<RevisionNumber>,
    to: Environment,
) -> Publication {
    Publication {
        draft,
        replaces,
        to,
        note: Note::default(),
        catalogue: "1.0.0".to_owned(),
        diagnostics: "[]".to_owned(),
    }
}

pub(crate) fn restoration(to: RevisionNumber, replaces: Option<RevisionNumber>) -> Restoration {
    Restoration {
        to,
        replaces,
        note: Note::default(),
        catalogue: "1.0.0".to_owned(),
        diagnostics: "[]".to_owned(),
    }
}

/// All that can be read of an app, apart from its audit log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Everything {
    pub(crate) app: App,
    pub(crate) draft: Draft,
    pub(crate) history: Vec<RevisionMark>,
    pub(crate) plans: Vec<Plan>,
}

pub(crate) async fn everything(store: &Store, app: &AppId) -> Result<Everything, StoreError> {
    Ok(Everything {
        app: store.app(app).await?,
        draft: store.draft(app).await?,
        history: store.history(app, None, u32::MAX).await?,
        plans: store.plans(app).await?,
    })
}

/// The audit log of an app, oldest first.
pub(crate) async fn log(store: &Store, app: &AppId) -> Vec<Entry> {
    let mut entries = store.audit(app, None, u32::MAX).await.expect("a log");
    entries.reverse();
    entries
}

/// The actions of an app, oldest first.
pub(crate) async fn actions(store: &Store, app: &AppId) -> Vec<Action> {
    log(store, app).await.into_iter().map(|entry| entry.action).collect()
}

/// Checks that the audit log of an app that is not deleted gives its state.
pub(crate) async fn check_log(store: &Store, app: &AppId) {
    let Everything { app: now, draft, history, .. } =
        everything(store, app).await.expect("it can be read");
    let state = State {
        settings: now.settings,
        settings_version: now.settings_version,
        draft: draft.version,
        newest: now.newest.map_or(0, RevisionNumber::get),
        live: now.live,
        staged: now.staged,
        off: now.off.is_some(),
        deleted: false,
    };
    assert_eq!(State::replay(&log(store, app).await), Some(state));
    assert_eq!(history.first().map(|mark| mark.number), now.newest);
}
