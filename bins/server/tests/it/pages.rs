//! Console, parent page and widget page: their policies, and the configuration of their scripts.

use c2c_bridge::{Diagnostics, HOST_MODULES, Shim};
use c2c_catalogue::Catalogue;
use c2c_catalogue::reference::Event;
use c2c_policy::DocumentPolicy;
use serde_json::json;

use crate::client::{Fixture, To};
use crate::console::{DEMO, settings};
use crate::document::decoded;

#[tokio::test]
async fn every_answer_of_every_kind_carries_a_policy() {
    let fixture = Fixture::start().await;
    for (to, path, expected) in [
        (To::Console, "/", "frame-ancestors 'none'"),
        (To::Console, "/console.js", "sandbox;"),
        (To::Console, "/catalogue.json", "sandbox;"),
        (To::Console, "/c2c.d.ts", "sandbox;"),
        (To::Console, "/events.json", "sandbox;"),
        (To::Console, "/examples.json", "sandbox;"),
        (To::Console, "/api/apps", "sandbox;"),
        (To::Console, "/none", "sandbox;"),
        (To::Parent, "/p/demo", "frame-ancestors 'none'"),
        (To::Parent, "/none", "sandbox;"),
        (To::Widget, "/w/demo", "frame-src http://sandbox.localhost:"),
        (To::Widget, "/host.js", "sandbox;"),
        (To::Widget, "/none", "sandbox;"),
        (To::Sandbox, "/none", "sandbox;"),
    ] {
        let reply = fixture.get(to, path, &[]).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains(expected), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert!(!reply.headers.contains_key("set-cookie"), "{path}");
    }
}

