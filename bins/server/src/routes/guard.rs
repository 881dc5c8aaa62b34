//! The guard of each route: a route cannot be added without saying what it needs.

use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse as _;
use c2c_access::{Permission, Reach, authorize};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use utoipa::openapi::path::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::State;
use super::caller::Surface;
use super::failure::Failure;
use super::input::{BodyBytesMax, Id};

/// The condition for a request to pass to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: it is the way in.
    Nothing,
    /// A caller, whatever their role is.
    Caller,
    /// A caller with this permission.
    Permission(Permission),
    /// An event token of the app, and no other caller.
    EventToken,
}

/// One route of the API with what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Guarded {
    pub(crate) method: Method,
    /// As in the description: `/api/apps/{app}`.
    pub(crate) path: String,
    pub(crate) need: Need,
}

/// The routes of the API, each behind its guard.
pub(super) struct Routes {
    router: OpenApiRouter<State>,
    guarded: Vec<Guarded>,
}

impl Routes {
    pub(super) fn new(description: utoipa::openapi::OpenApi) -> Self {
        Self { router: OpenApiRouter::with_openapi(description), guarded: Vec::new() }
    }

    /// Adds routes that need the same.
    pub(super) fn with(mut self, need: Need, routes: UtoipaMethodRouter<State>) -> Self {
        let (schemas, paths, handlers) = routes;
        for (path, item) in &paths.paths {
            let methods = methods(item).into_iter();
            self.guarded.extend(methods.map(|method| Guarded { method, path: path.clone(), need }));
        }
        let guard = from_fn(move |request, next| guard(need, request, next));
        self.router = self.router.routes((schemas, paths, handlers.route_layer(guard)));
        self
    }

    pub(super) fn split(self) -> (OpenApiRouter<State>, Vec<Guarded>) {
        (self.router, self.guarded)
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method).collect()
}

/// The largest body of a request without a caller, in bytes: a secret, or an assertion that names as many apps as it can.
const WAY_IN_BYTES_MAX: usize = 16 * 1024;

/// The largest body with events of a backend, in bytes.
const EVENTS_BYTES_MAX: usize = 256 * 1024;

/// Lets a request pass to a handler if its caller may send it.
async fn guard(need: Need, request: Request<Body>, next: Next) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    match admit(need, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(failure) => failure.into_response(),
    }
}

async fn admit(need: Need, parts: &mut Parts) -> Result<(), Failure> {
    // `Api` gives each request its state.
    let state = parts.extensions.get::<State>().cloned().ok_or_else(Failure::no_caller)?;
    if need == Need::Nothing {
        parts.extensions.insert(BodyBytesMax(WAY_IN_BYTES_MAX));
        return Ok(());
    }
    let address = super::address(&parts.extensions);
    let surface = Surface::of(&parts.extensions);
    if need == Need::EventToken {
        return admit_backend(&state, surface, parts).await;
    }
    if let Need::Permission(permission) = need
        && !surface.has(permission)
    {
        return Err(not_in_a_frame());
    }
    let caller = match state.callers.find(&parts.headers, surface, address).await {
        Ok(caller) => caller,
        Err(error) => return Err(state.rejected(&error, address)),
    };
    state.throttle.caller(&caller).map_err(Failure::too_many)?;
    if let Need::Permission(permission) = need {
        let app = match permission.needs().1 {
            Reach::App => Some(Id::from_request_parts(parts, &state).await?.0),
            _ => None,
        };
        authorize(&caller.principal, permission, app.as_ref())
            .map_err(|denied| Failure::of_denied(denied, app, &state.sites))?;
    }
    parts.extensions.insert(caller);
    Ok(())
}

async fn admit_backend(state: &State, surface: Surface, parts: &mut Parts) -> Result<(), Failure> {
    if surface == Surface::Frame {
        return Err(not_in_a_frame());
    }
    let Id(app) = Id::from_request_parts(parts, state).await?;
    let token = match state.callers.find_backend(&parts.headers, &app).await {
        Ok(token) => token,
        Err(error) => return Err(state.rejected(&error, super::address(&parts.extensions))),
    };
    state.throttle.backend(&token).map_err(Failure::too_many)?;
    parts.extensions.insert(BodyBytesMax(EVENTS_BYTES_MAX));
    Ok(())
}

fn not_in_a_frame() -> Failure {
    Failure::not_found(&"a console in a frame has no such address")
}
