//! Reasons why a use case of the server did nothing.

use c2c_store::StoreError;

use crate::compile::BuildError;

/// A use case that changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// The code or the settings cannot be served.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The store did not carry it out.
    #[error(transparent)]
    Store(#[from] StoreError),
}
