//! The API of the console: JSON over the console's own origin.
//!
//! `openapi.json` beside this crate describes it ([OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html));
//! it is generated from the handlers, and served at `/api/openapi.json`.
//!
//! Every error of the API is a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable
//! `code`, one sentence in `detail`, and whatever helps to fix it. A request that is rejected before it gets
//! here (for its host, or its size) is answered in plain text.

mod access;
mod access_log;
mod apps;
mod assertion;
mod at_work;
mod audit;
mod caller;
mod code;
mod common;
mod deliveries;
mod draft;
mod endpoint_keys;
mod endpoints;
mod event_tokens;
mod events;
mod failure;
mod guard;
mod input;
mod integrations;
mod links;
mod oidc;
mod plans;
mod preview_links;
mod replays;
mod revisions;
mod schema;
mod session;
mod sessions;
mod settings;
mod switch;
mod table;
mod throttle;
mod tokens;
mod vendor_endpoints;
mod vendor_input;
mod write;

pub use table::access_table;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use axum::{Extension, Router};
use bytes::Bytes;
use c2c_policy::PagePolicy;
use c2c_store::{Store, StoreError, Version};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue};
use hyper::http::Extensions;
use hyper::{Request, Response, StatusCode, Uri};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use tower::ServiceExt as _;
use utoipa::OpenApi;
use utoipa_axum::routes;

use crate::apps::Apps;
use crate::assertion::Assertions;
use crate::collect::Collect;
use crate::delivery::{Integrations, ManageError};
use crate::error::AppError;
use crate::forwarded::ClientAddress;
use crate::oidc::Oidc;
use crate::paths::EMBED;
use crate::response::{Body, closing};
use crate::settings::{Access, Limits};
use crate::sites::Sites;
use at_work::{AtWork, Kind};
use caller::{Callers, NoCaller, Surface};
use failure::Failure;
use guard::{Need, Routes};
use oidc::SignOn;
use throttle::Throttle;

/// Whatever the handlers use.
#[derive(Clone, Debug)]
pub(crate) struct State {
    apps: Arc<Apps>,
    callers: Arc<Callers>,
    throttle: Arc<Throttle>,
    integrations: Arc<Integrations>,
    collect: Arc<Collect>,
    replays: Arc<AtWork>,
    deletions: Arc<AtWork>,
    sign_on: Option<SignOn>,
    assertions: Option<Arc<Assertions>>,
    sites: Arc<Sites>,
    limits: Limits,
}

impl State {
    fn store(&self) -> &Store {
        self.apps.store()
    }

    /// Explains why a request has no caller. Wrong secrets are counted: many from one address are answered
    /// later.
    fn rejected(&self, error: &NoCaller, address: Option<IpAddr>) -> Failure {
        let is_guess = matches!(error, NoCaller::Token | NoCaller::EventToken | NoCaller::Session);
        match is_guess.then(|| self.throttle.guess(address)) {
            Some(Err(wait)) => Failure::too_many(wait),
            _ => Failure::of_no_caller(error),
        }
    }

    /// Explains why nothing was done with an endpoint.
    fn unmanaged(&self) -> impl Fn(ManageError) -> Failure {
        |error| Failure::of_managing(error, &self.sites)
    }

    /// Explains an error.
    fn failure<E: Into<AppError>>(&self) -> impl Fn(E) -> Failure {
        |error| Failure::of(error.into(), &self.sites)
    }
}

/// How people get in.
pub(crate) struct SignIn {
    pub(crate) access: Access,
    pub(crate) oidc: Option<Oidc>,
    pub(crate) assertions: Option<Assertions>,
}

/// The API, ready to answer.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    router: Router,
    /// How long a request may take: to arrive, and in the database.
    patience: Duration,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "c2c console",
        description = "The API of the console. Programs send an API token, and the console the cookie of \
                       its session. Writes need `Content-Type: application/json`, and with the \
                       cookie also `Origin: <the console's origin>`.",
    ),
    components(schemas(schema::Diagnostic))
)]
struct Description;

