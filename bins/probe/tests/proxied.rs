//! The whole suite behind the proxies of docs/deploy.md, over TLS: with the headers and attributes that
//! arrive through them, in each engine.

#![expect(clippy::print_stderr, reason = "the reader of the run must know")]

use std::process::{Command, ExitCode, Output};

use c2c_harness::{Context as _, Engine, Error, Result};
use c2c_proxies::{Backend, HOSTS, Kind, Proxy};
use c2c_server::{Limits, Settings};
use clap::Parser as _;
use libtest_mimic::{Arguments, Trial};
use tokio::task::{block_in_place, spawn_blocking};

/// Engines run side by side: much of a suite is waiting for what must not happen.
const THREADS: usize = 3;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    match Engine::chosen() {
        Ok(engines) => libtest_mimic::run(&arguments, trials(&engines)).exit_code(),
        Err(error) => panic!("{error}"),
    }
}

/// The long ones first, so that they run at the same time.
fn trials(engines: &[Engine]) -> Vec<Trial> {
    for why in engines.iter().filter_map(|engine| engine.not_run()) {
        eprintln!("NOT RUN: {why}");
    }
    let mut trials = Vec::new();
    for (name, has_app_hosts) in [
        ("the_suite_holds_behind_nginx", false),
        ("the_origin_stays_opaque_with_a_host_for_each_app", true),
    ] {
        for &engine in engines {
            let name = format!("{engine}::proxied::{name}");
            let trial = Trial::test(name, move || Ok(run(engine, has_app_hosts)?));
            trials.push(trial.with_ignored_flag(engine.not_run().is_some()));
        }
    }
    trials
}

#[tokio::main]
async fn run(engine: Engine, has_app_hosts: bool) -> Result<()> {
    let backend = Backend { has_app_hosts, ..Backend::free()? };
    let data = tempfile::tempdir()?;
    let data_dir = data.path().display().to_string();
    let arguments = ["c2c-server", "--data-dir", &data_dir].map(str::to_owned);
    let settings = Settings::try_parse_from(arguments.into_iter().chain(backend.arguments()));
    let settings = settings.context("the settings")?;
    let server = c2c_server::start(&settings, Limits::default()).await.context("the server")?;
    let proxy = block_in_place(|| Proxy::start(Kind::Nginx, backend))?;

    let [_, _, widget, sandbox] = HOSTS;
    let sandbox = if has_app_hosts { format!("demo.{sandbox}") } else { sandbox.to_owned() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_c2c-probe"));
    command.args(["--engines", engine.name()]);
    command.args(["--sandbox-url", &format!("https://{sandbox}/s/demo")]);
    command.args(["--widget-url", &format!("https://{widget}/w/demo")]);
    command.args(["--connect", &proxy.tls.to_string(), "--authority"]);
    command.arg(proxy.authority_file());
    if has_app_hosts {
        // The protections are the same, as the whole suite finds them with one host.
        command.args(["--only", "ORI"]);
    }
    let output = spawn_blocking(move || command.output()).await?;
    let Output { status, stderr, .. } = output.context("c2c-probe")?;
    let words = String::from_utf8_lossy(&stderr);
    eprintln!("{words}");
    if !status.success() {
        return Err(Error::new(format!("c2c-probe ended with {status}:\n{words}")));
    }
    // The engine's requests came through the proxy, too: it has opened the widget page, and the frame.
    let log = proxy.log();
    for (page, expected) in [(format!("{widget}/w/demo 200"), 2), (format!("{sandbox}/s/demo "), 8)]
    {
        let count = log.matches(&page).count();
        if count < expected {
            return Err(Error::new(format!("{page}: {count} times in the proxy's log:\n{log}")));
        }
    }
    server.stop().await;
    Ok(())
}
