//! `c2c listen`: a receiver of webhooks on this machine, for those who write one.
//!
//! It agrees to get events, verifies each signature, prints what came, and answers as it was told to. What comes is
//! text of others.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use c2c_delivery::{
    ALLOWED_ORIGIN, ALLOWED_RATE, Challenge, REQUEST_ORIGIN, Verifier, VerifyError, WEBHOOK_ID,
    verify,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::args::{Answer, ListenArguments};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::printable;

/// The largest body that is read. An event has 32 KiB at most.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// The most characters of a body that are printed.
const SHOWN_MAX: usize = 4000;
/// The state that all requests share.
struct Receiver {
    keys: Vec<Verifier>,
    answer: Answer,
    json: bool,
    /// The ids that were answered with a success.
    taken: Mutex<HashSet<String>>,
    output: Mutex<io::Stdout>,
}

/// A webhook that came.
struct Webhook {
    id: String,
    headers: HeaderMap,
    body: Bytes,
    verified: Result<&'static str, String>,
    repeated: bool,
}

pub(crate) fn run(arguments: &ListenArguments) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(listen(arguments))
}

async fn listen(arguments: &ListenArguments) -> Result<Outcome, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener =
        TcpListener::bind(address).await.map_err(|error| Failure::Listen { address, error })?;
    let address = listener.local_addr()?;
    let receiver = Arc::new(Receiver {
        keys: arguments.keys.clone(),
        answer: arguments.answer,
        json: arguments.json,
        taken: Mutex::default(),
        output: Mutex::new(io::stdout()),
    });
    let unverified =
        if receiver.keys.is_empty() { ", without a key: nothing is verified" } else { "" };
    writeln!(
        io::stderr(),
        "listening on http://{address}/ (any path){unverified}; Ctrl-C ends it"
    )?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let receiver = Arc::clone(&receiver);
                connections.spawn(async move {
                    let service = service_fn(|request| receiver.respond(request));
                    // The sender learns of its errors by itself.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
            ended = tokio::signal::ctrl_c() => {
                ended?;
                return Ok(Outcome::Done);
            }
        }
    }
}

impl Receiver {
    async fn respond(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        if request.method() == Method::OPTIONS {
            return Ok(self.agree(request.headers()));
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            return Ok(answer(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n"));
        };
        let body = body.to_bytes();
        if let Some(challenge) = Challenge::asked(&body) {
            self.note(&format!("asked by a challenge, and agreed ({})", parts.uri.path()));
            return Ok(answer(StatusCode::OK, &json!({"challenge": challenge}).to_string()));
        }
        let webhook = self.read(parts.headers, body);
        let status = match (&webhook.verified, self.answer) {
            (Err(_), _) => Some(StatusCode::UNAUTHORIZED),
            (Ok(_), Answer::Hang) => None,
            (Ok(_), Answer::Status(status)) => Some(status),
        };
        self.print(&webhook, status);
        let Some(status) = status else {
            return std::future::pending().await;
        };
        if status.is_success() {
            lock(&self.taken).insert(webhook.id);
        }
        Ok(answer(status, ""))
    }

    /// Agrees to get events, from every sender.
    fn agree(&self, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let mut response = answer(StatusCode::OK, "");
        if let Some(origin) = headers.get(REQUEST_ORIGIN) {
            let name = printable::line(&String::from_utf8_lossy(origin.as_bytes()), 200);
            self.note(&format!("asked by {name} with OPTIONS, and agreed"));
            response.headers_mut().insert(ALLOWED_ORIGIN, origin.clone());
            response.headers_mut().insert(ALLOWED_RATE, HeaderValue::from_static("*"));
        }
        response
    }

    fn read(&self, headers: HeaderMap, body: Bytes) -> Webhook {
        let id = headers.get(WEBHOOK_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        let id = id.to_owned();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let verified = self.verify(&headers, &body, now);
        let repeated = lock(&self.taken).contains(&id);
        Webhook { id, headers, body, verified, repeated }
    }

    /// The scheme of the key that has signed it, or why there is none.
    fn verify(&self, headers: &HeaderMap, body: &[u8], now: i64) -> Result<&'static str, String> {
        let mut failed = None;
        for key in &self.keys {
            match verify(key, headers, body, now) {
                Ok(()) => return Ok(key.scheme().word()),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok("not verified"), |error: VerifyError| Err(error.to_string()))
    }

    fn print(&self, webhook: &Webhook, status: Option<StatusCode>) {
        let body: Option<Value> = serde_json::from_slice(&webhook.body).ok();
        if self.json {
            let Webhook { id, verified, repeated, .. } = webhook;
            let (scheme, error) = match verified {
                Ok(scheme) => (Some(scheme), None),
                Err(error) => (None, Some(error)),
            };
            let status = status.map(|status| status.as_u16());
            let line = json!({"id": id, "verified": scheme, "error": error, "repeated": repeated,
                              "answer": status, "body": body});
            return self.write(&line.to_string());
        }
        let kind = body.as_ref().and_then(|body| body["type"].as_str()).unwrap_or("no type");
        let verified = match &webhook.verified {
            Ok(scheme) => (*scheme).to_owned(),
            Err(error) => format!("NOT ACCEPTED: {error}"),
        };
        let repeated = if webhook.repeated { ", a repetition" } else { "" };
        let status = status.map_or("no answer".to_owned(), |status| status.as_u16().to_string());
        let id = printable::line(&webhook.id, 128);
        self.write(&format!(
            "{}  {id}  {verified}{repeated}  -> {status}",
            printable::line(kind, 100)
        ));
        let shown = match &body {
            Some(body) => format!("{body:#}"),
            None => String::from_utf8_lossy(&webhook.body).into_owned(),
        };
        let shown: String = shown.chars().take(SHOWN_MAX).collect();
        let kind = webhook.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = printable::line(kind.unwrap_or("no content-type"), 100);
        self.write(&format!("{kind}\n{}\n", printable::lines(&shown)));
    }

    fn note(&self, text: &str) {
        if self.json {
            self.write(&json!({"note": text}).to_string());
        } else {
            self.write(text);
        }
    }

    /// Prints, at once. Without a reader of the output, the receiver has no purpose.
    fn write(&self, text: &str) {
        let mut output = lock(&self.output);
        if writeln!(output, "{text}").and_then(|()| output.flush()).is_err() {
            std::process::exit(0);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text.to_owned())));
    *response.status_mut() = status;
    response
}
