//! Staged drafts: only the newest few, in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::pages::Pages;

/// The staged drafts, oldest first. A linear search is enough for so few.
#[derive(Debug)]
pub(crate) struct Previews {
    staged: Mutex<VecDeque<(String, Arc<Pages>)>>,
    max: usize,
}

impl Previews {
    /// Creates a store for at most `max` drafts.
    pub(crate) fn new(max: usize) -> Self {
        Self { staged: Mutex::default(), max }
    }

    /// Returns an unguessable id, since it is enough to read the draft.
    pub(crate) fn new_id() -> String {
        Uuid::new_v4().simple().to_string()
    }

    /// Adds a draft's pages. Beyond the limit, the oldest go.
    pub(crate) fn stage(&self, id: String, pages: Pages) {
        let mut staged = self.staged.lock().expect("staging does not panic");
        staged.push_back((id, Arc::new(pages)));
        let gone = staged.len().saturating_sub(self.max);
        staged.drain(..gone);
    }

    /// The pages of a draft, if it is still staged.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Pages>> {
        let staged = self.staged.lock().expect("staging does not panic");
        staged.iter().find(|(staged, _)| staged == id).map(|(_, pages)| Arc::clone(pages))
    }
}
