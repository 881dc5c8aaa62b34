//! Consent for endpoints at vendors, and tests of endpoints.

use axum::extract::State as Extracted;
use c2c_delivery::vendors::Omitted;
use c2c_delivery::vendors::ga4::Finding;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoints::{ExchangeBody, shown};
use super::failure::Failure;
use super::input::{By, EndpointPath, IfMatch, Input};
use super::integrations::EndpointBody;
use super::schema::Problem;
use super::{Answer, PROBLEM, State, json};
use crate::delivery::Tried;

/// Whose events a vendor gets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TakesNotAsked {
    /// Whether it also gets events of pages that do not ask their visitors, for instance because the page around them
    /// asks. Otherwise it gets those of visitors who agreed.
    takes_not_asked: bool,
}

/// Say whether a vendor gets events of visitors who were not asked
#[utoipa::path(
    put,
    path = "/api/apps/{app}/endpoints/{endpoint}/consent",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
        ("If-Match" = String, Header, description = "the ETag of the version that was edited"),
    ),
    request_body = TakesNotAsked,
    responses(
        (status = 200, body = EndpointBody, headers(("ETag" = String, description = "its new version"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 412, body = Problem, content_type = PROBLEM, description = "it was changed in the meantime"),
        (status = 428, body = Problem, content_type = PROBLEM, description = "there is no If-Match"),
    ),
)]
pub(super) async fn consent(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
    IfMatch(edited): IfMatch,
    Input(TakesNotAsked { takes_not_asked }): Input<TakesNotAsked>,
) -> Answer {
    let changed = state.integrations.take_not_asked(&by, &app, id, edited, takes_not_asked).await;
    changed.map_err(state.unmanaged()).map_err(Failure::of_if_match)?;
    shown(&state, &app, id).await
}

/// A test event, and its answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TestResult)]
struct TriedBody {
    #[serde(flatten)]
    exchange: ExchangeBody,
    /// The event of the vendor's mapping that was sent; null for a webhook, whose test event has a type of its own.
    event: Option<String>,
    /// The faults that Google's validation server found; none if the event is right.
    findings: Vec<FindingBody>,
    /// Parameters of the mapping that were left out.
    omitted: Vec<OmittedBody>,
    /// Why a vendor does not take the event, in its words.
    problem: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingBody {
    /// The place in the request.
    place: String,
    /// Google's code, such as `NAME_INVALID`.
    code: String,
    /// Google's words.
    text: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OmittedParameter)]
struct OmittedBody {
    /// As the vendor names it.
    name: String,
    /// `personal`: it looks like personal data. `form`: it does not have the form that the vendor accepts.
    why: &'static str,
}

impl From<Tried> for TriedBody {
    fn from(Tried { exchange, event, findings, omitted, problem }: Tried) -> Self {
        let finding = |Finding { place, code, text }| FindingBody { place, code, text };
        let left_out = |Omitted { name, why, .. }| OmittedBody { name, why: why.word() };
        Self {
            exchange: exchange.into(),
            event,
            findings: findings.into_iter().map(finding).collect(),
            omitted: omitted.into_iter().map(left_out).collect(),
            problem,
        }
    }
}

/// Send a test event, and wait for the answer
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints/{endpoint}/test",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses(
        (status = 200, body = TriedBody),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it has not agreed to get events, or Meta would count the test"),
    ),
)]
pub(super) async fn test(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
) -> Answer {
    let tried = state.integrations.test(&app, id).await.map_err(state.unmanaged())?;
    Ok(json(StatusCode::OK, &TriedBody::from(tried)))
}
