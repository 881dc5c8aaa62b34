//! The four ways in which a page has tags.

use std::sync::Arc;

use c2c_harness::{App, Context as _, Recorded, Result, Server, installed};
use serde_json::json;
use url::Url;

use crate::sdks::{self, CLASSIC};
use crate::site::Site;

/// The host of the parent page. A name under `localhost` is a separate site.
pub(crate) const PARENT: &str = "parent.localhost";

/// The library's required place: on the page's own origin.
const LIB: &str = "/~partytown/";

/// The library as installed from npm by `cargo xtask bench page` (`bins/xtask/src/npm.rs`).
const PARTYTOWN: [(&str, &str); 2] = [
    ("partytown.js", "21cde5a7d7d2457e8d70575640b7d6b7abb9a399336f8a0a02e43b0333b1422b"),
    ("partytown-sw.js", "c7efc25ac5cafcbb5ba002c84ad32739c2142bd4e5e250cd7df6f94bf5aa5447"),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    NoTags,
    Direct,
    Partytown,
    C2c,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::NoTags, Self::Direct, Self::Partytown, Self::C2c];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoTags => "no tags",
            Self::Direct => "pasted directly",
            Self::Partytown => "Partytown 0.14.4",
            Self::C2c => "c2c",
        }
    }

    /// Whether an SDK ran where this way runs it, judged by the requests for its file and with its
    /// event.
    pub(crate) fn ran(self, file: &Recorded, event: &Recorded) -> bool {
        // A worker fetches its scripts.
        let by_a_worker = file.header("sec-fetch-dest") == Some("empty");
        let in_the_sandbox = event.header("origin") == Some("null");
        (by_a_worker, in_the_sandbox) == (self == Self::Partytown, self == Self::C2c)
    }
}

/// The pages, one for each way.
pub(crate) struct Pages {
    pub(crate) server: Arc<Server>,
    urls: [String; 4],
}

impl Pages {
    pub(crate) async fn serve(site: &mut Site) -> Result<Self> {
        site.serve("/page.js", include_str!("page.js"), CLASSIC)?;
        let listen = include_str!("../../../../crates/bridge/js/dist/listen.js");
        site.serve("/listen.js", listen, CLASSIC)?;
        let server = Arc::new(Server::start().await?);
        let empty = app(&server, site).await?;
        let tagged = app(&server, site).await?;
        let direct = sdks::tags(site, CLASSIC)?;
        tagged.publish(&direct, "").await?;
        let partytown = partytown(site)?;
        let mut urls = [const { String::new() }; 4];
        for way in Way::ALL {
            let (tags, app) = match way {
                Way::NoTags => ("", &empty),
                Way::Direct => (direct.as_str(), &empty),
                Way::Partytown => (partytown.as_str(), &empty),
                Way::C2c => ("", &tagged),
            };
            urls[way as usize] = page(site, way, tags, app)?;
        }
        Ok(Self { server, urls })
    }

    pub(crate) fn url(&self, way: Way) -> &str {
        &self.urls[way as usize]
    }
}

/// Creates an app whose widget the parent page may embed, with the jar that SDKs need.
async fn app(server: &Arc<Server>, site: &Site) -> Result<App> {
    let app = server.create_app("bench").await?;
    app.configure(&[&site.collector.origin_of(PARENT)], "visit").await?;
    Ok(app)
}

fn page(site: &mut Site, way: Way, tags: &str, app: &App) -> Result<String> {
    let page = include_str!("page.html")
        .replace("{{report}}", &site.collector.hit_url("measured"))
        .replace("{{clock}}", include_str!("clock.js"))
        .replace("{{widget}}", &app.widget_url(""))
        .replace("{{tags}}", tags);
    let path = site.serve(&format!("/{way:?}.html"), &page, "text/html")?;
    Ok(site.collector.url_of(PARENT, &path))
}

/// Sets up the library according to its documentation: a small script in the head, the rest served
/// from the page's own origin, and the page's calls forwarded. (This page makes none.)
fn partytown(site: &mut Site) -> Result<String> {
    let [snippet, worker] = PARTYTOWN.map(|(file, sha256)| {
        let path = format!("e2e/bridge-npm/node_modules/@qwik.dev/partytown/lib/{file}");
        installed(&path, sha256, "run `cargo xtask bench page`")
    });
    site.serve(&format!("{LIB}partytown-sw.js"), &worker?, CLASSIC)?;
    let lib = Url::parse(&site.collector.url_of(PARENT, LIB)).context("a URL")?;
    let forward =
        ["posthog.capture", "mixpanel.track", "amplitude.track", "Sentry.captureException"];
    let config = json!({"lib": lib.path(), "forward": forward});
    let tags = sdks::tags(site, "text/partytown")?;
    Ok(format!("<script>partytown = {config};</script>\n<script>{}</script>\n{tags}", snippet?))
}