#[tokio::test]
async fn the_console_is_one_page_that_frames_parent_pages() {
    let fixture = Fixture::start().await;
    let [parent, widget] = [To::Parent, To::Widget].map(|to| fixture.origin(to));
    let config = json!({"widgetOrigin": widget, "issuer": null});
    let attribute = format!("data-config=\"{}\"", config.to_string().replace('"', "&quot;"));
    for path in ["/", "/apps/demo", "/apps/demo/settings", "/apps/none"] {
        let reply = fixture.get(To::Console, path, &[]).await;
        assert_eq!(reply.status, 200, "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains(&format!("; frame-src {parent};")), "{path}: {policy}");
        assert!(reply.text().contains(&attribute), "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn the_catalogue_is_served_as_its_file() {
    let fixture = Fixture::start().await;
    let catalogue = Catalogue::reference().to_json();
    let reply = fixture.get(To::Console, "/catalogue.json", &[]).await;
    assert_eq!((reply.status, reply.text()), (200, &*catalogue));
    assert_eq!(reply.header("content-type"), "application/json");
    // The widget's script imports the catalogue as a script.
    let reply = fixture.get(To::Widget, "/catalogue.js", &[]).await;
    let module = format!("export default {catalogue};\n");
    assert_eq!((reply.status, reply.text()), (200, &*module));
    assert_eq!(reply.header("content-type"), "text/javascript; charset=utf-8");
    for (to, path) in [(To::Widget, "/catalogue.json"), (To::Sandbox, "/catalogue.json")] {
        assert_eq!(fixture.get(to, path, &[]).await.status, 404);
    }
}

#[tokio::test]
async fn its_events_are_served_in_words() {
    let fixture = Fixture::start().await;
    let reply = fixture.get(To::Console, "/events.json", &[]).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
    let events = reply.json()["events"].clone();
    let names = events.as_array().expect("a list").iter().map(|event| event["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), Event::NAMES);
    let field = &events[2]["fields"][0];
    assert_eq!((&field["name"], &field["type"]), (&json!("duration"), &json!("number ≥ 0")));
    assert_eq!(field["example"], 42.5);
    assert_eq!(events[2]["summary"], "A call has ended as it should.");
}

#[tokio::test]
async fn the_types_for_an_editor_are_those_of_the_catalogue() {
    let fixture = Fixture::start().await;
    let reply = fixture.get(To::Console, "/c2c.d.ts", &[]).await;
    assert_eq!((reply.status, reply.text()), (200, &*Catalogue::reference().typescript()));
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
    for to in [To::Widget, To::Parent, To::Sandbox] {
        assert_eq!(fixture.get(to, "/c2c.d.ts", &[]).await.status, 404);
    }
}

#[tokio::test]
async fn every_example_runs_as_it_is_where_it_belongs() {
    let fixture = Fixture::start().await;
    let reply = fixture.get(To::Console, "/examples.json", &[]).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
    let examples = reply.json();
    let mut ids = Vec::new();
    for example in examples.as_array().expect("a list") {
        let keys: Vec<&String> = example.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["area", "code", "id", "summary", "title"]);
        let mut draft = json!({"head": "", "bodyEnd": ""});
        draft[example["area"].as_str().expect("an area")] = example["code"].clone();
        let checked = fixture.write("POST", "/api/check", &draft).await;
        let checked = checked.json();
        assert_eq!(checked["rejected"], false, "{example}");
        // The ids are the customer's to fill in.
        let found = checked["diagnostics"].as_array().expect("a list");
        assert!(found.iter().all(|found| found["code"] == "placeholder"), "{example}: {found:?}");
        ids.push(example["id"].clone());
    }
    let expected = [
        "ga4",
        "meta-pixel",
        "gtm",
        "ga4-beside",
        "google-ads",
        "linkedin",
        "microsoft-ads",
        "tiktok",
        "clarity",
        "consent",
        "custom-event",
        "conditional",
    ];
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn the_widget_is_framed_by_its_parents_and_frames_the_sandbox() {
    let fixture = Fixture::start().await;
    let settings = settings(&["https://shop.example"], "visit");
    assert_eq!(fixture.configure(DEMO, &settings).await.status, 200);
    let reply = fixture.get(To::Widget, "/w/demo?orderId=A-1", &[]).await;
    let policy = reply.header("content-security-policy");
    let (parent, sandbox) = (fixture.origin(To::Parent), fixture.origin(To::Sandbox));
    assert!(
        policy.ends_with(&format!("frame-ancestors {parent} https://shop.example")),
        "{policy}"
    );
    assert!(policy.contains(&format!("frame-src {sandbox};")), "{policy}");
    let config = json!({
        "app": "demo",
        "parentOrigins": [parent, "https://shop.example"],
        "src": format!("{sandbox}/s/demo"),
    });
    let attribute = config.to_string().replace('"', "&quot;");
    assert!(reply.text().contains(&format!("data-config=\"{attribute}\"")), "{}", reply.text());
}

#[tokio::test]
async fn an_app_decides_about_its_jar() {
    let fixture = Fixture::start().await;
    for (jar, defines, keeps) in
        [("none", false, false), ("visit", true, false), ("kept", true, true)]
    {
        assert_eq!(fixture.configure(DEMO, &settings(&[], jar)).await.status, 200);
        let document = fixture.get(To::Sandbox, "/s/demo", &[]).await;
        let shim = Shim { jar: defines, diagnostics: Diagnostics::Errors }.text();
        assert!(document.text().contains(shim), "{jar}");
        let widget = fixture.get(To::Widget, "/w/demo", &[]).await;
        assert_eq!(widget.text().contains("&quot;keepJar&quot;:true"), keeps, "{jar}");
    }
    assert_eq!(fixture.configure(DEMO, &settings(&[], "forever")).await.status, 400);
}

#[tokio::test]
async fn a_name_is_only_ever_text() {
    let fixture = Fixture::start().await;
    let name = "\"><script>alert(1)</script>&quot;";
    let mut settings = settings(&[], "visit");
    settings["name"] = name.into();
    assert_eq!(fixture.configure(DEMO, &settings).await.status, 200);
    let reply = fixture.get(To::Parent, "/p/demo", &[]).await;
    assert!(!reply.text().contains("<script>alert"), "{}", reply.text());
    assert!(
        reply.text().contains(r"\&quot;>&lt;script>alert(1)&lt;/script>&amp;quot;"),
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn the_host_script_is_open_to_parent_pages_elsewhere() {
    let fixture = Fixture::start().await;
    for to in [To::Widget, To::Parent] {
        for module in HOST_MODULES {
            let reply = fixture.get(to, &format!("/{}", module.path), &[]).await;
            assert_eq!((reply.status, reply.text()), (200, module.text), "{}", module.path);
            assert_eq!(reply.header("content-type"), "text/javascript; charset=utf-8");
            assert_eq!(reply.header("access-control-allow-origin"), "*");
        }
    }
    for (to, path) in
        [(To::Console, "/console.js"), (To::Widget, "/widget.js"), (To::Parent, "/p/demo")]
    {
        let reply = fixture.get(to, path, &["origin: null"]).await;
        assert_eq!(reply.status, 200);
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[tokio::test]
async fn files_are_kept_in_every_encoding() {
    let fixture = Fixture::start().await;
    for (to, path) in [(To::Widget, "/host.js"), (To::Console, "/console.css")] {
        let plain = fixture.get(to, path, &[]).await;
        for coding in ["gzip", "br"] {
            let accept = format!("accept-encoding: {coding}");
            let reply = fixture.get(to, path, &[&accept]).await;
            assert_eq!(reply.header("content-encoding"), coding);
            assert_eq!(reply.header("vary"), "accept-encoding");
            assert_ne!(reply.header("etag"), plain.header("etag"));
            assert!(
                reply.body.len() * 2 < plain.body.len(),
                "{path} {coding}: {}",
                reply.body.len()
            );
            assert_eq!(decoded(&reply), plain.body);
        }
    }
}

#[test]
fn the_host_script_sets_the_attributes_of_the_policy() {
    let frame = include_str!("../../../../crates/bridge/js/host/frame.js");
    let (_, list) = frame.split_once("const FRAME_ATTRIBUTES = [").expect("the list");
    let list = list.split_once("];").expect("its end").0;
    let expected: Vec<String> = DocumentPolicy::strict(&[])
        .frame_attributes()
        .iter()
        .map(|attribute| format!("\n  ['{}', '{}'],", attribute.name, attribute.value))
        .collect();
    assert_eq!(list.trim_end(), expected.concat());
}
