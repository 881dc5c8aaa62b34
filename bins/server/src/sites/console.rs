//! The console's site: the page for pasting code, and the API.

use bytes::Bytes;
use c2c_bridge::HOST_MODULES;
use c2c_catalogue::{Catalogue, EventDef, Field};
use c2c_names::Origin;
use c2c_policy::{AncestorSource, HostSource, Nonce, PagePolicy};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::examples::EXAMPLES;
use crate::paths::{EMBED, OIDC, OIDC_RETURN, SIGN_IN};
use crate::response::{Body, method_not_allowed, not_found};
use crate::scripts::Files;
use crate::sites::Sites;
use crate::sites::widget::with_config;

const PAGE: &str = include_str!("../../pages/console.html");
const SIGN_IN_PAGE: &str = include_str!("../../pages/sign-in.html");
const OIDC_PAGE: &str = include_str!("../../pages/oidc.html");
const FILES: &[(&str, &str)] = &[
    (
        "/console.css",
        concat!(
            include_str!("../../pages/base.css"),
            include_str!("../../pages/console.css"),
            include_str!("../../pages/history.css"),
            include_str!("../../pages/integrations.css")
        ),
    ),
    (
        "/sign-in.css",
        concat!(include_str!("../../pages/base.css"), include_str!("../../pages/sign-in.css")),
    ),
    ("/sign-in.js", include_str!("../../pages/sign-in.js")),
    ("/oidc.js", include_str!("../../pages/oidc.js")),
    ("/console/claims.js", include_str!("../../pages/console/claims.js")),
    ("/console/surface.js", include_str!("../../pages/console/surface.js")),
    ("/console/framed.js", include_str!("../../pages/console/framed.js")),
    ("/console/access.js", include_str!("../../pages/console/access.js")),
    ("/console/session.js", include_str!("../../pages/console/session.js")),
    ("/codemirror.js", include_str!("../../pages/codemirror.js")),
    ("/diff.js", include_str!("../../pages/diff.js")),
    ("/console.js", include_str!("../../pages/console.js")),
    ("/console/api.js", include_str!("../../pages/console/api.js")),
    ("/console/apps.js", include_str!("../../pages/console/apps.js")),
    ("/console/ask.js", include_str!("../../pages/console/ask.js")),
    ("/console/code.js", include_str!("../../pages/console/code.js")),
    ("/console/compare.js", include_str!("../../pages/console/compare.js")),
    ("/console/complete.js", include_str!("../../pages/console/complete.js")),
    ("/console/context.js", include_str!("../../pages/console/context.js")),
    ("/console/dom.js", include_str!("../../pages/console/dom.js")),
    ("/console/drafts.js", include_str!("../../pages/console/drafts.js")),
    ("/console/editor.js", include_str!("../../pages/console/editor.js")),
    ("/console/fixes.js", include_str!("../../pages/console/fixes.js")),
    ("/console/focus.js", include_str!("../../pages/console/focus.js")),
    ("/console/history.js", include_str!("../../pages/console/history.js")),
    ("/console/general.js", include_str!("../../pages/console/general.js")),
    ("/console/places.js", include_str!("../../pages/console/places.js")),
    ("/console/plain.js", include_str!("../../pages/console/plain.js")),
    ("/console/preview.js", include_str!("../../pages/console/preview.js")),
    ("/console/publish.js", include_str!("../../pages/console/publish.js")),
    ("/console/reference.js", include_str!("../../pages/console/reference.js")),
    ("/console/decode.js", include_str!("../../pages/console/decode.js")),
    ("/console/ignored.js", include_str!("../../pages/console/ignored.js")),
    ("/console/requests.js", include_str!("../../pages/console/requests.js")),
    ("/console/revisions.js", include_str!("../../pages/console/revisions.js")),
    ("/console/rich.js", include_str!("../../pages/console/rich.js")),
    ("/console/rows.js", include_str!("../../pages/console/rows.js")),
    ("/console/vendors.js", include_str!("../../pages/console/vendors.js")),
    ("/console/verdict.js", include_str!("../../pages/console/verdict.js")),
    ("/console/runs.js", include_str!("../../pages/console/runs.js")),
    ("/console/saving.js", include_str!("../../pages/console/saving.js")),
    ("/console/share.js", include_str!("../../pages/console/share.js")),
    ("/console/tabs.js", include_str!("../../pages/console/tabs.js")),
    ("/console/timeline.js", include_str!("../../pages/console/timeline.js")),
    ("/console/account.js", include_str!("../../pages/console/account.js")),
    ("/console/agreement.js", include_str!("../../pages/console/agreement.js")),
    ("/console/collecting.js", include_str!("../../pages/console/collecting.js")),
    ("/console/destinations.js", include_str!("../../pages/console/destinations.js")),
    ("/console/endpoint-dialog.js", include_str!("../../pages/console/endpoint-dialog.js")),
    ("/console/endpoint-form.js", include_str!("../../pages/console/endpoint-form.js")),
    ("/console/endpoints.js", include_str!("../../pages/console/endpoints.js")),
    ("/console/exchange.js", include_str!("../../pages/console/exchange.js")),
    ("/console/fields.js", include_str!("../../pages/console/fields.js")),
    ("/console/integrations.js", include_str!("../../pages/console/integrations.js")),
    ("/console/deliveries.js", include_str!("../../pages/console/deliveries.js")),
    ("/console/event-panel.js", include_str!("../../pages/console/event-panel.js")),
    ("/console/event-tokens.js", include_str!("../../pages/console/event-tokens.js")),
    ("/console/forget.js", include_str!("../../pages/console/forget.js")),
    ("/console/keys.js", include_str!("../../pages/console/keys.js")),
    ("/console/outcome.js", include_str!("../../pages/console/outcome.js")),
    ("/console/removed.js", include_str!("../../pages/console/removed.js")),
    ("/console/replay.js", include_str!("../../pages/console/replay.js")),
    ("/console/secret.js", include_str!("../../pages/console/secret.js")),
    ("/console/vendor-form.js", include_str!("../../pages/console/vendor-form.js")),
    ("/console/consent.js", include_str!("../../pages/console/consent.js")),
    ("/console/words.js", include_str!("../../pages/console/words.js")),
];

