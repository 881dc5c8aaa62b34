//! A clean Debian that runs beside this machine's system.
//!
//! It has the mounts, processes, users and network of its own that systemd-nspawn gives it. Its network is one wire to a network
//! namespace, *outside*, in which nothing but the test runs. So its ports are free, and the machine's network
//! stays as it is. All ends with this process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::{Result, output, show, target};

/// The hosts of the console, the parent page, the widget and the sandbox in docs/deploy.md.
pub(super) const HOSTS: [&str; 4] = [
    "console.company.example",
    "demo.company.example",
    "widget.company.example",
    "company-usercontent.example",
];

/// The server's public address.
pub(super) const ADDRESS: &str = "192.0.2.1";
/// The address of visitors, and of the authority.
pub(super) const OUTSIDE: &str = "192.0.2.2";
/// The server's address in the network that may use the console.
pub(super) const OFFICE: &str = "10.0.0.1";
/// The address of a console's user.
const OFFICE_OUTSIDE: &str = "10.0.0.2";

/// The ports of `c2c-server`: in hexadecimal, as `/proc/net/tcp` has them.
const PORTS: [&str; 2] = [":1BBC ", ":1C0C "];

const BOOT: Duration = Duration::from_mins(2);
const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// Packages that Debian's installer installs and mmdebstrap leaves out, because nothing depends on them.
const INCLUDED: &str = "--include=dbus,ca-certificates";

/// The programs of this machine that it needs.
const PROGRAMS: [&str; 7] =
    ["mmdebstrap", "systemd-nspawn", "ip", "curl", "openssl", "pebble", "pebble-challtestsrv"];

/// Why it cannot run on this machine, or `None`.
pub(super) fn obstacle() -> Result<Option<String>> {
    let quiet = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let id = output(Command::new("id").arg("-u"))?;
    if id.trim() != "0" {
        return Ok(Some("it needs root".to_owned()));
    }
    let namespaces = [
        "--mount",
        "--net",
        "--pid",
        "--ipc",
        "--uts",
        "--cgroup",
        "--fork",
        "mount",
        "--make-rprivate",
        "/",
    ];
    if !quiet("unshare", &namespaces) {
        return Ok(Some("root may not make namespaces here".to_owned()));
    }
    if release("ID")? != "debian" {
        return Ok(Some("this is not Debian".to_owned()));
    }
    let missing: Vec<_> = PROGRAMS
        .into_iter()
        .filter(|program| !quiet("sh", &["-c", "command -v \"$0\"", program]))
        .collect();
    let install = "`cargo xtask test --only tools` installs it";
    Ok((!missing.is_empty()).then(|| format!("{} is missing; {install}", missing.join(", "))))
}

/// A value of `/etc/os-release`.
fn release(name: &str) -> Result<String> {
    let text = fs::read_to_string("/etc/os-release")?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    Ok(value.unwrap_or_default().trim_matches('"').to_owned())
}

/// The root of its file system.
pub(super) fn root(folder: &Path) -> PathBuf {
    folder.join("root")
}

#[derive(Debug)]
pub(super) struct Debian {
    pub(super) folder: PathBuf,
    /// systemd-nspawn. Its network is outside.
    nspawn: Child,
    /// The id of its systemd.
    systemd: String,
}

impl Debian {
    /// Boots a new one, whose files are below `folder`.
    pub(super) fn boot(folder: &Path) -> Result<Self> {
        let base = base()?;
        remove(folder)?;
        let root = root(folder);
        fs::create_dir_all(&root)?;
        show(Command::new("tar").arg("-xf").arg(base).arg("-C").arg(&root))?;
        let hosts = format!("127.0.0.1 localhost\n::1 localhost\n{ADDRESS} {}\n", HOSTS.join(" "));
        fs::write(root.join("etc/hosts"), hosts)?;
        let log = fs::File::create(folder.join("boot.log"))?;
        let mut debian =
            Self { folder: folder.to_owned(), nspawn: nspawn(&root, log)?, systemd: String::new() };
        debian.systemd = debian.booted()?;
        debian.connect()?;
        Ok(debian)
    }

