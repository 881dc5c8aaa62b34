//! Whether the database is right after a kill.

use std::collections::HashMap;

use c2c_store::{Action, Entry, RevisionNumber, Snippets, State, Store};
use libtest_mimic::Failed;

use crate::content::{content, describe};
use crate::step::line;
use crate::support::app;

/// The greatest number of rows that is read at once.
const PAGE: u32 = 500;

/// The knowledge about the database from the outside.
#[derive(Default)]
pub(crate) struct Known {
    /// All writes, in their order.
    pub(crate) writes: Vec<String>,
    /// Revisions up to this one were read before, and are not read again.
    read: i64,
}

impl Known {
    /// Checks that the database has all writes, and these new ones that were acknowledged, and at most one
    /// more, and that all that it has is consistent.
    pub(crate) async fn verify(
        &mut self,
        store: &Store,
        acknowledged: &[String],
    ) -> Result<(), Failed> {
        self.writes.extend_from_slice(acknowledged);
        let entries = entries(store).await?;
        has_all(&entries, &self.writes)?;
        if let Some(entry) = entries.get(self.writes.len() + 1) {
            let (known, found) = (self.writes.len(), line(&entry.action));
            return Err(format!("{known} writes and one more are known; here is {found:?}").into());
        }
        self.writes = entries.iter().map(|entry| line(&entry.action)).collect();
        if entries.is_empty() {
            return match store.app(&app()).await {
                Err(c2c_store::StoreError::NoSuchApp(_)) => Ok(()),
                app => Err(format!("there is {app:?} without a log").into()),
            };
        }
        state_is_replayed(store, &entries).await?;
        self.revisions_are_whole(store, &entries).await
    }

    async fn revisions_are_whole(
        &mut self,
        store: &Store,
        entries: &[Entry],
    ) -> Result<(), Failed> {
        let expected = revisions(entries);
        let newest = i64::try_from(expected.len())?;
        let found = history(store).await?;
        if !found.iter().copied().eq((1..=newest).rev()) {
            return Err(format!("by the log there are {newest} revisions, but {found:?}").into());
        }
        for number in self.read + 1..=newest {
            let revision = store.revision(&app(), RevisionNumber::new(number)).await?;
            is_content(&revision.snippets, expected[&number], &format!("revision {number}"))?;
        }
        self.read = newest;
        Ok(())
    }
}

/// Checks that the log has all writes, in their order and without gaps. It may have more.
pub(crate) fn has_all(entries: &[Entry], writes: &[String]) -> Result<(), Failed> {
    for (entry, seq) in entries.iter().zip(1..) {
        if entry.seq != seq {
            return Err(format!("entry {seq} of the log has the number {}", entry.seq).into());
        }
    }
    for (index, write) in writes.iter().enumerate() {
        let found = entries.get(index).map(|entry| line(&entry.action));
        if found.as_ref() != Some(write) {
            let number = index + 1;
            return Err(format!("write {number} was {write:?}; the log has {found:?}").into());
        }
    }
    Ok(())
}

/// The whole log, oldest first.
pub(crate) async fn entries(store: &Store) -> Result<Vec<Entry>, Failed> {
    let mut entries = Vec::new();
    let mut before = None;
    loop {
        let page = store.audit(&app(), before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        entries.extend(page);
    }
    entries.reverse();
    Ok(entries)
}

/// The numbers of all revisions, newest first.
async fn history(store: &Store) -> Result<Vec<i64>, Failed> {
    let mut numbers: Vec<i64> = Vec::new();
    loop {
        let before = numbers.last().copied().map(RevisionNumber::new);
        let page = store.history(&app(), before, PAGE).await?;
        if page.is_empty() {
            return Ok(numbers);
        }
        numbers.extend(page.iter().map(|mark| mark.number.get()));
    }
}

/// The version of the draft whose content each revision has.
fn revisions(entries: &[Entry]) -> HashMap<i64, i64> {
    let mut drafts = HashMap::new();
    for entry in entries {
        match &entry.action {
            Action::Published { revision, draft, .. } => {
                drafts.insert(revision.get(), draft.get());
            }
            Action::RolledBack { revision, to, .. } => {
                let draft = drafts.get(&to.get()).copied().unwrap_or_default();
                drafts.insert(revision.get(), draft);
            }
            _ => {}
        }
    }
    drafts
}

async fn state_is_replayed(store: &Store, entries: &[Entry]) -> Result<(), Failed> {
    let expected = State::replay(entries).ok_or("the log does not begin with the creation")?;
    let (app, draft) = (store.app(&app()).await?, store.draft(&app()).await?);
    let found = State {
        settings: app.settings,
        settings_version: app.settings_version,
        draft: draft.version,
        newest: app.newest.map_or(0, RevisionNumber::get),
        live: app.live,
        staged: app.staged,
        off: app.off.is_some(),
        deleted: false,
    };
    if found != expected {
        return Err(format!("by the log the app is {expected:?}, but {found:?}").into());
    }
    is_content(&draft.snippets, draft.version.get(), "the draft")
}

fn is_content(found: &Snippets, number: i64, of: &str) -> Result<(), Failed> {
    let expected = content(number);
    if *found == expected {
        return Ok(());
    }
    let (found, expected) = (describe(found), describe(&expected));
    Err(format!("{of} has {found}, not {expected}").into())
}
