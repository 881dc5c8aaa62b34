//! `c2c-server doctor`: checks an installation from the machine of the server, as far as that can see it.
//!
//! It asks each origin as a browser would, through its name, TLS and proxy, and asks the server itself for the
//! same page. So it needs no list of right headers: both have to be the same.

mod fetch;
mod headers;
mod report;
mod secrets;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use c2c_names::{AppHosts, AppId, Origin, SandboxHosts};
use c2c_store::{Examined, Timestamp};
use clap::Args;
use hyper::header::{DATE, HeaderMap, SET_COOKIE, STRICT_TRANSPORT_SECURITY};
use jiff::fmt::rfc2822::DateTimeParser;
use rustix::process::{Resource, getrlimit};
use tokio::time::timeout;

use crate::catalogue;
use crate::descriptors::{self, Bounds};
use crate::run::named_database;
use crate::settings::{Limits, Settings};
use crate::sites::{Sites, is_loopback};
use crate::trust::trust;
use fetch::{Answer, connect, reachable, resolve};
pub use report::Report;

/// How long a certificate has to last.
const CERTIFICATE_DAYS: i64 = 14;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;
/// How far clocks may be apart. Plans, links and tickets have times.
const CLOCKS_APART: Duration = Duration::from_secs(30);
const DATABASE_PATIENCE: Duration = Duration::from_secs(10);
/// A host that is never one of the four (RFC 6761).
const WRONG_HOST: &str = "wrong-host.invalid";

/// An app that is on no server. It has a host like any other.
const NO_APP: &str = "c2c-doctor-asks-for-no-app";

/// Options of `c2c-server doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorOptions {
    /// The app whose pages are compared
    #[arg(long, value_name = "ID", default_value = "demo")]
    app: AppId,
}

/// One of the four sites, and the server's own address for it.
struct Place<'a> {
    name: &'static str,
    origin: &'a Origin,
    behind: SocketAddr,
    path: String,
}

/// Checks everything, and gives a line for each check.
pub async fn doctor(settings: &Settings, options: &DoctorOptions) -> Report {
    let mut report = Report::default();
    let pages = settings.pages_listen[0];
    match Sites::new(settings, settings.console_listen.port(), pages.port()) {
        Err(error) => report.problem("settings", error),
        Ok(sites) => {
            let app = &options.app;
            let sandbox = sites.sandbox.origin_for(app);
            let console = settings.console_listen;
            let place = |name, origin, behind, path| Place { name, origin, behind, path };
            let places = [
                place("console", &sites.console.origin, console, "/".to_owned()),
                place(
                    "parent",
                    &sites.parent.origin,
                    pages,
                    format!("{}{app}", crate::paths::PARENT),
                ),
                place(
                    "widget",
                    &sites.widget.origin,
                    pages,
                    format!("{}{app}", crate::paths::WIDGET),
                ),
                place("sandbox", &sandbox, pages, format!("{}{app}", crate::paths::SANDBOX)),
            ];
            check_sites(&mut report, &places);
            for place in &places {
                check_place(&mut report, place).await;
            }
            if let SandboxHosts::PerApp(hosts) = &sites.sandbox {
                check_hosts_of_apps(&mut report, hosts, &places[3]).await;
            }
        }
    }
    check_catalogue(&mut report, settings);
    check_database(&mut report, settings).await;
    check_authorities(&mut report);
    check_files(&mut report);
    report
}

fn check_catalogue(report: &mut Report, settings: &Settings) {
    match catalogue::read(settings.catalogue.as_deref()) {
        Err(error) => report.problem("catalogue", error),
        Ok(catalogue) => {
            let (name, version) = (catalogue.name(), catalogue.version());
            let events = catalogue.events().len();
            report.ok("catalogue", format!("{name} {version} has {events} events"));
        }
    }
}

