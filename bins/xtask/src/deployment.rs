//! `cargo xtask deployment`: the commands of docs/deploy.md, on a clean Debian.
//!
//! It makes a Debian of this machine's release from nothing, boots it with systemd in namespaces of its own,
//! and runs every command of the section "From nothing to a deployment" as it is there: packages from Debian, certificates
//! by certbot, the unit with all its hardening, nginx. Then it looks at the result from outside, as a visitor, with
//! `c2c-probe` in three engines, and restarts the server.
//!
//! Different from an operator's machines are the replaced parts of the commands ([`Steps::new`]), the network
//! ([`Debian::connect`], `/etc/hosts`), and the authority (`authority.rs`), which the server trusts.
//!
//! It needs root, and namespaces. Where it cannot run it says why, and does not count as passed.

mod authority;
mod checks;
mod debian;
mod document;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::run::{Result, output, program, root, target};

use self::authority::Authority;
use self::debian::{ADDRESS, Debian};
use self::document::{Block, Place};

/// The engines of `c2c-probe`, unless `C2C_ENGINES` names others. A missing one is an error.
const ENGINES: &str = "chromium,firefox,webkit";

/// The probes of a quick run: for each of the headers that must arrive, and the element. (The step `deploy` runs all
/// probes behind the same nginx.)
const QUICK: &str = "ORI,NET,DEV";

/// Set up c2c on a clean Debian with the commands of docs/deploy.md, and test it from outside
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only some probes, and the server as the tests build it: as `cargo xtask test` runs it
    #[arg(long)]
    quick: bool,
}

/// The outcome of a run that did not fail.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// So many commands and checks were as they should be.
    Passed(u32),
    /// It cannot run here, and this is why.
    NotRun(String),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match check(args.quick)? {
        Outcome::Passed(count) => {
            println!("{count} passed");
            Ok(ExitCode::SUCCESS)
        }
        Outcome::NotRun(why) => Err(format!("NOT RUN: {why}").into()),
    }
}

/// Sets up the deployment, and checks it.
pub(crate) fn check(quick: bool) -> Result<Outcome> {
    if let Some(why) = debian::obstacle()? {
        return Ok(Outcome::NotRun(format!("the deployment on a clean Debian: {why}")));
    }
    let begun = Instant::now();
    let folder = target()?.join("deployment");
    let steps = Steps::new(&folder, quick)?;
    let debian = Debian::boot(&folder)?;
    println!("a clean Debian is up after {:.0} s", begun.elapsed().as_secs_f64());
    let authority = Authority::start(&debian)?;
    let told = steps.run(&debian)?;
    let checks = checks::all(&debian, &authority, &told)?;
    println!("the deployment is as it should be, after {:.0} s", begun.elapsed().as_secs_f64());
    Ok(Outcome::Passed(steps.count() + checks))
}

/// The commands of the document.
#[derive(Debug)]
struct Steps {
    blocks: Vec<Block>,
}

impl Steps {
    /// The commands, and everything in them that is replaced: each part is there exactly once.
    fn new(folder: &Path, quick: bool) -> Result<Self> {
        let document = std::fs::read_to_string(root().join("docs/deploy.md"))?;
        let mut blocks = document::blocks(&document)?;
        let copy = format!("cp target/c2c.tar.gz {}/", debian::root(folder).join("root").display());
        let probe = format!("{} ", path(&program("c2c-probe")?).display());
        let engines = std::env::var("C2C_ENGINES").unwrap_or_else(|_| ENGINES.to_owned());
        let page = "--widget-url https://widget.company.example/w/demo";
        let only = if quick { format!(" --only {QUICK}") } else { String::new() };
        let seen = format!(
            "{page} --connect {ADDRESS}:443 --authority {} --engines {engines}{only}",
            authority::file(folder).display()
        );
        let mut replaced = vec![
            // There is no network to the server yet.
            ("scp target/c2c.tar.gz root@console.company.example:", copy),
            // Cargo would build it again, with the features of one package.
            ("cargo run -p c2c-probe -- ", probe),
            // The names lead nowhere, and the authority is not a public one.
            (page, seen),
        ];
        if quick {
            let server = path(&program("c2c-server")?);
            let built = server.parent().ok_or("a program without a folder")?;
            replaced.push(("cargo build --release --locked -p c2c-server", String::new()));
            replaced.push(("-C ../target/release", format!("-C {}", built.display())));
        }
        document::replace(&mut blocks, &replaced)?;
        Ok(Self { blocks })
    }

    fn count(&self) -> u32 {
        u32::try_from(self.blocks.len()).unwrap_or(u32::MAX)
    }

    /// Runs all, and returns what the last one has printed.
    fn run(&self, debian: &Debian) -> Result<String> {
        let mut told = String::new();
        for Block { place, text } in &self.blocks {
            println!("\n== {place}\n{text}");
            match place {
                Place::Clone => {
                    let told = output(debian.outside("sh").args(["-ec", text]));
                    print_end(&told?);
                }
                // A person types slower than a server starts.
                Place::Server if text.starts_with("c2c-admin ") => {
                    debian.wait_for_server()?;
                    told = debian.run(text)?;
                }
                // Its network leads to this machine only. Packages come by this machine's network.
                Place::Server if text.starts_with("apt-get ") => debian.run_online(text)?,
                Place::Server => told = debian.run(text)?,
            }
        }
        Ok(told)
    }
}

/// Prints the last lines: above them, `c2c-probe` prints all tables of docs/isolation.md.
fn print_end(told: &str) {
    let lines: Vec<&str> = told.lines().collect();
    for line in lines.iter().skip(lines.len().saturating_sub(3)) {
        println!("{line}");
    }
}

fn path(command: &Command) -> PathBuf {
    command.get_program().into()
}
