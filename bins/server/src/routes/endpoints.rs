//! Endpoints of an app: where its events go.

use axum::extract::State as Extracted;
use c2c_delivery::{EndpointId, Format, Kind, Scheme};
use c2c_names::AppId;
use c2c_store::{Actor, EndpointMove, Note, StoreError};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, EndpointPath, Id, IfMatch, Input, note};
use super::integrations::EndpointBody;
use super::schema::Problem;
use super::vendor_input::{
    ChangedGa4, ChangedMeta, NewGa4, NewMeta, endpoint_name, in_flight, in_flight_max,
};
use super::{Answer, PROBLEM, State, json, nothing, tagged};
use crate::delivery::{self, Asked, Exchange, NoAnswer, VendorDraft, Webhook};

/// A new endpoint, by its `kind`: `webhook` (the default), `ga4` or `meta`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, try_from = "Value")]
pub(super) enum NewEndpoint {
    Webhook(NewWebhook),
    Ga4(NewGa4),
    Meta(NewMeta),
}

/// Changed settings of an endpoint, by its `kind`, which does not change: `webhook` (the default), `ga4` or `meta`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, try_from = "Value")]
pub(super) enum ChangedEndpoint {
    Webhook(ChangedWebhook),
    Ga4(ChangedGa4),
    Meta(ChangedMeta),
}

impl TryFrom<Value> for NewEndpoint {
    type Error = serde_json::Error;

    fn try_from(body: Value) -> Result<Self, serde_json::Error> {
        Ok(match kind(&body)? {
            Kind::Webhook => Self::Webhook(serde_json::from_value(body)?),
            Kind::Ga4 => Self::Ga4(serde_json::from_value(body)?),
            Kind::Meta => Self::Meta(serde_json::from_value(body)?),
        })
    }
}

impl TryFrom<Value> for ChangedEndpoint {
    type Error = serde_json::Error;

    fn try_from(body: Value) -> Result<Self, serde_json::Error> {
        Ok(match kind(&body)? {
            Kind::Webhook => Self::Webhook(serde_json::from_value(body)?),
            Kind::Ga4 => Self::Ga4(serde_json::from_value(body)?),
            Kind::Meta => Self::Meta(serde_json::from_value(body)?),
        })
    }
}

/// The kind that a body names.
fn kind(body: &Value) -> Result<Kind, serde_json::Error> {
    body.get("kind").map_or(Ok(Kind::Webhook), Kind::deserialize)
}

/// A new endpoint: a server of the customer's, which gets webhooks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewWebhook {
    /// `webhook`, the default.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "webhook")]
    #[expect(dead_code, reason = "it chose this form")]
    kind: Option<Kind>,
    /// For people: 1 to 100 characters.
    name: String,
    /// Where the webhooks go: https, on port 443 or one that the operator allows, to a public address.
    #[schema(example = "https://crm.example/hooks/c2c")]
    url: String,
    /// `standard` (the default) or `cloudevents`.
    #[serde(default = "standard")]
    #[schema(value_type = String)]
    format: Format,
    /// The names of the events that it gets (`custom:` is before those of custom code); `["*"]`, the default, means all.
    #[serde(default = "all")]
    filter: Vec<String>,
    /// How many requests it gets at a time, at most: 1 to 32; 8 by default.
    #[serde(default = "in_flight")]
    #[schema(minimum = 1, maximum = 32)]
    in_flight_max: u32,
    /// How webhooks are signed: `v1` (the default; a shared secret), or `v1a` (a key pair: the receiver has the public
    /// key only).
    #[serde(default = "v1")]
    #[schema(value_type = String)]
    scheme: Scheme,
    /// A secret that the receiver has already: `whsec_` and base64 of 24 to 64 bytes. Without it, one is made.
    #[serde(default)]
    secret: Option<String>,
}

/// Changed settings of a webhook's endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ChangedWebhook {
    /// `webhook`, the default.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "webhook")]
    #[expect(dead_code, reason = "it chose this form")]
    kind: Option<Kind>,
    name: String,
    /// Another address. If it leads elsewhere, the endpoint has to agree again. Without it, the address stays.
    #[serde(default)]
    url: Option<String>,
    #[schema(value_type = String)]
    format: Format,
    filter: Vec<String>,
    #[schema(minimum = 1, maximum = 32)]
    in_flight_max: u32,
}

fn standard() -> Format {
    Format::Standard
}

fn all() -> Vec<String> {
    vec!["*".to_owned()]
}

fn v1() -> Scheme {
    Scheme::V1
}

/// An endpoint that was made, with its key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MadeEndpoint {
    endpoint: EndpointBody,
    #[serde(flatten)]
    shown: ShownKey,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownKey {
    /// The secret of the scheme v1. It cannot be read again.
    #[schema(example = "whsec_…")]
    secret: Option<String>,
    /// The public key of the scheme v1a.
    #[schema(example = "whpk_…")]
    public_key: Option<String>,
}

