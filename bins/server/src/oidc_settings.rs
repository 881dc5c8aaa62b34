//! The operator's settings for sign-in with an issuer.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use c2c_access::Role;
use clap::Args;
use openidconnect::{ClientId, ClientSecret, IssuerUrl};

use crate::outgoing::is_local_http;

/// Sign-in with an account at an OpenID Connect provider.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Single sign-on")]
pub struct OidcSettings {
    /// OpenID Connect provider with which the operator's own staff signs in, as its metadata name it. It
    /// needs to know the address /sign-in/oidc/return on the console's origin
    #[arg(id = "oidc_issuer", long = "oidc-issuer", env = "C2C_OIDC_ISSUER", value_name = "URL")]
    issuer: Option<Issuer>,

    /// Name of this server at the provider
    #[arg(
        id = "oidc_client_id",
        long = "oidc-client-id",
        env = "C2C_OIDC_CLIENT_ID",
        value_name = "ID"
    )]
    client_id: Option<String>,

    /// Secret of this server at the provider; better in the environment than in the command line
    #[arg(
        id = "oidc_client_secret",
        long = "oidc-client-secret",
        env = "C2C_OIDC_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    client_secret: Option<HiddenSecret>,

    /// Role of the members of a group: viewer, editor, publisher or owner, of all apps. Several are
    /// separated by commas, or given one by one; the greatest counts. A person without a role gets no access
    #[arg(id = "oidc_role", long = "oidc-role", env = "C2C_OIDC_ROLE", value_name = "GROUP=ROLE")]
    role: Vec<GroupRoles>,

    /// Claim with a person's groups, a list of texts, in the ID token or else from the userinfo endpoint
    #[arg(
        id = "oidc_groups_claim",
        long = "oidc-groups-claim",
        env = "C2C_OIDC_GROUPS_CLAIM",
        value_name = "NAME",
        default_value = "groups"
    )]
    groups_claim: String,

    /// Scopes to ask for beside openid, separated by commas; some providers need one for the groups
    #[arg(
        id = "oidc_scopes",
        long = "oidc-scopes",
        env = "C2C_OIDC_SCOPES",
        value_name = "SCOPES",
        value_delimiter = ',',
        default_value = "profile,email"
    )]
    scopes: Vec<String>,
}

/// Settings that name an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) issuer: IssuerUrl,
    pub(crate) client_id: ClientId,
    pub(crate) client_secret: ClientSecret,
    pub(crate) roles: Vec<(String, Role)>,
    pub(crate) groups_claim: String,
    pub(crate) scopes: Vec<String>,
}

impl OidcSettings {
    /// `None` if there is no issuer.
    pub(crate) fn chosen(&self) -> Option<Chosen> {
        Some(Chosen {
            issuer: self.issuer.clone()?.0,
            client_id: ClientId::new(self.client_id.clone()?),
            client_secret: self.client_secret.clone()?.0,
            roles: self.role.iter().flat_map(|GroupRoles(roles)| roles.clone()).collect(),
            groups_claim: self.groups_claim.clone(),
            scopes: self.scopes.iter().filter(|scope| !scope.is_empty()).cloned().collect(),
        })
    }

    /// The first setting that is missing beside others. All four of them make a sign-in, from whatever places they
    /// come: clap's own rules would not count those from the configuration file.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let needed = [
            ("--oidc-issuer", self.issuer.is_some()),
            ("--oidc-client-id", self.client_id.is_some()),
            ("--oidc-client-secret", self.client_secret.is_some()),
            ("--oidc-role", !self.role.is_empty()),
        ];
        let is_any = needed.iter().any(|(_, is_set)| *is_set);
        needed.into_iter().find_map(|(name, is_set)| (is_any && !is_set).then_some(name))
    }

    /// The issuer's host, for people.
    pub(crate) fn issuer_host(&self) -> Option<&str> {
        self.issuer.as_ref()?.0.url().host_str()
    }
}

/// The issuer, by https unless it is on this very machine.
#[derive(Clone, Debug)]
pub(crate) struct Issuer(IssuerUrl);

impl FromStr for Issuer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let issuer = IssuerUrl::new(text.to_owned());
        let issuer = issuer.map_err(|_| "must be an address, such as https://login.example")?;
        let url = issuer.url();
        if url.scheme() != "https" && !is_local_http(url) {
            return Err("must begin with https:// (http:// only for a loopback address)");
        }
        // OpenID Connect Discovery §3: the issuer has neither query nor fragment.
        let is_plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if is_plain { Ok(Self(issuer)) } else { Err("must have no user, query or fragment") }
    }
}

/// A secret that is not shown.
#[derive(Clone)]
pub(crate) struct HiddenSecret(ClientSecret);

impl FromStr for HiddenSecret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(ClientSecret::new(text.to_owned())))
    }
}

impl fmt::Debug for HiddenSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HiddenSecret(…)")
    }
}

/// The roles of groups: `staff=viewer,cn=web,dc=example=owner` names the groups `staff` and
/// `cn=web,dc=example`. A comma ends an entry only after a role, since directories have commas in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupRoles(Vec<(String, Role)>);

impl FromStr for GroupRoles {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut roles = Vec::new();
        let mut entry = String::new();
        for part in text.split(',') {
            entry += part;
            let named = entry.rsplit_once('=');
            match named.map(|(group, role)| (group.trim(), role.trim().parse())) {
                Some((group, Ok(role))) if !group.is_empty() => {
                    roles.push((group.to_owned(), role));
                    entry.clear();
                }
                _ => entry.push(','),
            }
        }
        let is_complete = entry.is_empty() && !roles.is_empty();
        is_complete.then_some(Self(roles)).ok_or(
            "must be a group and viewer, editor, publisher or owner, such as c2c-admins=owner",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_or_local() {
        for fine in [
            "https://login.example",
            "https://login.example/realms/staff",
            "http://127.0.0.1:5556/dex",
            "http://localhost:5556",
            "http://[::1]:5556",
        ] {
            assert!(fine.parse::<Issuer>().is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "login.example",
            "http://login.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://user@login.example",
            "https://login.example?a=b",
            "https://login.example#a",
        ] {
            assert!(wrong.parse::<Issuer>().is_err(), "{wrong}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Role)]) {
        let expected = expected.iter().map(|(group, role)| ((*group).to_owned(), *role)).collect();
        assert_eq!(text.parse(), Ok(GroupRoles(expected)));
    }

    #[test]
    fn groups_have_roles() {
        check("admins=owner", &[("admins", Role::Owner)]);
        check("a=viewer,b=editor", &[("a", Role::Viewer), ("b", Role::Editor)]);
        check(" a = viewer , b=owner", &[("a", Role::Viewer), ("b", Role::Owner)]);
        let names = [("cn=web,dc=shop", Role::Publisher), ("b c", Role::Viewer)];
        check("cn=web,dc=shop=publisher,b c=viewer", &names);
        for wrong in ["", "admins", "admins=", "=owner", "admins=root", "a=viewer,b", "a=viewer,,"]
        {
            assert!(wrong.parse::<GroupRoles>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let secret: HiddenSecret = "s3cret".parse().expect("any text");
        assert!(!format!("{secret:?}").contains("s3cret"));
    }
}
