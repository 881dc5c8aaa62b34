//! Answers that many addresses give, before or in place of the handler's own. The description has them once.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::PROBLEM;

/// Status, name in the description, and meaning.
type Common = (&'static str, &'static str, &'static str);

/// The database cannot be reached.
const ANY: &[Common] = &[(
    "503",
    "Unavailable",
    "the database cannot be reached; `Retry-After` says when to try again",
)];
/// Whatever `write::check` rejects.
const WRITES: &[Common] = &[
    ("403", "NotFromTheConsole", "the request is not from the console"),
    ("415", "NotJson", "the request has no `Content-Type: application/json`"),
];
/// Whatever `Input` rejects.
const BODIES: &[Common] = &[
    ("408", "TooSlow", "the body took too long to arrive"),
    ("413", "TooLarge", "the body is too large"),
];

/// Adds them to each operation.
pub(super) fn describe(openapi: &mut OpenApi) {
    for item in openapi.paths.paths.values_mut() {
        for (operation, writes) in [
            (&mut item.get, false),
            (&mut item.put, true),
            (&mut item.post, true),
            (&mut item.delete, true),
        ] {
            let Some(operation) = operation else { continue };
            add(operation, ANY);
            if writes {
                add(operation, WRITES);
            }
            if operation.request_body.is_some() {
                add(operation, BODIES);
            }
        }
    }
    let components = openapi.components.get_or_insert_default();
    for &(_, name, meaning) in [ANY, WRITES, BODIES].into_iter().flatten() {
        components.responses.insert(name.to_owned(), RefOr::T(problem(meaning)));
    }
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
