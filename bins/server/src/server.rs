//! The sites behind the listeners: each answers requests for its own host.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use crate::live::Live;
use crate::paths::{PARENT, PREVIEW_LINK, SANDBOX, WIDGET};
use crate::preview_links::PreviewLinks;
use crate::response::{Body, closing, message};
use crate::routes::Api;
use crate::scripts::Files;
use crate::settings::Limits;
use crate::sites::Sites;
use crate::sites::console::Console;

/// The server's state: everything that requests need.
#[derive(Debug)]
pub(crate) struct Server {
    /// The four origins.
    pub(crate) sites: Arc<Sites>,
    /// Limits on each client.
    pub(crate) limits: Limits,
    /// The pages of apps and drafts.
    pub(crate) live: Arc<Live>,
    /// The previews that holders of links see.
    pub(crate) preview_links: PreviewLinks,
    /// The console's API.
    pub(crate) api: Api,
    /// The console.
    pub(crate) console: Console,
    /// The parent page's files.
    pub(crate) parent_files: Files,
    /// The widget's files.
    pub(crate) widget_files: Files,
}

impl Server {
    /// Answers a request to one of the three pages' hosts. It waits only for pages that are not in memory.
    pub(crate) async fn respond_to_visitor(&self, request: Request<Incoming>) -> Response<Body> {
        if let Some(refusal) = self.refuse_target(&request) {
            return refusal;
        }
        // Preview links in boxes, since hyper moves the future of each request, and they are rare.
        let is_preview_link = request.uri().path().starts_with(PREVIEW_LINK);
        if is_preview_link && self.sites.sandbox.is_addressed_by(&request) {
            return Box::pin(self.preview_links.document(&request)).await;
        }
        if is_preview_link && self.sites.widget.is_addressed_by(&request) {
            return match self.widget_files.respond(&request) {
                Some(response) => response,
                None => Box::pin(self.preview_links.respond(request)).await,
            };
        }
        self.respond_with_page(&request).await
    }

    async fn respond_with_page<B>(&self, request: &Request<B>) -> Response<Body> {
        if self.sites.sandbox.is_addressed_by(request) {
            self.live
                .respond(request, SANDBOX, |pages, request| pages.document.respond(request))
                .await
        } else if self.sites.widget.is_addressed_by(request) {
            match self.widget_files.respond(request) {
                Some(response) => response,
                None => {
                    self.live
                        .respond(request, WIDGET, |pages, request| pages.widget.respond(request))
                        .await
                }
            }
        } else if self.sites.parent.is_addressed_by(request) {
            match self.parent_files.respond(request) {
                Some(response) => response,
                None => {
                    self.live
                        .respond(request, PARENT, |pages, request| pages.parent.respond(request))
                        .await
                }
            }
        } else {
            misdirected()
        }
    }

    /// Answers a request to the console's host.
    pub(crate) async fn respond_to_editor(&self, request: Request<Incoming>) -> Response<Body> {
        if let Some(refusal) = self.refuse_target(&request) {
            return refusal;
        }
        if !self.sites.console.is_addressed_by(&request) {
            return misdirected();
        }
        if request.uri().path().starts_with("/api/") {
            return self.api.respond(request).await;
        }
        self.console.respond(&request)
    }

    fn refuse_target<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let target_bytes_max = self.limits.target_bytes_max;
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if target > target_bytes_max {
            let text = format!("The address has more than {target_bytes_max} bytes.");
            return Some(closing(message(StatusCode::URI_TOO_LONG, &text)));
        }
        None
    }
}

pub(crate) fn failed() -> Response<Body> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "The server failed. Its log has the details.")
}

fn misdirected() -> Response<Body> {
    let text = "This server does not speak for the host in the request.";
    closing(message(StatusCode::MISDIRECTED_REQUEST, text))
}
