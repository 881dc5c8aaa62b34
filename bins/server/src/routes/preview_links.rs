//! Preview links: each shows the draft to its holder, for a while.

use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extracted};
use c2c_store::{PreviewLinkId, StoreError, Timestamp};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, Id, Input};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};
use crate::metrics::METRICS;
use crate::paths::PREVIEW_LINK;

/// A link that has not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreviewLink {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl From<c2c_store::PreviewLink> for PreviewLink {
    fn from(link: c2c_store::PreviewLink) -> Self {
        Self {
            id: link.id.to_string(),
            made_at: link.made_at.into(),
            made_by: link.made_by.to_string(),
            expires_at: link.expires_at.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PreviewLinks {
    /// The newest first.
    links: Vec<PreviewLink>,
}

/// The preview links of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/preview-links",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = PreviewLinks), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn list(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let links = state.store().preview_links(&id, Timestamp::now()).await;
    let links = links.map_err(state.failure())?.into_iter().map(PreviewLink::from);
    Ok(json(StatusCode::OK, &PreviewLinks { links: links.collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPreviewLink {
    /// How long it lasts: up to 168.
    #[schema(minimum = 1, maximum = 168)]
    hours: u16,
}

/// A new link, with its address.
#[derive(Serialize, ToSchema)]
struct MadePreviewLink {
    #[serde(flatten)]
    link: PreviewLink,
    /// The address to share. It cannot be read again.
    #[schema(example = "https://widget.example/preview-link#…")]
    url: String,
}

/// Make a link that shows the draft
#[utoipa::path(
    post,
    path = "/api/apps/{app}/preview-links",
    params(("app" = String, Path, description = "the app's id")),
    request_body = NewPreviewLink,
    responses(
        (status = 201, body = MadePreviewLink),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "the app has 20 links"),
    ),
)]
pub(super) async fn make(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    Input(NewPreviewLink { hours }): Input<NewPreviewLink>,
) -> Answer {
    let lifetime = Duration::from_hours(hours.into());
    let made = state.store().make_preview_link(&by, &id, lifetime).await;
    let made = made.map_err(state.failure())?;
    METRICS.links_made.inc();
    let widget = &state.sites.widget.origin;
    let body = MadePreviewLink {
        url: format!("{widget}{PREVIEW_LINK}#{}", made.secret.reveal()),
        link: made.link.into(),
    };
    Ok(json(StatusCode::CREATED, &body))
}

/// Revoke a preview link
#[utoipa::path(
    delete,
    path = "/api/apps/{app}/preview-links/{link}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("link" = String, Path, description = "the link's id"),
    ),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn revoke(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    parts: Result<Path<(String, String)>, PathRejection>,
) -> Answer {
    let Path((_, link)) = parts.map_err(|error| Failure::not_found(&error))?;
    let link: PreviewLinkId = link.parse().map_err(state.failure::<StoreError>())?;
    let revoked = state.store().revoke_preview_link(&by, &id, link).await;
    revoked.map_err(state.failure())?;
    Ok(nothing())
}