/// Browsers isolate sites: registrable domains by the public suffix list.
fn check_sites(report: &mut Report, places: &[Place<'_>; 4]) {
    let [console, parent, widget, sandbox] = places;
    let site = |place: &Place<'_>| site_of(place.origin.host()).to_owned();
    let shares: Vec<_> = [console, parent, widget]
        .iter()
        .filter(|place| site(place) == site(sandbox))
        .map(|place| place.name)
        .collect();
    if shares.is_empty() {
        report.ok("sites", format!("the sandbox has a site of its own, {}", site(sandbox)));
    } else {
        let text = format!(
            "the sandbox and the {} are one site, {}: browsers isolate sites, so --sandbox-origin needs \
             another registrable domain",
            shares.join(" and the "),
            site(sandbox)
        );
        report.problem("sites", text);
    }
    for other in [parent, widget] {
        if site(other) == site(console) {
            let text = format!(
                "the console and the {} are one site, {}: a page of that site can set cookies for the \
                 console; give it another registrable domain",
                other.name,
                site(console)
            );
            report.warning("sites", text);
        }
    }
}

/// The registrable domain of a host, or the host if it has none.
fn site_of(host: &str) -> &str {
    if host.parse::<std::net::IpAddr>().is_ok() {
        host
    } else {
        psl::domain_str(host).unwrap_or(host)
    }
}

/// Each app needs a name, TLS and a site of its own, also one that is made tomorrow.
async fn check_hosts_of_apps(report: &mut Report, hosts: &AppHosts, place: &Place<'_>) {
    let about = "sandbox hosts";
    let host = place.origin.host();
    let site = site_of(host);
    if site == host {
        report.ok(about, format!("each app's host is a site of its own, such as {site}"));
    } else {
        let text = format!(
            "the hosts of all apps are one site, {site}: it has to be on the public suffix list \
             (https://publicsuffix.org), of which this program has the version of its release"
        );
        report.warning(about, text);
    }
    let other = hosts.origin_for(&NO_APP.parse().expect("an app id"));
    let tls_name = other.is_https().then(|| other.host());
    let answer = async {
        let addresses = resolve(other.host(), port_of(&other)).await?;
        let address = addresses.first().ok_or("it has no address")?;
        connect(*address, tls_name).await?.get(other.authority(), &place.path).await
    };
    match answer.await {
        Ok(Answer { status, .. }) if status.is_success() => {
            let text = format!(
                "{other} answers a request for the document of another app: the proxy must pass on the Host \
                 of a request, not its own"
            );
            report.problem(about, text);
        }
        Ok(Answer { status, .. }) => {
            let text =
                format!("another app's host gets {} for this app's document", status.as_u16());
            report.ok(about, text);
        }
        Err(error) => {
            let text = format!(
                "{other} cannot be asked: {error}; the DNS, the certificate and the proxy need all names \
                 before the domain, and not only {host}"
            );
            report.problem(about, text);
        }
    }
}

/// Checks the way from a browser to one of the sites.
async fn check_place(report: &mut Report, place: &Place<'_>) {
    let Place { name, origin, behind, path } = place;
    let is_https = origin.is_https();
    let address = match resolve(origin.host(), port_of(origin)).await {
        Ok(addresses) if !addresses.is_empty() => {
            let all: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
            report.ok(format!("{name} name"), format!("{} is {}", origin.host(), all.join(", ")));
            addresses[0]
        }
        Ok(_) => return unknown(report, place, "it has no address"),
        Err(error) => return unknown(report, place, &error),
    };
    let tls_name = is_https.then(|| origin.host());
    let connection = match connect(address, tls_name).await {
        Ok(connection) => connection,
        Err(error) => {
            let about = format!("{name} {}", if is_https { "TLS" } else { "connection" });
            return report.problem(about, format!("{origin} cannot be reached: {error}"));
        }
    };
    match connection.certificate_ends {
        Some(ends) => check_certificate(report, place, ends),
        None if !is_https && !is_loopback(origin) => {
            let text = format!("{origin} has no TLS: anyone on the way can read and change pages");
            report.problem(format!("{name} TLS"), text);
        }
        None => {}
    }
    let seen = match connection.get(origin.authority(), path).await {
        Ok(seen) => seen,
        Err(error) => {
            return report.problem(format!("{name} page"), format!("{origin}{path}: {error}"));
        }
    };
    check_clock(report, place, &seen.headers);
    check_own_headers(report, place, is_https, &seen.headers);
    match ask_server(*behind, origin.authority(), path).await {
        Ok(sent) => compare(report, place, &sent, &seen),
        Err(error) => {
            let text =
                format!("the server itself cannot be asked at {behind}: {error}; start it first");
            report.problem(format!("{name} page"), text);
        }
    }
    check_wrong_host(report, place, address, tls_name).await;
}

fn port_of(origin: &Origin) -> u16 {
    let port =
        origin.authority().strip_prefix(origin.host()).and_then(|port| port.strip_prefix(':'));
    let default_port = if origin.is_https() { 443 } else { 80 };
    port.and_then(|port| port.parse().ok()).unwrap_or(default_port)
}

fn unknown(report: &mut Report, place: &Place<'_>, error: &str) {
    let host = place.origin.host();
    let text = format!("{host} cannot be resolved: {error}; add it to the DNS");
    report.problem(format!("{} name", place.name), text);
}

fn check_certificate(report: &mut Report, place: &Place<'_>, ends: i64) {
    let days = (ends - jiff::Timestamp::now().as_second()) / SECONDS_A_DAY;
    let about = format!("{} TLS", place.name);
    let text = format!("the certificate of {} ends in {days} days", place.origin.host());
    if days < CERTIFICATE_DAYS {
        report.problem(about, format!("{text}: renew it, and find out why that was not automatic"));
    } else {
        report.ok(about, text);
    }
}

/// Against another machine's clock, if a proxy sets the header; it is the server's own otherwise.
fn check_clock(report: &mut Report, place: &Place<'_>, seen: &HeaderMap) {
    let date = seen.get(DATE).and_then(|date| date.to_str().ok());
    let Some(date) = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()) else {
        return;
    };
    let apart = Duration::from_secs(date.as_second().abs_diff(jiff::Timestamp::now().as_second()));
    if apart > CLOCKS_APART {
        let text =
            format!("it differs by {} s from this machine's: synchronize both", apart.as_secs());
        report.problem(format!("{} clock", place.name), text);
    }
}

