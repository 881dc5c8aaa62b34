//! Random interleavings of two editors and a publisher, checked step by step against a model.

use std::cell::RefCell;
use std::collections::BTreeMap;

use c2c_store::{Environment, RevisionNumber, Settings, Snippets, Store, Version};
use proptest::prelude::*;

use crate::engines::on_both_engines;
use crate::people::{Act, Code, Outcome, Seen, View, editor, publisher, read};
use crate::random::{cases, check_each};
use crate::steps::{anna, check_log, create, number, settings, version};

on_both_engines!(people_act_in_turn);

/// An app in memory.
struct Model {
    settings: Settings,
    settings_version: Version,
    code: Code,
    revisions: Vec<Snippets>,
    live: Option<RevisionNumber>,
    staged: Option<RevisionNumber>,
    off: bool,
}

impl Model {
    fn new() -> Self {
        Self {
            settings: settings("Shop", true),
            settings_version: version(1),
            code: (version(1), Snippets::default()),
            revisions: Vec::new(),
            live: None,
            staged: None,
            off: false,
        }
    }

    fn newest(&self) -> Option<RevisionNumber> {
        let count = i64::try_from(self.revisions.len()).expect("few revisions");
        (count > 0).then(|| number(count))
    }

    fn view(&self) -> View {
        View {
            settings: self.settings.clone(),
            settings_version: self.settings_version,
            newest: self.newest(),
            live: self.live,
            staged: self.staged,
            off: self.off,
        }
    }

    fn make(&mut self, content: Snippets, to: Environment) -> Outcome {
        self.revisions.push(content);
        match to {
            Environment::Live => self.live = self.newest(),
            Environment::Staging => self.staged = self.newest(),
        }
        Outcome::Made(self.newest().expect("one was made"))
    }

    /// The outcome of an act of a person who saw this.
    fn act(&mut self, seen: &Seen, act: &Act) -> Outcome {
        match act {
            Act::Read => Outcome::Read(self.view(), self.code.clone()),
            Act::Save(_) if seen.draft != self.code.0 => Outcome::DraftConflict(self.code.clone()),
            Act::Save(new) => {
                if *new != self.code.1 {
                    self.code = (next(self.code.0), new.clone());
                }
                Outcome::Saved(self.code.0)
            }
            Act::Configure(_) if seen.settings != self.settings_version => {
                Outcome::SettingsConflict(self.view())
            }
            Act::Configure(new) => {
                (self.settings, self.settings_version) = (new.clone(), next(self.settings_version));
                if !new.staging {
                    self.staged = None;
                }
                Outcome::Configured(self.settings_version)
            }
            Act::Publish(Environment::Staging) if !self.settings.staging => Outcome::NoStaging,
            Act::Publish(_) if seen.draft != self.code.0 => {
                Outcome::DraftConflict(self.code.clone())
            }
            Act::Publish(Environment::Live) if seen.live != self.live => {
                Outcome::LiveConflict(self.view())
            }
            Act::Publish(Environment::Staging) if seen.staged != self.staged => {
                Outcome::LiveConflict(self.view())
            }
            Act::Publish(to) => self.make(self.code.1.clone(), *to),
            Act::Promote if self.staged.is_none() => Outcome::NothingStaged,
            Act::Promote => {
                let staged = seen.staged.unwrap_or(number(1));
                if self.staged != Some(staged) || seen.live != self.live {
                    return Outcome::LiveConflict(self.view());
                }
                self.live = self.staged;
                Outcome::Promoted
            }
            Act::RollBack(_) if seen.live != self.live => Outcome::LiveConflict(self.view()),
            Act::RollBack(to) => {
                let index = usize::try_from(to.get() - 1).expect("numbers from 1");
                match self.revisions.get(index).cloned() {
                    Some(content) => self.make(content, Environment::Live),
                    None => Outcome::NoSuchRevision,
                }
            }
            Act::SwitchOff if self.off => Outcome::AlreadyOff,
            Act::SwitchOn if !self.off => Outcome::NotOff,
            Act::SwitchOff | Act::SwitchOn => {
                self.off = !self.off;
                Outcome::Switched
            }
        }
    }
}

fn next(version: Version) -> Version {
    Version::new(version.get() + 1)
}

/// A person's number, and an act.
fn turn() -> impl Strategy<Value = (usize, Act)> {
    prop_oneof![
        2 => (0..2_usize, editor()),
        3 => (Just(2_usize), publisher()),
    ]
}

async fn people_act_in_turn(store: Store) {
    let turns = prop::collection::vec(turn(), 1..20);
    // How often there was each outcome, by its name.
    let outcomes = RefCell::new(BTreeMap::new());
    check_each(file!(), 1000, turns, async |app, turns| {
        let app = create(&store, app.as_str()).await;
        let mut model = Model::new();
        let mut people = [Seen::new(), Seen::new(), Seen::new()];
        for (person, act) in turns {
            let seen = &mut people[person];
            let expected = model.act(seen, &act);
            let outcome = seen.act(&store, &anna(), &app, &act).await;
            assert_eq!(outcome, expected, "{act:?} of {person}, who saw {seen:?}");
            seen.learn(&act, &outcome);
            if !matches!(act, Act::Read) {
                assert_eq!(read(&store, &app).await, model.act(seen, &Act::Read), "after {act:?}");
            }
            *outcomes.borrow_mut().entry(name(&outcome)).or_insert(0) += 1;
        }
        for (n, content) in (1..).zip(&model.revisions) {
            let revision = store.revision(&app, number(n)).await.expect("a revision");
            assert_eq!(revision.snippets, *content, "revision {n}");
        }
        check_log(&store, &app).await;
    });
    // The cases would be worth little if they did not come to this.
    assert!(cases(1000) < 1000 || outcomes.borrow().len() == 14, "{outcomes:?}");
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Read(..) => "read",
        Outcome::Saved(_) => "saved",
        Outcome::Configured(_) => "configured",
        Outcome::Made(_) => "made",
        Outcome::Promoted => "promoted",
        Outcome::Switched => "switched",
        Outcome::DraftConflict(_) => "draft conflict",
        Outcome::SettingsConflict(_) => "settings conflict",
        Outcome::LiveConflict(_) => "live conflict",
        Outcome::NoStaging => "no staging",
        Outcome::NothingStaged => "nothing staged",
        Outcome::NoSuchRevision => "no such revision",
        Outcome::AlreadyOff => "already off",
        Outcome::NotOff => "not off",
    }
}