    /// Waits until systemd has started everything, and returns its id.
    fn booted(&mut self) -> Result<String> {
        let end = Instant::now() + BOOT;
        loop {
            if let Some(status) = self.nspawn.try_wait()? {
                return Err(format!("systemd-nspawn ended with {status}:\n{}", self.log()).into());
            }
            let id = self.nspawn.id();
            let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
            if let Some(systemd) = children.split_whitespace().last()
                && is_elsewhere(systemd)
            {
                let mut state = enter(systemd, &["--all"], "systemctl");
                let state = state.arg("is-system-running").output()?;
                match String::from_utf8_lossy(&state.stdout).trim() {
                    "running" => return Ok(systemd.to_owned()),
                    "degraded" => {
                        show(enter(systemd, &["--all"], "systemctl").arg("--failed"))?;
                        return Ok(systemd.to_owned());
                    }
                    _ => {}
                }
            }
            if Instant::now() > end {
                return Err(format!("it has not booted after {BOOT:?}:\n{}", self.log()).into());
            }
            thread::sleep(POLL);
        }
    }

    /// Gives both ends of the wire their addresses.
    fn connect(&self) -> Result<()> {
        let outside = "for wire in /sys/class/net/ve-*; do :; done; wire=${wire##*/}";
        let outside = format!(
            "{outside}; ip address add {OUTSIDE}/24 dev $wire; ip address add {OFFICE_OUTSIDE}/8 dev $wire; ip link set $wire up"
        );
        // The folder of a network namespace's devices is another one there.
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.nspawn.id().to_string()]);
        command.args(["unshare", "--mount", "sh", "-ec"]);
        show(command.arg(format!("mount -t sysfs sysfs /sys; {outside}")))?;
        self.run(&format!(
            "ip address add {ADDRESS}/24 dev host0; ip address add {OFFICE}/8 dev host0; ip link set host0 up"
        ))?;
        Ok(())
    }

    /// A program of this machine, in the network outside.
    pub(super) fn outside(&self, program: &str) -> Command {
        enter(&self.nspawn.id().to_string(), &["--net"], program)
    }

    /// Runs commands in it, as root, and returns their output.
    pub(super) fn run(&self, script: &str) -> Result<String> {
        let told = output(self.shell(&["--all"]).arg(script));
        if let Ok(told) = &told {
            println!("{}", told.trim_end());
        }
        told
    }

    /// Runs commands in it that need this machine's network.
    pub(super) fn run_online(&self, script: &str) -> Result<()> {
        show(self.shell(&["--mount", "--uts", "--ipc", "--pid", "--cgroup"]).arg(script))
    }

    fn shell(&self, namespaces: &[&str]) -> Command {
        let mut command = enter(&self.systemd, namespaces, "env");
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        // There is no person who answers questions.
        command.args([
            "-i",
            path,
            "HOME=/root",
            "LC_ALL=C.UTF-8",
            "DEBIAN_FRONTEND=noninteractive",
        ]);
        command.args(["sh", "-ec", "cd; eval \"$0\""]);
        command
    }

    /// Waits until `c2c-server` listens.
    pub(super) fn wait_for_server(&self) -> Result<()> {
        let end = Instant::now() + START;
        let tables = format!("/proc/{}/net/tcp", self.systemd);
        loop {
            let table = fs::read_to_string(&tables)?;
            let listens =
                |port: &str| table.lines().any(|line| line.contains(port) && line.contains(" 0A "));
            if PORTS.iter().all(|port| listens(port)) {
                return Ok(());
            }
            if Instant::now() > end {
                self.run("journalctl --no-pager --unit c2c-server")?;
                return Err(format!("c2c-server does not listen after {START:?}").into());
            }
            thread::sleep(POLL);
        }
    }

    /// A file in it.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        root(&self.folder).join(path)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("boot.log")).unwrap_or_default()
    }
}

