//! The operator's settings, by flag, environment variable or configuration file (`config`).

use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use c2c_names::{BridgeLimits, Origin, SandboxHosts};
use c2c_store::{Database, DatabaseError, SessionLimits};
use clap::builder::{RangedU64ValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Parser, ValueEnum};
use hyper::header::HeaderValue;
use ipnet::IpNet;

use crate::assertion_settings::AssertionSettings;
use crate::delivery_limits::DeliveryLimits;
use crate::delivery_settings::DeliverySettings;
use crate::forwarded::AddressHeader;
use crate::logs::{LogFilter, LogFormat};
use crate::network::network;
use crate::oidc_settings::OidcSettings;

/// Runs customers' code in every visitor's browser, in a sandbox that can react to a widget's
/// events and touch nothing else.
///
/// Without any settings it runs a demo on loopback addresses and prints the addresses to open.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "c2c-server",
    version,
    after_help = "\
On ORIGINS: the four pages need four host names, since cookies ignore ports, and the sandbox must be
on another site (registrable domain) than the others, since that is what browsers isolate. Set the
four origins when a proxy with real names and TLS stands in front:

  c2c-server --console-origin https://console.internal.example \\
             --parent-origin  https://demo.example \\
             --widget-origin  https://widget.example \\
             --sandbox-origin https://usercontent.example

With --sandbox-origin 'https://*.usercontent.example' each app's documents have a host of their own,
such as demo.usercontent.example.

A request whose Host is none of the four is answered with 421.

