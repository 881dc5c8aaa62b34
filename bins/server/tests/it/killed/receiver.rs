//! A customer's server in a process of its own. It writes each webhook to a file before it answers.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use c2c_receivers::{Answer, Hit, Receiver, agreeing};
use serde_json::json;
use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::block_in_place;

/// That of all endpoints here.
pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The line that says that it listens.
const LISTENS: &str = "the receiver listens";
/// The environment variables of the process.
const PORT: &str = "C2C_TEST_RECEIVER_PORT";
const FILE: &str = "C2C_TEST_RECEIVER_FILE";

/// The process. Dropped, it is killed.
pub(super) struct Killable {
    port: u16,
    file: PathBuf,
    child: Child,
}

impl Killable {
    /// Starts it on a port, which others leave free.
    pub(super) fn start(port: u16, file: &Path) -> Self {
        Self { port, file: file.to_owned(), child: start(port, file) }
    }

    /// Kills it, and starts it again.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.child = start(self.port, &self.file);
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs this program again, as that test alone.
fn start(port: u16, file: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "killed::receiver::a_receiver_writes_before_it_answers", "--nocapture"])
        .env(PORT, port.to_string())
        .env(FILE, file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains(LISTENS) {
        line.clear();
        assert!(output.read_line(&mut line).expect("UTF-8") > 0, "the receiver ended");
    }
    // It stays open: the process would end if it could not say that it has been running for long.
    child.stdout = Some(output.into_inner());
    child
}

/// Also the process itself, which has a port and a file.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_writes_before_it_answers() {
    if let (Ok(port), Ok(file)) = (std::env::var(PORT), std::env::var(FILE)) {
        return serve(port.parse().expect("a port"), Path::new(&file)).await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (port, file) = (c2c_ports::free().expect("a port"), folder.path().join("arrivals"));
    let mut receiver = block_in_place(|| Killable::start(port, &file));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let request = b"POST /hooks HTTP/1.1\r\nhost: a.example\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request).await.expect("it reads");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("it answers");
    block_in_place(|| receiver.kill());
    assert_eq!(answer, *b"HTTP/1.1 204");
    let written = fs::read_to_string(&file).expect("a file");
    assert_eq!(written, "{\"body\":\"{}\",\"id\":null,\"signed\":false}\n");
}

/// Serves until the end of the process that started this one, however that ends.
async fn serve(port: u16, file: &Path) {
    let file = Mutex::new(open(file));
    let webhook = Webhook::new(SECRET).expect("a secret");
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    let answer = agreeing(move |hit| {
        write_down(&file, hit, &webhook);
        Answer::Status(204)
    });
    let _receiver = Receiver::on(listener, None, answer);
    println!("{LISTENS}");
    let end = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = end.await;
}

/// Opens the file. Of its last line, the process before may have written only a part.
fn open(path: &Path) -> File {
    let torn = fs::read(path).is_ok_and(|text| text.last().is_some_and(|&last| last != b'\n'));
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    if torn {
        file.write_all(b"\n").expect("written");
    }
    file
}

/// One write of a whole line.
fn write_down(file: &Mutex<File>, hit: &Hit, webhook: &Webhook) {
    let id = hit.headers.get("webhook-id").and_then(|id| id.to_str().ok());
    let signed = webhook.verify(&hit.body, &hit.headers).is_ok();
    let line = json!({"id": id, "signed": signed, "body": String::from_utf8_lossy(&hit.body)});
    file.lock().expect("a lock").write_all(format!("{line}\n").as_bytes()).expect("written");
}
