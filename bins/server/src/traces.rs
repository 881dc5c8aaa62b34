//! Traces, if the operator asks for them: a span for each request to the API, and for each page that was not in
//! memory.
//!
//! A span has the method, the route's template, the status and the times. A path, a query, a header or the id of
//! an app is in none of them: each of these comes from outside, and may hold what a person pasted or knows.
//!
//! A request hands its span to a queue in memory, and drops it if that is full. A thread of its own sends what is
//! in the queue by OTLP over HTTP. So a collector that hangs costs no request anything, and the end of the server
//! at most [`LAST_WORDS`]. The address and its authorization are settings like any other. The SDK's exporter would
//! read them from the environment by rules of its own, so this one is written here.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use axum::extract::MatchedPath;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::EnvResourceDetector;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter};
use prost::Message as _;
use tokio::task::spawn_blocking;
use ureq::Agent;
use ureq::http::Uri;
use ureq::http::header::AUTHORIZATION;

use crate::outgoing::agent;
use crate::pages::Kind;
use crate::paths::{EVENTS, PARENT, PREVIEW_LINK, SANDBOX, STAGING, WIDGET};
use crate::settings::{Secret, Settings};

/// How long the collector may take for one batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the server waits for the last batch.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The header that names the caller's span ([Trace Context](https://www.w3.org/TR/trace-context/)).
const TRACEPARENT: &str = "traceparent";

/// Records spans, and sends them.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A request came over a connection from one of the operator's proxies: an extension of the request. Only then
/// its trace counts, so a stranger cannot add to one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FromProxy;

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Begun {
    at: SystemTime,
    method: &'static str,
    parent: Context,
    route: Route,
}

/// The template of the route that answers a request, once that is known: an extension of requests to the API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route(Arc<OnceLock<MatchedPath>>);

impl Route {
    /// Notes the route in a request that asks for it.
    pub(crate) fn note<B>(request: &Request<B>) {
        let extensions = request.extensions();
        if let (Some(Self(route)), Some(matched)) =
            (extensions.get(), extensions.get::<MatchedPath>())
        {
            let _ = route.set(matched.clone());
        }
    }
}

impl Traces {
    /// Sends to the address in the settings, if there is one.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let url = settings.otlp_endpoint.clone()?.0;
        let resource = Resource::builder_empty()
            .with_service_name("c2c-server")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_detector(Box::new(EnvResourceDetector::new()))
            .build();
        let exporter = Exporter::new(url, settings.otlp_authorization.clone());
        let provider = SdkTracerProvider::builder();
        let provider = provider.with_resource(resource).with_batch_exporter(exporter).build();
        Some(Self { tracer: provider.tracer("c2c-server"), provider })
    }

    /// Begins the span of a request.
    pub(crate) fn begin<B>(request: &mut Request<B>) -> Begun {
        let nothing = Context::new();
        let parent = match request.extensions().get() {
            Some(FromProxy) => {
                let caller = Caller(request.headers());
                TraceContextPropagator::new().extract_with_context(&nothing, &caller)
            }
            None => nothing,
        };
        let route = Route::default();
        request.extensions_mut().insert(route.clone());
        let method = method(request.method());
        Begun { at: SystemTime::now(), method, parent, route }
    }

    /// Ends the span of a request to the API.
    pub(crate) fn end_of_api(&self, begun: &Begun, status: StatusCode) {
        self.end(begun, begun.route.0.get().map(MatchedPath::as_str), status);
    }

    /// Ends the span of a request for a page.
    pub(crate) fn end_of_page(
        &self,
        begun: &Begun,
        route: Option<&'static str>,
        status: StatusCode,
    ) {
        self.end(begun, route, status);
    }

    /// The names are those of the
    /// [conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
    fn end(&self, begun: &Begun, route: Option<&str>, status: StatusCode) {
        let Begun { at, method, parent, .. } = begun;
        let name = route.map_or_else(|| (*method).to_owned(), |route| format!("{method} {route}"));
        let mut attributes = vec![
            KeyValue::new("http.request.method", *method),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Server);
        let span = span.with_start_time(*at).with_attributes(attributes);
        let mut span = self.tracer.build_with_context(span, parent);
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
        span.end();
    }

    /// Sends what is in the queue, within a bound.
    pub(crate) async fn stop(&self) {
        let provider = self.provider.clone();
        let stopped = spawn_blocking(move || provider.shutdown_with_timeout(LAST_WORDS)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// The template of a page's address. The word in braces stands for whatever is there.
pub(crate) fn page_route(path: &str, page: Kind) -> Option<&'static str> {
    let routes: &[(&str, &str)] = match page {
        Kind::Document => &[
            (SANDBOX, "/s/{app}"),
            (STAGING, "/staging/{app}"),
            (PREVIEW_LINK, "/preview-link/{ticket}"),
        ],
        Kind::Widget => &[
            (WIDGET, "/w/{app}"),
            (EVENTS, "/e/{app}"),
            (STAGING, "/staging/{app}"),
            ("/preview-link/show", "/preview-link/show"),
            ("/preview-link/open", "/preview-link/open"),
            (PREVIEW_LINK, "/preview-link"),
        ],
        Kind::Parent => &[(PARENT, "/p/{app}"), (STAGING, "/staging/{app}")],
    };
    routes.iter().find_map(|&(prefix, route)| path.starts_with(prefix).then_some(route))
}

/// A method of the standards, or the word for all others.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

/// The span of a request's caller. What else a caller may say of its trace (`tracestate`) is a text of any form.
struct Caller<'a>(&'a HeaderMap);

