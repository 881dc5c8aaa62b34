//! The API of the console: JSON over the console's own origin.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/apps` | `{"apps": […]}`, each app with `revision` (0 if nothing was saved yet) and `savedAt` (RFC 3339, or null) |
//! | `POST /api/apps` `{"name"}` | 201 and the app |
//! | `GET /api/apps/{app}` | the app with `revision`, `head`, `bodyEnd` and `snippetBytesMax`, the greatest size of one of the two |
//! | `PUT /api/apps/{app}` `{"name", "parentOrigins", "jar"}` | the app |
//! | `PUT /api/apps/{app}/code` `{"head", "bodyEnd", "revision"}` | `{"revision", "diagnostics"}`; 422 with `diagnostics` if the code is refused; 409 if `revision` is not the newest |
//! | `POST /api/check` `{"head", "bodyEnd"}` | `{"refused", "diagnostics"}`; nothing is stored |
//! | `POST /api/apps/{app}/previews` `{"head", "bodyEnd"}` | 201 and `{"id", "links", "areas", "diagnostics"}`; 422 with `diagnostics` if the code is refused; nothing is stored |
//!
//! An app is `{"id", "name", "parentOrigins", "jar", "links"}`. `jar` says what becomes of what its code
//! stores: `"none"`, `"visit"` or `"kept"`. `links` are its three pages: `{"parent", "widget", "sandbox"}`. Those of a preview are gone when newer ones need their place. `areas` says
//! where `head` and `bodyEnd` are in the sandbox document: `{"start", "end"}`, each `{"line",
//! "column"}` ([`Document::area_range`](c2c_injector::Document::area_range)).
//!
//! Every error of the API is `{"error": "a sentence"}` with what helps to mend it. What is refused
//! before a request gets here (its host, its size) is answered in plain text.

use std::time::Duration;

use bytes::Bytes;
use c2c_bridge::{AppId, Origin};
use c2c_injector::{Area, Snippets};
use c2c_policy::PagePolicy;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::apps::{Apps, SaveError};
use crate::pages::Paths;
use crate::response::{Body, closing, header_map};
use crate::settings::Limits;
use crate::sites::Sites;
use crate::store::{App, Jar, Listed, Revision, StoreError};

/// The greatest length of an app's name, in characters.
const NAME_CHARS_MAX: usize = 100;
/// The greatest number of parent origins of an app.
const PARENT_ORIGINS_MAX: usize = 50;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Answers a request whose path begins with `/api/`.
pub(crate) async fn respond(
    apps: &Apps,
    sites: &Sites,
    limits: &Limits,
    request: Request<Incoming>,
) -> Response<Body> {
    answer(apps, sites, limits, request).await.unwrap_or_else(Failure::into_response)
}

type Answer = Result<Response<Body>, Failure>;

async fn answer(apps: &Apps, sites: &Sites, limits: &Limits, request: Request<Incoming>) -> Answer {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').skip(2).collect();
    let route = Route::find(&segments)?;
    let reads = matches!(method, Method::GET | Method::HEAD);
    if !reads {
        check_write(request.headers(), &sites.console.origin)?;
    }
    match (route, method) {
        (Route::Apps, Method::GET | Method::HEAD) => list(apps, sites).await,
        (Route::Apps, Method::POST) => create(apps, sites, read(request, limits).await?).await,
        (Route::App(id), Method::GET | Method::HEAD) => show(apps, sites, id).await,
        (Route::App(id), Method::PUT) => {
            configure(apps, sites, id, read(request, limits).await?).await
        }
        (Route::Code(id), Method::PUT) => save(apps, &id, read(request, limits).await?).await,
        (Route::Previews(id), Method::POST) => {
            preview(apps, sites, &id, read(request, limits).await?).await
        }
        (Route::Check, Method::POST) => check(apps, read(request, limits).await?).await,
        (route, _) => Err(Failure::method_not_allowed(route.methods())),
    }
}

async fn list(apps: &Apps, sites: &Sites) -> Answer {
    let mut listed = Vec::new();
    for Listed { app, revision, saved_at } in apps.list().await? {
        let mut body = describe(&app, sites);
        body["revision"] = revision.into();
        body["savedAt"] = json!(saved_at);
        listed.push(body);
    }
    Ok(reply(StatusCode::OK, &json!({"apps": listed})))
}

