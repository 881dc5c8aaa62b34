//! Shapes that tokens, links and sessions share.

use std::collections::BTreeSet;

use c2c_access::{Principal, Role, Scope};
use c2c_names::AppId;
use c2c_store::{Grant, Subject};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::failure::Failure;

/// Who may do what, with which apps.
#[derive(Serialize, ToSchema)]
#[schema(as = Access)]
pub(super) struct AccessBody {
    /// The name that history shows.
    #[schema(example = "anna@shop.example")]
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    /// The ids of the apps; null for all.
    #[schema(value_type = Option<Vec<String>>)]
    apps: Scope,
    /// The person, if more than the name is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectBody>,
}

/// A person at the system that knows them.
#[derive(Serialize, ToSchema)]
#[schema(as = Subject)]
pub(super) struct SubjectBody {
    /// The system; null if those who made the link or token gave the id.
    issuer: Option<String>,
    /// The person there.
    id: String,
}

impl From<Subject> for SubjectBody {
    fn from(Subject { issuer, id }: Subject) -> Self {
        Self { issuer: issuer.map(String::from), id: id.into() }
    }
}

/// Each may do what the one before may, and more.
#[derive(ToSchema)]
#[schema(as = Role, rename_all = "lowercase")]
#[expect(dead_code, reason = "c2c_access::Role has the same names")]
pub(super) enum RoleName {
    Viewer,
    Editor,
    Publisher,
    Owner,
}

impl From<Grant> for AccessBody {
    fn from(Grant { name, subject, principal }: Grant) -> Self {
        let subject = subject.map(SubjectBody::from);
        Self { name: name.to_string(), role: principal.role, apps: principal.scope, subject }
    }
}

/// Access to give. A token or a link never has more than its maker.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccess {
    /// The name that history will show: 1 to 200 characters in one line.
    #[schema(example = "anna@shop.example")]
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    /// The ids of 1 to 100 apps; null for all.
    #[schema(required = true, value_type = Option<Vec<String>>)]
    #[serde(deserialize_with = "Option::deserialize")]
    apps: Option<BTreeSet<AppId>>,
    /// The person's id in your system, which never changes and is no other's: 1 to 255 characters. It tells people with
    /// one name apart, and knows one who was renamed.
    #[schema(example = "user-4711")]
    subject: Option<String>,
    /// How long it lasts.
    #[schema(minimum = 1)]
    pub(super) hours: u32,
}

impl NewAccess {
    /// The grant that a caller makes.
    pub(super) fn by(self, caller: &Caller) -> Result<Grant, Failure> {
        let name = self
            .name
            .parse()
            .map_err(|error| Failure::bad_request(format!("/name: it {error}")))?;
        let scope = Scope::try_from(self.apps)
            .map_err(|error| Failure::bad_request(format!("/apps: it {error}")))?;
        let id = self.subject.map(|id| id.parse()).transpose();
        let id = id.map_err(|error| Failure::bad_request(format!("/subject: it {error}")))?;
        let principal = Principal { role: self.role, scope };
        may_handle(caller, &principal)?;
        Ok(Grant { name, subject: id.map(|id| Subject { issuer: None, id }), principal })
    }
}

/// One gives access only to what one has, and takes it only from those who have no more.
pub(super) fn may_handle(caller: &Caller, other: &Principal) -> Result<(), Failure> {
    if caller.principal.covers(other) {
        return Ok(());
    }
    let detail = "this is access to more than you have yourself";
    Err(Failure::new(StatusCode::FORBIDDEN, "not-permitted", detail))
}
