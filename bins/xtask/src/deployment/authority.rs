//! A throw-away authority in the place of the public one: Pebble, which speaks to certbot as that does, looks up names, and
//! asks for each challenge by HTTP.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::{Result, output, show};

use super::debian::{ADDRESS, Debian, OUTSIDE, background};

const START: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

/// The file of its certificate, which the deployment's visitors trust.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

#[derive(Debug)]
pub(super) struct Authority {
    processes: Vec<Child>,
    /// [`file()`]
    pub(super) file: PathBuf,
}

impl Authority {
    /// Starts it outside, and makes the server trust it.
    pub(super) fn start(debian: &Debian) -> Result<Self> {
        let folder = &debian.folder;
        let own = folder.join("pebble.pem");
        let key = folder.join("pebble.key");
        let mut make = Command::new("openssl");
        make.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ]);
        make.args(["-days", "2", "-subj", "/CN=pebble", "-addext"]);
        make.arg(format!("subjectAltName=IP:{OUTSIDE}"))
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&own);
        show(&mut make)?;
        let configuration = serde_json::json!({"pebble": {
            "listenAddress": format!("{OUTSIDE}:14000"),
            "managementListenAddress": format!("{OUTSIDE}:15000"),
            "certificate": own,
            "privateKey": key,
            "httpPort": 80,
            "tlsPort": 443,
        }});
        let file = file(folder);
        fs::write(folder.join("pebble.json"), configuration.to_string())?;
        let mut authority = Self { processes: Vec::new(), file };
        // It answers each name with the server's address.
        authority.run(
            debian,
            "pebble-challtestsrv",
            &[
                "-dns01",
                &format!("{OUTSIDE}:53"),
                "-defaultIPv4",
                ADDRESS,
                "-defaultIPv6",
                "",
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-management",
                "127.0.0.1:8055",
            ],
        )?;
        let configuration = folder.join("pebble.json").display().to_string();
        let names = format!("{OUTSIDE}:53");
        authority.run(debian, "pebble", &["-config", &configuration, "-dnsserver", &names])?;
        authority.fetch(debian, &own)?;
        trust(debian, &[&own, &authority.file])?;
        Ok(authority)
    }

    fn run(&mut self, debian: &Debian, program: &str, arguments: &[&str]) -> Result<()> {
        let log = fs::File::create(debian.folder.join(format!("{program}.log")))?;
        let mut command = background("nsenter", log)?;
        let outside = debian.outside(program);
        command.args(outside.get_args()).args(arguments);
        // It is not to test the client: no random delays and failures.
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
        self.processes.push(command.spawn()?);
        Ok(())
    }

    /// Writes its certificate, which is another one at each start.
    fn fetch(&self, debian: &Debian, own: &Path) -> Result<()> {
        let end = Instant::now() + START;
        let mut ask = debian.outside("curl");
        ask.args(["--silent", "--fail", "--cacert"])
            .arg(own)
            .arg(format!("https://{OUTSIDE}:15000/roots/0"));
        loop {
            let answer = ask.output()?;
            if answer.status.success() {
                return Ok(fs::write(&self.file, answer.stdout)?);
            }
            if Instant::now() > end {
                let log = fs::read_to_string(debian.folder.join("pebble.log")).unwrap_or_default();
                return Err(format!("the authority does not answer:\n{log}").into());
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // Both fail if it has ended.
            let _killed = process.kill();
            let _ended = process.wait();
        }
    }
}

/// Makes the server trust certificates, and certbot ask this authority.
fn trust(debian: &Debian, certificates: &[&Path]) -> Result<()> {
    for (index, certificate) in certificates.iter().enumerate() {
        let name = format!("usr/local/share/ca-certificates/test-{index}.crt");
        fs::copy(certificate, debian.file(&name))?;
    }
    let settings = debian.file("root/.config/letsencrypt");
    fs::create_dir_all(&settings)?;
    fs::write(settings.join("cli.ini"), format!("server = https://{OUTSIDE}:14000/dir\n"))?;
    debian.run("update-ca-certificates")?;
    Ok(())
}

/// The certificate that a host shows now.
pub(super) fn shown(debian: &Debian, host: &str) -> Result<String> {
    let script = format!(
        "openssl s_client -connect {ADDRESS}:443 -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    );
    output(debian.outside("sh").args(["-ec", &script]))
}