fn check_own_headers(report: &mut Report, place: &Place<'_>, is_https: bool, seen: &HeaderMap) {
    let Place { name, origin, .. } = place;
    if seen.contains_key(SET_COOKIE) && *name != "console" {
        let text = format!("{origin} sets a cookie: nothing here does, so the proxy must not");
        if *name == "sandbox" {
            report.problem(format!("{name} cookies"), text);
        } else {
            report.warning(format!("{name} cookies"), text);
        }
    }
    if is_https && !seen.contains_key(STRICT_TRANSPORT_SECURITY) {
        let text = format!(
            "{origin} has no Strict-Transport-Security: add it in the proxy, so that browsers never use http"
        );
        report.warning(format!("{name} HSTS"), text);
    }
}

async fn ask_server(behind: SocketAddr, host: &str, path: &str) -> Result<Answer, String> {
    if behind.port() == 0 {
        return Err("port 0 is another one at each start; set a port".to_owned());
    }
    connect(reachable(behind), None).await?.get(host, path).await
}

/// Each header from the server arrives, exactly as it is, and none that changes its meaning is added.
fn compare(report: &mut Report, place: &Place<'_>, sent: &Answer, seen: &Answer) {
    let about = format!("{} page", place.name);
    let page = format!("{}{}", place.origin, place.path);
    if sent.status != seen.status {
        let text = format!(
            "{page} gets {}, and the server answers {}: the proxy must pass requests on, with their Host",
            seen.status.as_u16(),
            sent.status.as_u16()
        );
        return report.problem(about, text);
    }
    let differences = headers::differences(&sent.headers, &seen.headers);
    if differences.is_empty() {
        let count = headers::count(&sent.headers);
        let status = seen.status.as_u16();
        report.ok(
            &about,
            format!("{page} has status {status} and {count} headers as the server sends them"),
        );
    }
    for difference in differences {
        report.problem(&about, format!("{page}: {difference}"));
    }
}

