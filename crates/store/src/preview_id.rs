//! The id of a preview link.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;

/// The id of a preview link. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PreviewLinkId(Uuid);

impl PreviewLinkId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for PreviewLinkId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Only the form that it prints.
impl FromStr for PreviewLinkId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let id = Uuid::parse_str(text).map_err(|_| StoreError::NoSuchPreviewLink)?;
        let is_printed = id.to_string() == text;
        is_printed.then_some(Self(id)).ok_or(StoreError::NoSuchPreviewLink)
    }
}
