//! From code that was pasted to a customer's server: the whole way, with a real browser and real TLS.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c_harness::{App, Context as _, Cx, DEADLINE, Method, Package, Result, Server, Tests};
use c2c_receivers::{Answer, Authority, Hit, Names, Receiver};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use crate::access::shown;
use crate::integrations_console::says;
use crate::steps::{said, say};

pub(crate) const TESTS: Tests = &[
    ("an_emitted_event_reaches_a_receiver", &an_emitted_event_reaches_a_receiver),
    ("a_flood_is_turned_away_and_shown", &a_flood_is_turned_away_and_shown),
];

const NAME: &str = "crm.example";
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A server with an app whose events go to a receiver, by https and by its name.
struct Integration {
    server: Arc<Server>,
    app: App,
    receiver: Receiver,
    secret: String,
    _names: Names,
    _authority: Authority,
}

impl Integration {
    async fn new() -> Result<Self> {
        let (authority, names) = (Authority::new(), Names::start().await);
        names.set(NAME, &[&[[127, 0, 0, 2]]]);
        let receiver = authority.receiver(ADDRESS, NAME, |_| Answer::Status(204)).await;
        let (name_server, port) = (names.address.to_string(), receiver.address.port());
        let allowed = format!("{ADDRESS}/32");
        let port_text = port.to_string();
        let arguments = [
            ["--delivery-name-server", &name_server],
            ["--delivery-allow", &allowed],
            ["--delivery-port", &port_text],
        ];
        let server = Server::start_trusting(&authority.file(), arguments.as_flattened()).await?;
        let server = Arc::new(server);
        let url = format!("https://{NAME}:{port}/hooks");
        let (app, secret) = integrate(&server, &url, "custom:chat_opened").await?;
        Ok(Self { server, app, receiver, secret, _names: names, _authority: authority })
    }

    /// Opens the page that embeds the widget with this code.
    async fn open(&self, cx: &Cx, code: &str) -> Result<()> {
        self.app.publish(code, "").await?;
        cx.browser.goto(&self.app.parent_url("orderId=A-1")).await
    }

    async fn accounts(&self, app: &App) -> Result<Value> {
        let path = format!("/api/apps/{}/integrations", app.id);
        self.server.api(Method::GET, &path, None).await?.expect(200)?.json()
    }
}

/// A new app whose events of one name go to an address, which is asked before. Returns the endpoint's secret, too.
async fn integrate(server: &Arc<Server>, url: &str, name: &str) -> Result<(App, String)> {
    let app = server.create_app("Integrated").await?;
    let path = format!("/api/apps/{}", app.id);
    let collect = json!({"mode": "refuse", "bodyDays": 30, "metaDays": 90, "searchKeys": []});
    let (settings, first) = (format!("{path}/integrations/collect"), json!(0));
    let changed = server.api_at(Method::PUT, &settings, Some(&collect), Some(&first)).await?;
    changed.expect(200)?;
    let new = json!({"name": "CRM", "url": url, "filter": [name]});
    let made = server.api(Method::POST, &format!("{path}/endpoints"), Some(&new)).await?;
    let made = made.expect(201)?.json()?;
    let endpoint = made["endpoint"]["id"].as_str().unwrap_or_default();
    let agreement = format!("{path}/endpoints/{endpoint}/agreement");
    let agreed = server.api(Method::POST, &agreement, Some(&json!({}))).await?;
    let agreed = agreed.expect(200)?.json()?;
    assert_eq!(agreed["endpoint"]["state"], "active", "{agreed}");
    Ok((app, made["secret"].as_str().unwrap_or_default().to_owned()))
}