/// A request for another host must not get a page: it comes after DNS rebinding, for example.
async fn check_wrong_host(
    report: &mut Report,
    place: &Place<'_>,
    address: SocketAddr,
    tls_name: Option<&str>,
) {
    let about = format!("{} host", place.name);
    let answer = match connect(address, tls_name).await {
        Ok(connection) => connection.get(WRONG_HOST, &place.path).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(Answer { status, .. }) if status.is_success() => {
            let text = format!(
                "{} answers a request for another host: the proxy must pass on the Host of a request, not its own",
                place.origin
            );
            report.problem(about, text);
        }
        Ok(Answer { status, .. }) => {
            report.ok(about, format!("a request for another host gets {}", status.as_u16()));
        }
        Err(error) => {
            report.ok(about, format!("a request for another host gets no answer ({error})"));
        }
    }
}

async fn check_database(report: &mut Report, settings: &Settings) {
    let about = "database";
    let database = named_database(settings);
    match timeout(DATABASE_PATIENCE, database.examine()).await {
        Err(_) => report.problem(about, format!("{database} does not answer: is it running?")),
        Ok(Err(error)) => report.problem(about, format!("{database}: {error}")),
        Ok(Ok(None | Some(Examined { schema: None, .. }))) => {
            report
                .ok(about, format!("{database} is empty; the first start of the server fills it"));
            secrets::check(report, settings, &BTreeMap::new());
        }
        Ok(Ok(Some(Examined { schema: Some(schema), newest, clock, sealing_keys, .. }))) => {
            let version = format!("{database} has schema version {schema}");
            match schema.cmp(&newest) {
                std::cmp::Ordering::Equal => report.ok(about, version),
                std::cmp::Ordering::Less => report.warning(
                    about,
                    format!(
                        "{version}; the next start of this server brings it to {newest}: back it up"
                    ),
                ),
                std::cmp::Ordering::Greater => report.warning(
                    about,
                    format!(
                        "{version}, of a newer server; this one knows {newest}: upgrade it, too"
                    ),
                ),
            }
            if let Some(clock) = clock {
                check_database_clock(report, clock);
            }
            secrets::check(report, settings, &sealing_keys);
        }
    }
}

fn check_database_clock(report: &mut Report, clock: Timestamp) {
    let apart = clock.as_millis().abs_diff(Timestamp::now().as_millis());
    let text = format!("the database's differs by {apart} ms from this machine's");
    if Duration::from_millis(apart) > CLOCKS_APART {
        report.problem("clock", format!("{text}: synchronize both"));
    } else {
        report.ok("clock", text);
    }
}

/// Whether there are connections with TLS to customers' servers and others.
fn check_authorities(report: &mut Report) {
    let about = "authorities";
    match trust() {
        Ok(_) => report.ok(about, "this machine trusts some, so endpoints can be called by https"),
        Err(error) => {
            let text = format!(
                "this machine trusts none, so no endpoint of integrations can be called by https: {error}; install the \
                 system's certificates (the package ca-certificates), or name a file of them in SSL_CERT_FILE"
            );
            report.problem(about, text);
        }
    }
}

/// The limit of this process. A unit of the server may have another.
fn check_files(report: &mut Report) {
    let connections_max = Limits::default().connections_max;
    let limit = getrlimit(Resource::Nofile).maximum;
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let about = "open files";
    let raise = "`ulimit -Hn`, or LimitNOFILE= of a systemd unit, raises it";
    match Bounds::within(limit, connections_max) {
        Ok(Bounds { pages, .. }) if pages < connections_max => {
            report.warning(
                about,
                format!(
                    "the limit of {limit} leaves room for {pages} connections to the pages; {raise}"
                ),
            );
        }
        Ok(_) => report.ok(about, format!("at most {limit} in this shell, which is enough")),
        Err(descriptors::TooFew { least, .. }) => {
            report.problem(
                about,
                format!("the limit of {limit} is too low, the least is {least}; {raise}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_those_of_the_public_suffix_list() {
        let check = |host: &str, expected: &str| assert_eq!(site_of(host), expected);
        check("a.b.shop.example", "shop.example");
        check("shop.co.uk", "shop.co.uk");
        check("code.shop.co.uk", "shop.co.uk");
        check("anna.github.io", "anna.github.io");
        check("github.io", "github.io");
        check("sandbox.localhost", "sandbox.localhost");
        check("localhost", "localhost");
        check("127.0.0.1", "127.0.0.1");
    }
}
