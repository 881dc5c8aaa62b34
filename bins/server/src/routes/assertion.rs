//! Sign-in with an assertion of the operator's own product.

use axum::Extension;
use axum::extract::State as Extracted;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Surface;
use super::failure::Failure;
use super::input::Input;
use super::schema::Problem;
use super::session::{Own, signed_in};
use super::{Answer, PROBLEM, State};
use crate::assertion::Assertions;
use crate::forwarded::ClientAddress;

impl State {
    fn assertions(&self) -> Result<&Assertions, Failure> {
        let off = || {
            let detail = "sign-in by assertions is not set up here";
            Failure::new(StatusCode::NOT_FOUND, "no-assertions", detail)
        };
        self.assertions.as_deref().ok_or_else(off)
    }
}

/// A text of another system that vouches for a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    /// A JSON Web Token, as docs/assertions.md describes it.
    assertion: String,
}

/// Sign in with an assertion of the operator's product: it is used up, and a session begins
#[utoipa::path(
    post,
    path = "/api/session/assertion",
    request_body = Exchange,
    security(()),
    responses(
        (status = 201, body = Own, headers(("Set-Cookie" = String, description = "the session"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM, description = "it is not set up"),
        (status = 502, body = Problem, content_type = PROBLEM, description = "the product's keys are not valid"),
    ),
)]
pub(super) async fn exchange(
    Extracted(state): Extracted<State>,
    client: Option<Extension<ClientAddress>>,
    surface: Surface,
    headers: HeaderMap,
    Input(wish): Input<Exchange>,
) -> Answer {
    let address = client.map(|Extension(ClientAddress(address))| address);
    state.throttle.sign_on(address).map_err(Failure::too_many)?;
    let checked = state.assertions()?.check(wish.assertion).await;
    let assertion = checked.map_err(|error| Failure::of_assertion(&error))?;
    // The session that the browser had ends, so that none goes on which was put there.
    let before = state.callers.cookie(surface).read(&headers);
    let limits = surface.limits(state.limits.session);
    let begun = state.store().sign_in_by_assertion(assertion, address, limits, before.as_ref());
    Ok(signed_in(&state, surface, begun.await.map_err(state.failure())?))
}
