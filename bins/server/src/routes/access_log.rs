//! The log of all changes of access.

use axum::extract::{Query, State as Extracted};
use c2c_store::{AccessAction, AccessEntry};
use hyper::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::access::SubjectBody;
use super::input::{Part, Search};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State};

/// Who did what, when, from where.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessEntry)]
struct Entry {
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    actor: String,
    /// `token:ID` or `session:ID`; null before a sign-in, and for the server's own.
    credential: Option<String>,
    /// The client's address; null if not known.
    address: Option<String>,
    /// The action, with fields that depend on it.
    #[serde(flatten)]
    #[schema(value_type = ActionBody)]
    action: Value,
}

/// A change of access, with those of the fields that it has.
#[derive(ToSchema)]
#[schema(as = ChangeOfAccess)]
#[expect(dead_code, reason = "c2c_store::AccessAction writes it")]
struct ActionBody {
    #[schema(example = "tokenMade")]
    action: String,
    /// The id of the token.
    #[schema(required = false)]
    token: Option<String>,
    /// The id of the sign-in link.
    #[schema(required = false)]
    link: Option<String>,
    /// The id of the session that began.
    #[schema(required = false)]
    session: Option<String>,
    /// The ids of the sessions that ended.
    #[schema(required = false)]
    sessions: Option<Vec<String>>,
    /// Who got access.
    #[schema(required = false)]
    name: Option<String>,
    /// As what.
    #[schema(required = false)]
    role: Option<String>,
    /// To which apps; null for all.
    #[schema(required = false)]
    apps: Option<Vec<String>>,
    /// The person, if more than the name is known.
    #[schema(required = false)]
    subject: Option<SubjectBody>,
    /// When the token or link ends (RFC 3339).
    #[schema(required = false, value_type = Option<String>, format = DateTime)]
    expires: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct AccessLog {
    /// The newest first.
    entries: Vec<Entry>,
    /// Whether there are older ones.
    more: bool,
}

impl From<AccessEntry> for Entry {
    fn from(AccessEntry { seq, at, actor, action, .. }: AccessEntry) -> Self {
        let mut fields = json!(action);
        if let AccessAction::TokenMade { expires, .. } | AccessAction::LinkMade { expires, .. } =
            action
        {
            fields["expires"] = json!(Time::from(expires));
        }
        Self {
            seq,
            at: at.into(),
            actor: actor.to_string(),
            credential: actor.credential.map(|credential| credential.to_string()),
            address: actor.address.map(|address| address.to_string()),
            action: fields,
        }
    }
}

/// The log of all changes of access
#[utoipa::path(
    get,
    path = "/api/access-log",
    params(
        ("before" = Option<i64>, Query, description = "only entries before this one"),
        ("limit" = Option<u32>, Query, description = "at most this many, up to 100"),
    ),
    responses((status = 200, body = AccessLog), (status = 400, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn list(
    Extracted(state): Extracted<State>,
    Search(Query(part)): Search<Part>,
) -> Answer {
    let found = state.store().access_log(part.before, part.wanted()).await;
    let mut found = found.map_err(state.failure())?;
    let more = part.cut(&mut found);
    let entries = found.into_iter().map(Entry::from).collect();
    Ok(super::json(StatusCode::OK, &AccessLog { entries, more }))
}