On OPEN FILES: each connection is one. The server raises its own limit to a little over 2600 if the
hard limit allows it (`ulimit -Hn`; LimitNOFILE= of a systemd unit). With less it serves fewer
connections at once, and says so when it starts; with less than 128 it does not start."
)]
pub struct Settings {
    /// Directory of the database file; created if missing
    #[arg(
        long,
        global = true,
        env = "C2C_DATA_DIR",
        value_name = "DIR",
        default_value = "c2c-data"
    )]
    pub data_dir: PathBuf,

    /// Database: sqlite:FILE, or postgres://USER:PASSWORD@HOST:PORT/NAME, which several servers can
    /// share [default: the file c2c.db in the data directory]
    #[arg(
        long,
        global = true,
        env = "C2C_DATABASE",
        value_name = "URL",
        value_parser = DatabaseParser,
        hide_env_values = true
    )]
    pub database: Option<Database>,

    /// Events in the log: a level, also for each module
    #[arg(
        long,
        global = true,
        env = "C2C_LOG",
        value_name = "FILTER",
        default_value = "warn,c2c_server=info"
    )]
    pub log: LogFilter,

    /// Form of the log, on standard error
    #[arg(
        long,
        global = true,
        env = "C2C_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t = LogFormat::Text
    )]
    pub log_format: LogFormat,

    /// Memory for the pages that visitors get, in MiB; others are made again when they are asked for
    #[arg(long, env = "C2C_CACHE_MIB", value_name = "MIB", default_value_t = 256)]
    pub cache_mib: u32,

    /// How long a content delivery network in front of the server may keep the pages of an app, in
    /// seconds (CDN-Cache-Control, with the app's tag in Cache-Tag and Surrogate-Key). Needs
    /// --purge-url, so that changes are served at once [default: not at all]
    #[arg(
        long,
        env = "C2C_CDN_SECONDS",
        value_name = "SECONDS",
        help_heading = "Content delivery network"
    )]
    pub cdn_seconds: Option<u32>,

    /// Address that gets a POST with {"tags": [...]} after each change, the tags of the apps that
    /// changed; any 2xx status means that their pages are purged
    #[arg(
        long,
        env = "C2C_PURGE_URL",
        value_name = "URL",
        hide_env_values = true,
        help_heading = "Content delivery network"
    )]
    pub purge_url: Option<PurgeUrl>,

    /// Value of the header Authorization for --purge-url
    #[arg(
        long,
        env = "C2C_PURGE_AUTHORIZATION",
        value_name = "VALUE",
        hide_env_values = true,
        help_heading = "Content delivery network"
    )]
    pub purge_authorization: Option<Secret>,

    /// Address of the console and its API; port 0 picks a free port. Browsers reach it by https
    /// only, unless --console-origin is a loopback address
    #[arg(
        long,
        env = "C2C_CONSOLE_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7100"
    )]
    pub console_listen: SocketAddr,

    /// How people get into the console: by signing in, or, on a loopback address only, all who reach it
    #[arg(long, env = "C2C_ACCESS", value_name = "HOW", value_enum, default_value_t = Access::SignIn)]
    pub access: Access,

    /// Addresses of parent page, widget and sandbox, separated by commas; port 0 picks one free
    /// port for all of them
    #[arg(
        long,
        env = "C2C_PAGES_LISTEN",
        value_name = "ADDRESSES",
        value_delimiter = ',',
        default_value = "127.0.0.1:7180,[::1]:7180"
    )]
    pub pages_listen: Vec<SocketAddr>,

    /// Address of /healthz, /readyz and /metrics, for the operator's machines. It has no login, so it
    /// must be a loopback address or one of a private network; port 0 picks a free port [default: none]
    #[arg(long, env = "C2C_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,

    /// Addresses and networks of proxies in front of the server, separated by commas. Any other
    /// client has at most 256 connections at once; a proxy carries those of many clients and limits
    /// them itself
    #[arg(
        long,
        env = "C2C_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ',',
        value_parser = network,
        default_value = "127.0.0.1,::1"
    )]
    pub proxies: Vec<IpNet>,

    /// Header in which the proxies name their client's address. It counts only in requests that come
    /// from --proxies. Set it only if each of them overwrites the header that it receives, or appends
    /// to it [default: none; the proxy is taken for the client]
    #[arg(long, env = "C2C_CLIENT_ADDRESS_HEADER", value_name = "HEADER")]
    pub client_address_header: Option<AddressHeader>,

    /// Address of a collector of OpenTelemetry, which takes OTLP over HTTP at /v1/traces after it. It gets a
    /// span for each request to the API, and for each page that was not in memory [default: none]
    #[arg(
        long,
        env = "C2C_OTLP_ENDPOINT",
        value_name = "URL",
        hide_env_values = true,
        help_heading = "Traces"
    )]
    pub otlp_endpoint: Option<OtlpEndpoint>,

    /// Value of the header Authorization for --otlp-endpoint
    #[arg(
        long,
        env = "C2C_OTLP_AUTHORIZATION",
        value_name = "VALUE",
        hide_env_values = true,
        help_heading = "Traces"
    )]
    pub otlp_authorization: Option<Secret>,

    /// How long the server goes on after a signal to stop while /readyz says that it is not ready, in
    /// seconds, so that load balancers notice; a second signal ends this
    #[arg(long, env = "C2C_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 0)]
    pub drain_seconds: u16,

    /// File with the events of your widget, as TOML or JSON (`c2c schema --help`): custom code is checked
    /// against it, and so are events [default: the events of the reference widget]
    #[arg(long, env = "C2C_CATALOGUE", value_name = "FILE")]
    pub catalogue: Option<PathBuf>,

    /// How long events wait for a document that is still being parsed, in milliseconds; later
    /// handlers receive them with `{replay: true}` only. At most 600000
    #[arg(
        long,
        env = "C2C_HOLD_MS",
        value_name = "MS",
        value_parser = RangedU64ValueParser::<usize>::new().range(..=BridgeLimits::HOLD_MS_GREATEST as u64),
        default_value_t = BridgeLimits::default().hold_ms_max
    )]
    pub hold_ms: usize,

    /// Origin of the console [default: the address that it listens on, by http]
    #[arg(long, env = "C2C_CONSOLE_ORIGIN", value_name = "ORIGIN", help_heading = "Origins")]
    pub console_origin: Option<Origin>,

    /// Origins of your own product whose pages may show the console of an app in a frame, separated by
    /// commas: each exactly, by https [default: none]
    #[arg(
        long,
        env = "C2C_CONSOLE_FRAME_ANCESTORS",
        value_name = "ORIGINS",
        value_delimiter = ',',
        help_heading = "Origins"
    )]
    pub console_frame_ancestors: Vec<Origin>,

    /// Origin of the demo parent page [default: localhost with the pages' port, by http]
    #[arg(long, env = "C2C_PARENT_ORIGIN", value_name = "ORIGIN", help_heading = "Origins")]
    pub parent_origin: Option<Origin>,

    /// Origin of the widget [default: widget.localhost with the pages' port, by http]
    #[arg(long, env = "C2C_WIDGET_ORIGIN", value_name = "ORIGIN", help_heading = "Origins")]
    pub widget_origin: Option<Origin>,

    /// Origin of the sandbox documents, or https://*.DOMAIN for a host of each app's own, with the app's
    /// id in the place of the star [default: sandbox.localhost with the pages' port, by http]
    #[arg(long, env = "C2C_SANDBOX_ORIGIN", value_name = "ORIGIN", help_heading = "Origins")]
    pub sandbox_origin: Option<SandboxHosts>,

    /// Sign-in with an OpenID Connect provider
    #[command(flatten)]
    pub oidc: OidcSettings,

    /// Sign-in by assertions of the operator's own product
    #[command(flatten)]
    pub assertion: AssertionSettings,

    /// Deliveries of events to customers' servers
    #[command(flatten)]
    pub delivery: DeliverySettings,
}

