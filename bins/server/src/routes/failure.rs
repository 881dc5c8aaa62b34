//! Responses other than the wished one, each with a sentence.

use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use c2c_access::Denied;
use c2c_names::AppId;
use c2c_store::{FailureKind, StoreError};
use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::caller::NoCaller;
use super::problem as reply;
use super::schema::{AppBody, DraftBody};
use crate::assertion::AssertionError;
use crate::compile::BuildError;
use crate::delivery::ManageError;
use crate::error::AppError;
use crate::oidc::OidcError;
use crate::posted::Refusal;
use crate::sites::Sites;

pub(super) struct Failure {
    status: StatusCode,
    body: Value,
    closes: bool,
    /// In seconds, for those statuses that have it.
    retry_after: u64,
}

/// In a response's extensions: the connection ends after it, since the rest of the request was not read.
#[derive(Clone, Copy)]
pub(super) struct Closes;

impl Failure {
    pub(super) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        let (number, detail) = (status.as_u16(), detail.into());
        let body = json!({"status": number, "code": code, "title": title, "detail": detail});
        Self { status, body, closes: false, retry_after: 5 }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    pub(super) fn not_found(detail: &impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail.to_string())
    }

    /// A route that needs a caller got none.
    pub(super) fn no_caller() -> Self {
        Self::of_no_caller(&NoCaller::Nothing)
    }

    pub(super) fn of_no_caller(error: &NoCaller) -> Self {
        let code = match error {
            NoCaller::Nothing => "not-signed-in",
            NoCaller::NoEventToken => "no-event-token",
            NoCaller::Token | NoCaller::EventToken => "no-such-token",
            NoCaller::Session => "session-ended",
            NoCaller::Store(error) => return Self::of_database(error),
        };
        Self::new(StatusCode::UNAUTHORIZED, code, error.to_string())
    }

    /// A hidden app gets the answer of one that does not exist.
    pub(super) fn of_denied(denied: Denied, app: Option<AppId>, sites: &Sites) -> Self {
        match (denied, app) {
            (Denied::Hidden, Some(app)) => Self::of_store(StoreError::NoSuchApp(app), sites),
            (denied, _) => Self::new(StatusCode::FORBIDDEN, "not-permitted", denied.to_string()),
        }
    }

    /// A person was not signed in by the OpenID Connect provider.
    pub(super) fn of_oidc(error: &OidcError) -> Self {
        if let Some(reason) = error.reason() {
            tracing::warn!(reason, "not signed in by the OpenID Connect provider: {error}");
        }
        let (status, code) = match error {
            OidcError::NotBegun => (StatusCode::FORBIDDEN, "sign-in-not-begun"),
            OidcError::Refused(_) => (StatusCode::FORBIDDEN, "sign-in-refused"),
            OidcError::NoRole(_) => (StatusCode::FORBIDDEN, "no-role"),
            OidcError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too-many-sign-ins"),
            OidcError::Unreachable(_) => (StatusCode::SERVICE_UNAVAILABLE, "issuer-unavailable"),
            OidcError::Invalid(_) => (StatusCode::BAD_GATEWAY, "issuer-not-valid"),
        };
        Self::new(status, code, error.to_string())
    }

    /// An assertion gave no session.
    pub(super) fn of_assertion(error: &AssertionError) -> Self {
        if let Some(reason) = error.reason() {
            tracing::warn!(reason, "{error}");
        } else {
            tracing::info!("{error}");
        }
        let (status, code) = match error {
            AssertionError::Refused(_) => (StatusCode::FORBIDDEN, "assertion-refused"),
            AssertionError::Role(_) => (StatusCode::FORBIDDEN, "role-not-allowed"),
            AssertionError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too-many-sign-ins"),
            AssertionError::KeysUnavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "keys-unavailable")
            }
            AssertionError::KeysInvalid(_) => (StatusCode::BAD_GATEWAY, "keys-not-valid"),
        };
        Self::new(status, code, error.to_string())
    }

    /// A body or its events were not taken.
    pub(super) fn of_refusal(refusal: Refusal) -> Self {
        let failure = Self::new(refusal.status, refusal.code, refusal.detail);
        let wait = refusal.retry_after.map(|wait| wait.as_secs() + 1);
        let retry_after = wait.unwrap_or(failure.retry_after);
        Self { retry_after, closes: refusal.closes, ..failure }
    }

    /// A caller has to wait.
    pub(super) fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        let detail = format!("too many requests; try again in {seconds} seconds");
        let failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail);
        Self { retry_after: seconds, ..failure }
    }

    /// The same problem for a request that named the version in `If-Match`.
    pub(super) fn of_if_match(mut self) -> Self {
        if self.status == StatusCode::CONFLICT {
            self.status = StatusCode::PRECONDITION_FAILED;
            self.body["status"] = self.status.as_u16().into();
            self.body["title"] = self.status.canonical_reason().into();
        }
        self
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
        let headers = response.headers_mut();
        if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&self.status) {
            headers.insert(RETRY_AFTER, self.retry_after.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"c2c\""));
        }
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
    let mut explained =
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", error).into_response();
    if let Ok(allowed) = HeaderValue::try_from(allowed) {
        explained.headers_mut().insert(ALLOW, allowed);
    }
    explained
}

impl Failure {
    /// Explains an error of a use case. `sites` are for the links of an app in a conflict.
    pub(super) fn of(error: AppError, sites: &Sites) -> Self {
        match error {
            AppError::Build(error) => Self::of_build(error),
            AppError::Store(error) => Self::of_store(error, sites),
        }
    }

