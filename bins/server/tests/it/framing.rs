//! The console in a page of the provider's product: who may frame it, and what its session may do.

use c2c_server::{Limits, StartError, start};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::access::{guarded, secret};
use crate::client::{Fixture, Reply, To, settings};
use crate::console::DEMO;

const PRODUCT: &str = "https://app.product.example";

/// A deployed server: its console's origin is one of https, whose TLS a proxy has ended.
async fn framed() -> Fixture {
    let port = c2c_ports::free().expect("a port");
    let data = TempDir::new().expect("a directory");
    let mut settings =
        settings(data.path(), &["--access", "sign-in", "--console-frame-ancestors", PRODUCT]);
    settings.console_listen.set_port(port);
    let origin = format!("https://console.localhost:{port}");
    settings.console_origin = Some(origin.parse().expect("an origin"));
    Fixture::with_settings(data, &settings, &Limits::default()).await
}

async fn send(fixture: &Fixture, method: &str, path: &str, more: &[&str], body: &Value) -> Reply {
    let origin = format!("origin: https://{}", fixture.host(To::Console));
    let headers = [&*origin, "content-type: application/json", "sec-fetch-site: same-origin"];
    fixture.send(To::Console, method, path, &[&headers, more].concat(), &body.to_string()).await
}

/// Signs in with a link, at one of the two addresses, and gives the answer.
async fn sign_in(fixture: &Fixture, at: &str, secret: &str, more: &[&str]) -> Reply {
    send(fixture, "POST", &format!("{at}/api/session"), more, &json!({"secret": secret})).await
}

/// The header of a request after a sign-in.
fn cookie(reply: &Reply) -> String {
    format!("cookie: {}", reply.header("set-cookie").split(';').next().expect("a pair"))
}

/// An owner in a window, and a link for another one.
async fn owner(fixture: &Fixture) -> (String, String) {
    let first = secret(fixture.running.first_link().expect("a link"));
    let reply = sign_in(fixture, "", &first, &[]).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let owner = cookie(&reply);
    let wish = json!({"name": "ben", "role": "owner", "apps": null, "hours": 1});
    let made = send(fixture, "POST", "/api/links", &[&owner], &wish).await;
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    (owner, secret(&url))
}

