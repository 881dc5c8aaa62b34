//! The audit log of an app.

use axum::extract::{Query, State as Extracted};
use c2c_access::Role;
use c2c_store::Action;
use hyper::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::input::{Id, Part, Search};
use super::integrations::CollectBody;
use super::schema::{Problem, SettingsBody, Time};
use super::{Answer, PROBLEM, State};

/// Who did what, and when.
#[derive(Serialize, ToSchema)]
struct Entry {
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    actor: String,
    /// `token:ID` or `session:ID`; null for plans, for the server's own, and in logs of older versions.
    credential: Option<String>,
    /// The client's address, which only owners see; null if not known.
    address: Option<String>,
    /// The action, with fields that depend on it.
    #[serde(flatten)]
    #[schema(value_type = ActionBody)]
    action: Value,
}

/// An action, with those of the fields that it has.
#[derive(ToSchema)]
#[schema(as = Action, rename_all = "camelCase")]
#[expect(dead_code, reason = "c2c_store::Action writes it")]
struct ActionBody {
    #[schema(example = "published")]
    action: String,
    /// The settings that the app has since then.
    #[schema(required = false)]
    settings: Option<NewSettings>,
    /// The new version of the draft, of the settings or of the endpoint.
    #[schema(required = false)]
    version: Option<i64>,
    /// `live` or `staging`.
    #[schema(required = false)]
    environment: Option<String>,
    /// The revision that was made, or put live, or planned.
    #[schema(required = false)]
    revision: Option<i64>,
    /// The version of the draft that was published.
    #[schema(required = false)]
    draft: Option<i64>,
    /// The old revision whose content came back.
    #[schema(required = false)]
    to: Option<i64>,
    /// The reason for a publication.
    #[schema(required = false)]
    note: Option<String>,
    /// The reason for switching the code off or on, or for the state of an endpoint.
    #[schema(required = false)]
    reason: Option<String>,
    /// The planned task: `publish` or `switch-back`.
    #[schema(required = false)]
    task: Option<String>,
    /// When the task is carried out (RFC 3339).
    #[schema(required = false, value_type = Option<String>, format = DateTime)]
    due: Option<Time>,
    /// The preview link that was made or revoked.
    #[schema(required = false)]
    link: Option<String>,
    /// When the link or the event token ends (RFC 3339).
    #[schema(required = false, value_type = Option<String>, format = DateTime)]
    expires: Option<Time>,
    /// The newest revision of an app that came from another store; 0 without any.
    #[schema(required = false)]
    newest: Option<i64>,
    /// Its live revision.
    #[schema(required = false)]
    live: Option<i64>,
    /// Its staged revision.
    #[schema(required = false)]
    staged: Option<i64>,
    /// Whether it came switched off.
    #[schema(required = false)]
    off: Option<bool>,
    /// The endpoint that was added, changed or removed, or that gets deliveries again.
    #[schema(required = false)]
    endpoint: Option<String>,
    /// The kind of the endpoint.
    #[schema(required = false)]
    kind: Option<String>,
    /// The name of the endpoint or of the event token.
    #[schema(required = false)]
    name: Option<String>,
    /// The host that gets the events.
    #[schema(required = false)]
    host: Option<String>,
    /// The decisions of visitors with which the endpoint gets their events since then, if others than before.
    #[schema(required = false)]
    consents: Option<Vec<String>>,
    /// The state of the endpoint since then.
    #[schema(required = false)]
    state: Option<String>,
    /// How the endpoint agreed.
    #[schema(required = false)]
    agreed: Option<String>,
    /// The id of the key of the endpoint that was made or removed.
    #[schema(required = false)]
    secret: Option<String>,
    /// The scheme of its signatures.
    #[schema(required = false)]
    scheme: Option<String>,
    /// How many deliveries were replayed.
    #[schema(required = false)]
    deliveries: Option<i64>,
    /// The key of the context by whose value events were deleted.
    #[schema(required = false)]
    key: Option<String>,
    /// How many events were deleted.
    #[schema(required = false)]
    events: Option<u32>,
    /// How many deliveries do not take place for this.
    #[schema(required = false)]
    pending: Option<u32>,
    /// The ids of endpoints that have got some of the deleted events, or may have.
    #[schema(required = false)]
    sent_to: Option<Vec<String>>,
    /// The event token that was made or revoked.
    #[schema(required = false)]
    token: Option<String>,
}

/// The settings of the app, or how it takes events.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "c2c_store::Action writes it")]
enum NewSettings {
    App(SettingsBody),
    Collect(CollectBody),
}

/// The fields of an action, with times as the API writes them.
fn fields(action: &Action) -> Value {
    let mut fields = json!(action);
    match action {
        Action::Planned { due, .. } => fields["due"] = json!(Time::from(*due)),
        Action::PreviewLinkMade { expires, .. } | Action::EventTokenMade { expires, .. } => {
            fields["expires"] = json!(Time::from(*expires));
        }
        _ => {}
    }
    fields
}

#[derive(Serialize, ToSchema)]
struct Log {
    /// The newest first.
    entries: Vec<Entry>,
    /// Whether there are older ones.
    more: bool,
}

/// The audit log of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/audit",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("before" = Option<i64>, Query, description = "only entries before this one"),
        ("limit" = Option<u32>, Query, description = "at most this many, up to 100"),
    ),
    responses(
        (status = 200, body = Log),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn list(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    caller: Caller,
    Search(Query(part)): Search<Part>,
) -> Answer {
    state.store().app(&id).await.map_err(state.failure())?;
    let found = state.store().audit(&id, part.before, part.wanted()).await;
    let mut found = found.map_err(state.failure())?;
    let more = part.cut(&mut found);
    let sees_addresses = caller.principal.role == Role::Owner;
    let entries = found.into_iter().map(|entry| Entry {
        seq: entry.seq,
        at: entry.at.into(),
        actor: entry.actor.to_string(),
        credential: entry.actor.credential.map(|credential| credential.to_string()),
        address: entry.actor.address.filter(|_| sees_addresses).map(|address| address.to_string()),
        action: fields(&entry.action),
    });
    Ok(super::json(StatusCode::OK, &Log { entries: entries.collect(), more }))
}
