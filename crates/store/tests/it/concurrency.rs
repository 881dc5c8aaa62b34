//! Two editors and a publisher at the same time: nothing that was acknowledged is lost.

use std::collections::{BTreeMap, BTreeSet};

use c2c_names::AppId;
use c2c_store::{Action, RevisionNumber, Snippets, Store, Version};
use proptest::collection::vec;
use tokio::task::JoinSet;

use crate::engines::{Place, on_both_engines};
use crate::people::{Act, Outcome, Seen, editor, publisher};
use crate::random::check_each;
use crate::steps::{actions, anna, check_log, create, everything, number};

on_both_engines!(people_act_at_once);

/// An act that was acknowledged, and what its person saw before.
type Done = (Seen, Act, Outcome);

/// Acts in order, without waiting for others.
async fn work(store: Store, app: AppId, acts: Vec<Act>) -> Vec<Done> {
    let (mut seen, mut done) = (Seen::new(), Vec::new());
    for act in acts {
        let outcome = seen.act(&store, &anna(), &app, &act).await;
        match &outcome {
            Outcome::DraftConflict((draft, _)) => assert!(*draft > seen.draft, "{seen:?}"),
            Outcome::SettingsConflict(view) => {
                assert!(view.settings_version > seen.settings, "{seen:?}");
            }
            Outcome::LiveConflict(view) => {
                assert!((view.live, view.staged) != (seen.live, seen.staged), "{seen:?}");
            }
            _ => {}
        }
        let before = seen.clone();
        seen.learn(&act, &outcome);
        done.push((before, act, outcome));
    }
    done
}

async fn people_act_at_once(place: Place) {
    let stores = [place.open().await, place.open().await];
    let acts = (vec(editor(), 4..16), vec(editor(), 4..16), vec(publisher(), 4..16));
    check_each(file!(), 100, acts, async |app, (one, two, three)| {
        let app = create(&stores[0], &app).await;
        let mut people = JoinSet::new();
        for (n, acts) in [one, two, three].into_iter().enumerate() {
            people.spawn(work(stores[n % 2].clone(), app.clone(), acts));
        }
        check(&stores[0], &app, &people.join_all().await.concat()).await;
    });
}

/// Checks everything that was acknowledged.
async fn check(store: &Store, app: &AppId, done: &[Done]) {
    let now = everything(store, app).await.expect("an app");
    let codes = check_drafts(done);
    let (version, code) = codes.last_key_value().expect("version 1");
    assert_eq!((now.draft.version, &now.draft.snippets), (*version, code), "the last draft");

    let mut made = BTreeSet::new();
    for (seen, act, outcome) in done {
        let Outcome::Made(revision) = outcome else { continue };
        assert!(made.insert(*revision), "two were given {revision}");
        let content = store.revision(app, *revision).await.expect("a revision");
        match act {
            Act::Publish(_) => assert_eq!(content.snippets, codes[&seen.draft], "{revision}"),
            Act::RollBack(to) => {
                let old = store.revision(app, *to).await.expect("a revision");
                assert_eq!((content.snippets, content.mark.copy_of), (old.snippets, Some(*to)));
            }
            _ => panic!("{act:?} made {revision}"),
        }
    }
    let newest = now.app.newest.map_or(0, RevisionNumber::get);
    assert!(made.into_iter().eq((1..=newest).map(number)), "gaps before {newest}");
    assert_eq!(now.history.len(), usize::try_from(newest).expect("few revisions"));

    let configured =
        done.iter().filter(|(_, _, outcome)| matches!(outcome, Outcome::Configured(_)));
    let expected = i64::try_from(configured.count()).expect("few versions") + 1;
    assert_eq!(now.app.settings_version, Version::new(expected));
    check_log(store, app).await;
    check_order(store, app).await;
}

/// The versions of the draft are an unbroken chain. Gives the code of each.
fn check_drafts(done: &[Done]) -> BTreeMap<Version, Snippets> {
    let mut codes = BTreeMap::from([(Version::new(1), Snippets::default())]);
    let saved = || {
        done.iter().filter_map(|(seen, act, outcome)| match (act, outcome) {
            (Act::Save(code), Outcome::Saved(version)) => Some((seen.draft, code, *version)),
            _ => None,
        })
    };
    for (seen, code, version) in saved().filter(|(seen, _, version)| seen != version) {
        assert_eq!(version.get(), seen.get() + 1);
        assert_eq!(codes.insert(version, code.clone()), None, "two saved version {version}");
    }
    let last = codes.len();
    assert!(codes.keys().map(|version| version.get()).eq((1..).take(last)), "{:?}", codes.keys());
    for (_, code, version) in saved().filter(|(seen, _, version)| seen == version) {
        assert_eq!(codes[&version], *code, "a save without a change");
    }
    codes
}

/// The audit log has the versions and revisions in order, and each replaces the one before.
async fn check_order(store: &Store, app: &AppId) {
    let (mut draft, mut newest) = (1, 0);
    for action in actions(store, app).await {
        match action {
            Action::DraftSaved { version } => {
                draft += 1;
                assert_eq!(version, Version::new(draft));
            }
            Action::Published { revision, draft: of, environment, .. } => {
                newest += 1;
                assert_eq!(
                    (revision, of),
                    (number(newest), Version::new(draft)),
                    "{environment:?}"
                );
            }
            Action::RolledBack { revision, .. } => {
                newest += 1;
                assert_eq!(revision, number(newest));
            }
            _ => {}
        }
    }
}
