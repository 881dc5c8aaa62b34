//! The one who sends a request to the API: found by an API token or by the cookie of a session.

use std::net::IpAddr;
use std::time::Duration;

use c2c_access::{Permission, Principal, Reach, Secret, Token};
use c2c_names::{AppId, Origin};
use c2c_store::{
    Actor, ApiToken, EventToken, Grant, Session, SessionLimits, Store, StoreError, Timestamp,
};
use hyper::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use hyper::http::Extensions;

use crate::settings::Access;

/// One who may send this request, with what they showed.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Their role and scope.
    pub(super) principal: Principal,
    /// Who they are, for the audit log.
    pub(super) actor: Actor,
    /// The session, if it was one.
    pub(super) session: Option<Session>,
}

/// A reason why a request has no caller.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoCaller {
    /// There is nothing to find one by.
    #[error("sign in: open a sign-in link, or send an API token")]
    Nothing,
    /// It never existed, or is over.
    #[error("the API token does not exist, or has ended")]
    Token,
    /// It never existed, or is over.
    #[error("the session has ended; open a new sign-in link")]
    Session,
    /// Only an event token sends events, and there is none.
    #[error("send an event token: `Authorization: Bearer {EVENT_TOKEN_PREFIX}…`")]
    NoEventToken,
    /// It never existed, is over, or is another app's.
    #[error("the event token does not exist, has ended, or is for another app")]
    EventToken,
    /// Whether there is one cannot be found out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The beginning of each event token, by which scanners for secrets find one in code.
pub(super) const EVENT_TOKEN_PREFIX: &str = "c2ce_";

/// How long a session in a frame lasts at most.
const FRAMED_LIFETIME: Duration = Duration::from_hours(1);

/// How the console is shown that sends a request. A browser has a session of its own for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Surface {
    /// In a window of its own, or by no browser.
    #[default]
    Window,
    /// In a page of the provider's product, which could cover it: with the settings of an app, except for its events,
    /// and nothing else.
    Frame,
}

impl Surface {
    /// As `Api::respond` has noted it.
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }

    /// When its sessions end. Those in a frame end soon, and the page around begins the next: so a person who has left
    /// the provider's product, or has another role in it, does not go on for long.
    pub(super) fn limits(self, limits: SessionLimits) -> SessionLimits {
        match self {
            Self::Window => limits,
            Self::Frame => SessionLimits {
                idle: limits.idle.min(FRAMED_LIFETIME),
                lifetime: limits.lifetime.min(FRAMED_LIFETIME),
            },
        }
    }

    /// Whether this surface may have what a permission allows. A frame has nothing of events but what `Read` shows: a
    /// page that covers it could have a person send them elsewhere.
    pub(super) fn has(self, permission: Permission) -> bool {
        let of_events = matches!(
            permission,
            Permission::Integrate | Permission::ReadEvents | Permission::ControlEvents
        );
        self == Self::Window
            || permission == Permission::Check
            || (permission.needs().1 == Reach::App && !of_events)
    }
}

/// Finds callers.
#[derive(Clone, Debug)]
pub(super) struct Callers {
    store: Store,
    access: Access,
    /// For [`Surface::Window`].
    cookie: SessionCookie,
    /// For [`Surface::Frame`].
    framed: SessionCookie,
}

impl Callers {
    pub(super) fn new(store: Store, access: Access, console: &Origin) -> Self {
        let (cookie, framed) = (SessionCookie::new(console), SessionCookie::framed());
        Self { store, access, cookie, framed }
    }

    pub(super) fn cookie(&self, surface: Surface) -> &SessionCookie {
        match surface {
            Surface::Window => &self.cookie,
            Surface::Frame => &self.framed,
        }
    }