async fn create(apps: &Apps, sites: &Sites, NewApp { name }: NewApp) -> Answer {
    let name = checked_name(&name)?;
    let app = App { id: new_id(), name, parent_origins: Vec::new(), jar: Jar::default() };
    apps.create(app.clone()).await?;
    Ok(reply(StatusCode::CREATED, &describe(&app, sites)))
}

async fn show(apps: &Apps, sites: &Sites, id: AppId) -> Answer {
    let (app, revision) = apps.get(&id).await?.ok_or(SaveError::NoSuchApp(id))?;
    let mut body = describe(&app, sites);
    body["revision"] = revision.number.into();
    body["head"] = revision.head.into();
    body["bodyEnd"] = revision.body_end.into();
    body["snippetBytesMax"] = c2c_injector::Limits::default().snippet_bytes_max().into();
    Ok(reply(StatusCode::OK, &body))
}

async fn configure(apps: &Apps, sites: &Sites, id: AppId, settings: AppSettings) -> Answer {
    let AppSettings { name, parent_origins, jar } = settings;
    if parent_origins.len() > PARENT_ORIGINS_MAX {
        let error = format!("/parentOrigins: at most {PARENT_ORIGINS_MAX}");
        return Err(Failure::new(StatusCode::BAD_REQUEST, error));
    }
    let app = App { id, name: checked_name(&name)?, parent_origins, jar };
    apps.configure(app.clone()).await?;
    Ok(reply(StatusCode::OK, &describe(&app, sites)))
}

async fn save(apps: &Apps, id: &AppId, code: Code) -> Answer {
    let Code { head, body_end, revision } = code;
    let revision = Revision { number: revision.saturating_add(1), head, body_end };
    let saved = apps.save(id, revision).await?;
    tracing::info!(app = %id, revision = saved.revision, "published");
    let body = json!({"revision": saved.revision, "diagnostics": saved.warnings});
    Ok(reply(StatusCode::OK, &body))
}

async fn preview(apps: &Apps, sites: &Sites, id: &AppId, draft: Draft) -> Answer {
    let staged = apps.preview(id, draft.snippets()).await?;
    let body = json!({
        "id": staged.id,
        "links": Paths::of_preview(&staged.id).links(sites),
        "areas": {
            "head": staged.document.area_range(Area::Head),
            "bodyEnd": staged.document.area_range(Area::BodyEnd),
        },
        "diagnostics": staged.warnings,
    });
    Ok(reply(StatusCode::CREATED, &body))
}

async fn check(apps: &Apps, draft: Draft) -> Answer {
    let checked = apps.check(draft.snippets()).await;
    let (refused, diagnostics) = match &checked {
        Ok(checked) => (false, checked.diagnostics()),
        Err(refused) => (true, refused.diagnostics()),
    };
    Ok(reply(StatusCode::OK, &json!({"refused": refused, "diagnostics": diagnostics})))
}

/// The addresses of the API.
enum Route {
    Apps,
    App(AppId),
    Code(AppId),
    Previews(AppId),
    Check,
}

impl Route {
    fn find(segments: &[&str]) -> Result<Self, Failure> {
        let nothing = || Failure::new(StatusCode::NOT_FOUND, "there is nothing at this address");
        let id = |id: &str| {
            id.parse::<AppId>()
                .map_err(|error| Failure::new(StatusCode::NOT_FOUND, error.to_string()))
        };
        match segments {
            ["apps"] => Ok(Self::Apps),
            ["apps", app] => Ok(Self::App(id(app)?)),
            ["apps", app, "code"] => Ok(Self::Code(id(app)?)),
            ["apps", app, "previews"] => Ok(Self::Previews(id(app)?)),
            ["check"] => Ok(Self::Check),
            _ => Err(nothing()),
        }
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Apps => "GET, HEAD, POST",
            Self::App(_) => "GET, HEAD, PUT",
            Self::Code(_) => "PUT",
            Self::Previews(_) | Self::Check => "POST",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApp {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AppSettings {
    name: String,
    parent_origins: Vec<Origin>,
    jar: Jar,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Code {
    head: String,
    body_end: String,
    /// The revision that was edited; 0 if there was none.
    revision: i64,
}

/// Code that is not saved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Draft {
    head: String,
    body_end: String,
}

impl Draft {
    fn snippets(self) -> Snippets {
        Snippets::new(self.head, self.body_end)
    }
}

/// Any web page can send requests to a loopback port. A browser tells where a request comes from,
/// and lets a page send JSON elsewhere only if the other side agrees, which we never do.
fn check_write(headers: &HeaderMap, console: &Origin) -> Result<(), Failure> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let ours =
        origins.next().is_some_and(|origin| origin.as_bytes() == console.as_str().as_bytes());
    if !ours || origins.next().is_some() {
        let error = format!("a write needs the header Origin: {console}");
        return Err(Failure::new(StatusCode::FORBIDDEN, error));
    }
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin") {
        return Err(Failure::new(StatusCode::FORBIDDEN, "a write comes from the console only"));
    }
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        let error = "a write needs the header Content-Type: application/json";
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    }
    Ok(())
}

