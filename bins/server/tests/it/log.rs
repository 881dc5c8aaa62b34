//! The log of a program at its most verbose: nothing of customers, no secrets, and one event a line.

use std::fs::{File, read_to_string};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::client::{Client, PATIENCE, To, eventually};
use crate::console::{DEMO, code};
use crate::database::database;
use crate::program::{Process, command};

/// In every value that must not be logged.
const SECRET: &str = "s3cr3t-planted";
const VERBOSE: &str = "c2c=trace,warn";

/// Uses whatever holds something of a customer, in ways that work and that fail.
async fn use_all(server: &Client) {
    let app = server.create(&format!("{SECRET} name")).await;

    let snippet = format!("<script>console.log('{SECRET}')</script>");
    server.publish(&app, "live", &snippet).await;
    for broken in [format!("<!-- {SECRET}"), format!("<script>{SECRET} {{</script>{SECRET}</head>")]
    {
        server.save(&app, &code(&broken, SECRET)).await;
        server.publish_draft(&app, "live").await;
        server.write("POST", "/api/check", &code(&broken, SECRET)).await;
        server.write("POST", &format!("{app}/previews"), &code(&broken, SECRET)).await;
    }
    let mut publication = server.publication(DEMO, "live").await;
    publication["note"] = format!("{SECRET} note").into();
    assert_eq!(server.write("POST", &format!("{DEMO}/revisions"), &publication).await.status, 201);
    let reason = json!({"off": true, "reason": format!("{SECRET} reason")});
    assert_eq!(server.write("PUT", &format!("{DEMO}/switch"), &reason).await.status, 200);

    let cookie = format!("cookie: {SECRET}=1");
    let bearer = format!("authorization: Bearer {SECRET}");
    let referer = format!("referer: https://{SECRET}.example/?q={SECRET}");
    let headers = [cookie.as_str(), bearer.as_str(), referer.as_str()];
    for to in [To::Console, To::Parent, To::Widget, To::Sandbox] {
        for path in
            ["/", "/s/demo", "/w/demo", "/p/demo", "/preview/", "/preview-link/", "/api/apps/"]
        {
            server.get(to, &format!("{path}?{SECRET}"), &headers).await;
            server.get(to, &format!("{path}{SECRET}"), &headers).await;
        }
        server.get(to, "/", &[&format!("host: {SECRET}.example")]).await;
        let mut connection = server.connect(to).await;
        connection.send(&format!("GET /{SECRET} HTTP/9\r\n{SECRET}\r\n\r\n")).await;
        connection.closed_within(PATIENCE).await;
    }
}

/// Makes a sign-in link, uses it, and makes a token: the secrets of the link, the session and the token.
async fn use_access(server: &Client) -> [String; 3] {
    let text = |json: &Value, name: &str| json[name].as_str().expect(name).to_owned();
    let wish = json!({"name": SECRET, "role": "owner", "apps": null, "hours": 1});
    let made = server.write("POST", "/api/links", &wish).await;
    assert_eq!(made.status, 201, "{made:?}");
    let link = text(&made.json(), "url").split_once('#').expect("a secret").1.to_owned();
    let session = async || server.write("POST", "/api/session", &json!({"secret": link})).await;
    let first = session().await;
    assert_eq!(first.status, 201, "{first:?}");
    // The link is used up.
    assert_eq!(session().await.status, 404);
    let cookie = first.header("set-cookie").split(';').next().expect("a pair").to_owned();
    let header = format!("cookie: {cookie}");
    let made = server.write_with("POST", "/api/tokens", &[&header], &wish).await;
    assert_eq!(made.status, 201, "{made:?}");
    let token = text(&made.json(), "secret");
    for bearer in [&token, &format!("{token}0")] {
        let header = format!("authorization: Bearer {bearer}");
        server.get(To::Console, "/api/apps", &[&header]).await;
    }
    let cookie = cookie.split_once('=').expect("a value").1.to_owned();
    [link, cookie, token]
}

/// Makes a preview link and opens it: its token and the ticket are secrets, too.
async fn use_preview_link(server: &Client) -> [String; 2] {
    let links = format!("{DEMO}/preview-links");
    let made = server.write("POST", &links, &json!({"hours": 1})).await;
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    let token = url.split_once('#').expect("a token").1.to_owned();
    let origin = format!("origin: {}", server.origin(To::Widget));
    let headers = [origin.as_str(), "content-type: application/json"];
    let body = json!({"token": token}).to_string();
    let opened = server.send(To::Widget, "POST", "/preview-link/open", &headers, &body).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    let opened = opened.text().to_owned();
    let ticket =
        opened.split(['/', '"']).find(|part| part.len() == 64).expect("a ticket").to_owned();
    let path = format!("/preview-link/{ticket}");
    for _ in 0..2 {
        server.get(To::Sandbox, &path, &["sec-fetch-dest: iframe"]).await;
    }
    [token, ticket]
}

async fn check(format: &str, is_event: fn(&str) -> bool) {
    let (mut cluster, url) = database();
    let folder = TempDir::new().expect("a directory");
    let path = folder.path().join("log");
    let log = File::create(&path).expect("a file");
    // No such hook listens: it fails.
    let hook = format!("http://127.0.0.1:1/{SECRET}?{SECRET}");
    let authorization = format!("Bearer {SECRET}");
    let url = url.replacen("postgres@", &format!("postgres:{SECRET}@"), 1);
    let server = block_in_place(|| {
        Process::start_with_log(
            |data| {
                let mut command = command(data);
                command.args(["--database", &url, "--log", VERBOSE, "--log-format", format]);
                command.args(["--purge-url", &hook, "--purge-authorization", &authorization]);
                command.args(["--cdn-seconds", "60"]);
                command
            },
            log,
        )
    });
    use_all(&server).await;
    let secrets = [&use_access(&server).await[..], &use_preview_link(&server).await].concat();
    let text = || read_to_string(&path).expect("UTF-8");
    let told = async || text().contains("changes are not told to the content delivery network");
    assert!(eventually(PATIENCE, told).await, "the hook is not asked: {}", text());
    block_in_place(|| cluster.kill()).expect("killed");
    // Each fails in its own way.
    let unread = async || text().contains("changes cannot be read");
    assert!(eventually(PATIENCE, unread).await, "the outage is not noticed: {}", text());
    server.write("POST", "/api/apps", &json!({"name": SECRET})).await;
    server.get(To::Sandbox, &format!("/s/{SECRET}"), &[]).await;
    assert_eq!(server.get(To::Sandbox, "/s/elsewhere", &[]).await.status, 503);
    assert!(block_in_place(|| server.stop()));

    let text = text();
    let lines: Vec<_> = text.lines().collect();
    // It is the verbose log, with all kinds of events.
    assert!(lines.len() > 10, "{text}");
    for part in ["DEBUG", "ERROR", "a connection ended early", "pages cannot be read", "stopping"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    for line in lines {
        assert!(is_event(line), "this line is no event: {line}");
        for secret in std::iter::once(SECRET).chain(secrets.iter().map(String::as_str)) {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_text_it_holds_no_secrets() {
    check("text", |line| {
        let mut words = line.split_whitespace();
        let time = words.next().unwrap_or_default();
        let level = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        time.starts_with("20")
            && time.ends_with('Z')
            && ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&level)
            && target.ends_with(':')
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_json_it_holds_no_secrets() {
    check("json", |line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        ["timestamp", "level", "target", "message"].iter().all(|field| event[field].is_string())
    })
    .await;
}