impl Drop for Debian {
    /// Shuts it down, and removes its files.
    fn drop(&mut self) {
        let id = self.nspawn.id().to_string();
        let _told = Command::new("kill").args(["-s", "TERM", &id]).status();
        let end = Instant::now() + STOP;
        while matches!(self.nspawn.try_wait(), Ok(None)) && Instant::now() < end {
            thread::sleep(POLL);
        }
        // Both fail if it has ended.
        let _killed = self.nspawn.kill();
        let _ended = self.nspawn.wait();
        if let Err(error) = remove(&self.folder) {
            println!("warning: {}: {error}", self.folder.display());
        }
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// A program that ends with this process, and whose output goes into a log.
pub(super) fn background(program: &str, log: fs::File) -> Result<Command> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

/// Starts systemd-nspawn, in a network namespace of its own, the one outside.
fn nspawn(root: &Path, log: fs::File) -> Result<Child> {
    let mut command = background("unshare", log)?;
    // Whichever version of control groups this machine has, it gets the second one, as on a machine of its own.
    command.env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1");
    command.args(["--net", "sh", "-ec", "ip link set lo up; exec \"$0\" \"$@\"", "systemd-nspawn"]);
    // This machine may have no systemd that could register it.
    command.args(["--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe"]);
    command.args(["--network-veth", "--resolv-conf=copy-host", "--link-journal=no"]);
    // systemd filters the addresses of a unit with these.
    command.args(["--system-call-filter=bpf", "--capability=CAP_BPF"]);
    command.arg(format!("--machine=c2c-{}", std::process::id()));
    Ok(command.arg("--directory").arg(root).spawn()?)
}

/// A program in namespaces of a process.
fn enter(process: &str, namespaces: &[&str], program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", process]).args(namespaces).arg(program).stdin(Stdio::null());
    command
}

/// Whether a process is in another process namespace than this one.
fn is_elsewhere(process: &str) -> bool {
    let space = |process: &str| fs::read_link(format!("/proc/{process}/ns/pid")).ok();
    space(process).is_some_and(|its| Some(its) != space("self"))
}

/// The packed files of a Debian of this machine's release, from this machine's sources. They are made once.
fn base() -> Result<PathBuf> {
    let release = release("VERSION_CODENAME")?;
    let tools = target()?.join("tools");
    let base = tools.join(format!("debian-{release}.tar"));
    if base.is_file() {
        return Ok(base);
    }
    fs::create_dir_all(&tools)?;
    let (sources, options) = (tools.join("debian.list"), tools.join("debian.conf"));
    fs::write(&sources, self::sources(&release)?)?;
    fs::write(&options, self::options()?)?;
    let partly = tools.join("debian-partly.tar");
    let mut command = Command::new("mmdebstrap");
    command.args(["--mode=root", "--variant=important", INCLUDED]);
    command.arg(format!("--aptopt={}", options.display()));
    show(command.arg(&release).arg(&partly).arg(&sources).stdin(Stdio::null()))?;
    fs::rename(&partly, &base)?;
    Ok(base)
}

/// The sources of this machine that are Debian's own, as lines of `sources.list`.
fn sources(release: &str) -> Result<String> {
    let format = "$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)";
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", format, "Created-By: Packages"]);
    let all = output(&mut command)?;
    let mut lines: Vec<_> = all
        .lines()
        .filter_map(|line| line.strip_prefix("Debian "))
        .filter(|line| line.contains(&format!(" {release}")))
        .collect();
    lines.sort_unstable();
    lines.dedup();
    if lines.is_empty() {
        return Err(
            "this machine's apt has no lists of Debian's packages; run: apt-get update".into()
        );
    }
    Ok(lines.join("\n") + "\n")
}

/// How this machine's apt reaches its sources.
fn options() -> Result<String> {
    let kept = ["Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries"];
    let all = output(Command::new("apt-config").args(["dump", "Acquire"]))?;
    let lines = all.lines().filter(|line| kept.iter().any(|kept| line.starts_with(kept)));
    Ok(lines.flat_map(|line| [line, "\n"]).collect())
}
