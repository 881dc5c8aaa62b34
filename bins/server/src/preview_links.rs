//! Preview links on the visitors' hosts: a page that the holder of a link opens, its two requests, and the
//! documents.
//!
//! The link's token stays on the widget's origin, where no custom code runs: it is in the fragment of the
//! page's address, which no request has, and then in the bodies of that page's requests. For each load of the
//! draft the page gets an address of the sandbox with a ticket, which is used up by that load. So scripts in
//! the draft and in the integrator's page find no address that opens anything.
//!
//! The page itself, and any GET of an address from a mail, uses nothing up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use c2c::{Caching, Compression, Diagnostic, Resource};
use c2c_policy::{DocumentPolicy, PagePolicy};
use c2c_store::{Environment, FailureKind, Secret, StoreError};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::apps::Apps;
use crate::compile::BuildError;
use crate::error::AppError;
use crate::object;
use crate::paths::{PREVIEW_LINK, Paths, parents_of};
use crate::posted::{self, Refusal, json_body};
use crate::response::{Body, framed_message, message, method_not_allowed, misdirected, not_found};
use crate::settings::Limits;
use crate::sites::Sites;
use crate::sites::widget::PREVIEW_LINK_PAGE;

/// A body is an object with one token, of 64 digits.
const BODY_BYTES_MAX: usize = 1024;
/// Requests that use the database at once: anyone can send them, and they must leave it to others.
const PLACES: usize = 4;
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Answers the holders of preview links.
#[derive(Debug)]
pub(crate) struct PreviewLinks {
    apps: Arc<Apps>,
    sites: Arc<Sites>,
    limits: Limits,
    page: Resource,
    places: Semaphore,
}

/// The body of both requests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    token: String,
}

impl PreviewLinks {
    pub(crate) fn new(apps: Arc<Apps>, sites: Arc<Sites>, limits: &Limits) -> Self {
        let text = [Bytes::from_static(PREVIEW_LINK_PAGE.as_bytes())];
        let policy = PagePolicy::preview_link();
        let page = Resource::new(&text, policy.headers(), Compression::None, Caching::Never);
        Self { apps, sites, limits: *limits, page, places: Semaphore::new(PLACES) }
    }

