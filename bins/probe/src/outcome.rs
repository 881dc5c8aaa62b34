//! The outcome of a probe.

use std::fmt;

use c2c_harness::Error;

/// The outcome of a probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) reached: bool,
    /// The script's return value or exception; `None` if it never reported.
    pub(crate) said: Option<String>,
    /// The reason why it could not be tried: a browser that did not answer, or a page that did not
    /// open.
    pub(crate) error: Option<String>,
}

impl Outcome {
    pub(crate) fn reached(how: &str) -> Self {
        Self { reached: true, said: Some(how.to_owned()), error: None }
    }

    pub(crate) fn untried(error: &Error) -> Self {
        Self { error: Some(error.to_string()), ..Self::default() }
    }

    /// Whether the probe is known to have run. A probe that did not run, or whose frame went away
    /// too early, shows nothing.
    pub(crate) fn ran(&self) -> bool {
        self.reached || self.said.is_some()
    }
}

/// Prints the script's report, or the reason why there is none.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.said, &self.error) {
            (Some(said), _) => f.write_str(said),
            (None, Some(error)) => write!(f, "it could not be tried: {error}"),
            (None, None) => f.write_str("it did not run, or its frame was gone before it said so"),
        }
    }
}
