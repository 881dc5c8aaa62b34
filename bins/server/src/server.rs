//! The sites behind the listeners: each answers requests for its own host.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::TRANSFER_ENCODING;
use hyper::{Request, Response, StatusCode};

use crate::admin::Admin;
use crate::collect::Collect;
use crate::forwarded::Proxies;
use crate::live::Live;
use crate::metrics::{METRICS, Served};
use crate::pages::Kind;
use crate::paths::{EMBED, EVENTS, PREVIEW_LINK};
use crate::preview_links::PreviewLinks;
use crate::response::{Answer, Body, closing, message, misdirected};
use crate::routes::Api;
use crate::scripts::Files;
use crate::settings::Limits;
use crate::sites::console::Console;
use crate::sites::{Sites, named_host};
use crate::traces::{FromProxy, Traces, page_route};

/// The server's state: everything that requests need.
#[derive(Debug)]
pub(crate) struct Server {
    /// The four origins.
    pub(crate) sites: Arc<Sites>,
    /// Limits on each client.
    pub(crate) limits: Limits,
    /// The proxies in front of the server.
    pub(crate) proxies: Proxies,
    /// The pages of apps and drafts.
    pub(crate) live: Arc<Live>,
    /// The previews that holders of links see.
    pub(crate) preview_links: PreviewLinks,
    /// The way in for events.
    pub(crate) collect: Arc<Collect>,
    /// The console's API.
    pub(crate) api: Api,
    /// The console.
    pub(crate) console: Console,
    /// The door for the operator's machines.
    pub(crate) admin: Admin,
    /// The parent page's files.
    pub(crate) parent_files: Files,
    /// The widget's files.
    pub(crate) widget_files: Files,
    /// Spans for a collector, if there is one.
    pub(crate) traces: Option<Traces>,
}

impl Server {
    /// Notes where a request comes from.
    pub(crate) fn identify<B>(&self, peer: IpAddr, request: &mut Request<B>) {
        self.proxies.identify(peer, request);
        if self.traces.is_some() && self.proxies.contain(peer.to_canonical()) {
            request.extensions_mut().insert(FromProxy);
        }
    }

    /// Answers a request to one of the three pages' hosts: at once, or later if that needs the database.
    ///
    /// Nearly all answers are there at once, and hyper moves the future of each request.
    pub(crate) fn respond_to_visitor(self: &Arc<Self>, mut request: Request<Incoming>) -> Answer {
        let began = Instant::now();
        let page = self.page_at(&request);
        let asked = page.map_or(Served::Other, Served::Page);
        if let Some(response) = self.respond_at_once(&request, page) {
            METRICS.answered(asked, response.status(), began);
            return Answer::now(response);
        }
        let server = Arc::clone(self);
        let span = self.traces.is_some().then(|| Traces::begin(&mut request));
        Answer::later(async move {
            let route = page.and_then(|page| page_route(request.uri().path(), page));
            let response = server.respond_later(request).await;
            METRICS.answered(asked, response.status(), began);
            if let (Some(traces), Some(span)) = (&server.traces, span) {
                traces.end_of_page(&span, route, response.status());
            }
            response
        })
    }

    fn respond_at_once<B>(
        &self,
        request: &Request<B>,
        page: Option<Kind>,
    ) -> Option<Response<Body>> {
        if let Some(refusal) = self.refuse(request) {
            return Some(refusal);
        }
        let Some(page) = page else { return Some(misdirected(request)) };
        let files = match page {
            Kind::Document => None,
            Kind::Widget => Some(&self.widget_files),
            Kind::Parent => Some(&self.parent_files),
        };
        if let Some(response) = files.and_then(|files| files.respond(request)) {
            return Some(response);
        }
        if has_preview_link(request) || (page == Kind::Widget && is_of_events(request)) {
            return None;
        }
        self.live.respond_at_once(request, page)
    }

    async fn respond_later(&self, request: Request<Incoming>) -> Response<Body> {
        match self.page_at(&request) {
            Some(Kind::Document) if has_preview_link(&request) => {
                self.preview_links.document(&request).await
            }
            Some(Kind::Widget) if has_preview_link(&request) => {
                self.preview_links.respond(request).await
            }
            Some(Kind::Widget) if is_of_events(&request) => self.collect.respond(request).await,
            Some(page) => self.live.respond_later(&request, page).await,
            None => misdirected(&request),
        }
    }

    /// The page of which a request's host has one for each app.
    fn page_at<B>(&self, request: &Request<B>) -> Option<Kind> {
        let sites = &self.sites;
        let named = named_host(request)?;
        if sites.sandbox.include(named) {
            return Some(Kind::Document);
        }
        [(&sites.widget, Kind::Widget), (&sites.parent, Kind::Parent)]
            .into_iter()
            .find_map(|(site, page)| site.is_addressed_by(request).then_some(page))
    }

    /// Answers a request to the console's host.
    pub(crate) async fn respond_to_editor(&self, request: Request<Incoming>) -> Response<Body> {
        let began = Instant::now();
        let asked = match self.sites.console.is_addressed_by(&request) {
            true if self.is_of_api(&request) => Served::Api,
            true => Served::Console,
            false => Served::Other,
        };
        let response = self.answer_editor(request).await;
        METRICS.answered(asked, response.status(), began);
        response
    }

    async fn answer_editor(&self, request: Request<Incoming>) -> Response<Body> {
        if let Some(refusal) = self.refuse(&request) {
            return refusal;
        }
        if !self.sites.console.is_addressed_by(&request) {
            return misdirected(&request);
        }
        if self.is_of_api(&request) {
            return self.answer_of_api(request).await;
        }
        self.console.respond(&request)
    }

    async fn answer_of_api(&self, mut request: Request<Incoming>) -> Response<Body> {
        let Some(traces) = &self.traces else { return self.api.respond(request).await };
        let span = Traces::begin(&mut request);
        let response = self.api.respond(request).await;
        traces.end_of_api(&span, response.status());
        response
    }

    /// Whether a request is for the API: from a console in a window, or from one in a frame if there may be one.
    fn is_of_api<B>(&self, request: &Request<B>) -> bool {
        let path = request.uri().path();
        let framed = path.strip_prefix(EMBED).filter(|_| !self.sites.console_ancestors.is_empty());
        framed.unwrap_or(path).starts_with("/api/")
    }

    /// Refuses a request that no site answers.
    fn refuse<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        // hyper reads a body if `chunked` is the last of several codings. A proxy may take another view
        // of where such a request ends (RFC 9112, section 6.1).
        let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
        if !codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
            let text = "The only transfer coding that this server knows is chunked.";
            return Some(closing(message(StatusCode::NOT_IMPLEMENTED, text)));
        }
        let target_bytes_max = self.limits.target_bytes_max;
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if target > target_bytes_max {
            let text = format!("The address has more than {target_bytes_max} bytes.");
            return Some(closing(message(StatusCode::URI_TOO_LONG, &text)));
        }
        None
    }
}

fn is_of_events<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(EVENTS)
}

fn has_preview_link<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(PREVIEW_LINK)
}

pub(crate) fn failed() -> Response<Body> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "The server failed. Its log has the details.")
}
