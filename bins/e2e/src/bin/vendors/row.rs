//! The findings about one vendor.

use std::collections::BTreeMap;

use c2c_harness::{Engine, Result};

use crate::compare::{Comparison, Event};
use crate::manifest::Vendor;
use crate::run::Jar;

/// One vendor in one engine.
pub(crate) struct Row<'a> {
    pub(crate) vendor: &'a Vendor,
    pub(crate) engine: Engine,
    /// The expected hits, at least one: the number of each event.
    pub(crate) control: Result<BTreeMap<Event, usize>>,
    /// In the order of [`Jar::ALL`]; empty if there is no control.
    pub(crate) runs: Vec<(Jar, Result<Run>)>,
}

/// A vendor in the sandbox.
pub(crate) struct Run {
    pub(crate) comparison: Comparison,
    /// The ids that changed between two visits; `None` if there were no two visits, or no ids.
    pub(crate) changed_ids: Option<Vec<String>>,
}
