//! The copies of the operator's configurations, and everything that differs in them.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::authority::certificates;
use crate::process::Account;
use crate::{Backend, HOSTS, Kind, logs};

const NGINX: &str = include_str!("../../../docs/deploy/nginx.conf");
const CADDY: &str = include_str!("../../../docs/deploy/Caddyfile");
/// The changes to them with a host for each app: lines with `-` become those with `+` after them.
const NGINX_APP_HOSTS: &str = include_str!("../../../docs/deploy/nginx-app-hosts.diff");
const CADDY_APP_HOSTS: &str = include_str!("../../../docs/deploy/Caddyfile-app-hosts.diff");

/// A part of the text, its replacement, and how often it is there.
type Change<'a> = (&'a str, String, usize);

/// Writes the configuration for a test, and returns its file.
pub(crate) fn of_test(
    kind: Kind,
    folder: &Path,
    tls: SocketAddr,
    plain: SocketAddr,
    backend: Backend,
) -> io::Result<PathBuf> {
    fs::create_dir_all(logs(folder))?;
    let (text, difference, changes, name) = match kind {
        Kind::Nginx => (NGINX, NGINX_APP_HOSTS, nginx(folder, tls, plain, backend), "nginx.conf"),
        Kind::Caddy => (CADDY, CADDY_APP_HOSTS, caddy(folder, tls, plain, backend), "Caddyfile"),
    };
    let text = if backend.has_app_hosts { patched(text, difference)? } else { text.to_owned() };
    let file = folder.join(name);
    fs::write(&file, changed(&text, &changes)?)?;
    Ok(file)
}

fn nginx(
    folder: &Path,
    tls: SocketAddr,
    plain: SocketAddr,
    backend: Backend,
) -> Vec<Change<'static>> {
    let at = |name: &str| folder.join(name).display().to_string();
    // Debian's nginx keeps these below /var/lib, which only root may write to.
    let own: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("\n    {name}_temp_path {};", at(name)))
        .concat();
    vec![
        ("user www-data;", String::new(), 1),
        ("\nhttp {", format!("\nhttp {{{own}"), 1),
        ("/run/nginx.pid", at("nginx.pid"), 1),
        ("/var/log/nginx", logs(folder).display().to_string(), 2),
        ("/var/www/html", at("acme"), 1),
        ("/etc/letsencrypt/live", certificates(folder).display().to_string(), 8),
        ("listen 443 ", format!("listen {tls} "), 5),
        ("listen [::]:443 ssl http2;", String::new(), 4),
        ("listen [::]:443 ssl http2 default_server;", String::new(), 1),
        ("listen 80", format!("listen {plain}"), 2),
        ("listen [::]:80;", String::new(), 1),
        ("listen [::]:80 default_server;", String::new(), 1),
        ("127.0.0.1:7100", backend.console.to_string(), 1),
        ("127.0.0.1:7180", backend.pages.to_string(), 1),
    ]
}

fn caddy(
    folder: &Path,
    tls: SocketAddr,
    plain: SocketAddr,
    backend: Backend,
) -> Vec<Change<'static>> {
    // Caddy gets certificates of a public authority by itself, unless it has others.
    let certificate = |host: &str| {
        let folder = certificates(folder).join(host).display().to_string();
        format!("\n\ttls {folder}/fullchain.pem {folder}/privkey.pem")
    };
    let [console, pages @ ..] = HOSTS;
    // The certificate for all apps comes from elsewhere.
    let (last, of_caddy, of_certbot) = if backend.has_app_hosts {
        (" widget.company.example {", &pages[..2], 2)
    } else {
        (" company-usercontent.example {", &pages[..], 0)
    };
    let own = format!(
        "\tadmin off\n\thttp_port {}\n\thttps_port {}\n\tdefault_bind 127.0.0.1\n\tservers {{",
        plain.port(),
        tls.port()
    );
    vec![
        ("\tservers {", own, 1),
        ("/var/log/caddy", logs(folder).display().to_string(), 1),
        ("\nconsole.company.example {", format!("\n{console} {{{}", certificate(console)), 1),
        (
            last,
            format!("{last}{}", of_caddy.iter().map(|host| certificate(host)).collect::<String>()),
            1,
        ),
        ("/etc/letsencrypt/live", certificates(folder).display().to_string(), of_certbot),
        ("127.0.0.1:7100", backend.console.to_string(), 1),
        ("127.0.0.1:7180", backend.pages.to_string(), 1 + usize::from(backend.has_app_hosts)),
    ]
}