/// All routes, with what each needs.
fn routes() -> Routes {
    use c2c_access::Permission::{
        Check, Configure, ControlEvents, CreateApp, Edit, Integrate, ListApps, ManageAccess,
        Publish, Read, ReadAccessLog, ReadEvents,
    };
    let to = Need::Permission;
    Routes::new(Description::openapi())
        .with(to(ListApps), routes!(apps::list))
        .with(to(CreateApp), routes!(apps::create))
        .with(to(Read), routes!(apps::show))
        .with(to(Configure), routes!(apps::delete))
        .with(to(Configure), routes!(apps::restore))
        .with(to(Read), routes!(settings::show))
        .with(to(Configure), routes!(settings::change))
        .with(to(Read), routes!(draft::show))
        .with(to(Edit), routes!(draft::save))
        .with(to(Read), routes!(revisions::list))
        .with(to(Publish), routes!(revisions::publish))
        .with(to(Read), routes!(revisions::show))
        .with(to(Publish), routes!(revisions::roll_back))
        .with(to(Publish), routes!(revisions::promote))
        .with(to(Publish), routes!(switch::switch))
        .with(to(Read), routes!(plans::list))
        .with(to(Publish), routes!(plans::cancel_publication))
        .with(to(Publish), routes!(plans::switch_back, plans::cancel_switch_back))
        .with(to(Edit), routes!(preview_links::list))
        .with(to(Edit), routes!(preview_links::make))
        .with(to(Edit), routes!(preview_links::revoke))
        .with(to(Read), routes!(audit::list))
        .with(to(Read), routes!(integrations::show))
        .with(to(ControlEvents), routes!(integrations::collect))
        .with(to(Integrate), routes!(endpoints::add))
        .with(to(Read), routes!(endpoints::show))
        .with(to(Integrate), routes!(endpoints::change))
        .with(to(Integrate), routes!(endpoints::remove))
        .with(to(Integrate), routes!(endpoints::pause))
        .with(to(Integrate), routes!(endpoints::resume))
        .with(to(Integrate), routes!(endpoints::agree))
        .with(to(ControlEvents), routes!(endpoints::skip))
        .with(to(Integrate), routes!(vendor_endpoints::test))
        .with(to(Read), routes!(endpoint_keys::list))
        .with(to(Integrate), routes!(endpoint_keys::make))
        .with(to(Integrate), routes!(endpoint_keys::remove))
        .with(to(ReadEvents), routes!(deliveries::list))
        .with(to(ReadEvents), routes!(deliveries::show))
        .with(to(Integrate), routes!(deliveries::replay))
        .with(to(Integrate), routes!(replays::count, replays::start))
        .with(to(ReadEvents), routes!(events::show))
        .with(to(ControlEvents), routes!(events::forget))
        .with(Need::EventToken, routes!(events::take))
        .with(to(ControlEvents), routes!(event_tokens::list, event_tokens::make))
        .with(to(ControlEvents), routes!(event_tokens::revoke))
        .with(to(ControlEvents), routes!(vendor_endpoints::consent))
        .with(to(Edit), routes!(code::preview))
        .with(to(Check), routes!(code::check))
        .with(Need::Nothing, routes!(session::look))
        .with(Need::Nothing, routes!(session::sign_in))
        .with(Need::Nothing, routes!(oidc::begin))
        .with(Need::Nothing, routes!(oidc::finish))
        .with(Need::Nothing, routes!(assertion::exchange))
        .with(Need::Caller, routes!(session::show, session::sign_out))
        .with(Need::Caller, routes!(session::sign_out_everywhere))
        .with(to(ManageAccess), routes!(tokens::list, tokens::make))
        .with(to(ManageAccess), routes!(tokens::revoke))
        .with(to(ManageAccess), routes!(links::list, links::make))
        .with(to(ManageAccess), routes!(links::revoke))
        .with(to(ManageAccess), routes!(sessions::list))
        .with(to(ManageAccess), routes!(sessions::end))
        .with(to(ReadAccessLog), routes!(access_log::list))
}

fn described() -> (Router<State>, utoipa::openapi::OpenApi) {
    let (router, guarded) = routes().split();
    let (router, mut openapi) = router.split_for_parts();
    common::describe(&mut openapi, &guarded);
    (router, openapi)
}

/// The description of the API, as it is committed and served.
pub fn openapi() -> String {
    let text = described().1.to_pretty_json();
    text.unwrap_or_else(|error| unreachable!("a description is JSON: {error}")) + "\n"
}