/// The host script's scroll guard, which the console imports as a page above previews.
fn scroll_guard() -> &'static str {
    let module = HOST_MODULES.iter().find(|module| module.path == "scroll.js");
    module.expect("it is one of the host script's modules").text
}

/// The console's page and files, in memory.
#[derive(Debug)]
pub(crate) struct Console {
    /// The page's text, with a placeholder for each response's nonce.
    page: String,
    /// The same of the page of a sign-in link.
    sign_in_page: String,
    /// The same of the pages on the way to an OpenID Connect provider and back.
    oidc_page: Option<String>,
    /// The page in a frame, which knows the pages that may be above it.
    framed_page: String,
    /// The origin of the parent page, which shows previews.
    parent: HostSource,
    /// The pages that may be above a console in a frame.
    ancestors: Vec<AncestorSource>,
    files: Files,
}

impl Console {
    /// The console of these sites, for a widget with these events. `issuer` is the host of the OpenID Connect provider, if there is one.
    pub(crate) fn new(sites: &Sites, catalogue: &Catalogue, issuer: Option<&str>) -> Self {
        let config = json!({"widgetOrigin": sites.widget.origin, "issuer": issuer});
        let above = &sites.console_ancestors;
        let origins: Vec<&Origin> = above.iter().map(|site| &site.origin).collect();
        let framed = json!({"widgetOrigin": sites.widget.origin, "ancestors": origins});
        let of_issuer = json!({"issuer": issuer});
        Self {
            page: with_config(PAGE, &config),
            sign_in_page: with_config(SIGN_IN_PAGE, &of_issuer),
            oidc_page: issuer.map(|_| with_config(OIDC_PAGE, &of_issuer)),
            framed_page: with_config(
                &PAGE.replacen("<body ", "<body class=\"framed\" ", 1),
                &framed,
            ),
            parent: sites.parent.source.clone(),
            ancestors: above.iter().map(|site| site.source.clone().into()).collect(),
            files: Files::new(FILES)
                .with("/scroll.js", scroll_guard())
                .with("/catalogue.json", catalogue.to_json())
                .with("/c2c.d.ts", catalogue.typescript())
                .with("/events.json", events_in_words(catalogue).to_string())
                .with("/examples.json", json!(EXAMPLES).to_string()),
        }
    }

    /// Answers a request outside the API.
    pub(crate) fn respond<B>(&self, request: &Request<B>) -> Response<Body> {
        if let Some(response) = self.files.respond(request) {
            return response;
        }
        let path = request.uri().path();
        let page = match path {
            SIGN_IN => &self.sign_in_page,
            OIDC | OIDC_RETURN => match &self.oidc_page {
                Some(page) => page,
                None => return not_found(),
            },
            "/" | "/access" => &self.page,
            path if path.starts_with("/apps/") => &self.page,
            path if self.is_framed(path) => &self.framed_page,
            _ => return not_found(),
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return method_not_allowed("GET, HEAD");
        }
        let nonce = Nonce::new(Uuid::new_v4().into_bytes());
        let page = page.replace("{{nonce}}", &nonce.to_string());
        let mut response = Response::new(Body::from(Bytes::from(page)));
        let policy = if self.is_framed(path) {
            PagePolicy::framed_console(&self.parent, nonce, &self.ancestors)
        } else {
            PagePolicy::console(&self.parent, nonce)
        };
        *response.headers_mut() = policy.headers().clone();
        response
    }

    /// Whether a path is that of an app in a frame, and some page may show it there.
    fn is_framed(&self, path: &str) -> bool {
        let path = path.strip_prefix(EMBED);
        !self.ancestors.is_empty() && path.is_some_and(|path| path.starts_with("/apps/"))
    }
}

/// A catalogue's events in words, for the page.
fn events_in_words(catalogue: &Catalogue) -> Value {
    let field = |Field { name, kind, summary, example, .. }: &Field| json!({"name": name, "type": kind.to_string(), "summary": summary, "example": example});
    let event = |EventDef { name, summary, when, fields, .. }: &EventDef| json!({"name": name, "summary": summary, "when": when, "fields": fields.iter().map(field).collect::<Vec<_>>()});
    json!({"events": catalogue.events().iter().map(event).collect::<Vec<_>>()})
}
