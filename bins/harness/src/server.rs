//! The real server, started as by a user, and a small client for its API.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use url::Url;

use crate::DEADLINE;
use crate::built;
use crate::error::{Context as _, Result};
use crate::http::{Reply, request};
use crate::process::{Process, fresh_dir};

/// Longest time until the server listens.
const START: Duration = Duration::from_secs(20);

/// A running `c2c-server` with its own data directory. Dropping it ends it with SIGTERM.
#[derive(Debug)]
pub struct Server {
    /// The origin of console and API.
    pub console: String,
    /// The origin of the parent page.
    pub parent: String,
    /// The origin of the widget page.
    pub widget: String,
    /// The host of the sandbox document (whose own origin is opaque).
    pub sandbox: String,
    process: Process,
    /// The process before a restart, whose directory holds the data.
    before: Option<Process>,
}

/// A server that was stopped, with its data and its addresses.
#[derive(Debug)]
pub struct Stopped(Server);

impl Stopped {
    /// Starts it again at the same addresses.
    pub async fn start(self) -> Result<Server> {
        let Self(stopped) = self;
        let console = Url::parse(&stopped.console)?.port_or_known_default().context("a port")?;
        let pages = Url::parse(&stopped.parent)?.port_or_known_default().context("a port")?;
        let data = stopped.before.unwrap_or(stopped.process);
        let data_dir = data.dir().join("data");
        let server = Server::launch(&data_dir, console, pages, &[]).await?;
        Ok(Server { before: Some(data), ..server })
    }
}

impl Server {
    /// Starts the server on free ports and waits until it says that it listens.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts the server with further arguments.
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        // Relative to its directory.
        Self::launch(Path::new("data"), 0, 0, arguments).await
    }

    async fn launch(data_dir: &Path, console: u16, pages: u16, arguments: &[&str]) -> Result<Self> {
        let binary = built::server()?;
        let dir = fresh_dir("server")?;
        let mut command = Command::new(&binary);
        command
            .arg("--data-dir")
            .arg(data_dir)
            .args(["--console-listen", &format!("127.0.0.1:{console}")])
            .args(["--pages-listen", &format!("127.0.0.1:{pages},[::1]:{pages}")])
            .args(arguments)
            .current_dir(&dir);
        let mut process = Process::start(&binary.display().to_string(), command, dir)?;
        let [console, parent, widget, sandbox] = process.wait_until(START, announced).await?;
        Ok(Self { console, parent, widget, sandbox, process, before: None })
    }

    /// Stops the server as Ctrl-C does. Its addresses do not answer until it starts again.
    pub fn stop(mut self) -> Result<Stopped> {
        self.process.interrupt(DEADLINE)?;
        Ok(Stopped(self))
    }

    /// Returns the server's output so far, by line.
    pub fn output(&self) -> Vec<String> {
        self.process.output()
    }

    /// Calls the API as the console does: with its `Origin`, and JSON if there is a body.
    pub async fn api(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        let url = format!("{}{path}", self.console);
        let mut headers = vec![("origin", self.console.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        request(method, &url, &headers, body).await
    }

    /// Creates an app.
    pub async fn create_app(self: &Arc<Self>, name: &str) -> Result<App> {
        let reply = self
            .api(Method::POST, "/api/apps", Some(&json!({"name": name})))
            .await?
            .expect(201)?
            .json()?;
        let id = reply["id"].as_str();
        let id = id.context(format_args!("no id in {reply}"))?.to_owned();
        Ok(App { id, server: Arc::clone(self) })
    }
}

/// An app of the server, made for one test.
#[derive(Debug)]
pub struct App {
    /// Its `AppId`.
    pub id: String,
    server: Arc<Server>,
}

impl App {
    /// Saves custom code, which is then live; fails unless the server accepts it.
    ///
    /// Returns the answer: the new `revision`, and `diagnostics` (warnings).
    pub async fn save(&self, head: &str, body_end: &str) -> Result<Value> {
        let reply = self.try_save(head, body_end).await?;
        reply.expect(200).context("saving the code")?.json()
    }

    /// Sends custom code on top of the current revision, and returns the server's answer, whatever
    /// it is.
    pub async fn try_save(&self, head: &str, body_end: &str) -> Result<Reply> {
        let path = format!("/api/apps/{}", self.id);
        let app = self.server.api(Method::GET, &path, None).await?;
        let revision = &app.expect(200)?.json()?["revision"];
        let code = json!({"head": head, "bodyEnd": body_end, "revision": revision});
        self.server.api(Method::PUT, &format!("{path}/code"), Some(&code)).await
    }

    /// Returns the URL of the parent page, whose `query` (no `?`) becomes the widget's.
    pub fn parent_url(&self, query: &str) -> String {
        with_query(format!("{}/p/{}", self.server.parent, self.id), query)
    }

    /// Returns the URL of the widget page, whose `query` (no `?`) is the context.
    pub fn widget_url(&self, query: &str) -> String {
        with_query(format!("{}/w/{}", self.server.widget, self.id), query)
    }

    /// Returns the URL of the sandbox document.
    pub fn sandbox_url(&self) -> String {
        format!("{}/s/{}", self.server.sandbox, self.id)
    }
}

fn with_query(url: String, query: &str) -> String {
    if query.is_empty() { url } else { format!("{url}?{query}") }
}

/// Returns the four origins once all four are printed: lines of a label, white space, and a URL.
fn announced(output: &[String]) -> Option<[String; 4]> {
    let find = |label: &str| {
        output.iter().find_map(|line| {
            let mut words = line.split_whitespace();
            let url = (words.next()? == label).then(|| words.next())??;
            let origin = Url::parse(url).ok()?.origin();
            origin.is_tuple().then(|| origin.ascii_serialization())
        })
    };
    Some([find("console")?, find("parent")?, find("widget")?, find("sandbox")?])
}

#[cfg(test)]
mod tests {
    use super::announced;

    #[test]
    fn the_origins_are_read_from_what_the_server_prints() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let ready = "c2c-server 0.1.0\n\n  console   http://127.0.0.1:41234/\n  parent    \
             http://localhost:41235/p/demo\n  widget    http://widget.localhost:41235/w/demo\n  \
             sandbox   http://sandbox.localhost:41235/s/demo";
        let origins = [
            "http://127.0.0.1:41234",
            "http://localhost:41235",
            "http://widget.localhost:41235",
            "http://sandbox.localhost:41235",
        ];
        assert_eq!(announced(&lines(ready)), Some(origins.map(str::to_owned)));
        let early = ready.replace("sandbox ", "other ");
        assert_eq!(announced(&lines(&early)), None);
    }
}