#[tokio::test]
async fn only_the_pages_of_an_app_can_be_framed_and_only_by_the_product() {
    let fixture = framed().await;
    let policy = async |path: &str| {
        let page = fixture.get(To::Console, path, &[]).await;
        assert_eq!(page.status, 200, "{path}: {page:?}");
        (page.header("content-security-policy").to_owned(), page)
    };
    let ours = format!("frame-ancestors {PRODUCT}");
    for path in ["/embed/apps/demo", "/embed/apps/demo/history", "/embed/apps/demo/settings"] {
        let (framed, page) = policy(path).await;
        assert!(framed.ends_with(&ours), "{framed}");
        assert!(!page.headers.contains_key("cross-origin-opener-policy"));
        // The rest is the same as in a window.
        let (alone, _) = policy(path.strip_prefix("/embed").expect("a prefix")).await;
        let nonce = |policy: &str| {
            policy.split('\'').find(|part| part.starts_with("nonce-")).expect("a nonce").to_owned()
        };
        let other = framed.replace(&nonce(&framed), &nonce(&alone)).replace(PRODUCT, "'none'");
        assert_eq!(other, alone);
    }
    for path in ["/", "/access", "/apps/demo", "/sign-in"] {
        let (policy, page) = policy(path).await;
        assert!(policy.ends_with("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    }
    for path in
        ["/embed", "/embed/", "/embed/access", "/embed/sign-in", "/embedapps/demo", "/embed/apps"]
    {
        assert_eq!(fixture.get(To::Console, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn without_the_setting_there_is_no_framed_console() {
    let fixture = guarded().await;
    for path in ["/embed/apps/demo", "/embed/api/session"] {
        assert_eq!(fixture.get(To::Console, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_frame_and_a_window_have_a_session_each() {
    let fixture = framed().await;
    let (window, link) = owner(&fixture).await;
    // The browser sends what it has.
    let reply = sign_in(&fixture, "/embed", &link, &[&window]).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let (pair, attributes) = reply.header("set-cookie").split_once("; ").expect("attributes");
    assert!(pair.starts_with("__Host-c2c-frame="), "{pair}");
    assert_eq!(attributes, "Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=None; Partitioned");
    let ends: jiff::Timestamp =
        reply.json()["expiresAt"].as_str().expect("a time").parse().expect("a time");
    let left = ends.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3500..=3600).contains(&left), "{left}");
    let frame = cookie(&reply);
    let status =
        async |path: &str, cookie: &str| fixture.get(To::Console, path, &[cookie]).await.status;
    assert_eq!(status("/embed/api/session", &frame).await, 200);
    assert_eq!(
        status("/api/session", &window).await,
        200,
        "the sign-in in a frame has left it alone"
    );
    // Neither is one where the other counts.
    assert_eq!(status("/embed/api/session", &window).await, 401);
    assert_eq!(status("/api/session", &frame).await, 401);
    let both = format!("{window}; {}", frame.trim_start_matches("cookie: "));
    let named = async |path: &str| {
        let reply = fixture.get(To::Console, path, &[&both]).await;
        reply.json()["name"].as_str().expect("a name").to_owned()
    };
    assert_eq!(
        (named("/api/session").await, named("/embed/api/session").await),
        ("first owner".to_owned(), "ben".to_owned())
    );

    // Another sign-in in the frame ends the one before, and signing out there ends that one only.
    let wish = json!({"name": "eva", "role": "viewer", "apps": ["demo"], "hours": 1});
    let made = send(&fixture, "POST", "/api/links", &[&window], &wish).await.json();
    let link = secret(made["url"].as_str().expect("an address"));
    let next = cookie(&sign_in(&fixture, "/embed", &link, &[&both]).await);
    assert_eq!(status("/embed/api/session", &frame).await, 401);
    assert_eq!(status("/api/session", &window).await, 200);
    let out = send(&fixture, "DELETE", "/embed/api/session", &[&next], &Value::Null).await;
    assert_eq!(out.status, 204, "{out:?}");
    assert!(out.header("set-cookie").starts_with("__Host-c2c-frame=; Max-Age=0; "), "{out:?}");
    assert_eq!(status("/embed/api/session", &next).await, 401);
    assert_eq!(status("/api/session", &window).await, 200);
}

#[tokio::test]
async fn a_frame_has_the_settings_of_apps_and_nothing_else() {
    let fixture = framed().await;
    let (window, link) = owner(&fixture).await;
    let frame = cookie(&sign_in(&fixture, "/embed", &link, &[]).await);
    for path in [DEMO, "/api/apps/demo/draft", "/api/apps/demo/audit", "/api/session"] {
        let reply = fixture.get(To::Console, &format!("/embed{path}"), &[&frame]).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
    }
    let checked =
        send(&fixture, "POST", "/embed/api/check", &[&frame], &crate::console::code("", "")).await;
    assert_eq!(checked.status, 200, "{checked:?}");
    // An owner of everything, in a window and in a frame.
    for path in ["/api/apps", "/api/tokens", "/api/links", "/api/sessions", "/api/access-log"] {
        assert_eq!(fixture.get(To::Console, path, &[&window]).await.status, 200, "{path}");
        let reply = fixture.get(To::Console, &format!("/embed{path}"), &[&frame]).await;
        assert_eq!(reply.problem().0, 404, "{path}: {reply:?}");
    }
    let wish = json!({"name": "x", "role": "viewer", "apps": null, "hours": 1});
    for (path, body) in
        [("/api/apps", json!({"name": "X"})), ("/api/tokens", wish.clone()), ("/api/links", wish)]
    {
        let reply = send(&fixture, "POST", &format!("/embed{path}"), &[&frame], &body).await;
        assert_eq!(reply.problem().0, 404, "{path}: {reply:?}");
    }
}

/// A page that covers a frame could have its person send events elsewhere.
#[tokio::test]
async fn a_frame_shows_how_integrations_fare_and_changes_none() {
    let fixture = framed().await;
    let (window, link) = owner(&fixture).await;
    let frame = cookie(&sign_in(&fixture, "/embed", &link, &[]).await);
    let made = json!({"name": "CRM", "url": "https://crm.example/"});
    let made = send(&fixture, "POST", "/api/apps/demo/endpoints", &[&window], &made).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let endpoint =
        format!("/api/apps/demo/endpoints/{}", made["endpoint"]["id"].as_str().expect("an id"));
    for path in ["/api/apps/demo/integrations", &endpoint, &format!("{endpoint}/keys")] {
        let reply = fixture.get(To::Console, &format!("/embed{path}"), &[&frame]).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
    }
    let hidden = |reply: &Reply, which: &str| {
        assert_eq!(reply.problem(), (404, "not-found".to_owned()), "{which}: {reply:?}");
        assert!(reply.text().contains("a console in a frame"), "{which}: {reply:?}");
    };
    let (mut asked, table) = (0, c2c_server::access_table());
    for route in table.lines().skip(2).map(|row| row.split('`').nth(1).expect("a route")) {
        let (method, path) = route.split_once(' ').expect("a method");
        let parts = ["/integrations/", "/endpoints", "/deliveries", "/replays", "/event"];
        if !parts.iter().any(|part| path.contains(part))
            || method == "GET" && path.contains("/endpoints")
        {
            continue;
        }
        let path = format!("/embed{}", path.replace("{app}", "demo"));
        let reply = match method {
            "GET" => fixture.get(To::Console, &path, &[&frame]).await,
            _ => send(&fixture, method, &path, &[&frame], &json!({})).await,
        };
        hidden(&reply, route);
        asked += 1;
    }
    assert!(asked >= 18, "{asked}");
}

#[tokio::test]
async fn the_product_itself_cannot_send_requests_as_the_console() {
    let fixture = framed().await;
    let (_, link) = owner(&fixture).await;
    let frame = cookie(&sign_in(&fixture, "/embed", &link, &[]).await);
    let origin = format!("origin: {PRODUCT}");
    let ours = format!("origin: https://{}", fixture.host(To::Console));
    // The cookie comes with requests of the product's pages, since it is `SameSite=None`.
    for (origin, site) in [(&origin, "cross-site"), (&ours, "cross-site"), (&origin, "same-origin")]
    {
        let site = format!("sec-fetch-site: {site}");
        let headers = [origin, &*site, "content-type: application/json", &frame];
        let body = json!({"off": true, "reason": ""}).to_string();
        let reply =
            fixture.send(To::Console, "PUT", "/embed/api/apps/demo/switch", &headers, &body).await;
        assert_eq!(reply.problem(), (403, "not-from-the-console".to_owned()));
    }
    // It reads nothing either.
    let read = fixture.get(To::Console, "/embed/api/apps/demo", &[&origin, &frame]).await;
    assert!(!read.headers.contains_key("access-control-allow-origin"));
    assert_eq!(read.header("cross-origin-resource-policy"), "same-origin");
}

#[tokio::test]
async fn the_product_stands_above_previews_and_above_nothing_else() {
    let fixture = framed().await;
    let (_, link) = owner(&fixture).await;
    let frame = cookie(&sign_in(&fixture, "/embed", &link, &[]).await);
    let staged = send(
        &fixture,
        "POST",
        "/embed/api/apps/demo/previews",
        &[&frame],
        &crate::console::code("", ""),
    )
    .await;
    assert_eq!(staged.status, 201, "{staged:?}");
    let links = staged.json()["links"].clone();
    for (to, name, published) in [
        (To::Parent, "parent", "/p/demo"),
        (To::Widget, "widget", "/w/demo"),
        (To::Sandbox, "sandbox", "/s/demo"),
    ] {
        let url = links[name].as_str().expect("an address");
        let path = url.split_once(fixture.host(to)).expect("the host").1;
        let policy = async |path: &str| {
            let reply = fixture.get(to, path, &["sec-fetch-dest: iframe"]).await;
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
            reply.header("content-security-policy").to_owned()
        };
        let above = format!(" https://{} {PRODUCT}", fixture.host(To::Console));
        let preview = policy(path).await;
        assert!(preview.contains(&above), "{preview}");
        let published = policy(published).await;
        assert!(!published.contains(PRODUCT), "{published}");
    }
}

#[tokio::test]
async fn settings_that_cannot_be_safe_do_not_start() {
    let refused = async |console: Option<&str>, ancestors: &str| {
        let data = TempDir::new().expect("a directory");
        let mut settings =
            settings(data.path(), &["--access", "sign-in", "--console-frame-ancestors", ancestors]);
        settings.console_origin = console.map(|origin| origin.parse().expect("an origin"));
        settings.widget_origin = Some("https://widget.company.example".parse().expect("an origin"));
        match start(&settings, Limits::default()).await {
            Err(error @ StartError::Sites(_)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let https = Some("https://console.company.example");
    for (console, ancestors, reason) in [
        (None, PRODUCT, "needs https: set --console-origin, too"),
        (https, "http://app.product.example", "needs https, unless it is a page on this machine"),
        (
            https,
            "https://app.product.example,https://widget.company.example",
            "is a host of this server",
        ),
        (https, "https://[::1]:7000", "IPv6"),
    ] {
        let error = refused(console, ancestors).await;
        assert!(
            error.starts_with("--console-frame-ancestors") && error.contains(reason),
            "{error}"
        );
    }
}
