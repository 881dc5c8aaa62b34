//! Answers that many addresses give, before or in place of the handler's own. The description has them once.

use c2c_access::{Reach, Role};
use hyper::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::PROBLEM;
use super::guard::{Guarded, Need};

/// Status, name in the description, and meaning.
type Common = (&'static str, &'static str, &'static str);

/// The database cannot be reached.
const ANY: &[Common] = &[(
    "503",
    "Unavailable",
    "the database cannot be reached; `Retry-After` says when to try again",
)];
/// The guard answers in the place of a handler.
const SIGNED_IN: &[Common] =
    &[("401", "NotSignedIn", "there is no session or API token, or it has ended")];
const PERMITTED: &[Common] =
    &[("403", "NotPermitted", "the caller may not do this, or a write is not from the console")];
const THROTTLED: &[Common] = &[("429", "TooManyRequests", "`Retry-After` says when to try again")];
/// Whatever `write::check` rejects.
const WRITES: &[Common] =
    &[("415", "NotJson", "the request has no `Content-Type: application/json`")];
/// Whatever `Input` rejects.
const BODIES: &[Common] = &[
    ("408", "TooSlow", "the body took too long to arrive"),
    ("413", "TooLarge", "the body is too large"),
];

/// Adds them to each operation, and how a caller is found.
pub(super) fn describe(openapi: &mut OpenApi, guarded: &[Guarded]) {
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in [
            (Method::GET, &mut item.get),
            (Method::PUT, &mut item.put),
            (Method::POST, &mut item.post),
            (Method::DELETE, &mut item.delete),
        ] {
            let Some(operation) = operation else { continue };
            let mut routes = guarded.iter();
            let route = routes.find(|route| route.method == method && route.path == *path);
            let need = route.map_or(Need::Caller, |route| route.need);
            if need == Need::EventToken {
                operation.security = Some(vec![way("eventToken")]);
            }
            for common in of(need, &method, operation.request_body.is_some()) {
                add(operation, common);
            }
        }
    }
    let components = openapi.components.get_or_insert_default();
    let all = [ANY, SIGNED_IN, PERMITTED, THROTTLED, WRITES, BODIES];
    for &(_, name, meaning) in all.into_iter().flatten() {
        components.responses.insert(name.to_owned(), RefOr::T(problem(meaning)));
    }
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("token", token);
    let cookie = "of a session; by http on a loopback address its name is c2c- and the port";
    let cookie = ApiKeyValue::with_description("__Host-c2c", cookie);
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("an event token of the app, which begins with c2ce_"));
    components.add_security_scheme("eventToken", SecurityScheme::Http(token.build()));
    openapi.security = Some(["token", "session"].map(way).to_vec());
}

fn way(name: &str) -> SecurityRequirement {
    SecurityRequirement::new::<_, _, &str>(name, [])
}

/// The common answers of an operation.
fn of(need: Need, method: &Method, has_body: bool) -> Vec<&'static [Common]> {
    let is_write = method != Method::GET;
    // A viewer of all apps may do what needs the least.
    let may_be_denied = matches!(need, Need::Permission(permission)
        if permission.needs().0 > Role::Viewer || permission.needs().1 == Reach::All);
    let all = [
        (ANY, true),
        (THROTTLED, true),
        (SIGNED_IN, need != Need::Nothing),
        (PERMITTED, is_write || may_be_denied),
        (WRITES, is_write),
        (BODIES, has_body),
    ];
    all.into_iter().filter(|(_, applies)| *applies).map(|(common, _)| common).collect()
}

fn add(operation: &mut Operation, common: &[Common]) {
    for &(status, name, _) in common {
        let response = RefOr::Ref(Ref::from_response_name(name));
        operation.responses.responses.insert(status.to_owned(), response);
    }
}

fn problem(meaning: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(meaning).content(PROBLEM, content).build()
}
