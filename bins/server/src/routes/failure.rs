//! Responses other than the wished one, each with a sentence.

use axum::body::Body;
use axum::response::IntoResponse;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::json as reply;
use crate::apps::{BuildError, ConfigureError, CreateError, PreviewError, SaveError};
use crate::store::StoreError;

pub(super) struct Failure {
    status: StatusCode,
    body: Value,
    closes: bool,
}

/// In a response's extensions: the connection ends after it, since the rest of the request was not read.
#[derive(Clone, Copy)]
pub(super) struct Closes;

impl Failure {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, body: json!({"error": error.into()}), closes: false }
    }

    pub(super) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn not_found(error: &impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, error.to_string())
    }

    /// Ends the connection, since the rest of the request was not read.
    pub(super) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.body[key] = value;
        self
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let mut response = reply(self.status, &self.body);
        if self.closes {
            response.extensions_mut().insert(Closes);
        }
        response
    }
}

/// Gives axum's 405 a body: it knows the methods of an address.
pub(super) fn explain_method(response: Response<Body>) -> Response<Body> {
    let allowed = response.headers().get(ALLOW).and_then(|allowed| allowed.to_str().ok());
    let (StatusCode::METHOD_NOT_ALLOWED, Some(allowed)) = (response.status(), allowed) else {
        return response;
    };
    let allowed = allowed.replace(',', ", ");
    let error = format!("this address takes {allowed} only");
    let mut explained = Failure::new(StatusCode::METHOD_NOT_ALLOWED, error).into_response();
    if let Ok(allowed) = HeaderValue::try_from(allowed) {
        explained.headers_mut().insert(ALLOW, allowed);
    }
    explained
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error);
        let sentence = "the database failed; nothing was saved. The server's log has the details";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let sentence = error.to_string();
        match error {
            BuildError::Rejected(diagnostics) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
                    .with("diagnostics", json!(diagnostics))
            }
            BuildError::Origin(_) => Self::bad_request(sentence),
        }
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Build(error) => error.into(),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<ConfigureError> for Failure {
    fn from(error: ConfigureError) -> Self {
        let sentence = error.to_string();
        match error {
            ConfigureError::NoSuchApp(_) => Self::not_found(&sentence),
            ConfigureError::Origin(_) => Self::bad_request(format!("/parentOrigins: {sentence}")),
            ConfigureError::Store(error) => error.into(),
        }
    }
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        let sentence = error.to_string();
        match error {
            SaveError::NoSuchApp(_) => Self::not_found(&sentence),
            SaveError::Build(error) => error.into(),
            SaveError::Conflict { newest } => {
                Self::new(StatusCode::CONFLICT, sentence).with("revision", newest.into())
            }
            SaveError::Store(error) => error.into(),
        }
    }
}

impl From<PreviewError> for Failure {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::NoSuchApp(_) => Self::not_found(&error),
            PreviewError::Build(error) => error.into(),
            PreviewError::Store(error) => error.into(),
        }
    }
}
