//! `c2c-server doctor` against a real server behind a proxy with TLS, which does one thing wrong at a time.

mod integrations;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use c2c_server::{Limits, Running, Settings, start};
use clap::Parser as _;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, block_in_place};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::database::database;
use crate::program::PROGRAM;

const SITES: [&str; 4] = ["console", "parent", "widget", "sandbox"];

/// A host of an app.
const APP: &str = "demo.apps.localhost";

/// Changes a request's head, or a response's, for a host.
type Edit = fn(host: &str, head: String) -> String;

/// A server behind a proxy.
struct Installation {
    arguments: Vec<String>,
    certificate: PathBuf,
    running: Option<Running>,
    proxy: JoinHandle<()>,
    data: TempDir,
}

#[derive(Clone, Copy)]
struct Proxy {
    request: Edit,
    response: Edit,
    certificate_days: i64,
}

impl Default for Proxy {
    /// One that does all right.
    fn default() -> Self {
        Self { request: |_, head| head, response: |_, head| with_hsts(head), certificate_days: 90 }
    }
}

fn with_hsts(head: String) -> String {
    with(head, "strict-transport-security: max-age=31536000")
}

fn with(mut head: String, line: &str) -> String {
    head.truncate(head.trim_end().len());
    head + "\r\n" + line + "\r\n\r\n"
}

fn without(head: &str, name: &str) -> String {
    let lines = head.split("\r\n").filter(|line| !line.starts_with(name));
    lines.collect::<Vec<_>>().join("\r\n")
}

impl Proxy {
    async fn run(self, listener: TcpListener, tls: TlsAcceptor, console: u16, pages: u16) {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                // A client that does not trust the certificate ends the connection.
                let Ok(mut client) = tls.accept(stream).await else { return };
                let head = head(&mut client).await;
                let host = head.split("host: ").nth(1).unwrap_or_default();
                let host = host.split(['.', '\r']).next().unwrap_or_default().to_owned();
                let port = if host == "console" { console } else { pages };
                let request = with((self.request)(&host, head), "connection: close");
                let server = TcpStream::connect(("127.0.0.1", port)).await;
                let answer = match server {
                    Ok(mut server) => {
                        server.write_all(request.as_bytes()).await.expect("written");
                        (self.response)(&host, self::head(&mut server).await)
                    }
                    Err(_) => "HTTP/1.1 502 Bad Gateway\r\n\r\n".to_owned(),
                };
                // The doctor reads no bodies.
                let answer = with(without(&answer, "content-length"), "content-length: 0");
                let _ = client.write_all(answer.as_bytes()).await;
                let _ = client.shutdown().await;
            });
        }
    }
}

async fn head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(bytes).expect("ASCII")
}

/// A certificate of the four names and another that ends in some days, and is trusted by programs that read the file.
fn certificate(days: i64, file: &Path, another: &str) -> TlsAcceptor {
    let names = SITES.map(|site| format!("{site}.localhost"));
    let names: Vec<_> = names.into_iter().chain([another.to_owned()]).collect();
    let mut parameters = rcgen::CertificateParams::new(names).expect("names");
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(days * 24);
    let end = end.to_zoned(jiff::tz::TimeZone::UTC).date();
    let number = |number: i8| u8::try_from(number).expect("a part of a date");
    parameters.not_after =
        rcgen::date_time_ymd(end.year().into(), number(end.month()), number(end.day()));
    let key = rcgen::KeyPair::generate().expect("a key");
    let made = parameters.self_signed(&key).expect("a certificate");
    std::fs::write(file, made.pem()).expect("written");
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(made)], key.into())
        .expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

impl Installation {
    async fn with(proxy: Proxy) -> Self {
        Self::of_certificate(proxy, APP, "sandbox").await
    }

    /// One with a host for each app, and a certificate for these.
    async fn with_apps(proxy: Proxy, name: &str) -> Self {
        Self::of_certificate(proxy, name, "*.apps").await
    }

