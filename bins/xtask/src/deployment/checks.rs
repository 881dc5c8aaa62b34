//! The deployment as visitors and its operator see it.

use std::fs;

use crate::run::{Result, output};

use super::authority::{Authority, shown};
use super::debian::{ADDRESS, Debian, HOSTS, OFFICE};

/// The headers that each answer has exactly once.
const ONCE: [&str; 5] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cache-control",
    "strict-transport-security",
];

/// A program in the place of the server, under the unit's filter of addresses, can connect to a public address, where
/// endpoints of integrations are, and not to one of a private network. Without the filter it can.
const FILTERED: &str = r"
timeout 3 bash -c 'exec 3<>/dev/tcp/10.0.0.1/443'
systemd-run --quiet --pipe --wait --collect --service-type=exec sh -e <<'END'
echo $$ >/sys/fs/cgroup/system.slice/c2c-server.service/cgroup.procs
timeout 3 bash -c 'exec 3<>/dev/tcp/192.0.2.2/14000'
! timeout 3 bash -c 'exec 3<>/dev/tcp/10.0.0.1/443' 2>/dev/null
END
";

/// Runs all checks, and returns their number. `told` is what the document's last command has printed.
pub(super) fn all(debian: &Debian, authority: &Authority, told: &str) -> Result<u32> {
    let check = Check { debian, authority };
    check.unit()?;
    check.pages()?;
    check.plain_http()?;
    check.console_is_for_its_networks()?;
    let session = check.sign_in(told)?;
    check.renewal()?;
    check.backup()?;
    check.restart(&session)?;
    Ok(8)
}

struct Check<'a> {
    debian: &'a Debian,
    authority: &'a Authority,
}

/// An answer over HTTP.
struct Answer {
    /// The status line and the headers. Their names are in lower case.
    head: Vec<String>,
    body: String,
}

impl Answer {
    fn has_status(&self, status: u16) -> Result<()> {
        let line = self.head.first().map(String::as_str).unwrap_or_default();
        let found = line.split(' ').nth(1).unwrap_or_default();
        if found == status.to_string() {
            Ok(())
        } else {
            Err(format!("{line:?} instead of {status}: {}", self.body).into())
        }
    }

    /// All values of a header.
    fn header(&self, name: &str) -> Vec<&str> {
        let all = self.head.iter().filter_map(|line| line.split_once(": "));
        all.filter(|(found, _)| *found == name).map(|(_, value)| value).collect()
    }
}

