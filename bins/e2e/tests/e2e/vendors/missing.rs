//! Which vendor needs which part of the environment: without one part of the shim, some vendors
//! send nothing.

use c2c_bridge::{Diagnostics, Shim};
use c2c_harness::{Cx, Engine, Result};
use c2c_policy::DocumentPolicy;

use super::stand_in::{VENDORS, paste_all, serve_all};
use super::visit::{Delivered, KEPT, REPORTER, visit};
use crate::steps::pairs;

/// A part of the environment.
struct Part {
    /// The text in the shim.
    text: &'static str,
    /// The replacement that removes the part.
    without: &'static str,
    /// The vendors that send nothing then.
    silent: &'static [&'static str],
    /// The engines in which that is so. In the others, the vendor can handle the browser's own
    /// behavior in an opaque origin.
    engines: &'static [Engine],
}

use Engine::{Chromium, Firefox, WebKit};

const PARTS: &[Part] = &[
    // Google's tag drops each hit where the origin is the text "null".
    Part { text: "`origin`,", without: "`xrigin`,", silent: &["Google"], engines: &Engine::ALL },
    // Cookies then throw, as without a jar.
    Part {
        text: ",`cookie`,",
        without: ",`xookie`,",
        silent: &["Google", "Datadog", "Presence", "Bing", "LinkedIn", "Clarity"],
        engines: &Engine::ALL,
    },
    // The others catch exceptions from storage.
    Part {
        text: "`localStorage`",
        without: "`xocalStorage`",
        silent: &["Presence"],
        engines: &Engine::ALL,
    },
    // The request for a lock is rejected, and the rejection is ignored.
    Part { text: "locks ", without: "xocks ", silent: &["Datadog"], engines: &Engine::ALL },
    // Reading it throws. In Firefox only its use is refused, and the vendor catches that.
    Part {
        text: "caches ",
        without: "xaches ",
        silent: &["Presence"],
        engines: &[Chromium, WebKit],
    },
    Part {
        text: "serviceWorker ",
        without: "xerviceWorker ",
        silent: &["Presence"],
        engines: &[Chromium, WebKit],
    },
    Part {
        text: "cookieStore ",
        without: "xookieStore ",
        silent: &["Presence"],
        engines: &Engine::ALL,
    },
    Part {
        text: "indexedDB ",
        without: "xndexedDB ",
        silent: &["Presence"],
        engines: &Engine::ALL,
    },
    // WebKitGTK has none in any document.
    Part {
        text: " storage ",
        without: " xtorage ",
        silent: &["Presence"],
        engines: &[Chromium, Firefox],
    },
];

/// Opens a sandbox document with another shim by itself, on a site of three labels.
async fn visit_with(cx: &Cx, shim: &str, silent: &[&str]) -> Result<Delivered> {
    let attributes = "data-app='demo' data-widget-origins='https://widget.example'";
    let page = format!(
        "<!doctype html><head><script {attributes}>{shim}</script>{}{REPORTER}</head>",
        paste_all()
    );
    let policy = DocumentPolicy::strict(&[]);
    let headers = [pairs(policy.headers()), vec![KEPT]].concat();
    let url = cx.collector.page_at("app.sandbox.test", "/", page, &headers);
    let expected: Vec<&str> =
        VENDORS.iter().map(|vendor| vendor.name).filter(|name| !silent.contains(name)).collect();
    let delivered = visit(cx, &url, &expected).await?;
    assert_eq!(delivered.len(), expected.len(), "of {expected:?}: {delivered:?}");
    assert!(silent.iter().all(|name| !delivered.contains_key(name)), "{delivered:?}");
    Ok(delivered)
}

/// Returns the shim with one text replaced.
fn shim_with(text: &str, other: &str) -> String {
    let shim = Shim { jar: true, diagnostics: Diagnostics::Errors }.text();
    assert_eq!(shim.matches(text).count(), 1, "{text}");
    shim.replace(text, other)
}

pub(super) async fn each_part_of_the_environment_is_missed(cx: &Cx) -> Result<()> {
    serve_all(cx);
    visit_with(cx, Shim { jar: true, diagnostics: Diagnostics::Errors }.text(), &[]).await?;
    for part in PARTS {
        let silent = if part.engines.contains(&cx.engine) { part.silent } else { &[] };
        visit_with(cx, &shim_with(part.text, part.without), silent)
            .await
            .map_err(|error| c2c_harness::Error::new(format!("without {}: {error}", part.text)))?;
    }
    Ok(())
}

/// Meta's pixel writes into its id the number of its cookie domain's labels, less one.
pub(super) async fn a_cookie_of_any_domain_is_noticed(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let as_it_is =
        visit_with(cx, Shim { jar: true, diagnostics: Diagnostics::Errors }.text(), &[]).await?;
    assert!(as_it_is["Meta"].starts_with("fb.1."), "{as_it_is:?}");
    // Without the check of `Domain` the cookie belongs to all sites under `test`.
    let shim = shim_with(r"`;\\s*domain\\s*=", r"`;\\s*xomain\\s*=");
    let careless = visit_with(cx, &shim, &[]).await?;
    assert!(careless["Meta"].starts_with("fb.0."), "{careless:?}");
    Ok(())
}
