//! The person that an issuer vouches for: a name for history, and a role by their groups.

use std::collections::HashMap;

use c2c_access::{Principal, Role, Scope};
use c2c_store::{ActorName, Grant, Subject};
use openidconnect::{
    AdditionalClaims, EndUserEmail, EndUserUsername, IssuerUrl, SubjectIdentifier,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::OidcError;

/// The longest name in history, in characters.
const NAME_CHARS_MAX: usize = 200;

/// The claims beside those of the standard, the groups among them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct MoreClaims(HashMap<String, Value>);

impl AdditionalClaims for MoreClaims {}

impl MoreClaims {
    /// The groups in a claim; `None` if it is not there.
    pub(super) fn groups(&self, claim: &str) -> Result<Option<Vec<String>>, OidcError> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let groups = Vec::deserialize(value)
            .map_err(|_| OidcError::invalid(format!("the claim {claim} is not a list of texts")))?;
        Ok(Some(groups))
    }
}

/// The claims of the standard that name a person.
#[derive(Clone, Debug)]
pub(super) struct Names {
    verified_email: Option<String>,
    username: Option<String>,
    subject: String,
}

impl Names {
    pub(super) fn new(
        email: Option<&EndUserEmail>,
        email_verified: Option<bool>,
        username: Option<&EndUserUsername>,
        subject: &SubjectIdentifier,
    ) -> Self {
        let verified_email = email.filter(|_| email_verified == Some(true));
        Self {
            // Otherwise one person could have several names by it.
            verified_email: verified_email.map(|email| email.as_str().to_lowercase()),
            // A username that people choose must not be another's address.
            username: username
                .map(|name| name.as_str().to_owned())
                .filter(|name| !name.contains('@')),
            subject: subject.as_str().to_owned(),
        }
    }

    /// Whether the subject is all that is known.
    pub(super) fn are_few(&self) -> bool {
        self.verified_email.is_none() && self.username.is_none()
    }

    /// The first that can be a name: the address if the issuer has verified it, the username, the subject.
    fn name(&self) -> Result<ActorName, OidcError> {
        let subject: String = self.subject.chars().take(NAME_CHARS_MAX).collect();
        let mut names = [self.verified_email.clone(), self.username.clone(), Some(subject)]
            .into_iter()
            .flatten()
            .filter_map(|name| name.parse().ok());
        names.next().ok_or_else(|| OidcError::invalid("the person has no name"))
    }
}

/// The access of a person with these names and groups.
pub(super) fn access(
    names: &Names,
    groups: &[String],
    roles: &[(String, Role)],
) -> Result<Grant, OidcError> {
    let name = names.name()?;
    let role =
        roles.iter().filter(|(group, _)| groups.contains(group)).map(|(_, role)| *role).max();
    let role = role.ok_or_else(|| OidcError::NoRole(name.to_string()))?;
    Ok(Grant::new(name, Principal { role, scope: Scope::ALL }))
}

/// The person, by the issuer's own id for them.
pub(super) fn subject(issuer: &IssuerUrl, id: &SubjectIdentifier) -> Result<Subject, OidcError> {
    let identifier = |what: &str, text: &str| {
        text.parse().map_err(|error| OidcError::invalid(format!("{what}: it {error}")))
    };
    let issuer = Some(identifier("the issuer", issuer.as_str())?);
    Ok(Subject { issuer, id: identifier("the claim sub", id.as_str())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(email: &str, username: &str, subject: &str) -> Names {
        let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Names { verified_email: set(email), username: set(username), subject: subject.to_owned() }
    }

    #[test]
    fn the_first_possible_name_is_taken() {
        let check = |names: Names, expected: &str| {
            assert_eq!(names.name().expect("a name").as_str(), expected);
        };
        check(names("ann@shop.example", "ann", "1"), "ann@shop.example");
        check(names("", "ann", "1"), "ann");
        check(names("", "", "1"), "1");
        check(names("a\nb", "ann", "1"), "ann");
        check(names(&"a".repeat(201), "", "1"), "1");
        check(names("", "", &"s".repeat(255)), &"s".repeat(200));
        assert!(names("", "", "\n").name().is_err());
    }

    #[test]
    fn the_greatest_role_of_the_groups_counts() {
        let roles = [("a", Role::Viewer), ("b", Role::Publisher), ("c", Role::Editor)];
        let roles = roles.map(|(group, role)| (group.to_owned(), role));
        let role = |groups: &[&str]| {
            let groups: Vec<_> = groups.iter().map(|&group| group.to_owned()).collect();
            access(&names("", "ann", ""), &groups, &roles).map(|grant| grant.principal)
        };
        let all = |role| Ok(Principal { role, scope: Scope::ALL });
        assert_eq!(role(&["a"]), all(Role::Viewer));
        assert_eq!(role(&["c", "b", "a", "other"]), all(Role::Publisher));
        for none in [&[][..], &["A"], &["a "], &["other"]] {
            assert_eq!(role(none), Err(OidcError::NoRole("ann".to_owned())));
        }
    }
}
