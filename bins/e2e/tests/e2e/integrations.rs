//! From code that was pasted to a customer's server: the whole way, with a real browser and real TLS.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::Arc;

use c2c_harness::{App, Cx, DEADLINE, Method, Package, Result, Server, Tests};
use c2c_receivers::{Answer, Authority, Hit, Names, Receiver};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

pub(crate) const TESTS: Tests =
    &[("an_emitted_event_reaches_a_receiver", &an_emitted_event_reaches_a_receiver)];

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
        let app = server.create_app("Integrated").await?;
        let path = format!("/api/apps/{}", app.id);
        let collect = json!({"mode": "refuse", "bodyDays": 30, "metaDays": 90, "searchKeys": []});
        let first = Some(json!(0));
        server
            .api_at(
                Method::PUT,
                &format!("{path}/integrations/collect"),
                Some(&collect),
                first.as_ref(),
            )
            .await?
            .expect(200)?;
        let new = json!({"name": "CRM", "url": format!("https://{NAME}:{port}/hooks"), "filter": ["custom:chat_opened"]});
        let made = server.api(Method::POST, &format!("{path}/endpoints"), Some(&new)).await?;
        let made = made.expect(201)?.json()?;
        let endpoint = made["endpoint"]["id"].as_str().unwrap_or_default();
        let agreement = format!("{path}/endpoints/{endpoint}/agreement");
        let agreed = server.api(Method::POST, &agreement, Some(&json!({}))).await?;
        let agreed = agreed.expect(200)?.json()?;
        assert_eq!(agreed["endpoint"]["state"], "active", "{agreed}");
        let secret = made["secret"].as_str().unwrap_or_default().to_owned();
        Ok(Self { server, app, receiver, secret, _names: names, _authority: authority })
    }

    /// Opens the page that embeds the widget with this code.
    async fn open(&self, cx: &Cx, code: &str) -> Result<()> {
        self.app.publish(code, "").await?;
        cx.browser.goto(&self.app.parent_url("orderId=A-1")).await
    }

    async fn accounts(&self) -> Result<Value> {
        let path = format!("/api/apps/{}/integrations", self.app.id);
        self.server.api(Method::GET, &path, None).await?.expect(200)?.json()
    }
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
    // The receiver.
    let hits = integration.receiver.wait(1).await;
    let [hit] = &hits[..] else { panic!("once per id: {hits:?}") };
    verify(&integration.secret, hit)?;
    assert_eq!(hit.headers["webhook-id"], envelope["id"].as_str().unwrap_or_default());
    let body: Value = serde_json::from_slice(&hit.body)?;
    assert_eq!((&body["type"], &body["data"]), (&json!("custom.chat_opened"), &envelope["data"]));
    assert_eq!(body["data"]["context"], json!({"orderId": "A-1"}));
    assert_eq!((&body["verified"], &body["app"]), (&json!(false), &json!(integration.app.id)));
    // Nothing is lost without a name: the other events were suppressed by the filter.
    let accounts = integration.accounts().await?;
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
