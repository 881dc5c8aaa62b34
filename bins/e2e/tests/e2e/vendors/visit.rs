//! A visit, from opening a page to leaving it.

use std::collections::{BTreeMap, BTreeSet};

use c2c_harness::{Context as _, Cx, DEADLINE, Recorded, Result};

use super::stand_in::{Hit, VENDORS, Vendor, When};

/// Reports that the document has loaded, with all scripts that its scripts have inserted, and that
/// the visitor has left it. It is pasted after the others.
pub(super) const REPORTER: &str = "<script>
      addEventListener('load', () => setTimeout(() => fetch('https://visit.test/loaded', { mode: 'no-cors' })));
      addEventListener('pagehide', () => navigator.sendBeacon('https://visit.test/left'));
    </script>";

/// Lets the browser keep a page that is left, as it may keep the server's pages. The browser ends
/// other pages, and Firefox may lose their requests at `pagehide`.
pub(super) const KEPT: (&str, &str) = ("cache-control", "no-cache");

impl Hit {
    pub(super) fn is(&self, request: &Recorded) -> bool {
        request.host.as_deref() == Some(self.host)
            && request.path == self.path
            && (request.query.as_deref().is_some_and(|query| query.contains(self.has))
                || request.text().contains(self.has))
    }
}

impl Vendor {
    /// Whether a request is one of its hits.
    fn sends(&self, request: &Recorded) -> bool {
        self.hits.iter().any(|hit| hit.is(request))
    }
}

/// The vendors that have delivered at a visit, each with the visitor's id. A vendor that is not
/// here has sent nothing.
pub(super) type Delivered = BTreeMap<&'static str, String>;

/// Opens a page with all vendors and waits until its scripts have run, and `expected` have sent
/// their first requests.
pub(super) async fn open(cx: &Cx, url: &str, expected: &[&str]) -> Result<()> {
    cx.collector.forget();
    cx.browser.goto(url).await?;
    reported(cx, "/loaded").await?;
    hits_of(cx, expected, When::AtOnce).await
}

/// Waits for a report of the document's reporter.
pub(super) async fn reported(cx: &Cx, path: &str) -> Result<()> {
    let host = Some("visit.test");
    let is_it = |request: &Recorded| request.host.as_deref() == host && request.path == path;
    cx.collector.wait_for(1, DEADLINE, is_it).await.map(drop)
}

/// Waits for the requests that these vendors send at that time.
async fn hits_of(cx: &Cx, vendors: &[&str], when: When) -> Result<()> {
    for vendor in VENDORS.iter().filter(|vendor| vendors.contains(&vendor.name)) {
        for hit in vendor.hits.iter().filter(|hit| hit.when == when) {
            cx.collector
                .wait_for(1, DEADLINE, |request| hit.is(request))
                .await
                .context(format_args!("awaiting `{}` of {}", hit.has, vendor.name))?;
        }
    }
    Ok(())
}

/// Leaves the page. Its last requests have arrived then, as far as that can be known without
/// waiting for them: the reporter's beacon has, and the next page has requested something from the
/// same hosts.
pub(super) async fn leave(cx: &Cx) -> Result<()> {
    let hosts: BTreeSet<&str> =
        VENDORS.iter().flat_map(|vendor| vendor.hits).map(|hit| hit.host).collect();
    let next = cx.collector.hit_url("next");
    let page = format!(
        "<!doctype html><script>
         Promise.all({:?}.map((host) => fetch(`https://${{host}}/next`, {{ mode: 'no-cors' }})))
           .then(() => fetch('{next}'));</script>",
        Vec::from_iter(hosts)
    );
    let before = cx.collector.count("next");
    cx.browser.goto(&cx.collector.page("/next", page, &[])).await?;
    cx.collector.hits("next", before + 1, DEADLINE).await?;
    reported(cx, "/left").await
}

/// Returns the vendors that have delivered so far.
///
/// # Panics
/// If a vendor has sent only a part of its requests.
fn delivered(cx: &Cx) -> Delivered {
    let requests = cx.collector.requests();
    let mut delivered = Delivered::new();
    for vendor in &VENDORS {
        let came = vendor.hits.iter().filter(|hit| requests.iter().any(|request| hit.is(request)));
        let came = came.count();
        if came > 0 {
            assert_eq!(came, vendor.hits.len(), "{} has sent a part only", vendor.name);
            let mut ids = requests.iter().filter(|request| vendor.sends(request)).map(vendor.id);
            let id = ids.next().flatten().unwrap_or_default();
            assert!(ids.all(|other| other.as_ref() == Some(&id)), "{} has two ids", vendor.name);
            delivered.insert(vendor.name, id);
        }
    }
    delivered
}

/// Leaves the page, and returns the vendors that have delivered. Waits for `expected`.
pub(super) async fn end(cx: &Cx, expected: &[&str]) -> Result<Delivered> {
    leave(cx).await?;
    hits_of(cx, expected, When::AtTheEnd).await?;
    Ok(delivered(cx))
}

/// Opens a page, leaves it, and returns the vendors that have delivered. Waits for `expected`.
pub(super) async fn visit(cx: &Cx, url: &str, expected: &[&str]) -> Result<Delivered> {
    open(cx, url, expected).await?;
    end(cx, expected).await
}