impl Extractor for Caller<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then(|| self.0.get(TRACEPARENT)?.to_str().ok()).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// Sends batches to the collector, in a thread of the SDK.
#[derive(Debug)]
struct Exporter {
    agent: Agent,
    url: Uri,
    authorization: Option<Secret>,
    resource: ResourceAttributesWithSchema,
    is_failing: AtomicBool,
}

impl Exporter {
    fn new(url: Uri, authorization: Option<Secret>) -> Self {
        let agent = agent(&url.to_string(), Some(PATIENCE));
        let resource = ResourceAttributesWithSchema::default();
        Self { agent, url, authorization, resource, is_failing: AtomicBool::new(false) }
    }

    /// Returns a reason without the address, which may hold a secret.
    fn send(&self, batch: Vec<SpanData>) -> Result<(), String> {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let mut request = self.agent.post(&self.url).header(CONTENT_TYPE, "application/x-protobuf");
        if let Some(Secret(value)) = &self.authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
        let response = request.send(&body[..]).map_err(|error| error.to_string())?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("the collector answers with {}", status.as_u16())),
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        match self.send(batch) {
            Ok(()) => {
                if self.is_failing.swap(false, Relaxed) {
                    tracing::info!("traces are sent again");
                }
                Ok(())
            }
            Err(error) => {
                // One line when it begins; the next success has one, too.
                if !self.is_failing.swap(true, Relaxed) {
                    tracing::warn!(%error, "traces cannot be sent; they are lost until they can");
                }
                Err(OTelSdkError::InternalFailure(error))
            }
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pages_route_is_a_template() {
        for (path, page, expected) in [
            ("/s/demo", Kind::Document, Some("/s/{app}")),
            ("/staging/a@b.example", Kind::Widget, Some("/staging/{app}")),
            ("/preview-link/0123", Kind::Document, Some("/preview-link/{ticket}")),
            ("/preview-link/open", Kind::Widget, Some("/preview-link/open")),
            ("/preview-link", Kind::Widget, Some("/preview-link")),
            ("/p/demo", Kind::Parent, Some("/p/{app}")),
            ("/s/demo", Kind::Parent, None),
            ("/secret", Kind::Widget, None),
        ] {
            assert_eq!(page_route(path, page), expected, "{path}");
        }
    }
}
