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
use crate::collector::Collector;
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
    /// The host of the sandbox document (whose own origin is opaque); with a host for each app, the demo's.
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
        Self::launch(Path::new("data"), c2c_ports::free()?, c2c_ports::free()?, arguments).await
    }

    /// Starts the server with further arguments, so that it trusts the certificate authority in a file only.
    pub async fn start_trusting(authority: &Path, arguments: &[&str]) -> Result<Self> {
        let trust = [("SSL_CERT_FILE", authority)];
        let (console, pages) = (c2c_ports::free()?, c2c_ports::free()?);
        Self::launch_with(Path::new("data"), console, pages, arguments, &trust).await
    }

    /// Starts the server so that endpoints of integrations may be pages of the collector.
    pub async fn start_with_receivers(collector: &Collector, arguments: &[&str]) -> Result<Self> {
        let allowed = format!("127.0.0.1/32:{}", collector.port());
        Self::start_with(&[&["--delivery-allow", &allowed], arguments].concat()).await
    }

    /// Starts the server as it is deployed: with real names, behind TLS, which the collector's scope ends. It
    /// asks for a sign-in.
    pub async fn start_deployed(collector: &Collector, arguments: &[&str]) -> Result<Self> {
        let (console, pages) = (c2c_ports::free()?, c2c_ports::free()?);
        let hosts = [
            ("--console-origin", "console.company.example", console),
            ("--parent-origin", "demo.company.example", pages),
            ("--widget-origin", "widget.company.example", pages),
            ("--sandbox-origin", "company-usercontent.example", pages),
        ];
        let mut all = vec!["--access".to_owned(), "sign-in".to_owned()];
        for (setting, host, port) in hosts {
            collector.put_behind(host, port);
            all.extend([setting.to_owned(), format!("https://{host}")]);
        }
        let all: Vec<&str> =
            all.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        Self::launch(Path::new("data"), console, pages, &all).await
    }

    /// Starts the server with a host of the sandbox for each app, which is a site of its own:
    /// `http://{app}.localhost:{port}`. So widget and parent page have addresses instead of names.
    pub async fn start_with_app_hosts() -> Result<Self> {
        let port = c2c_ports::free()?;
        let origin = |host: &str| format!("http://{host}:{port}");
        let arguments = [
            "--pages-listen",
            &format!("127.0.0.2:{port},127.0.0.3:{port}"),
            "--parent-origin",
            &origin("127.0.0.2"),
            "--widget-origin",
            &origin("127.0.0.3"),
            "--sandbox-origin",
            &origin("*.localhost"),
        ];
        Self::launch(Path::new("data"), c2c_ports::free()?, port, &arguments).await
    }

    async fn launch(data_dir: &Path, console: u16, pages: u16, arguments: &[&str]) -> Result<Self> {
        Self::launch_with(data_dir, console, pages, arguments, &[]).await
    }

    async fn launch_with(
        data_dir: &Path,
        console: u16,
        pages: u16,
        arguments: &[&str],
        environment: &[(&str, &Path)],
    ) -> Result<Self> {
        let binary = built::server()?;
        let dir = fresh_dir("server")?;
        let mut command = Command::new(&binary);
        command
            .arg("--data-dir")
            .arg(data_dir)
            .args(["--console-listen", &format!("127.0.0.1:{console}")])
            .args(["--pages-listen", &format!("127.0.0.1:{pages},[::1]:{pages}")])
            // Unless the arguments say otherwise.
            .env("C2C_ACCESS", "open")
            .envs(environment.iter().copied())
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

    /// Calls the API as the console does: with its `Origin`, and JSON.
    pub async fn api(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        self.api_at(method, path, body, None).await
    }

    /// The same for a version of the resource, which `If-Match` names.
    pub async fn api_at(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        version: Option<&Value>,
    ) -> Result<Reply> {
        let url = format!("{}{path}", self.console);
        let tag = version.map(|version| format!("\"{version}\""));
        let mut headers = vec![("origin", self.console.as_str())];
        if method != Method::GET {
            headers.push(("content-type", "application/json"));
        }
        headers.extend(tag.as_deref().map(|tag| ("if-match", tag)));
        let body = body.map(Value::to_string).unwrap_or_default();
        request(method, &url, &headers, body).await
    }

    /// Returns the app with this id, which exists.
    pub fn app(self: &Arc<Self>, id: &str) -> App {
        App { id: id.to_owned(), server: Arc::clone(self) }
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

/// An app of the server.
#[derive(Debug)]
pub struct App {
    /// Its `AppId`.
    pub id: String,
    server: Arc<Server>,
}

impl App {
    /// Saves custom code and publishes it; fails unless the server accepts it.
    ///
    /// Returns the answer: the new `revision`, and `diagnostics` (warnings).
    pub async fn publish(&self, head: &str, body_end: &str) -> Result<Value> {
        let reply = self.try_publish(head, body_end).await?;
        reply.expect(201).context("publishing the code")?.json()
    }

    /// Saves custom code, asks for its publication, and returns the server's answer to that, whatever it
    /// is.
    pub async fn try_publish(&self, head: &str, body_end: &str) -> Result<Reply> {
        let draft = self.save_draft(head, body_end).await?;
        let path = format!("/api/apps/{}", self.id);
        let app = self.server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
        let publication = json!({"draft": draft["version"], "replaces": app["live"]});
        self.server.api(Method::POST, &format!("{path}/revisions"), Some(&publication)).await
    }

    /// Saves custom code in place of the present draft.
    ///
    /// Returns the answer: the new `version`, and `diagnostics`.
    pub async fn save_draft(&self, head: &str, body_end: &str) -> Result<Value> {
        let path = format!("/api/apps/{}/draft", self.id);
        let draft = self.server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
        let code = json!({"head": head, "bodyEnd": body_end});
        let version = Some(&draft["version"]);
        let reply = self.server.api_at(Method::PUT, &path, Some(&code), version).await?;
        reply.expect(200).context("saving the draft")?.json()
    }

    /// Returns the URL of the parent page, whose `query` (no `?`) becomes the widget's.
    pub fn parent_url(&self, query: &str) -> String {
        with_query(format!("{}/p/{}", self.server.parent, self.id), query)
    }

    /// Returns the URL of the widget page, whose `query` (no `?`) is the context.
    pub fn widget_url(&self, query: &str) -> String {
        with_query(format!("{}/w/{}", self.server.widget, self.id), query)
    }

    /// Chooses the pages that may embed the widget, and how long the data that code stores is kept.
    pub async fn configure(&self, parent_origins: &[&str], jar: &str) -> Result<()> {
        let path = format!("/api/apps/{}", self.id);
        let app = self.server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
        let settings = json!({
            "name": app["name"],
            "parentOrigins": parent_origins,
            "jar": jar,
            "staging": app["staging"],
            "approval": app["approval"],
        });
        let (path, version) = (format!("{path}/settings"), Some(&app["settingsVersion"]));
        let reply = self.server.api_at(Method::PUT, &path, Some(&settings), version).await?;
        reply.expect(200).context("changing the settings").map(drop)
    }

    /// Returns the sandbox document that visitors get.
    pub async fn served(&self) -> Result<String> {
        let headers = [("sec-fetch-dest", "iframe")];
        Ok(request(Method::GET, &self.sandbox_url(), &headers, "").await?.expect(200)?.text())
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
