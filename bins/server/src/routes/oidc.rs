//! Sign-in with an OpenID Connect provider: a browser is sent there, and comes back.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State as Extracted;
use axum::response::IntoResponse as _;
use c2c_access::Secret;
use c2c_names::Origin;
use hyper::StatusCode;
use hyper::header::{HeaderMap, SET_COOKIE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{SessionCookie, Surface};
use super::failure::Failure;
use super::input::Input;
use super::schema::Problem;
use super::session::{Own, signed_in};
use super::{Answer, PROBLEM, State, json};
use crate::forwarded::ClientAddress;
use crate::oidc::{Oidc, OidcError, Returned};

/// How long a person has for the pages of the issuer.
const ATTEMPT: Duration = Duration::from_mins(10);
/// A code is some hundred characters.
const CODE_BYTES_MAX: usize = 4096;

/// The issuer, and the cookie of a browser that goes there.
#[derive(Clone, Debug)]
pub(super) struct SignOn {
    oidc: Arc<Oidc>,
    /// `SameSite=Strict`, as that of sessions: no request needs it that comes from the issuer, since the
    /// page to which that leads sends another.
    cookie: SessionCookie,
}

impl SignOn {
    pub(super) fn new(oidc: Oidc, console: &Origin) -> Self {
        Self { oidc: Arc::new(oidc), cookie: SessionCookie::named("c2c-oidc", console) }
    }
}

impl State {
    fn sign_on(&self) -> Result<&SignOn, Failure> {
        let off = || {
            Failure::new(
                StatusCode::NOT_FOUND,
                "no-single-sign-on",
                "single sign-on is not set up here",
            )
        };
        self.sign_on.as_ref().ok_or_else(off)
    }
}

/// An attempt to sign in.
#[derive(Serialize, ToSchema)]
struct Attempt {
    /// The address at the issuer to go to.
    url: String,
}

/// The parameters with which the issuer sends a browser back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Return {
    code: String,
    state: String,
    /// The issuer, if it names itself.
    iss: Option<String>,
}

/// Begin to sign in at the OpenID Connect provider
#[utoipa::path(
    post,
    path = "/api/session/oidc/begin",
    security(()),
    responses(
        (status = 200, body = Attempt, headers(("Set-Cookie" = String, description = "the attempt, for ten minutes"))),
        (status = 404, body = Problem, content_type = PROBLEM, description = "none is set up"),
        (status = 502, body = Problem, content_type = PROBLEM, description = "its answer is not valid"),
    ),
)]
pub(super) async fn begin(
    Extracted(state): Extracted<State>,
    client: Option<Extension<ClientAddress>>,
) -> Answer {
    let address = client.map(|Extension(ClientAddress(address))| address);
    state.throttle.sign_on(address).map_err(Failure::too_many)?;
    let sign_on = state.sign_on()?;
    let secret = Secret::random();
    let url = sign_on.oidc.begin(secret.clone()).await.map_err(|error| Failure::of_oidc(&error))?;
    let mut response = json(StatusCode::OK, &Attempt { url });
    response.headers_mut().insert(SET_COOKIE, sign_on.cookie.set(&secret, ATTEMPT));
    Ok(response)
}

/// Sign in with the code that the OpenID Connect provider gave the browser: a session begins
#[utoipa::path(
    post,
    path = "/api/session/oidc",
    request_body = Return,
    security(()),
    responses(
        (status = 201, body = Own, headers(("Set-Cookie" = String, description = "the session; another ends the attempt"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM, description = "none is set up"),
        (status = 502, body = Problem, content_type = PROBLEM, description = "its answer is not valid"),
    ),
)]
pub(super) async fn finish(
    Extracted(state): Extracted<State>,
    client: Option<Extension<ClientAddress>>,
    surface: Surface,
    headers: HeaderMap,
    Input(Return { code, state: named, iss }): Input<Return>,
) -> Answer {
    let address = client.map(|Extension(ClientAddress(address))| address);
    state.throttle.sign_on(address).map_err(Failure::too_many)?;
    let sign_on = state.sign_on()?;
    if code.len() > CODE_BYTES_MAX {
        return Err(Failure::bad_request(format!("/code: has more than {CODE_BYTES_MAX} bytes")));
    }
    let returned = Returned { code, state: named, issuer: iss };
    let grant = match sign_on.oidc.finish(sign_on.cookie.read(&headers), returned).await {
        Ok(grant) => grant,
        // The cookie may be that of another attempt, in another tab.
        Err(error @ (OidcError::NotBegun | OidcError::Busy)) => {
            return Err(Failure::of_oidc(&error));
        }
        Err(error) => {
            let mut response = Failure::of_oidc(&error).into_response();
            response.headers_mut().append(SET_COOKIE, sign_on.cookie.forget());
            return Ok(response);
        }
    };
    // The session that the browser had ends, so that none goes on which was put there.
    let before = state.callers.cookie(surface).read(&headers);
    let session = state.store().begin_session(
        grant,
        address,
        surface.limits(state.limits.session),
        before.as_ref(),
    );
    let mut response = signed_in(&state, surface, session.await.map_err(state.failure())?);
    response.headers_mut().append(SET_COOKIE, sign_on.cookie.forget());
    Ok(response)
}
