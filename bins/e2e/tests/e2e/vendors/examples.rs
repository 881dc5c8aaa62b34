//! The examples of the documentation, unchanged, with the vendors' stand-ins.

use std::collections::BTreeSet;

use c2c_harness::{Cx, DEADLINE, Recorded, Result};

use super::hits::{HIT, await_events, event};
use super::stand_in::{BING, LINKEDIN, META, serve_all};
use super::visit::{REPORTER, leave, reported};
use crate::examples::{CONTEXT, call_and_rate, example};
use crate::page::come_from_elsewhere;
use crate::steps::{choose_jar, open_parent, press};

/// Code that a customer puts before GA4's snippet, so that it reports the page around the widget.
const PAGE: &str = "<script>
      window.dataLayer = window.dataLayer || [];
      function gtag() { dataLayer.push(arguments); }
      gtag('set', { page_location: c2c.page.url, page_title: c2c.page.title, page_referrer: c2c.page.referrer });
    </script>";

/// The loader of a container, in our own code.
const CONTAINER: &str = "<script>
      window.dataLayer = window.dataLayer || [];
      dataLayer.push({ 'gtm.start': Date.now(), event: 'gtm.js' });
      {
        const script = document.createElement('script');
        script.async = true;
        script.src = 'https://www.googletagmanager.com/gtm.js?id=GTM-ACTING';
        document.getElementsByTagName('script')[0].before(script);
      }
    </script>";

/// The events that the GA4 example reports.
const EVENTS: [&str; 4] = ["page_view", "call_started", "call_ended", "survey_submitted"];

const TITLE: &str = "A page that embeds the widget";

/// A visitor comes from another site, makes a call, answers the survey, and leaves.
async fn call_from_elsewhere(cx: &Cx, head: &str, body_end: &str, jar: &str) -> Result<()> {
    serve_all(cx);
    choose_jar(cx, jar).await?;
    cx.app().await?.publish(head, &format!("{body_end}{REPORTER}")).await?;
    come_from_elsewhere(cx).await?;
    reported(cx, "/loaded").await?;
    call_and_rate(cx).await?;
    leave(cx).await
}

/// Asserts that everything that the example tracks has come, with its fields.
async fn all_is_tracked(cx: &Cx) -> Result<()> {
    await_events(cx, &EVENTS).await?;
    let ended = event(cx, "call_ended")?;
    let duration: f64 = ended["epn.duration"].parse().unwrap_or_default();
    assert!(duration > 0.0, "{ended:?}");
    assert_eq!(ended["ep.reason"], "user_hangup");
    assert_eq!(event(cx, "survey_submitted")?["epn.rating"], "4");
    let requests = cx.collector.requests();
    let scripts = requests.iter().filter(|request| request.path == "/gtag/js");
    let without_cookies = |request: &Recorded| request.header("cookie").is_none();
    assert!(scripts.chain(hits_at(&requests, HIT)).all(without_cookies));
    Ok(())
}

fn hits_at<'a>(requests: &'a [Recorded], path: &str) -> impl Iterator<Item = &'a Recorded> {
    requests.iter().filter(move |request| request.path == path)
}

/// Waits for the first request for that path.
async fn first_at(cx: &Cx, path: &str) -> Result<Recorded> {
    let is_it = |request: &Recorded| request.path == path;
    Ok(cx.collector.wait_for(1, DEADLINE, is_it).await?.remove(0))
}

/// Asserts that location, referrer and title are the same in each event.
fn assert_page(cx: &Cx, location: &str, referrer: &str) -> Result<()> {
    let expected = [&*without_port(location), referrer, TITLE];
    for name in EVENTS {
        let event = event(cx, name)?;
        assert_eq!(["dl", "dr", "dt"].map(|name| &*event[name]), expected, "{name}");
    }
    Ok(())
}

/// Returns a location as Google's tag reports it.
fn without_port(url: &str) -> String {
    let mut url: url::Url = url.parse().expect("a URL");
    url.set_port(None).expect("a URL with a host");
    url.into()
}

