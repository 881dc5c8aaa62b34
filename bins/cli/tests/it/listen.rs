//! A receiver on this machine: it tells what came from the right sender, and nothing else passes for it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use c2c_delivery::{Challenge, MessageId, Signer, Signers, Timestamp};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// `c2c listen`, until it is dropped.
pub(crate) struct Listener {
    child: Child,
    url: String,
    lines: BufReader<ChildStdout>,
    _stderr: BufReader<ChildStderr>,
}

impl Listener {
    fn start(arguments: &[&str]) -> Self {
        Self::start_at(0, arguments)
    }

    /// Starts it at a port. 0 takes a free one.
    pub(crate) fn start_at(port: u16, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_c2c"))
            .args(["listen", "--port", &port.to_string()])
            .args(arguments)
            .env_remove("C2C_WEBHOOK_KEY")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("it says where it listens");
        let url = line.strip_prefix("listening on ").and_then(|rest| rest.split_once(' '));
        let url = url.expect(&line).0.to_owned();
        let lines = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, url, lines, _stderr: stderr }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line
    }

    /// The next line that it prints.
    pub(crate) fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("a line of JSON")
    }

    /// Sends a request, and gives the status, the headers and the body of its answer.
    fn send(&self, method: Method, headers: HeaderMap, body: &str) -> (u16, HeaderMap, String) {
        let mut request = Request::new(body.to_owned());
        *request.method_mut() = method;
        *request.uri_mut() = self.url.parse().expect("an address");
        *request.headers_mut() = headers;
        let agent =
            Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
        let agent = agent.timeout_global(Some(Duration::from_secs(20))).build().new_agent();
        let response = agent.run(agent.configure_request(request).build()).expect("an answer");
        let (parts, mut body) = response.into_parts();
        (parts.status.as_u16(), parts.headers, body.read_to_string().expect("a body"))
    }

    fn post(&self, secret: &str, id: &str, body: &str) -> u16 {
        self.send(Method::POST, signed(secret, id, body, now()), body).0
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("a time")
}

fn signed(secret: &str, id: &str, body: &str, at: i64) -> HeaderMap {
    let signer: Signer = secret.parse().expect("a key");
    let id: MessageId = id.parse().expect("an id");
    Signers::new(vec![signer]).expect("one").headers(&id, at, body.as_bytes())
}

fn body() -> String {
    json!({"type": "custom.chat_opened", "data": {"context": {}}}).to_string()
}

#[test]
fn what_the_key_has_signed_is_taken_once() {
    let mut listener = Listener::start(&["--key", SECRET, "--json"]);
    for repeated in [false, true] {
        assert_eq!(listener.post(SECRET, "one", &body()), 204);
        let line = listener.json();
        assert_eq!(line["id"], "one");
        assert_eq!(line["verified"], "v1");
        assert_eq!(line["repeated"], repeated);
        assert_eq!(line["body"]["type"], "custom.chat_opened");
    }
}

#[test]
fn nothing_else_is_taken() {
    let mut listener = Listener::start(&["--key", SECRET, "--json"]);
    assert_eq!(listener.post(OTHER, "one", &body()), 401);
    assert_eq!(
        listener.json()["error"].as_str().map(|error| error.contains("no signature")),
        Some(true)
    );
    let old = signed(SECRET, "one", &body(), now() - 301);
    assert_eq!(listener.send(Method::POST, old, &body()).0, 401);
    assert_eq!(listener.json()["error"].as_str().map(|error| error.contains("ago")), Some(true));
    let changed = signed(SECRET, "one", &body(), now());
    assert_eq!(listener.send(Method::POST, changed, &body().replace("chat", "shop")).0, 401);
    assert_eq!(listener.json()["verified"], Value::Null);
    assert_eq!(listener.send(Method::POST, HeaderMap::new(), &body()).0, 401);
    assert_eq!(listener.json()["answer"], 401);
    // None of them counts as taken.
    assert_eq!(listener.post(SECRET, "one", &body()), 204);
    assert_eq!(listener.json()["repeated"], false);
}

#[test]
fn several_keys_are_tried_and_public_ones_too() {
    let signer = Signer::V1a(c2c_delivery::SigningKey::new([7; 32]));
    let Signer::V1a(key) = &signer else { unreachable!("it was made so") };
    let public = key.public().to_string();
    let mut listener =
        Listener::start(&["--key", OTHER, "--key", &public, "--json", "--answer", "500"]);
    assert_eq!(listener.post(&signer.reveal(), "one", &body()), 500);
    assert_eq!(listener.json()["verified"], "v1a");
    assert_eq!(listener.post(OTHER, "one", &body()), 500);
    // A webhook that was answered with an error was not taken.
    let line = listener.json();
    assert_eq!((&line["verified"], &line["repeated"]), (&json!("v1"), &json!(false)));
}

#[test]
fn it_agrees_to_get_events() {
    let mut listener = Listener::start(&["--key", SECRET]);
    let asked = HeaderMap::from_iter([(
        "webhook-request-origin".parse().expect("a name"),
        "c2c.example".parse().expect("a value"),
    )]);
    let (status, headers, _) = listener.send(Method::OPTIONS, asked, "");
    assert_eq!(status, 200);
    assert_eq!(headers["webhook-allowed-origin"], "c2c.example");
    assert!(listener.line().contains("c2c.example"));
    // As a server asks.
    let challenge = Challenge::new([7; 32]);
    let question = challenge.body(Timestamp::from_millis(0));
    let question = std::str::from_utf8(&question.bytes).expect("JSON");
    let (status, _, answer) = listener.send(Method::POST, HeaderMap::new(), question);
    let status = status.try_into().expect("a status");
    assert_eq!(challenge.judge(status, answer.as_bytes()), Ok(()));
}

#[test]
fn what_comes_cannot_steer_the_terminal() {
    let mut listener = Listener::start(&["--key", SECRET]);
    let hostile = json!({"type": "a\u{1b}[2J\nb", "data": "\u{202e}"}).to_string();
    assert_eq!(listener.post(SECRET, "one", &hostile), 204);
    let shown: String = (0..6).map(|_| listener.line()).collect();
    assert!(shown.contains("a\u{fffd}[2J b"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

#[test]
fn a_wrong_key_is_explained() {
    let run = crate::run::Directory::new("listen").c2c(&["listen", "--key", "whsec_AAAA"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("24 to 64"), "{}", run.stderr);
}