    /// Answers a request on the widget's host: for the page, or from it.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        match path.strip_prefix(PREVIEW_LINK) {
            Some("") => self.page.respond(&request).map(Body::new),
            Some(wish @ ("/show" | "/open")) => {
                if request.method() != Method::POST {
                    return method_not_allowed("POST");
                }
                let opens = wish == "/open";
                self.answer(request, opens).await.unwrap_or_else(Refusal::respond)
            }
            _ => not_found(),
        }
    }

    /// Answers a request on the sandbox's host, with the document of a ticket. Only a frame that loads it
    /// uses the ticket up.
    pub(crate) async fn document<B>(&self, request: &Request<B>) -> Response<Body> {
        let ticket = request.uri().path().strip_prefix(PREVIEW_LINK);
        let ticket = ticket.and_then(|rest| rest.strip_prefix('/')?.parse().ok());
        let Some(ticket) = ticket else { return not_found() };
        if request.method() != Method::GET {
            return method_not_allowed("GET");
        }
        let mut destinations = request.headers().get_all(SEC_FETCH_DEST).iter();
        if !destinations.all(|value| DocumentPolicy::accepts_destination(Some(value.as_bytes()))) {
            return message(
                StatusCode::FORBIDDEN,
                "This is a preview of a widget's code. It opens inside the widget only.",
            );
        }
        match self.in_time(self.apps.load_preview(&ticket)).await {
            Ok(Some((app, _))) if !self.sites.sandbox_of(&app).is_addressed_by(request) => {
                misdirected(request)
            }
            Ok(Some((_, page))) => page.respond(request).map(Body::new),
            Ok(None) | Err(AppError::Store(StoreError::NoSuchApp(_))) => self.framed(
                StatusCode::NOT_FOUND,
                "This preview address was used. Open the link again.",
            ),
            Err(AppError::Build(_)) => self.framed(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The draft has errors. Fix them, and open the link again.",
            ),
            Err(AppError::Store(error)) => {
                tracing::error!(%error, "a preview cannot be read");
                let text = "The server cannot reach its database. Try again in a few seconds.";
                later(self.framed(StatusCode::SERVICE_UNAVAILABLE, text))
            }
        }
    }

    /// Answers a request of the page.
    async fn answer(
        &self,
        request: Request<Incoming>,
        opens: bool,
    ) -> Result<Response<Body>, Refusal> {
        posted::check(request.headers(), &self.sites.widget.origin)?;
        let Held { token } = self.read(request).await?;
        // A token of another form gets the answer of an unknown one.
        let secret: Secret = token.parse().map_err(|_| invalid())?;
        let answer = if opens { self.open(&secret).await } else { self.show(&secret).await };
        answer.map(|body| json_body(StatusCode::OK, &body)).map_err(|error| explain(&error))
    }

    /// The pages that the link's app may be seen on, as addresses to begin with.
    async fn show(&self, secret: &Secret) -> Result<Value, AppError> {
        let (link, app) = self.in_time(self.apps.preview_link(secret)).await?;
        let expires = jiff::Timestamp::from_millisecond(link.expires_at.as_millis());
        let demo = Paths::of_app(&app.id, Environment::Live).parent;
        let demo = format!("{}{demo}", self.sites.parent.origin);
        let pages = parents_of(&app.settings, &self.sites).skip(1);
        let pages: Vec<String> = pages.map(|origin| format!("{origin}/")).collect();
        Ok(json!({
            "app": app.id,
            "name": app.settings.name.as_str(),
            "expiresAt": expires.unwrap_or_default(),
            "pages": pages,
            "demo": demo,
        }))
    }

    /// An address for one load of the draft.
    async fn open(&self, secret: &Secret) -> Result<Value, AppError> {
        let (app, ticket) = self.in_time(self.apps.open_preview_link(secret)).await?;
        let sandbox = self.sites.sandbox.origin_for(&app);
        Ok(json!({"src": format!("{sandbox}{PREVIEW_LINK}/{}", ticket.reveal())}))
    }

    /// Waits for a place, and for the database.
    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, AppError>>,
    ) -> Result<T, AppError> {
        let work = async {
            let _place = self.places.acquire().await;
            work.await
        };
        timeout(self.limits.database_timeout, work)
            .await
            .unwrap_or_else(|_| Err(StoreError::hung().into()))
    }

    async fn read(&self, request: Request<Incoming>) -> Result<Held, Refusal> {
        let body = posted::read(request, BODY_BYTES_MAX, self.limits.body_timeout).await?;
        object::read(&body).map_err(|_| {
            let detail = "the body must be an object with a token";
            Refusal::new(StatusCode::BAD_REQUEST, "bad-request", detail)
        })
    }

    /// A message that is readable in the frame, in the demo page.
    fn framed(&self, status: StatusCode, text: &str) -> Response<Body> {
        let above = [&self.sites.widget, &self.sites.parent].map(|site| site.source.clone().into());
        framed_message(status, text, &above)
    }
}

/// The same for a link that was never made, has expired, was revoked, or whose app was deleted.
fn invalid() -> Refusal {
    let detail = "this preview link is not valid: it has expired, was revoked, or was not copied \
                  completely";
    Refusal::new(StatusCode::NOT_FOUND, "no-such-preview-link", detail)
}

fn explain(error: &AppError) -> Refusal {
    match error {
        AppError::Store(StoreError::NoSuchPreviewLink | StoreError::NoSuchApp(_)) => invalid(),
        AppError::Store(error @ StoreError::TooManyPreviewTickets) => {
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too-many-loads", error.to_string())
        }
        AppError::Build(BuildError::Rejected(findings)) => {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "code-rejected", in_words(findings))
        }
        AppError::Store(StoreError::Failed { kind: FailureKind::Unavailable, .. }) => {
            tracing::error!(%error, "a preview link cannot be read");
            let detail = "the server cannot reach its database; try again in a few seconds";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", detail)
                .again_after(Duration::from_secs(5))
        }
        error => {
            tracing::error!(%error, "a preview link failed");
            let detail = "the server failed; its log has the details";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", detail)
        }
    }
}

/// The first error in a draft. Holders of a link are no editors: they see where it is, and not the code.
fn in_words(findings: &[Diagnostic]) -> String {
    let first = findings.iter().find(|found| found.severity.to_string() == "error");
    match first {
        Some(Diagnostic { area, line, message, .. }) => {
            let area = if *area == c2c::Area::Head { "Head HTML" } else { "Body end HTML" };
            format!("the draft has an error in {area}, line {line}: {message}")
        }
        None => "the draft has errors".to_owned(),
    }
}

fn later(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