    /// The caller of a request from an address.
    ///
    /// A token decides alone: a browser sends cookies by itself, and a token never.
    pub(super) async fn find(
        &self,
        headers: &HeaderMap,
        surface: Surface,
        address: Option<IpAddr>,
    ) -> Result<Caller, NoCaller> {
        if self.access == Access::Open {
            let actor: Actor = "console".parse().expect("an actor");
            let actor = Actor { address, ..actor };
            return Ok(Caller { principal: Principal::owner(), actor, session: None });
        }
        let now = Timestamp::now();
        if headers.contains_key(AUTHORIZATION) {
            let token = bearer(headers).and_then(|text| text.parse::<Token>().ok());
            let token = token.ok_or(NoCaller::Token)?;
            let token = self.store.use_token(&token, now).await?.ok_or(NoCaller::Token)?;
            return Ok(Caller::by_token(token, address));
        }
        let secret = self.cookie(surface).read(headers).ok_or(NoCaller::Nothing)?;
        let session = self.store.use_session(&secret, now).await?.ok_or(NoCaller::Session)?;
        Ok(Caller::by_session(session, address))
    }

    /// The event token of a request that sends events of an app. It is needed also where no sign-in is: it is what
    /// makes them verified.
    pub(super) async fn find_backend(
        &self,
        headers: &HeaderMap,
        app: &AppId,
    ) -> Result<EventToken, NoCaller> {
        if !headers.contains_key(AUTHORIZATION) {
            return Err(NoCaller::NoEventToken);
        }
        let text = bearer(headers).and_then(|text| text.strip_prefix(EVENT_TOKEN_PREFIX));
        let secret = text.and_then(|digits| digits.parse().ok()).ok_or(NoCaller::EventToken)?;
        let token = self.store.use_event_token(&secret, Timestamp::now()).await?;
        token.filter(|token| token.app == *app).ok_or(NoCaller::EventToken)
    }
}

impl Caller {
    /// Their access.
    pub(super) fn grant(&self) -> Grant {
        let Actor { name, subject, .. } = self.actor.clone();
        Grant { name, subject, principal: self.principal.clone() }
    }

    fn by_token(token: ApiToken, address: Option<IpAddr>) -> Self {
        let Grant { name, subject, principal } = token.grant;
        let credential = Some(c2c_access::Credential::Token(token.id));
        let actor = Actor { name, subject, credential, address };
        Self { principal, actor, session: None }
    }

    fn by_session(session: Session, address: Option<IpAddr>) -> Self {
        let Grant { name, subject, principal } = session.grant.clone();
        let credential = Some(session.credential());
        let actor = Actor { name, subject, credential, address };
        Self { principal, actor, session: Some(session) }
    }
}

/// Whether a request shows a token, or tries to. Another scheme than `Bearer` may be of a proxy in front of this server,
/// whose password a browser adds by itself, whatever page sends the request.
pub(super) fn shows_token(headers: &HeaderMap) -> bool {
    bearer(headers).is_some()
}

/// The text of the token in the one header `Authorization`
/// ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let is_bearer = values.next().is_none() && scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim())
}

/// The cookie of a session.
///
/// By https its name begins with `__Host-`: browsers take such a cookie from this very host only
/// ([RFC 6265bis §4.1.3.2](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-__host-prefix)).
/// By http on a loopback address, where cookies of all ports are together, the name has the port.
#[derive(Clone, Debug)]
pub(super) struct SessionCookie {
    name: String,
    attributes: &'static str,
}

impl SessionCookie {
    fn new(console: &Origin) -> Self {
        Self::named("c2c", console)
    }

    /// The cookie in a frame of another site. Browsers keep it for that site alone
    /// ([CHIPS](https://www.ietf.org/archive/id/draft-cutler-httpbis-partitioned-cookies-01.html)); one that knows no
    /// `Partitioned` may keep it for all sites, or not at all. Only https has it.
    fn framed() -> Self {
        let attributes = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned";
        Self { name: "__Host-c2c-frame".to_owned(), attributes }
    }