/// How people get into the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Access {
    /// By a sign-in link, once, and then for as long as their session lasts; programs by an API token.
    SignIn,
    /// All who reach it may do everything: for demos that run by themselves, on a loopback address only.
    Open,
}

impl Settings {
    /// Whether there is an authorization for no collector.
    pub(crate) fn without_collector(&self) -> bool {
        self.otlp_endpoint.is_none() && self.otlp_authorization.is_some()
    }

    /// The first setting that has no effect, or a bad one, without [`Settings::purge_url`]; `None` if that is set.
    pub(crate) fn without_hook(&self) -> Option<&'static str> {
        let needs = [
            ("--cdn-seconds", self.cdn_seconds.is_some()),
            ("--purge-authorization", self.purge_authorization.is_some()),
        ];
        let mut needs = needs.into_iter().filter(|_| self.purge_url.is_none());
        needs.find_map(|(setting, is_set)| is_set.then_some(setting))
    }
}

/// The address of a hook: http or https. It may hold a secret, so it is not shown.
#[derive(Clone)]
pub struct PurgeUrl(pub(crate) ureq::http::Uri);

/// The address that takes traces. It may hold a secret, so it is not shown.
#[derive(Clone)]
pub struct OtlpEndpoint(pub(crate) ureq::http::Uri);

impl FromStr for OtlpEndpoint {
    type Err = &'static str;

    /// The path of traces comes after the address, as
    /// [OTLP](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp) has it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rejected = "must be the address of a collector, such as http://127.0.0.1:4318";
        let base: ureq::http::Uri = text.parse().map_err(|_| rejected)?;
        if !matches!(base.scheme_str(), Some("http" | "https")) || base.query().is_some() {
            return Err(rejected);
        }
        format!("{}/v1/traces", text.trim_end_matches('/')).parse().map(Self).map_err(|_| rejected)
    }
}

impl fmt::Debug for OtlpEndpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OtlpEndpoint(…)")
    }
}

/// A header value that is not shown.
#[derive(Clone)]
pub struct Secret(pub(crate) HeaderValue);

impl FromStr for PurgeUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rejected = "must be the address of a hook, such as https://cdn.example/purge";
        let url: ureq::http::Uri = text.parse().map_err(|_| rejected)?;
        match url.scheme_str() {
            Some("http" | "https") => Ok(Self(url)),
            _ => Err(rejected),
        }
    }
}

impl FromStr for Secret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        HeaderValue::from_str(text).map(Self).map_err(|_| "cannot be the value of a header")
    }
}