/// The text with the changes of a difference, each at the one place where its old lines are.
fn patched(text: &str, difference: &str) -> io::Result<String> {
    let mut text = text.to_owned();
    let (mut old, mut new) = (String::new(), String::new());
    for line in difference.lines().chain(["-"]) {
        if let Some(line) = line.strip_prefix('+') {
            new = format!("{new}{line}\n");
            continue;
        }
        if !new.is_empty() {
            text = changed(&text, &[(&old, std::mem::take(&mut new), 1)])?;
            old.clear();
        }
        old = format!("{old}{}\n", &line[1..]);
    }
    Ok(text)
}

/// The text with all changes. Each part must be there as often as expected, so that a change of the
/// operator's file is not missed.
fn changed(text: &str, changes: &[Change<'_>]) -> io::Result<String> {
    let mut text = text.to_owned();
    for (part, replacement, expected) in changes {
        let found = text.matches(part).count();
        if found != *expected {
            let message = format!("{part:?} is there {found} times, not {expected} times");
            return Err(io::Error::other(message));
        }
        text = text.replace(part, replacement);
    }
    Ok(text)
}

/// The command that runs the proxy in the foreground.
pub(crate) fn command(
    kind: Kind,
    account: Account,
    folder: &Path,
    configuration: &Path,
) -> Command {
    match kind {
        Kind::Nginx => {
            // Debian has it in a folder that is in root's path only.
            let mut command = account.command("/usr/sbin/nginx");
            command.args(["-e", "stderr", "-g", "daemon off;", "-c"]).arg(configuration);
            command
        }
        Kind::Caddy => {
            let mut command = account.command("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(configuration);
            // Its own files go into the folder that is removed.
            for home in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                command.env(home, folder);
            }
            command
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CADDY, CADDY_APP_HOSTS, NGINX, NGINX_APP_HOSTS, changed, patched};

    const DOCUMENT: &str = include_str!("../../../docs/deploy.md");

    /// Asserts that the document quotes a file, in a block of its language.
    #[track_caller]
    fn check_quoted(language: &str, file: &str) {
        let block = format!("\n```{language}\n{file}```\n");
        assert!(DOCUMENT.contains(&block), "docs/deploy.md does not quote this:\n{file}");
    }

    #[test]
    fn the_document_quotes_the_files() {
        check_quoted("nginx", NGINX);
        check_quoted("caddyfile", CADDY);
        check_quoted("diff", NGINX_APP_HOSTS);
        check_quoted("diff", CADDY_APP_HOSTS);
        check_quoted("ini", UNIT);
        check_quoted("sh", include_str!("../../../docs/deploy/environment"));
        check_quoted("sh", include_str!("../../../docs/deploy/c2c-admin"));
        check_quoted("dockerfile", include_str!("../../../docs/deploy/Containerfile"));
    }

    const UNIT: &str = include_str!("../../../docs/deploy/c2c-server.service");

    /// systemd 250 and later can tell without a running system.
    #[test]
    fn the_unit_is_hardened() {
        let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploy/c2c-server.service");
        let mut command = std::process::Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--no-pager", "--threshold=20", unit]);
        let output = command.output().expect("`cargo xtask test --only tools` installs systemd");
        let told = String::from_utf8_lossy(&output.stdout);
        let level = told.lines().find(|line| line.contains("Overall exposure level"));
        assert!(output.status.success() && level.is_some(), "{told}");
    }

    /// Integrations call public addresses, whose names are asked for from a port of the system's choice.
    #[test]
    fn the_unit_lets_integrations_out_and_keeps_private_networks_closed() {
        let unit = include_str!("../../../docs/deploy/c2c-server.service");
        let values = |name: &str| {
            let lines = unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            lines.flat_map(str::split_whitespace).collect::<Vec<_>>()
        };
        let denied = values("IPAddressDeny");
        assert!(!denied.contains(&"any"), "{denied:?}");
        for network in ["link-local", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"] {
            assert!(denied.contains(&network), "{network}: {denied:?}");
        }
        assert_eq!(values("IPAddressAllow"), ["localhost"]);
        assert!(values("SocketBindAllow").contains(&"udp"));
    }

    #[test]
    fn a_change_that_is_not_as_expected_is_an_error() {
        let change = |part, count| changed("a b a", &[(part, "c".to_owned(), count)]);
        assert_eq!(change("a", 2).expect("it is there twice"), "c b c");
        let error = change("a", 1).expect_err("it is there twice").to_string();
        assert_eq!(error, "\"a\" is there 2 times, not 1 times");
        assert!(change("d", 1).is_err());
        let patch = |difference| patched("a\nb\nc\n", difference);
        assert_eq!(patch("-a\n-b\n+x\n-c\n+y\n+z\n").expect("it fits"), "x\ny\nz\n");
        assert!(patch("-b\n-a\n+x\n").is_err());
    }
}