    /// A cookie like it for another purpose.
    pub(super) fn named(name: &str, console: &Origin) -> Self {
        if console.is_https() {
            let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict";
            return Self { name: format!("__Host-{name}"), attributes };
        }
        let port = console.authority().rsplit_once(':').map_or("80", |(_, port)| port);
        Self { name: format!("{name}-{port}"), attributes: "Path=/; HttpOnly; SameSite=Strict" }
    }

    /// The secret in the one cookie with the name. Two cookies with it are none: one is not ours.
    pub(super) fn read(&self, headers: &HeaderMap) -> Option<Secret> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        let mut ours = pairs.filter(|(name, _)| name.trim() == self.name).map(|(_, value)| value);
        let value = ours.next()?;
        if ours.next().is_some() { None } else { value.trim().parse().ok() }
    }

    /// The header `Set-Cookie` that begins a session.
    pub(super) fn set(&self, secret: &Secret, lifetime: Duration) -> HeaderValue {
        self.header(secret.reveal(), lifetime.as_secs())
    }

    /// The header `Set-Cookie` that ends it.
    pub(super) fn forget(&self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(&self, value: &str, seconds: u64) -> HeaderValue {
        let Self { name, attributes } = self;
        let text = format!("{name}={value}; Max-Age={seconds}; {attributes}");
        HeaderValue::try_from(text).expect("digits and a fixed text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(origin: &str) -> SessionCookie {
        SessionCookie::new(&origin.parse().expect("an origin"))
    }

    fn headers(lines: &[(hyper::header::HeaderName, &str)]) -> HeaderMap {
        let line = |(name, value): &(hyper::header::HeaderName, &str)| {
            (name.clone(), HeaderValue::try_from(*value).expect("a value"))
        };
        let mut headers = HeaderMap::new();
        lines.iter().map(line).for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn one_cookie_with_the_name_is_the_session() {
        let (cookie, secret) = (cookie("https://console.example"), "0".repeat(64));
        let read = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (COOKIE, *line)).collect();
            cookie.read(&headers(&lines)).map(|secret| secret.reveal().to_owned())
        };
        let (pair, other) =
            (format!("__Host-c2c={secret}"), format!("__Host-c2c={}", "1".repeat(64)));
        assert_eq!(read(&[&pair]), Some(secret.clone()));
        assert_eq!(read(&["a=b", &format!("c=d; {pair}; e")]), Some(secret));
        for wrong in [
            vec!["a=b"],
            vec!["__Host-c2c="],
            vec!["c2c=0"],
            vec![&*pair, &*other],
            vec![&*format!("{pair}; {pair}")],
            vec![&*format!("x__Host-c2c={}", "0".repeat(64))],
        ] {
            assert_eq!(read(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn by_https_only_this_host_can_set_the_cookie() {
        let secret = "0".repeat(64).parse().expect("a secret");
        let set = |origin: &str| cookie(origin).set(&secret, Duration::from_mins(1));
        let zeros = "0".repeat(64);
        assert_eq!(
            set("https://console.example"),
            format!("__Host-c2c={zeros}; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict")
        );
        let local = format!("c2c-7100={zeros}; Max-Age=60; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(set("http://127.0.0.1:7100"), local);
        assert_eq!(
            cookie("http://127.0.0.1:7100").forget(),
            "c2c-7100=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn one_header_has_the_token() {
        let token = format!("c2c_{}", "0".repeat(64));
        let read = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (AUTHORIZATION, *line)).collect();
            bearer(&headers(&lines)).is_some_and(|text| text.parse::<Token>().is_ok())
        };
        assert!(read(&[&format!("Bearer {token}")]) && read(&[&format!("bearer  {token}")]));
        let bearer = format!("Bearer {token}");
        for wrong in [vec![], vec![&*token], vec!["Bearer x"], vec![&*bearer, &*bearer]] {
            assert!(!read(&wrong), "{wrong:?}");
        }
        assert!(!read(&[&format!("Basic {token}")]));
    }
}
