//! A visit, from opening a page to leaving it.

use std::collections::BTreeMap;

use c2c_e2e::{Cx, DEADLINE, Recorded, Result};

use super::stand_in::{Hit, VENDORS, Vendor, When};

/// Reports that the document has loaded, with all scripts that its scripts have inserted. It is pasted
/// behind the others.
pub(super) const LOADED: &str = "<script>addEventListener('load', () =>
    setTimeout(() => fetch('https://loaded.test/', { mode: 'no-cors' })));</script>";

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

/// Who has delivered at a visit, each with the visitor's id. Who is not here has sent nothing.
pub(super) type Delivered = BTreeMap<&'static str, String>;

/// Opens a page with all vendors and waits until its scripts have run, and `expected` have sent what
/// they send at once.
pub(super) async fn open(cx: &Cx, url: &str, expected: &[&str]) -> Result<()> {
    cx.collector.forget();
    cx.browser.goto(url).await?;
    loaded(cx).await?;
    for vendor in VENDORS.iter().filter(|vendor| expected.contains(&vendor.name)) {
        for hit in vendor.hits.iter().filter(|hit| hit.when == When::AtOnce) {
            cx.collector.wait_for(1, DEADLINE, |request| hit.is(request)).await?;
        }
    }
    Ok(())
}

/// Waits until the document with [`LOADED`] has loaded.
pub(super) async fn loaded(cx: &Cx) -> Result<()> {
    let host = Some("loaded.test");
    cx.collector.wait_for(1, DEADLINE, |request| request.host.as_deref() == host).await?;
    Ok(())
}

/// Leaves the page, and waits until everything has come that it sends then: the next page asks the
/// same hosts for something.
pub(super) async fn leave(cx: &Cx) -> Result<()> {
    let hosts: Vec<&str> =
        VENDORS.iter().flat_map(|vendor| vendor.hits).map(|hit| hit.host).collect();
    let left = cx.collector.hit_url("left");
    let page = format!(
        "<!doctype html><script>
         Promise.all({hosts:?}.map((host) => fetch(`https://${{host}}/left`, {{ mode: 'no-cors' }})))
           .then(() => fetch('{left}'));</script>"
    );
    let before = cx.collector.count("left");
    cx.browser.goto(&cx.collector.page("/left", page, &[])).await?;
    cx.collector.hits("left", before + 1, DEADLINE).await?;
    Ok(())
}

/// Who has delivered so far.
///
/// # Panics
/// If a vendor has sent a part of what it should.
pub(super) fn delivered(cx: &Cx) -> Delivered {
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

/// Opens a page, leaves it, and gives who has delivered. `expected` are waited for.
pub(super) async fn visit(cx: &Cx, url: &str, expected: &[&str]) -> Result<Delivered> {
    open(cx, url, expected).await?;
    leave(cx).await?;
    Ok(delivered(cx))
}
