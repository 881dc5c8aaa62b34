//! The API of the console: JSON over the console's own origin.
//!
//! `openapi.json` beside this crate describes it ([OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html));
//! it is generated from the handlers, and served at `/api/openapi.json`.
//!
//! Every error of the API is a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable
//! `code`, one sentence in `detail`, and whatever helps to fix it. A request that is rejected before it gets
//! here (for its host, or its size) is answered in plain text.

mod apps;
mod audit;
mod code;
mod common;
mod draft;
mod failure;
mod input;
mod plans;
mod preview_links;
mod revisions;
mod schema;
mod settings;
mod switch;
mod write;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use c2c_policy::PagePolicy;
use c2c_store::{Actor, Store, StoreError, Version};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use tower::ServiceExt as _;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::apps::Apps;
use crate::error::AppError;
use crate::response::{Body, closing};
use crate::settings::Limits;
use crate::sites::Sites;
use failure::Failure;

/// Whatever the handlers use.
#[derive(Clone, Debug)]
pub(crate) struct State {
    apps: Arc<Apps>,
    sites: Arc<Sites>,
    limits: Limits,
}

impl State {
    fn store(&self) -> &Store {
        self.apps.store()
    }

    /// The one who acts: the console has no login yet, so all are the same.
    #[expect(clippy::unused_self, reason = "it will depend on the session")]
    fn actor(&self) -> Actor {
        "console".parse().expect("an actor")
    }

    /// Explains an error.
    fn failure<E: Into<AppError>>(&self) -> impl Fn(E) -> Failure {
        |error| Failure::of(error.into(), &self.sites)
    }
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
        description = "The API of the console. Writes need `Origin: <the console's origin>` and \
                       `Content-Type: application/json`; reads need nothing.",
    ),
    components(schemas(schema::Diagnostic))
)]
struct Description;

fn described() -> (Router<State>, utoipa::openapi::OpenApi) {
    let (router, mut openapi) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(apps::list, apps::create))
        .routes(routes!(apps::show, apps::delete))
        .routes(routes!(apps::restore))
        .routes(routes!(settings::show, settings::change))
        .routes(routes!(draft::show, draft::save))
        .routes(routes!(revisions::list, revisions::publish))
        .routes(routes!(revisions::show))
        .routes(routes!(revisions::roll_back))
        .routes(routes!(revisions::promote))
        .routes(routes!(switch::switch))
        .routes(routes!(plans::list))
        .routes(routes!(plans::cancel_publication))
        .routes(routes!(plans::switch_back, plans::cancel_switch_back))
        .routes(routes!(preview_links::list, preview_links::make))
        .routes(routes!(preview_links::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(code::preview))
        .routes(routes!(code::check))
        .split_for_parts();
    common::describe(&mut openapi);
    (router, openapi)
}

/// The description of the API, as it is committed and served.
pub fn openapi() -> String {
    let text = described().1.to_pretty_json();
    text.unwrap_or_else(|error| unreachable!("a description is JSON: {error}")) + "\n"
}

impl Api {
    pub(crate) fn new(apps: Arc<Apps>, sites: Arc<Sites>, limits: Limits) -> Self {
        let state = State { apps, sites, limits };
        let text = Bytes::from(openapi());
        let description = move || std::future::ready(json_text(StatusCode::OK, text.clone()));
        let router = described()
            .0
            .route("/api/openapi.json", axum::routing::get(description))
            .fallback(async || Failure::not_found(&"there is nothing at this address"))
            .layer(from_fn_with_state(state.clone(), write::check))
            .with_state(state);
        Self { router, patience: limits.body_timeout + limits.database_timeout }
    }

    /// Answers a request whose path begins with `/api/`.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
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