/// Verifies a webhook by both public libraries of Standard Webhooks: for Rust and for JavaScript.
fn verify(secret: &str, hit: &Hit) -> Result<()> {
    let webhook = Webhook::new(secret).expect("a secret");
    webhook.verify(&hit.body, &hit.headers).expect("signed, by the library for Rust");
    let mut script = Package("standardwebhooks").bundle(&[""], "StandardWebhooks")?;
    let headers: serde_json::Map<_, _> = hit
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or_default())))
        .collect();
    let body = json!(String::from_utf8_lossy(&hit.body));
    let headers = json!(headers);
    let wrong = json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    write!(
        script,
        "\nconst verified = (secret) => new StandardWebhooks.Webhook(secret).verify({body}, {headers});
         console.log(verified({}).type);
         try {{ verified({wrong}); console.log('NOT VERIFIED AT ALL'); }} catch {{ console.log('refused'); }}",
        json!(secret)
    )?;
    let mut node = Command::new("node").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    node.stdin.take().expect("it is piped").write_all(script.as_bytes())?;
    let output = node.wait_with_output()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "custom.chat_opened\nrefused\n");
    Ok(())
}

async fn an_emitted_event_reaches_a_receiver(cx: &Cx) -> Result<()> {
    let integration = Integration::new().await?;
    let code = "<script>c2c.on('widget_loaded', () => {
                  c2c.emit('not_for_the_crm', {});
                  c2c.emit('chat_opened', { topic: 'prices' });
                });</script>";
    integration.open(cx, code).await?;
    // The parent page.
    let shown = "document.querySelector('[data-name=\"custom:chat_opened\"] pre')?.textContent";
    cx.browser.wait_for(&format!("{shown} !== undefined"), DEADLINE).await?;
    let envelope = cx.browser.eval(shown).await?;
    let envelope: Value = serde_json::from_str(envelope.as_str().unwrap_or_default())?;
    // The receiver. An event that is sent twice would come again before a later one.
    integration.receiver.wait(1).await;
    let later = batch("custom:chat_opened");
    let answer = emit_from([127, 9, 0, 1], &integration, &later).await?;
    assert!(answer.ends_with(r#"{"accepted":1,"known":0,"refused":[]}"#), "{answer}");
    let hits = integration.receiver.wait(2).await;
    let ids: Vec<_> = hits.iter().map(|hit| &hit.headers["webhook-id"]).collect();
    let emitted = [&envelope["id"], &later["events"][0]["id"]];
    assert_eq!(ids, emitted.map(|id| id.as_str().unwrap_or_default()), "once per id");
    let hit = &hits[0];
    verify(&integration.secret, hit)?;
    let body: Value = serde_json::from_slice(&hit.body)?;
    assert_eq!((&body["type"], &body["data"]), (&json!("custom.chat_opened"), &envelope["data"]));
    assert_eq!(body["data"]["context"], json!({"orderId": "A-1"}));
    assert_eq!((&body["verified"], &body["app"]), (&json!(false), &json!(integration.app.id)));
    // Nothing is lost without a name: the other events were suppressed by the filter.
    let accounts = integration.accounts(&integration.app).await?;
    let (account, intake) = (&accounts["accounts"][0], &accounts["intake"]);
    assert_eq!(account["accepted"], intake["accepted"], "{accounts}");
    let ended: i64 = account["ended"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|ended| ended["number"].as_i64())
        .sum();
    let pending = account["pending"].as_i64().unwrap_or_default();
    assert_eq!(account["accepted"].as_i64(), Some(pending + ended), "{accounts}");
    Ok(())
}

/// Widgets in one page of the visitor who floods: more than the limits of one client allow.
const WIDGETS: usize = 15;
/// The limits of one client: events at once, and then in a second.
const BURST: f64 = 1000.0;
const PER_SECOND: f64 = 100.0;

/// Custom code emits as much as its frame lets it, and asks the server itself as well. The server turns away what is too
/// much, says so to the app's people, and another app's event arrives meanwhile.
async fn a_flood_is_turned_away_and_shown(cx: &Cx) -> Result<()> {
    let integration = Integration::new().await?;
    let url = format!("https://{NAME}:{}/hooks", integration.receiver.address.port());
    let (flooded, _) = integrate(&integration.server, &url, "custom:forged").await?;
    flooded.configure(&[&cx.collector.origin()], "visit").await?;
    let widget = flooded.widget_url("").replace("/w/", "/e/");
    let code = format!(
        "<script>{}
           const forged = JSON.stringify({});
           const send = () => fetch('{widget}', {{ method: 'POST', mode: 'no-cors', credentials: 'include', body: forged }});
           Promise.allSettled(Array.from({{ length: 20 }}, send)).then(() => say('tried'));
           navigator.sendBeacon('{widget}', new Blob([forged], {{ type: 'text/plain' }}));
           setInterval(() => {{ for (let n = 0; n < 10; n++) c2c.emit('flood', {{ n }}); }}, 100);
         </script>",
        say(cx),
        batch("custom:forged"),
    );
    flooded.publish(&code, "").await?;
    let frames = format!("<iframe src='{}'></iframe>", flooded.widget_url("")).repeat(WIDGETS);
    let begin = Instant::now();
    cx.browser.goto(&cx.collector.page("/flood", frames, &[])).await?;
    let intake = loop {
        let accounts = integration.accounts(&flooded).await?;
        if accounts["intake"]["refused"]["rate-limited"].as_u64() > Some(0) {
            break accounts["intake"].clone();
        }
        assert!(begin.elapsed() < 3 * DEADLINE, "{accounts}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let most = BURST + PER_SECOND * begin.elapsed().as_secs_f64();
    let accepted = intake["accepted"].as_f64();
    assert!(accepted.is_some_and(|number| number <= most), "{intake}, at most {most}");
    // Another visitor, of another app.
    let answer = emit_from([127, 9, 0, 1], &integration, &batch("custom:chat_opened")).await?;
    assert!(answer.ends_with(r#"{"accepted":1,"known":0,"refused":[]}"#), "{answer}");
    let hits = integration.receiver.wait(1).await;
    // The frame has no origin, so the server took nothing that it sent itself.
    assert_eq!(said(cx).await?, "tried");
    let [hit] = &hits[..] else { panic!("{hits:?}") };
    let body: Value = serde_json::from_slice(&hit.body)?;
    assert_eq!(
        (&body["type"], &body["app"]),
        (&json!("custom.chat_opened"), &json!(integration.app.id))
    );
    let accounts = integration.accounts(&flooded).await?;
    let (account, intake) = (&accounts["accounts"][0], &accounts["intake"]);
    let filtered =
        json!([{"outcome": "suppressed", "reason": "filter", "number": intake["accepted"]}]);
    assert_eq!((&account["pending"], &account["ended"]), (&json!(0), &filtered), "{accounts}");
    // The app's people see it in the console.
    let page = format!("{}/apps/{}/integrations", integration.server.console, flooded.id);
    cx.browser.goto(&page).await?;
    shown(cx, "#too-fast").await?;
    says(cx, "#too-fast h2", "turned away").await?;
    says(cx, "#too-fast", "look for custom code that emits events in a loop").await?;
    says(cx, "#heard", "too fast").await
}

/// A batch with one event of now.
fn batch(name: &str) -> Value {
    let event = json!({
        "name": name,
        "data": {"context": {}},
        "timestamp": jiff::Timestamp::now(),
        "id": "01956b4e-3c00-7000-8000-000000000001",
        "seq": 1,
    });
    json!({"c2c": 1, "consent": "granted", "page": "https://shop.example/", "events": [event]})
}

/// Sends a batch as a page of the widget's origin does, from another address. Returns the answer.
async fn emit_from(client: [u8; 4], integration: &Integration, batch: &Value) -> Result<String> {
    let url: url::Url = integration.app.widget_url("").replace("/w/", "/e/").parse()?;
    let (origin, body) = (url.origin().ascii_serialization(), batch.to_string());
    let (host, length) = (origin.trim_start_matches("http://"), body.len());
    let socket = TcpSocket::new_v4()?;
    socket.bind((client, 0).into())?;
    let port = url.port().context("a port")?;
    let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}",
        url.path()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