pub(super) async fn ga4_on_the_integrators_page(cx: &Cx) -> Result<()> {
    let head = PAGE.to_owned() + &example("ga4.head.html")?;
    call_from_elsewhere(cx, &head, "", "visit").await?;
    all_is_tracked(cx).await?;
    let location = cx.app().await?.parent_url("utm_source=mail");
    assert_page(cx, &location, &cx.collector.url("/from?gclid=abc"))
}

/// Without that line the location is the sandbox document's; title and referrer are still the
/// page's.
pub(super) async fn ga4_alone(cx: &Cx) -> Result<()> {
    let others = format!("{}{}{}", META.paste, BING.paste, LINKEDIN.paste);
    call_from_elsewhere(cx, &example("ga4.head.html")?, &others, "kept").await?;
    all_is_tracked(cx).await?;
    let (sandbox, referrer) = (cx.app().await?.sandbox_url(), cx.collector.url("/from?gclid=abc"));
    assert_page(cx, &sandbox, &referrer)?;
    // The others report a page of their own choice.
    let meta = first_at(cx, "/tr/").await?;
    assert_eq!((meta.param("dl"), meta.param("rl").as_ref()), (Some(sandbox), Some(&referrer)));
    // In a frame these two report the referrer as the page.
    let bing = first_at(cx, "/action/0").await?;
    assert_eq!(
        (bing.param("p").as_ref(), bing.param("tl").as_deref()),
        (Some(&referrer), Some(TITLE))
    );
    assert_eq!(first_at(cx, "/collect").await?.param("url").as_ref(), Some(&referrer));
    Ok(())
}

pub(super) async fn gtm(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let body_end = example("gtm.body-end.html")? + REPORTER;
    open_parent(cx, CONTAINER, &body_end, CONTEXT).await?;
    reported(cx, "/loaded").await?;
    call_and_rate(cx).await?;
    // Two other tags of the container send their requests at once.
    for path in ["/image", "/html"] {
        let hits = cx.collector.wait_for(2, DEADLINE, |request| request.path == path).await?;
        let events: BTreeSet<_> = hits.iter().filter_map(|hit| hit.param("event")).collect();
        assert_eq!(events, ["c2c_call_started", "c2c_call_ended"].map(str::to_owned).into());
        let order = (path == "/image").then_some("A-1");
        assert!(hits.iter().all(|hit| hit.param("order").as_deref() == order), "{path}");
    }
    leave(cx).await?;
    await_events(cx, &["page_view", "c2c_call_started", "c2c_call_ended"]).await?;
    let ended = event(cx, "c2c_call_ended")?;
    assert!(ended["epn.duration"].parse().is_ok_and(|duration: f64| duration > 0.0), "{ended:?}");
    assert_eq!(ended["ep.reason"], "user_hangup");
    Ok(())
}

/// The example leaves out the vendor's snippet, so the test pastes it before the example.
pub(super) async fn meta(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let head = META.paste.to_owned() + &example("meta-pixel.head.html")? + REPORTER;
    open_parent(cx, &head, "", "").await?;
    reported(cx, "/loaded").await?;
    let events = async |count| {
        let hits = cx.collector.wait_for(count, DEADLINE, |request| request.path == "/tr/").await?;
        Ok::<_, c2c_harness::Error>(hits)
    };
    let before = events(2).await?;
    let before: BTreeSet<_> = before.iter().filter_map(|hit| hit.param("ev")).collect();
    // The first is the snippet's.
    assert_eq!(before, ["PageView", "ViewContent"].map(str::to_owned).into());
    press(cx, "#call").await?;
    let lead = events(3).await?.remove(2);
    assert_eq!(lead.param("ev").as_deref(), Some("Lead"));
    assert_eq!(lead.param("id").as_deref(), Some("YOUR_PIXEL_ID"));
    assert_eq!(lead.param("if").as_deref(), Some("true"));
    assert!(lead.param("fbp").is_some_and(|id| id.starts_with("fb.1.")), "{:?}", lead.query);
    Ok(())
}
