//! The real server, in its own process with its own data.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

use crate::run::{Directory, Run};

/// `C2C_SERVER_BIN`, or else a debug build of this workspace. With `--workspace` it has the features that a
/// test of the whole workspace builds with.
static PROGRAM: LazyLock<PathBuf> =
    LazyLock::new(|| env::var_os("C2C_SERVER_BIN").map_or_else(build, PathBuf::from));

fn build() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // `cargo test` describes this test to us. Build scripts that read the same variables would be run
    // again, with all that depends on them.
    for (name, _) in env::vars_os() {
        let described = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if described.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let output = command
        // With the examples, dependencies have the features that `cargo test` builds with: nothing is built twice.
        .args(["build", "--locked", "--workspace", "--bins", "--examples"])
        .args(["--message-format", "json"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cannot build the server: see above");
    let messages = String::from_utf8(output.stdout).expect("JSON is text");
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let executable = PathBuf::from(message["executable"].as_str()?);
        (message["target"]["name"] == "c2c-server").then_some(executable)
    });
    executables.next().expect("cargo names the program")
}

/// A server with an app, and a directory with the app's folder.
pub(crate) struct Real {
    pub(crate) directory: Directory,
    pub(crate) origin: String,
    pub(crate) app: String,
    child: Child,
    /// The server may print more.
    _stdout: BufReader<ChildStdout>,
}

impl Real {
    /// A server, and an app without code.
    pub(crate) fn start(test: &str) -> Self {
        Self::with_app(test, &[])
    }

    /// The same, and the server may send webhooks to a port of this machine.
    pub(crate) fn delivering(test: &str, port: u16) -> Self {
        Self::with_app(test, &["--delivery-allow", &format!("127.0.0.1/32:{port}")])
    }

    fn with_app(test: &str, more: &[&str]) -> Self {
        let mut real = Self::listening(test, "open", more);
        let app = real.api("POST", "/api/apps", None, &json!({"name": "Shop"}));
        app["id"].as_str().expect("an id").clone_into(&mut real.app);
        real
    }

    /// A server that asks for a sign-in, with its demo app.
    pub(crate) fn guarded(test: &str) -> Self {
        let mut real = Self::listening(test, "sign-in", &[]);
        "demo".clone_into(&mut real.app);
        real
    }

    /// A token for the demo app, made on the server's machine.
    pub(crate) fn token(&self, role: &str) -> String {
        let output = Command::new(&*PROGRAM)
            .args(["--data-dir", "data", "token", "--name", "ci", "--role", role, "--app", "demo"])
            .current_dir(self.directory.path(""))
            .output()
            .expect("the server's program runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.starts_with("c2c_"), "{}", String::from_utf8_lossy(&output.stderr));
        text.trim().to_owned()
    }

    fn listening(test: &str, access: &str, more: &[&str]) -> Self {
        let directory = Directory::new(test);
        let mut child = Command::new(&*PROGRAM)
            .args(["--data-dir", "data", "--console-listen", "127.0.0.1:0"])
            .args(["--pages-listen", "127.0.0.1:0"])
            .args(more)
            .env("C2C_ACCESS", access)
            .current_dir(directory.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let origin = console(&mut stdout);
        Self { directory, origin, app: String::new(), child, _stdout: stdout }
    }

    /// The same, with a folder that was pulled.
    pub(crate) fn pulled(test: &str) -> Self {
        let real = Self::start(test);
        let run = real.pull(&[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        real
    }

    /// Calls the API, and expects success.
    pub(crate) fn api(
        &self,
        method: &str,
        path: &str,
        version: Option<&Value>,
        body: &Value,
    ) -> Value {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("origin", &self.origin)
            .header("content-type", "application/json");
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        let response = if method == "GET" {
            agent.run(request.body(()).expect("a request"))
        } else {
            agent.run(request.body(body.to_string()).expect("a request"))
        };
        let mut response = response.expect("it answers");
        let text = response.body_mut().read_to_string().expect("text");
        assert!(response.status().is_success(), "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/apps/{}{rest}", self.app)
    }

    /// Reads something of the app.
    pub(crate) fn get(&self, rest: &str) -> Value {
        self.api("GET", &self.path(rest), None, &Value::Null)
    }

    /// Sends something to the app.
    pub(crate) fn send(&self, method: &str, rest: &str, body: &Value) -> Value {
        self.api(method, &self.path(rest), None, body)
    }

    /// Saves the draft as a colleague in the console does.
    pub(crate) fn save(&self, head: &str, body_end: &str) {
        let version = &self.get("/draft")["version"];
        let code = json!({"head": head, "bodyEnd": body_end});
        self.api("PUT", &self.path("/draft"), Some(version), &code);
    }

    /// Publishes the draft as a colleague in the console does.
    pub(crate) fn publish(&self, to: &str, note: &str) {
        let (app, draft) = (self.get(""), self.get("/draft"));
        let replaces = if to == "live" { &app["live"] } else { &app["staged"] };
        let wish = json!({"draft": draft["version"], "replaces": replaces, "to": to, "note": note});
        self.send("POST", "/revisions", &wish);
    }

    /// Gives the app a staging environment.
    pub(crate) fn add_staging(&self) {
        let settings = self.get("/settings");
        let version = &self.get("")["settingsVersion"];
        let mut settings = settings;
        settings["staging"] = true.into();
        self.api("PUT", &self.path("/settings"), Some(version), &settings);
    }

    /// Pulls into the directory, with the arguments for a new folder.
    pub(crate) fn pull(&self, arguments: &[&str]) -> Run {
        let folder = ["pull", "--server", &self.origin, "--app", &self.app];
        self.c2c(&[&folder, arguments].concat())
    }

    /// Runs a command in the directory. In its output, the parts that differ from run to run have a name.
    pub(crate) fn c2c(&self, arguments: &[&str]) -> Run {
        let run = self.directory.c2c(arguments, "");
        Run { code: run.code, stdout: self.tidy(&run.stdout), stderr: self.tidy(&run.stderr) }
    }

    /// The same with variables of the environment.
    pub(crate) fn c2c_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let run = self.directory.c2c_with(variables, arguments, "");
        Run { code: run.code, stdout: self.tidy(&run.stdout), stderr: self.tidy(&run.stderr) }
    }

    fn tidy(&self, text: &str) -> String {
        timeless(&text.replace(&self.origin, "SERVER").replace(&self.app, "APP"))
    }
}

/// The text with `TIME` for each time as the API writes it.
fn timeless(text: &str) -> String {
    let form = "dddd-dd-ddTdd:dd:dd";
    let begins = |text: &str| {
        text.len() > form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                _ => byte == form,
            })
    };
    let mut timeless = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if begins(rest) {
            timeless += "TIME";
            rest = rest.split_once('Z').map_or("", |(_, rest)| rest);
        } else {
            timeless.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    timeless
}

impl Drop for Real {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The origin of the console, which the server prints when it listens.
fn console(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut console = None;
    for line in stdout.lines() {
        let line = line.expect("it prints text");
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("console"), Some(url)) => console = Some(url.trim_end_matches('/').to_owned()),
            (Some("sandbox"), Some(_)) => break,
            _ => {}
        }
    }
    console.expect("it prints the address of the console")
}
