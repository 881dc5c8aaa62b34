//! The events that senders have sent to one app, and those that were acknowledged.

use std::collections::{BTreeMap, BTreeSet};

/// The numbers of events.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    /// With whether the sender was a backend.
    sent: BTreeMap<u64, bool>,
    acknowledged: BTreeSet<u64>,
    /// Batches that their sender gave up, without an answer.
    given_up: Vec<Vec<u64>>,
}

impl Ledger {
    /// Notes a batch before its first byte is sent.
    pub(super) fn send(&mut self, events: &[u64], verified: bool) {
        self.sent.extend(events.iter().map(|&event| (event, verified)));
    }

    /// Notes a batch after the last byte of its answer was read.
    pub(super) fn acknowledge(&mut self, events: &[u64]) {
        self.acknowledged.extend(events);
    }

    pub(super) fn give_up(&mut self, events: &[u64]) {
        self.given_up.push(events.to_vec());
    }

    /// Whether an event comes from a backend. None if no one has sent it.
    pub(super) fn is_verified(&self, event: u64) -> Option<bool> {
        self.sent.get(&event).copied()
    }

    pub(super) fn sent(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn acknowledged(&self) -> &BTreeSet<u64> {
        &self.acknowledged
    }

    pub(super) fn given_up(&self) -> &[Vec<u64>] {
        &self.given_up
    }
}