impl From<delivery::Shown> for ShownKey {
    fn from(shown: delivery::Shown) -> Self {
        let delivery::Shown { secret, public_key } = shown;
        Self { secret: secret.map(|secret| secret.to_string()), public_key }
    }
}

/// Add an endpoint. A webhook's gets nothing before it was asked
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints",
    params(("app" = String, Path, description = "the app's id")),
    request_body = NewEndpoint,
    responses(
        (status = 201, body = MadeEndpoint),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "the app has as many as it can have"),
    ),
)]
pub(super) async fn add(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    By(by): By,
    Input(new): Input<NewEndpoint>,
) -> Answer {
    let (id, shown) = match new {
        NewEndpoint::Webhook(new) => add_webhook(&state, &by, &app, new).await?,
        NewEndpoint::Ga4(new) => add_vendor(&state, &by, &app, new.draft()?).await?,
        NewEndpoint::Meta(new) => add_vendor(&state, &by, &app, new.draft()?).await?,
    };
    let endpoint = state.store().endpoint(&app, id).await.map_err(state.failure())?;
    let body = MadeEndpoint { endpoint: endpoint.into(), shown };
    Ok(json(StatusCode::CREATED, &body))
}

async fn add_webhook(
    state: &State,
    by: &Actor,
    app: &AppId,
    new: NewWebhook,
) -> Result<(EndpointId, ShownKey), Failure> {
    let NewWebhook { name, url, format, filter, in_flight_max, scheme, secret, .. } = new;
    let webhook = webhook(&name, Some(url), format, filter, in_flight_max)?;
    if secret.is_some() && scheme == Scheme::V1a {
        return Err(Failure::bad_request("/secret: with the scheme v1a, the server makes the key"));
    }
    let added = state.integrations.add(by, app, webhook, scheme, secret.as_deref()).await;
    let (id, shown) = added.map_err(state.unmanaged())?;
    Ok((id, shown.into()))
}

/// There is no key: the credentials are known to the one who sent them.
async fn add_vendor(
    state: &State,
    by: &Actor,
    app: &AppId,
    draft: VendorDraft,
) -> Result<(EndpointId, ShownKey), Failure> {
    let id = state.integrations.add_vendor(by, app, draft).await.map_err(state.unmanaged())?;
    Ok((id, ShownKey { secret: None, public_key: None }))
}

fn webhook(
    name: &str,
    url: Option<String>,
    format: Format,
    filter: Vec<String>,
    in_flight_max: u32,
) -> Result<Webhook, Failure> {
    let (name, in_flight_max) = (endpoint_name(name)?, self::in_flight_max(in_flight_max)?);
    Ok(Webhook { name, url, format, filter, in_flight_max })
}

/// An endpoint
#[utoipa::path(
    get,
    path = "/api/apps/{app}/endpoints/{endpoint}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses(
        (status = 200, body = EndpointBody, headers(("ETag" = String, description = "its version"))),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn show(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
) -> Answer {
    shown(&state, &app, id).await
}

pub(super) async fn shown(state: &State, app: &AppId, id: EndpointId) -> Answer {
    let endpoint = state.store().endpoint(app, id).await.map_err(state.failure())?;
    let version = endpoint.version;
    Ok(tagged(json(StatusCode::OK, &EndpointBody::from(endpoint)), version))
}

/// Change an endpoint
#[utoipa::path(
    put,
    path = "/api/apps/{app}/endpoints/{endpoint}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
        ("If-Match" = String, Header, description = "the ETag of the version that was edited"),
    ),
    request_body = ChangedEndpoint,
    responses(
        (status = 200, body = EndpointBody, headers(("ETag" = String, description = "its new version"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 412, body = Problem, content_type = PROBLEM, description = "it was changed in the meantime"),
        (status = 428, body = Problem, content_type = PROBLEM, description = "there is no If-Match"),
    ),
)]
pub(super) async fn change(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
    IfMatch(edited): IfMatch,
    Input(changed): Input<ChangedEndpoint>,
) -> Answer {
    let integrations = &state.integrations;
    let changed = match changed {
        ChangedEndpoint::Webhook(changed) => {
            let ChangedWebhook { name, url, format, filter, in_flight_max, .. } = changed;
            let webhook = webhook(&name, url, format, filter, in_flight_max)?;
            integrations.change(&by, &app, id, edited, webhook).await
        }
        ChangedEndpoint::Ga4(changed) => {
            integrations.change_vendor(&by, &app, id, edited, changed.draft()?).await
        }
        ChangedEndpoint::Meta(changed) => {
            integrations.change_vendor(&by, &app, id, edited, changed.draft()?).await
        }
    };
    changed.map_err(state.unmanaged()).map_err(Failure::of_if_match)?;
    shown(&state, &app, id).await
}

/// Remove an endpoint. What waits for it ends
#[utoipa::path(
    delete,
    path = "/api/apps/{app}/endpoints/{endpoint}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn remove(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
) -> Answer {
    state.integrations.remove(&by, &app, id).await.map_err(state.failure())?;
    Ok(nothing())
}

