//! The address of the page on which an event happened.

use crate::vendors::leak::looks_personal;

const LENGTH_MAX: usize = 2_000;

/// The page's address without its query and fragment, which can hold anything about a visitor; only the origin, if the
/// path looks personal. `None` if it is not the address of a web page.
pub(super) fn page(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !["https", "http"].contains(&scheme) {
        return None;
    }
    let rest = rest.split(['?', '#']).next()?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let host = authority.rsplit('@').next()?;
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    let is_path = path.len() <= LENGTH_MAX
        && path.bytes().all(|byte| byte.is_ascii_graphic())
        && !looks_personal(path);
    is_host.then(|| format!("{scheme}://{host}{}", if is_path { path } else { "/" }))
}

/// The page's origin.
pub(super) fn origin(page: &str) -> String {
    let after = page.find("://").map_or(0, |at| at + 3);
    let end = page[after..].find('/').map_or(page.len(), |slash| after + slash);
    format!("{}/", &page[..end])
}