    async fn of_certificate(proxy: Proxy, name: &str, sandbox: &str) -> Self {
        let data = TempDir::new().expect("a directory");
        let file = data.path().join("certificate.pem");
        let tls = certificate(proxy.certificate_days, &file, name);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let [console, pages] = [(); 2].map(|()| c2c_ports::free().expect("a port"));
        let mut arguments = vec![
            format!("--data-dir={}", data.path().join("data").display()),
            format!("--console-listen=127.0.0.1:{console}"),
            format!("--pages-listen=127.0.0.1:{pages}"),
        ];
        arguments.extend(SITES.map(|site| {
            let host = if site == "sandbox" { sandbox } else { site };
            format!("--{site}-origin=https://{host}.localhost:{port}")
        }));
        let program = std::iter::once("c2c-server").chain(arguments.iter().map(String::as_str));
        let settings = Settings::try_parse_from(program).expect("settings");
        let running = start(&settings, Limits::default()).await.expect("starts");
        let proxy = tokio::spawn(proxy.run(listener, tls, console, pages));
        Self { arguments, certificate: file, running: Some(running), proxy, data }
    }

    /// Replaces arguments by those of the same name.
    fn instead(&mut self, arguments: &[String]) {
        for argument in arguments {
            let name = argument.split_inclusive('=').next().expect("a name");
            self.arguments.retain(|argument| !argument.starts_with(name));
            self.arguments.push(argument.clone());
        }
    }

    fn doctor(&self) -> Said {
        let mut command = Command::new(PROGRAM);
        command.args(&self.arguments).arg("doctor").env("SSL_CERT_FILE", &self.certificate);
        said(command)
    }
}

struct Said {
    code: Option<i32>,
    text: String,
}

fn said(mut command: Command) -> Said {
    let Output { status, stdout, stderr } = block_in_place(|| command.output()).expect("runs");
    assert_eq!(String::from_utf8_lossy(&stderr), "");
    Said { code: status.code(), text: String::from_utf8(stdout).expect("UTF-8") }
}

impl Said {
    /// Asserts that a line has this beginning and holds this text.
    #[track_caller]
    fn has(&self, start: &str, part: &str) {
        let is = |line: &str| line.starts_with(start) && line.contains(part);
        assert!(self.text.lines().any(is), "no {start:?} with {part:?} in:\n{}", self.text);
        let has_problem = self.text.lines().any(|line| line.starts_with("problem"));
        assert_eq!(self.code, Some(i32::from(has_problem)), "{}", self.text);
    }
}