    /// Explains why nothing was done with an endpoint.
    pub(super) fn of_managing(error: ManageError, sites: &Sites) -> Self {
        let sentence = error.to_string();
        match error {
            ManageError::Store(error) => Self::of_store(error, sites),
            ManageError::Url(_)
            | ManageError::Filter(_)
            | ManageError::Secret(_)
            | ManageError::Vendor(_) => Self::bad_request(sentence),
            ManageError::Kind(_) => Self::new(StatusCode::BAD_REQUEST, "endpoint-kind", sentence),
            ManageError::NoTestCode => Self::new(StatusCode::CONFLICT, "no-test-code", sentence),
            ManageError::Unsent(..) => Self::new(StatusCode::CONFLICT, "not-sent", sentence),
            ManageError::NotAsked => Self::new(StatusCode::CONFLICT, "not-agreed", sentence),
            ManageError::TooOften(wait) => Self::too_many(wait),
            ManageError::Keys(_) | ManageError::Sealed => {
                tracing::error!(error = sentence, "integrations have no key");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "no-secrets-key", sentence)
            }
        }
    }

    fn of_build(error: BuildError) -> Self {
        let sentence = error.to_string();
        match error {
            BuildError::Rejected(diagnostics) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "code-rejected", sentence)
                    .with("diagnostics", json!(diagnostics))
            }
            BuildError::Origin(_) => Self::bad_request(format!("/parentOrigins: {sentence}")),
            BuildError::Compiler => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "compiler-failed", sentence)
            }
        }
    }

    fn of_store(error: StoreError, sites: &Sites) -> Self {
        let sentence = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, &sentence);
        let not_found = |code| Self::new(StatusCode::NOT_FOUND, code, &sentence);
        match error {
            StoreError::NoSuchApp(_) => not_found("no-such-app"),
            StoreError::NoSuchRevision { .. } => not_found("no-such-revision"),
            StoreError::NotPlanned => not_found("not-planned"),
            StoreError::NoSuchPreviewLink => not_found("no-such-preview-link"),
            StoreError::TooManyPreviewLinks { .. } => conflict("too-many-preview-links"),
            StoreError::PreviewLifetime | StoreError::AccessLifetime { .. } => {
                Self::bad_request(format!("/hours: {sentence}"))
            }
            StoreError::DraftConflict(draft) => {
                conflict("draft-conflict").with("draft", json!(DraftBody::from(*draft)))
            }
            StoreError::LiveConflict(app) => {
                conflict("live-conflict").with("app", json!(AppBody::new(&app, sites)))
            }
            StoreError::SettingsConflict(app) => {
                conflict("settings-conflict").with("app", json!(AppBody::new(&app, sites)))
            }
            StoreError::NoSuchToken => not_found("no-such-token"),
            StoreError::NoSuchLink => not_found("no-such-link"),
            StoreError::NoSuchSession => not_found("no-such-session"),
            StoreError::AssertionUsed => {
                Self::new(StatusCode::FORBIDDEN, "assertion-used", sentence)
            }
            StoreError::TooManyTokens { .. } => conflict("too-many-tokens"),
            StoreError::TooManyLinks { .. } => conflict("too-many-links"),
            StoreError::AppExists(_) => conflict("app-exists"),
            StoreError::NoStaging(_) => conflict("no-staging"),
            StoreError::NothingStaged(_) => conflict("nothing-staged"),
            StoreError::NeedsApproval(_) => {
                Self::new(StatusCode::FORBIDDEN, "needs-approval", sentence)
            }
            StoreError::NoSuchEndpoint(_) => not_found("no-such-endpoint"),
            StoreError::NoSuchSecret => not_found("no-such-secret"),
            StoreError::NoSuchDelivery => not_found("no-such-delivery"),
            StoreError::NoSuchEvent => not_found("no-such-event"),
            StoreError::StillPending => conflict("still-pending"),
            StoreError::BodyGone => conflict("body-gone"),
            StoreError::TooManyEventTokens { .. } => conflict("too-many-event-tokens"),
            StoreError::TooManyEndpoints { .. } => conflict("too-many-endpoints"),
            StoreError::TooManySecrets { .. } => conflict("too-many-secrets"),
            StoreError::EndpointState(_) => conflict("endpoint-state"),
            StoreError::EndpointConflict(_) => conflict("endpoint-conflict"),
            StoreError::CollectConflict(_) => conflict("collect-conflict"),
            StoreError::KeptTooShort => Self::bad_request(format!("/metaDays: {sentence}")),
            StoreError::AlreadyOff(_) => conflict("already-off"),
            StoreError::NotOff(_) => conflict("not-off"),
            StoreError::PlannedForThePast => Self::bad_request(format!("/at: {sentence}")),
            StoreError::SnippetTooLarge { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "snippet-too-large", sentence)
            }
            error => Self::of_database(&error),
        }
    }

    /// Explains a failure of the database.
    pub(super) fn of_database(error: &StoreError) -> Self {
        tracing::error!(%error, "a request of the API failed");
        let (unavailable, internal) =
            (StatusCode::SERVICE_UNAVAILABLE, StatusCode::INTERNAL_SERVER_ERROR);
        match error {
            StoreError::Failed { kind: FailureKind::Unavailable, .. } => Self::new(
                unavailable,
                "database-unavailable",
                "the database cannot be reached; try again in a few seconds",
            ),
            StoreError::Failed {
                kind: kind @ (FailureKind::Full | FailureKind::ReadOnly), ..
            } => Self::new(unavailable, "database-read-only", format!("{kind}; nothing was saved")),
            _ => Self::new(
                internal,
                "database-failed",
                "the database failed; nothing was saved. The server's log has the details",
            ),
        }
    }
}
