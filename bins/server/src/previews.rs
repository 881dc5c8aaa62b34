//! Drafts that are staged to be looked at: in memory only, and only the newest few.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::pages::Pages;

/// The staged drafts, the oldest first. Few enough to be searched one by one.
#[derive(Debug)]
pub(crate) struct Previews {
    staged: Mutex<VecDeque<(String, Arc<Pages>)>>,
    max: usize,
}

impl Previews {
    /// At most `max` at once.
    pub(crate) fn new(max: usize) -> Self {
        Self { staged: Mutex::default(), max }
    }

    /// An id that nobody can guess: whoever has it can read the draft.
    pub(crate) fn new_id() -> String {
        Uuid::new_v4().simple().to_string()
    }

    /// Adds a draft's pages. If there are too many, the oldest go.
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