impl Check<'_> {
    /// The unit runs with all that it asks for, and starts with the machine.
    fn unit(&self) -> Result<()> {
        println!("\n== the unit");
        self.debian.run(
            "systemctl is-enabled c2c-server\n\
             systemctl is-active c2c-server\n\
             systemd-analyze security --no-pager --threshold=20 c2c-server",
        )?;
        let status = self.debian.run(
            "grep -E '^(Uid|CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/$(systemctl show -P MainPID c2c-server)/status",
        )?;
        let has = |line: &str| status.lines().any(|found| found == line);
        let none = "\t0000000000000000";
        let dropped = has(&format!("CapBnd:{none}")) && has(&format!("CapEff:{none}"));
        if !dropped || !has("NoNewPrivs:\t1") || !has("Seccomp:\t2") || status.contains("Uid:\t0\t")
        {
            return Err(format!("the unit has rights that it gives away:\n{status}").into());
        }
        // systemd says here which settings it could not apply.
        let warnings = self
            .debian
            .run("journalctl --no-pager --quiet --priority warning --unit c2c-server")?;
        if !warnings.is_empty() {
            return Err(format!("the unit has warnings:\n{warnings}").into());
        }
        self.debian.run(FILTERED)?;
        println!("it can connect to public addresses, and to no private one");
        Ok(())
    }

    /// Each page arrives over HTTP/2, with each header once, and its name's certificate.
    fn pages(&self) -> Result<()> {
        println!("\n== the pages");
        for (host, path) in HOSTS.iter().zip(["/", "/p/demo", "/w/demo", "/s/demo"]) {
            let address = if path == "/" { OFFICE } else { ADDRESS };
            let answer = self.ask(address, host, path, &["--header", "sec-fetch-dest: iframe"])?;
            answer.has_status(200)?;
            if !answer.head[0].starts_with("HTTP/2 ") {
                return Err(format!("{host}: {}", answer.head[0]).into());
            }
            for name in ONCE {
                let count = answer.header(name).len();
                if count != 1 {
                    return Err(format!("https://{host}{path} has {name} {count} times").into());
                }
            }
            println!("https://{host}{path}: 200, each of {} once", ONCE.join(", "));
        }
        Ok(())
    }

    fn plain_http(&self) -> Result<()> {
        println!("\n== plain HTTP");
        for host in HOSTS {
            let answer = self.curl(&[
                "--resolve",
                &format!("{host}:80:{ADDRESS}"),
                &format!("http://{host}/x?y=1"),
            ])?;
            answer.has_status(301)?;
            let expected = format!("https://{host}/x?y=1");
            if answer.header("location") != [&expected] {
                return Err(format!("{host}: {:?}", answer.head).into());
            }
            println!("http://{host} leads to {expected}");
        }
        Ok(())
    }

    fn console_is_for_its_networks(&self) -> Result<()> {
        println!("\n== the console's networks");
        self.ask(ADDRESS, HOSTS[0], "/", &[])?.has_status(403)?;
        println!("a visitor gets 403");
        Ok(())
    }

    /// The link signs in, once. Returns the cookie.
    fn sign_in(&self, told: &str) -> Result<String> {
        println!("\n== the sign-in");
        let secret = told.trim().strip_prefix("https://console.company.example/sign-in#");
        let secret = secret.ok_or_else(|| format!("this is no sign-in link: {told:?}"))?;
        let body = serde_json::json!({"secret": secret}).to_string();
        let origin = format!("origin: https://{}", HOSTS[0]);
        let spend =
            ["--header", &origin, "--header", "content-type: application/json", "--data", &body];
        let answer = self.ask(OFFICE, HOSTS[0], "/api/session", &spend)?;
        answer.has_status(201)?;
        let cookies = answer.header("set-cookie");
        let cookie =
            cookies.first().and_then(|cookie| cookie.split(';').next()).unwrap_or_default();
        if !cookie.starts_with("__Host-c2c=") {
            return Err(format!("there is no session: {cookies:?}").into());
        }
        let session = format!("cookie: {cookie}");
        self.signed_in(&session)?;
        self.ask(OFFICE, HOSTS[0], "/api/apps", &[])?.has_status(401)?;
        self.ask(OFFICE, HOSTS[0], "/api/session", &spend)?.has_status(404)?;
        println!("the link signs in, and only once");
        Ok(session)
    }

    fn signed_in(&self, session: &str) -> Result<()> {
        self.ask(OFFICE, HOSTS[0], "/api/apps", &["--header", session])?.has_status(200)
    }

    /// Certificates are renewed behind the configuration, and visitors get them.
    fn renewal(&self) -> Result<()> {
        println!("\n== the renewal of certificates");
        let before = shown(self.debian, HOSTS[2])?;
        self.debian.run("certbot renew --quiet --no-random-sleep-on-renew --force-renewal")?;
        // nginx replaces its processes after the hook has returned.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while shown(self.debian, HOSTS[2])? == before {
            if std::time::Instant::now() > end {
                return Err(format!("visitors get the old certificate, {before}").into());
            }
        }
        println!("visitors get the new certificate");
        Ok(())
    }

    /// The service's user can write a backup, and owns all that is there.
    fn backup(&self) -> Result<()> {
        println!("\n== a backup");
        self.debian.run(
            "c2c-admin backup /var/lib/c2c/backup.db\n\
             test \"$(stat -c %u /var/lib/private/c2c/* | sort -u)\" = \"$(stat -c %u /var/lib/private/c2c)\"",
        )?;
        Ok(())
    }

    /// After a restart all is as before: also the session.
    fn restart(&self, session: &str) -> Result<()> {
        println!("\n== a restart");
        self.debian.run("systemctl restart c2c-server")?;
        self.debian.wait_for_server()?;
        self.debian.run("c2c-admin doctor")?;
        self.signed_in(session)
    }

    fn ask(&self, address: &str, host: &str, path: &str, more: &[&str]) -> Result<Answer> {
        let authority = self.authority.file.display().to_string();
        let to = format!("{host}:443:{address}");
        let url = format!("https://{host}{path}");
        self.curl(&[&["--cacert", &authority, "--resolve", &to, &url], more].concat())
    }

    fn curl(&self, arguments: &[&str]) -> Result<Answer> {
        let head = self.debian.folder.join("head");
        let mut command = self.debian.outside("curl");
        command.args(["--silent", "--show-error", "--max-time", "20", "--dump-header"]).arg(&head);
        let body = output(command.args(arguments))?;
        let head = fs::read_to_string(&head)?;
        let head = head.lines().map(|line| match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
            None => line.to_owned(),
        });
        Ok(Answer { head: head.collect(), body })
    }
}
