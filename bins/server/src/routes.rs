//! The API of the console: JSON over the console's own origin.
//!
//! `openapi.json` beside this crate describes it ([OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html));
//! it is generated from the handlers, and served at `/api/openapi.json`.
//!
//! Every error of the API is `{"error": "a sentence"}`, with whatever helps to fix it. A request that is
//! rejected before it gets here (for its host, or its size) is answered in plain text.

mod apps;
mod code;
mod failure;
mod input;
mod schema;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::middleware::from_fn_with_state;
use bytes::Bytes;
use c2c_policy::PagePolicy;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use tower::ServiceExt as _;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::apps::Apps;
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

/// The API, ready to answer.
#[derive(Clone, Debug)]
pub(crate) struct Api(Router);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "c2c console",
        description = "The API of the console. Writes need `Origin: <the console's origin>` and \
                       `Content-Type: application/json`; reads need nothing. Any write may also get 403 \
                       (not from the console), 408 (the body was too slow), 413 (too large) or 415 (not \
                       JSON), each with an Error.",
    ),
    components(schemas(schema::Diagnostic))
)]
struct Description;

fn described() -> (Router<State>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(apps::list, apps::create))
        .routes(routes!(apps::show, apps::configure))
        .routes(routes!(code::save))
        .routes(routes!(code::preview))
        .routes(routes!(code::check))
        .split_for_parts()
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
            .fallback(async || {
                Failure::new(StatusCode::NOT_FOUND, "there is nothing at this address")
            })
            .layer(from_fn_with_state(state.clone(), write::check))
            .with_state(state);
        Self(router)
    }

    /// Answers a request whose path begins with `/api/`.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        let response = self.0.clone().oneshot(request).await.expect("it is infallible");
        let (parts, body) = failure::explain_method(response).into_parts();
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

fn json_text(status: StatusCode, text: Bytes) -> Response<axum::body::Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    *response.headers_mut() = PagePolicy::api().headers().clone();
    response
}