/// Pause an endpoint. Its events wait
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints/{endpoint}/pause",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses(
        (status = 200, body = EndpointBody),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it is not active"),
    ),
)]
pub(super) async fn pause(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
) -> Answer {
    moved(&state, &by, &app, id, &EndpointMove::Pause).await
}

/// Resume a paused endpoint. What waits is sent
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints/{endpoint}/resume",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses(
        (status = 200, body = EndpointBody),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it is not paused"),
    ),
)]
pub(super) async fn resume(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
) -> Answer {
    moved(&state, &by, &app, id, &EndpointMove::Resume).await
}

async fn moved(
    state: &State,
    by: &Actor,
    app: &AppId,
    id: EndpointId,
    to: &EndpointMove,
) -> Answer {
    let moved = state.store().move_endpoint(by, app, id, to).await;
    let moved = moved.map_err(state.failure())?;
    Ok(json(StatusCode::OK, &EndpointBody::from(moved)))
}

/// Why an endpoint need not be asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Skip {
    /// 1 to 1,000 characters. The audit log has it.
    reason: String,
}

/// Make an endpoint active without its agreement
///
/// It is for the address that was seen: if another person has changed it meanwhile, look at the endpoint again.
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints/{endpoint}/skip-agreement",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
        ("If-Match" = String, Header, description = "the ETag of the version that was seen"),
    ),
    request_body = Skip,
    responses(
        (status = 200, body = EndpointBody, headers(("ETag" = String, description = "its new version"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it has agreed already"),
        (status = 412, body = Problem, content_type = PROBLEM, description = "it was changed in the meantime"),
        (status = 428, body = Problem, content_type = PROBLEM, description = "there is no If-Match"),
    ),
)]
pub(super) async fn skip(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
    IfMatch(seen): IfMatch,
    Input(Skip { reason }): Input<Skip>,
) -> Answer {
    let reason: Note = note(&reason, "/reason")?;
    if reason.as_str().is_empty() {
        return Err(Failure::bad_request(
            "/reason: it is empty; say why the endpoint need not be asked",
        ));
    }
    let skipped = state.store().skip_agreement(&by, &app, id, seen, reason).await;
    let endpoint = skipped.map_err(|error| match error {
        StoreError::EndpointConflict(_) => state.failure()(error).of_if_match(),
        // The state of the version that was named.
        _ => state.failure()(error),
    })?;
    let version = endpoint.version;
    Ok(tagged(json(StatusCode::OK, &EndpointBody::from(endpoint)), version))
}

/// A request to an endpoint, and its answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EndpointExchange)]
pub(super) struct ExchangeBody {
    took_ms: u64,
    /// Null if there was no answer.
    status: Option<u16>,
    /// The address that answered.
    address: Option<String>,
    /// The first 8 KiB of the answer. It is text of the endpoint.
    answer: Option<String>,
    /// Why there was no answer: `timeout`, `dns`, `address-refused`, `connect`, `tls` or `protocol`.
    failure: Option<&'static str>,
    /// The same for people.
    detail: Option<String>,
}

impl From<Exchange> for ExchangeBody {
    fn from(Exchange { result, took }: Exchange) -> Self {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let nothing = Self {
            took_ms,
            status: None,
            address: None,
            answer: None,
            failure: None,
            detail: None,
        };
        match result {
            Ok(answer) => Self {
                status: Some(answer.status.as_u16()),
                address: answer.from.map(|address| address.to_string()),
                answer: Some(String::from_utf8_lossy(&answer.body).into_owned()),
                ..nothing
            },
            Err(NoAnswer { failure, detail }) => {
                let failure = Some(c2c_delivery::Reason::from(failure).word());
                Self { failure, detail: Some(detail), ..nothing }
            }
        }
    }
}

/// The questions whether an endpoint wants events.
#[derive(Serialize, ToSchema)]
struct Agreed {
    endpoint: EndpointBody,
    questions: Vec<AskedBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AgreementQuestion)]
struct AskedBody {
    /// `OPTIONS`: the handshake of `CloudEvents`. `POST`: a signed challenge.
    question: &'static str,
    exchange: ExchangeBody,
    /// Why the answer does not agree.
    problem: Option<String>,
}

impl From<Asked> for AskedBody {
    fn from(Asked { question, exchange, problem }: Asked) -> Self {
        let problem = problem.map(|problem| problem.to_string());
        Self { question, exchange: exchange.into(), problem }
    }
}

/// Ask an endpoint whether it wants events. It is active if it does. A vendor's that was disabled is active again
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints/{endpoint}/agreement",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses(
        (status = 200, body = Agreed, description = "what was asked and answered, whether it agreed or not"),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it need not be asked, or was changed while it was asked"),
    ),
)]
pub(super) async fn agree(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
) -> Answer {
    let questions = state.integrations.ask(&by, &app, id).await.map_err(state.unmanaged())?;
    let endpoint = state.store().endpoint(&app, id).await.map_err(state.failure())?;
    let questions = questions.into_iter().map(AskedBody::from).collect();
    Ok(json(StatusCode::OK, &Agreed { endpoint: endpoint.into(), questions }))
}