/// The report on an installation with this proxy.
async fn report(proxy: Proxy) -> Said {
    Installation::with(proxy).await.doctor()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_installation_has_no_problem() {
    let said = report(Proxy::default()).await;
    for site in SITES {
        said.has(&format!("ok       {site} name: {site}.localhost is 127.0.0.1"), "");
        said.has(&format!("ok       {site} TLS: "), "ends in 8");
        said.has(
            &format!("ok       {site} page: https://{site}.localhost:"),
            "as the server sends them",
        );
        said.has(&format!("ok       {site} host: "), "gets 421");
    }
    said.has("ok       sites: the sandbox has a site of its own, sandbox.localhost", "");
    said.has("ok       database: sqlite:", "has schema version");
    let others = said.text.lines().filter(|line| !line.starts_with("ok "));
    let others: Vec<_> = others.filter(|line| !line.contains("open files")).collect();
    assert_eq!((said.code, others), (Some(0), Vec::new()), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_the_proxy_changes_are_named() {
    let said = report(Proxy {
        response: |host, head| match host {
            "console" => without(&head, "x-content-type-options"),
            "parent" => head.replace("text/html", "text/plain"),
            "widget" => with(with(head, "X-Frame-Options: DENY"), "Referrer-Policy: origin"),
            _ => with(without(&head, "content-security-policy"), "Set-Cookie: proxy=1"),
        },
        ..Proxy::default()
    })
    .await;
    assert_eq!(said.code, Some(1));
    said.has(
        "problem  console page: ",
        "x-content-type-options is missing: the proxy must pass it on",
    );
    said.has("problem  parent page: ", "content-type is \"text/plain");
    said.has("problem  widget page: ", "x-frame-options is not from the server");
    said.has("problem  widget page: ", "referrer-policy is there 2 times, not 1");
    said.has("problem  sandbox page: ", "content-security-policy is missing");
    said.has("problem  sandbox cookies: ", "sets a cookie");
    for site in SITES {
        said.has(&format!("warning  {site} HSTS: "), "Strict-Transport-Security");
    }
    let said = report(Proxy {
        response: |_, head| with(with_hsts(head), "Set-Cookie: proxy=1"),
        ..Proxy::default()
    })
    .await;
    said.has("warning  widget cookies: ", "sets a cookie");
    said.has("problem  sandbox cookies: ", "sets a cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_pass_on_the_host_is_found() {
    // It names the sandbox, whatever is asked for.
    let said = report(Proxy {
        request: |host, head| match host {
            "wrong-host" => head.replace("wrong-host.invalid", "SANDBOX"),
            _ => head,
        },
        response: |host, head| match host {
            "wrong-host" => with_hsts(head.replace("421 Misdirected Request", "200 OK")),
            _ => with_hsts(head),
        },
        ..Proxy::default()
    })
    .await;
    assert_eq!(said.code, Some(1));
    said.has("problem  sandbox host: ", "must pass on the Host of a request");
    let said = report(Proxy {
        request: |_, head| head.replace(".localhost", ".internal"),
        ..Proxy::default()
    })
    .await;
    said.has("problem  widget page: ", "gets 421, and the server answers 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_judged() {
    let said = report(Proxy { certificate_days: 5, ..Proxy::default() }).await;
    assert_eq!(said.code, Some(1));
    said.has("problem  sandbox TLS: the certificate of sandbox.localhost ends in ", "renew it");
    let said = report(Proxy { certificate_days: -2, ..Proxy::default() }).await;
    said.has("problem  sandbox TLS: ", "expired");
    let mut installation = Installation::with(Proxy::default()).await;
    let other = installation.data.path().join("other.pem");
    certificate(90, &other, APP);
    installation.certificate = other;
    installation.doctor().has("problem  sandbox TLS: ", "invalid peer certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_found() {
    let said = report(Proxy {
        response: |_, head| {
            with(with_hsts(without(&head, "date")), "date: Thu, 01 Jan 2026 00:00:00 GMT")
        },
        ..Proxy::default()
    })
    .await;
    said.has("problem  sandbox clock: ", "synchronize both");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_or_a_proxy_that_is_not_there_is_found() {
    let mut installation = Installation::with(Proxy::default()).await;
    installation.running.take().expect("it runs").stop().await;
    let said = installation.doctor();
    assert_eq!(said.code, Some(1));
    said.has("problem  sandbox page: ", "start it first");
    installation.proxy.abort();
    let _ = (&mut installation.proxy).await;
    installation.doctor().has("problem  sandbox TLS: ", "cannot be reached");
    installation.instead(&["--widget-origin=https://widget.invalid".to_owned()]);
    installation.doctor().has("problem  widget name: widget.invalid cannot be resolved", "DNS");
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_that_are_one_site_are_found() {
    let mut installation = Installation::with(Proxy::default()).await;
    installation.instead(&[
        "--sandbox-origin=https://code.shop.localhost".to_owned(),
        "--widget-origin=https://widget.shop.localhost".to_owned(),
        "--console-origin=https://a.admin.localhost".to_owned(),
        "--parent-origin=https://b.admin.localhost".to_owned(),
    ]);
    let said = installation.doctor();
    said.has("problem  sites: the sandbox and the widget are one site, shop.localhost", "");
    said.has("warning  sites: the console and the parent are one site, admin.localhost", "");
    installation.instead(&["--widget-origin=https://code.shop.localhost".to_owned()]);
    installation.doctor().has("problem  settings: ", "both have the host");
    // An origin without TLS, on an address that is not certainly this machine.
    let pages =
        installation.arguments.iter().find_map(|argument| argument.strip_prefix("--pages-listen="));
    let pages: SocketAddr = pages.expect("an address").parse().expect("an address");
    installation.instead(&[format!("--widget-origin=http://0.0.0.0:{}", pages.port())]);
    installation.doctor().has("problem  widget TLS: ", "has no TLS");
}

/// The proxy's certificate is for `demo.apps.localhost`, and for any other label only if it says so.
#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_apps_are_judged() {
    let installation = Installation::with_apps(Proxy::default(), "*.apps.localhost").await;
    let said = installation.doctor();
    said.has("ok       sandbox page: https://demo.apps.localhost:", "as the server sends them");
    said.has("ok       sandbox hosts: another app's host gets 421", "");
    said.has(
        "warning  sandbox hosts: the hosts of all apps are one site, apps.localhost",
        "suffix",
    );
    assert_eq!(said.code, Some(0));
    let installation = Installation::with_apps(Proxy::default(), "demo.apps.localhost").await;
    let said = installation.doctor();
    said.has("ok       sandbox page: https://demo.apps.localhost:", "as the server sends them");
    said.has("problem  sandbox hosts: https://c2c-doctor-asks-for-no-app.apps.localhost:", "DNS");
    let proxy = Proxy {
        request: |_, head| head.replace("c2c-doctor-asks-for-no-app.", "demo."),
        ..Proxy::default()
    };
    let installation = Installation::with_apps(proxy, "*.apps.localhost").await;
    installation.doctor().has("problem  sandbox hosts: ", "not its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_are_judged() {
    let (mut cluster, url) = database();
    let mut installation = Installation::with(Proxy::default()).await;
    // A look makes no folder.
    let none = installation.data.path().join("none");
    installation.instead(&[format!("--data-dir={}", none.display())]);
    installation.doctor().has("ok       database: sqlite:", "is empty");
    assert!(!none.exists());
    installation.instead(&[format!("--database={url}")]);
    installation.doctor().has("ok       database: postgres://", "is empty");
    let program =
        std::iter::once("c2c-server").chain(installation.arguments.iter().map(String::as_str));
    let settings = Settings::try_parse_from(program).expect("settings");
    installation.running.take().expect("it runs").stop().await;
    let running = start(&settings, Limits::default()).await.expect("starts");
    let said = installation.doctor();
    said.has("ok       database: postgres://", "has schema version");
    said.has("ok       clock: the database's differs by", "");
    said.has("ok       secrets key: there is none", "");
    let insert =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999, 'newer', TRUE, '', 0)";
    block_in_place(|| cluster.psql("c2c", insert)).expect("inserted");
    installation.doctor().has("warning  database: ", "has schema version 999, of a newer server");
    block_in_place(|| cluster.psql("c2c", "DELETE FROM _sqlx_migrations WHERE version > 3"))
        .expect("deleted");
    installation.doctor().has("warning  database: ", "the next start of this server brings it to");
    running.stop().await;
    block_in_place(|| cluster.kill()).expect("killed");
    installation.doctor().has("problem  database: postgres://", "the database cannot be reached");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_open_files_is_judged() {
    let installation = Installation::with(Proxy::default()).await;
    for (limit, start) in [(100, "problem  open files: "), (1024, "warning  open files: ")] {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("ulimit -n {limit} && exec \"$0\" \"$@\"")).arg(PROGRAM);
        shell.args(&installation.arguments).arg("doctor");
        shell.env("SSL_CERT_FILE", &installation.certificate);
        said(shell).has(start, &format!("the limit of {limit} "));
    }
}