impl fmt::Debug for PurgeUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PurgeUrl(…)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Limits on one client's use of the server, and on the server's use of its database.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send a request's head, and how long a connection may idle.
    pub head_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// How long a client may read nothing of a response before the system ends the connection (on
    /// Linux).
    pub write_timeout: Duration,
    /// How long responses in flight may take after a signal to stop.
    pub drain_timeout: Duration,
    /// How long a request waits for the database, after its body has arrived. One that hangs gives no
    /// error by itself.
    pub database_timeout: Duration,
    /// How long the server waits for the database when it looks for changes by other servers.
    pub look_timeout: Duration,
    /// Request heads up to this size, in bytes, are accepted; much larger ones get 431.
    pub head_bytes_max: usize,
    /// The most header fields in a request; more get 431.
    pub header_fields_max: usize,
    /// The longest request target, in bytes; longer ones get 414.
    pub target_bytes_max: usize,
    /// The largest request body, in bytes; larger ones get 413. Two snippets of 256 KiB fit, even
    /// if JSON needs six bytes for each of theirs.
    pub body_bytes_max: usize,
    /// When sessions of the console end by themselves.
    pub session: SessionLimits,
    /// How many requests to the API one session or token may send in a second, on average; more get 429.
    pub caller_requests_per_second: NonZeroU32,
    /// How many of them it may send at once.
    pub caller_requests_burst: NonZeroU32,
    /// How many wrong secrets one client may show in a minute; more get 429. A right one is always
    /// accepted.
    pub guesses_per_minute: NonZeroU32,
    /// How many times one client may go to the OpenID Connect provider, come back, or show an assertion in a minute; more
    /// get 429.
    pub sign_ons_per_minute: NonZeroU32,
    /// How long a sign-in waits for the provider or for the keys of assertions, over all requests.
    pub issuer_timeout: Duration,
    /// How many drafts are staged for preview at once; an extra one replaces the oldest.
    pub previews_max: usize,
    /// How many connections the console has at once, and how many the three pages have, each over
    /// all their addresses. For an extra one, the connection that has waited longest for a request
    /// is closed. The limits are lower if the process may not open enough files.
    pub connections_max: usize,
    /// How many of these connections one client has, but never more than a quarter. For an extra
    /// one, the client's own connection that has waited longest for a request is closed. A client
    /// is an IPv4 address or an IPv6 network of 64 bits, other than the proxies in the settings.
    /// The default lets 14 browsers behind one address open all the connections that they can (six
    /// to each of three hosts); with more browsers, idle connections end early.
    pub connections_per_client_max: usize,
    /// How many events may come in.
    pub collect: CollectLimits,
    /// How much may be under way to endpoints.
    pub delivery: DeliveryLimits,
}

/// Limits on events that come in, on each server. Those that come too fast get 429, and their senders keep them.
#[derive(Clone, Copy, Debug)]
pub struct CollectLimits {
    /// How many batches one client may send in a second, on average. Behind one address there may be a whole
    /// company, and a page sends one a second at most.
    pub client_batches_per_second: NonZeroU32,
    /// How many of them it may send at once.
    pub client_batches_burst: NonZeroU32,
    /// How many events one client may send in a second, on average.
    pub client_events_per_second: NonZeroU32,
    /// How many of them it may send at once.
    pub client_events_burst: NonZeroU32,
    /// How many events may come for one app in a second, on average: from pages, and as many from its backends.
    pub app_events_per_second: NonZeroU32,
    /// How many of them may come at once.
    pub app_events_burst: NonZeroU32,
}

impl Default for CollectLimits {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            client_batches_per_second: number(20),
            client_batches_burst: number(100),
            client_events_per_second: number(100),
            client_events_burst: number(1000),
            app_events_per_second: number(1000),
            app_events_burst: number(10_000),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
            database_timeout: Duration::from_secs(10),
            look_timeout: Duration::from_mins(1),
            head_bytes_max: 32 * 1024,
            header_fields_max: 64,
            target_bytes_max: 8 * 1024,
            body_bytes_max: 4 * 1024 * 1024,
            session: SessionLimits::default(),
            caller_requests_per_second: const { NonZeroU32::new(50).expect("not zero") },
            caller_requests_burst: const { NonZeroU32::new(200).expect("not zero") },
            guesses_per_minute: const { NonZeroU32::new(20).expect("not zero") },
            sign_ons_per_minute: const { NonZeroU32::new(120).expect("not zero") },
            issuer_timeout: Duration::from_secs(10),
            previews_max: 32,
            connections_max: 1024,
            connections_per_client_max: 256,
            collect: CollectLimits::default(),
            delivery: DeliveryLimits::default(),
        }
    }
}

/// Parses a database's address. clap's own error would show the address, and with it a password.
#[derive(Clone)]
struct DatabaseParser;

impl TypedValueParser for DatabaseParser {
    type Value = Database;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Database, clap::Error> {
        value.to_str().unwrap_or_default().parse().map_err(|error: DatabaseError| {
            let message = format!("invalid value for '--database <URL>': {error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