/// Reads a body of JSON within the limits.
async fn read<T: DeserializeOwned>(
    request: Request<Incoming>,
    limits: &Limits,
) -> Result<T, Failure> {
    let bytes_max = limits.body_bytes_max;
    let too_large = || {
        let error = format!("the body has more than {bytes_max} bytes");
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, error).closing()
    };
    // What is announced as too large is refused before a byte of it is read.
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|value| value.parse::<u64>().ok());
    if announced.unwrap_or(request.body().size_hint().lower()) > bytes_max as u64 {
        return Err(too_large());
    }
    let body = std::pin::pin!(request.into_body());
    let body = Limited::new(body, bytes_max).collect();
    let body = within(limits.body_timeout, body).await?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        Failure::new(StatusCode::BAD_REQUEST, "the body did not arrive whole").closing()
    })?;
    let body = body.to_bytes();
    let bad = |error: &dyn ToString| {
        let error = format!("the body: {}", error.to_string());
        Failure::new(StatusCode::BAD_REQUEST, error)
    };
    // serde would also read the fields from an array, in order: two spellings for one request.
    if body.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
        return Err(bad(&"invalid type: expected an object at line 1 column 1"));
    }
    serde_json::from_slice(&body).map_err(|error| bad(&error))
}

async fn within<F: Future>(timeout: Duration, future: F) -> Result<F::Output, Failure> {
    tokio::time::timeout(timeout, future).await.map_err(|_| {
        Failure::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive").closing()
    })
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        let error = format!("/name: 1 to {NAME_CHARS_MAX} characters");
        return Err(Failure::new(StatusCode::BAD_REQUEST, error));
    }
    Ok(name.to_owned())
}

/// An id that says nothing about the app: visitors and vendors see it.
fn new_id() -> AppId {
    let id = uuid::Uuid::new_v4().simple().to_string();
    id[..16].parse().expect("hexadecimal digits are an app id")
}

fn describe(app: &App, sites: &Sites) -> Value {
    json!({
        "id": app.id,
        "name": app.name,
        "parentOrigins": app.parent_origins,
        "jar": app.jar,
        "links": Paths::of_app(&app.id).links(sites),
    })
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    *response.headers_mut() = header_map(PagePolicy::api().headers());
    response
}

/// An answer other than the wished one.
struct Failure {
    status: StatusCode,
    body: Value,
    allow: Option<&'static str>,
    closes: bool,
}

impl Failure {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, body: json!({"error": error.into()}), allow: None, closes: false }
    }

    fn method_not_allowed(allowed: &'static str) -> Self {
        let error = format!("this address takes {allowed} only");
        Self { allow: Some(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, error) }
    }

    /// Ends the connection, since the rest of the request was not read.
    fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    fn into_response(self) -> Response<Body> {
        let mut response = reply(self.status, &self.body);
        if let Some(allowed) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        }
        if self.closes { closing(response) } else { response }
    }
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        let sentence = error.to_string();
        match error {
            SaveError::NoSuchApp(_) => Self::new(StatusCode::NOT_FOUND, sentence),
            SaveError::Origin(_) => {
                Self::new(StatusCode::BAD_REQUEST, format!("/parentOrigins: {sentence}"))
            }
            SaveError::Refused(diagnostics) => {
                let mut failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence);
                failure.body["diagnostics"] = json!(diagnostics);
                failure
            }
            SaveError::Conflict { newest } => {
                let mut failure = Self::new(StatusCode::CONFLICT, sentence);
                failure.body["revision"] = newest.into();
                failure
            }
            SaveError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error);
        let sentence = "the database failed; nothing was saved. The server's log has the details";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
    }
}
