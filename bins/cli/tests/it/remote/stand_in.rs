//! A server with prepared answers, each on a connection of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::run::Directory;

/// A server on a free port. It ends with the test's process.
pub(crate) struct StandIn {
    pub(crate) origin: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    /// Answers each request line with these bytes, and then closes the connection. `None` never answers.
    pub(crate) fn new(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let line = read(&stream);
                seen.lock().expect("no test panicked with it").push(line.clone());
                match answer(&line) {
                    // The client may have gone.
                    Some(bytes) => drop(stream.write_all(&bytes)),
                    None => open.push(stream),
                }
            }
        });
        Self { origin, requests }
    }

    /// A server for an app with these answers, and a folder that is in step with it.
    pub(crate) fn with_folder(
        directory: &Directory,
        answer: impl Fn(&str) -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        let server = Self::new(answer);
        let state = json!({
            "server": server.origin, "app": "demo", "draft": 1, "live": 1, "staged": null,
            "code": {"head": "<b>1</b>\n", "bodyEnd": ""},
        });
        std::fs::create_dir_all(directory.path(".c2c")).expect("the directory is ours");
        directory
            .write("c2c.toml", format!("server = \"{}\"\napp = \"demo\"\n", server.origin))
            .write("head.html", "<b>1</b>\n")
            .write("body-end.html", "")
            .write(".c2c/state.json", state.to_string());
        server
    }

    /// The request lines so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panicked with it").clone()
    }
}

/// Reads a request, and returns its first line without the version.
fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.to_ascii_lowercase());
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    // A body that is cut short is no concern of the stand-in.
    let _ = std::io::Read::read_exact(&mut reader, &mut vec![0; length]);
    let line = lines.first().map(String::as_str).unwrap_or_default();
    line.rsplit_once(' ').map(|(line, _)| line.to_owned()).unwrap_or_default()
}

/// An answer with a body.
#[expect(clippy::unnecessary_wraps, reason = "a stand-in may also be silent")]
pub(crate) fn answer(status: &str, media_type: &str, body: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    Some([head.as_bytes(), body].concat())
}

pub(crate) fn json_answer(body: &Value) -> Option<Vec<u8>> {
    answer("200 OK", "application/json", body.to_string())
}

pub(crate) fn problem(status: &str, body: &Value) -> Option<Vec<u8>> {
    answer(status, "application/problem+json", body.to_string())
}

/// The answer of a server without any malice, whose texts are `text`.
pub(crate) fn usual(line: &str, text: &str) -> Option<Vec<u8>> {
    let at = "2026-01-01T00:00:00Z";
    let code = json!({"head": "<b>1</b>\n", "bodyEnd": ""});
    let with = |more: Value| {
        let mut body = code.clone();
        let (body_fields, more) = (body.as_object_mut()?, more.as_object().cloned()?);
        body_fields.extend(more);
        Some(body)
    };
    match line.rsplit_once("/demo").map(|(_, rest)| rest)? {
        "" => json_answer(&json!({
            "id": "demo", "name": text, "live": 1, "staged": null, "staging": false,
            "off": {"at": text, "by": text, "reason": text},
        })),
        "/draft" => json_answer(&with(json!({"version": 1, "savedAt": text, "savedBy": text}))?),
        "/plans" => json_answer(&json!({"plans": [{"task": text, "at": text, "revision": 1}]})),
        _ => json_answer(&with(json!({
            "number": 1, "createdAt": at, "author": text, "note": text, "copyOf": null,
        }))?),
    }
}