impl Api {
    pub(crate) fn new(
        apps: Arc<Apps>,
        sites: Arc<Sites>,
        integrations: Arc<Integrations>,
        collect: Arc<Collect>,
        SignIn { access, oidc, assertions }: SignIn,
        limits: &Limits,
    ) -> Self {
        let callers = Callers::new(apps.store().clone(), access, &sites.console.origin);
        let (callers, throttle) = (Arc::new(callers), Arc::new(Throttle::new(limits)));
        let sign_on = oidc.map(|oidc| SignOn::new(oidc, &sites.console.origin));
        let assertions = assertions.map(Arc::new);
        let state = State {
            apps,
            callers,
            throttle,
            integrations,
            collect,
            replays: AtWork::new(Kind::Replays),
            deletions: AtWork::new(Kind::Deletions),
            sign_on,
            assertions,
            sites,
            limits: *limits,
        };
        let text = Bytes::from(openapi());
        let description = move || std::future::ready(json_text(StatusCode::OK, text.clone()));
        let router = described()
            .0
            .route("/api/openapi.json", axum::routing::get(description))
            .fallback(async || Failure::not_found(&"there is nothing at this address"))
            .layer(from_fn_with_state(state.clone(), write::check))
            // For the guards.
            .layer(Extension(state.clone()))
            .with_state(state);
        Self { router, patience: limits.body_timeout + limits.database_timeout }
    }

    /// Answers a request whose path begins with `/api/`, or with `/embed/api/` from a console in a frame.
    pub(crate) async fn respond(&self, mut request: Request<Incoming>) -> Response<Body> {
        let surface = take_surface(request.uri_mut());
        request.extensions_mut().insert(surface);
        let response = match timeout(self.patience, self.router.clone().oneshot(request)).await {
            Ok(response) => failure::explain_method(response.expect("it is infallible")),
            Err(_) => Failure::of_database(&StoreError::hung()).closing().into_response(),
        };
        let (parts, body) = response.into_parts();
        // All bodies are in memory: this waits for nothing.
        let body = to_bytes(body, usize::MAX).await.expect("a body in memory");
        let closes = parts.extensions.get::<failure::Closes>().is_some();
        let response = Response::from_parts(parts, Body::from(body));
        if closes { closing(response) } else { response }
    }
}

/// Takes `/embed` from an address: a console in a frame has the same API.
fn take_surface(uri: &mut Uri) -> Surface {
    let mut parts = uri.clone().into_parts();
    let path = parts.path_and_query.as_ref().map_or("/", |path| path.as_str());
    let Some(path) = path.strip_prefix(EMBED) else { return Surface::Window };
    parts.path_and_query = Some(path.parse().expect("the rest of a path, from a slash on"));
    *uri = Uri::from_parts(parts).expect("the parts of an address");
    Surface::Frame
}

/// The address that a request came from.
fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get().map(|ClientAddress(address)| *address)
}

/// The outcome of a handler.
type Answer = Result<Response<axum::body::Body>, Failure>;

/// A response of JSON, with the headers of the API.
fn json<T: Serialize>(status: StatusCode, body: &T) -> Response<axum::body::Body> {
    json_text(status, serde_json::to_vec(body).expect("the API's types are JSON").into())
}

/// The media type of problems.
const PROBLEM: &str = "application/problem+json";

/// A problem: JSON with a media type of its own.
fn problem(status: StatusCode, body: &Value) -> Response<axum::body::Body> {
    let mut response = json(status, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    response
}

/// The response with the version of what it describes.
fn tagged(
    mut response: Response<axum::body::Body>,
    version: Version,
) -> Response<axum::body::Body> {
    let tag = HeaderValue::try_from(format!("\"{version}\"")).expect("a number in quotes");
    response.headers_mut().insert(ETAG, tag);
    response
}

/// 204.
fn nothing() -> Response<axum::body::Body> {
    let mut response = json_text(StatusCode::NO_CONTENT, Bytes::new());
    response.headers_mut().remove(CONTENT_TYPE);
    response
}

fn json_text(status: StatusCode, text: Bytes) -> Response<axum::body::Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    *response.headers_mut() = PagePolicy::api().headers().clone();
    response
}
