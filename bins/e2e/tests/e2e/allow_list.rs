//! Tests a document whose hosts are known (`c2c_policy::AllowList`): the engines load from these
//! hosts, contact these hosts, and no others.

use std::collections::BTreeSet;

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use c2c_names::LoadKind;
use c2c_policy::{AllowList, DocumentPolicy};

use crate::steps::pairs;

pub(crate) const TESTS: Tests =
    &[("nothing_comes_from_another_host", &nothing_comes_from_another_host)];

/// The kinds of loads, each with the path that it requests.
const LOADS: [(LoadKind, &str); 8] = [
    (LoadKind::Script, "script"),
    (LoadKind::Style, "style"),
    (LoadKind::Image, "image"),
    (LoadKind::Connection, "connection"),
    (LoadKind::Font, "font"),
    (LoadKind::Frame, "frame"),
    (LoadKind::Media, "media"),
    (LoadKind::Object, "object"),
];

/// Tries each load in turn, until the browser has loaded or refused it.
const FRAME: &str = "<!doctype html><meta charset=utf-8><body><script>
const WAYS = {
  script: (url) => appended('script', { src: url }),
  style: (url) => appended('link', { rel: 'stylesheet', href: url }),
  image: (url) => appended('img', { src: url }),
  connection: (url) => fetch(url, { mode: 'no-cors' }),
  font: (url) => new FontFace('any', `url(${url})`).load(),
  frame: (url) => appended('iframe', { src: url }),
  media: (url) => appended('video', { src: url }),
  object: (url) => appended('object', { data: url }),
};
const appended = (tag, fields) => new Promise((resolve) => {
  const element = Object.assign(document.createElement(tag), fields);
  element.onload = element.onerror = resolve;
  document.body.append(element);
});
// Some engines do not end what they refuse by an event of its own.
const refused = (url) => new Promise((resolve) =>
  addEventListener('securitypolicyviolation', ({ blockedURI }) => url.startsWith(blockedURI) && resolve()));
(async () => {
  const listed = LISTED, other = OTHER;
  for (const [way, go] of Object.entries(WAYS)) {
    for (const from of [other, listed]) {
      const url = `${from}/${way}`;
      await Promise.race([refused(url), go(url)]).catch(() => {});
    }
  }
  await fetch(`${listed}/done`, { mode: 'no-cors' });
})();
</script>";

/// Opens a widget page with the document in it; returns the paths requested of `listed` and of
/// `other`.
async fn arrived(cx: &Cx, run: &str, policy: &DocumentPolicy) -> Result<[BTreeSet<String>; 2]> {
    let path = |host: &str| format!("/{run}/{host}");
    let url = |host: &str| {
        format!("'{}'", cx.collector.url_of(&format!("{host}.localhost"), &path(host)))
    };
    let frame = FRAME.replace("LISTED", &url("listed")).replace("OTHER", &url("other"));
    // WebKit reports neither load nor error of an object that is not there.
    for host in ["listed", "other"] {
        cx.collector.page(&format!("{}/object", path(host)), "<p>an object</p>", &[]);
    }
    cx.collector.page(&format!("/{run}/frame"), frame, &pairs(policy.headers()));
    let src = cx.collector.url_of("sandbox.localhost", &format!("/{run}/frame"));
    let attributes: Vec<String> = policy
        .frame_attributes()
        .iter()
        .map(|attribute| format!("{}='{}'", attribute.name, attribute.value))
        .collect();
    let widget = format!("<!doctype html><iframe {} src='{src}'></iframe>", attributes.join(" "));
    cx.collector.page(&format!("/{run}/widget"), widget, &[]);
    cx.browser.goto(&cx.collector.url_of("widget.localhost", &format!("/{run}/widget"))).await?;
    let done = format!("{}/done", path("listed"));
    cx.collector.wait_for(1, DEADLINE, |request| request.path == done).await?;
    let requests = cx.collector.requests();
    Ok(["listed", "other"].map(|host| {
        let below = format!("{}/", path(host));
        let asked = requests.iter().filter_map(|request| request.path.strip_prefix(&below));
        asked.filter(|&way| way != "done").map(str::to_owned).collect()
    }))
}

async fn nothing_comes_from_another_host(cx: &Cx) -> Result<()> {
    let policy = DocumentPolicy::strict(&[cx.collector.origin_of("widget.localhost").parse()?]);
    let all: BTreeSet<String> = LOADS.iter().map(|(_, way)| (*way).to_owned()).collect();
    let free = arrived(cx, "free", &policy).await?;
    assert_eq!(free, [all.clone(), all.clone()], "without a list, all of it comes");

    let host: c2c_policy::HostSource = cx.collector.origin_of("listed.localhost").parse()?;
    let list =
        LOADS.iter().fold(AllowList::empty(), |list, &(load, _)| list.allow(load, host.clone()));
    let held = arrived(cx, "held", &policy.clone().with_allow_list(list)).await?;
    assert_eq!(held, [all, BTreeSet::new()], "what is listed, and nothing else");

    // Each kind separately: a host for scripts is no host for images.
    for (load, way) in LOADS {
        let connection = AllowList::empty().allow(LoadKind::Connection, host.clone());
        let list = connection.allow(load, host.clone());
        let held = arrived(cx, way, &policy.clone().with_allow_list(list)).await?;
        let mut expected = BTreeSet::from([way.to_owned(), "connection".to_owned()]);
        // Chromium wants the host of an object among those of frames, too.
        if load == LoadKind::Object {
            expected.insert("frame".to_owned());
        }
        assert_eq!(held, [expected, BTreeSet::new()], "what is listed as {way}, and as connection");
    }
    Ok(())
}
