//! `c2c-server`: reads the settings and runs the server until a signal stops it.

#![expect(clippy::print_stderr, reason = "a program speaks to its operator")]

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use c2c_server::{
    Backup, Config, ConfigError, DoctorOptions, Limits, LogFormat, NewLink, NewToken, Secrets,
    Settings, Transfer,
};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Parser)]
struct Program {
    // Before the settings, whose description is the program's.
    #[command(subcommand)]
    work: Option<Work>,
    /// File with settings, as TOML: its keys are the long names of the flags. Flags and environment
    /// variables win over it
    #[arg(long, global = true, env = "C2C_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Work instead of serving.
#[derive(Clone, Debug, Subcommand)]
enum Work {
    #[command(flatten)]
    Transfer(Transfer),
    Link(NewLink),
    Token(NewToken),
    #[command(flatten)]
    Backup(Backup),
    #[command(subcommand)]
    Secrets(Secrets),
    /// Show the settings and where each comes from, without secrets
    ///
    /// Flags win over environment variables, these over the configuration file, and that over the
    /// defaults. The output is a configuration file.
    Config,
    /// Check names, sites, TLS, the headers through the proxy, the database, clocks and limits
    ///
    /// One line for each check: ok, warning, or problem with what to do. Run it on the server's machine,
    /// with the server's settings, while the server runs. The exit code is 1 if there is a problem.
    Doctor(DoctorOptions),
}

#[tokio::main]
async fn main() -> ExitCode {
    let (Program { settings, work, .. }, effective) = match parse() {
        Ok(parsed) => parsed,
        Err(error) => {
            eprintln!("c2c-server: {error}");
            // As for a mistake in the command line.
            return ExitCode::from(2);
        }
    };
    c2c_server::begin_log(settings.log_format, &settings.log);
    let outcome = match &work {
        None => run(&settings).await,
        Some(Work::Link(link)) => print(c2c_server::make_link(&settings, link).await),
        Some(Work::Token(token)) => print(c2c_server::make_token(&settings, token).await),
        Some(Work::Transfer(transfer)) => {
            let done = |line: &str| eprintln!("c2c-server: {line}");
            c2c_server::transfer(&settings, transfer, done).await.map_err(Into::into)
        }
        Some(Work::Backup(work)) => match c2c_server::back_up(&settings, work).await {
            Ok(said) => {
                eprintln!("c2c-server: {said}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        },
        Some(Work::Secrets(work)) => match c2c_server::secrets(&settings, work).await {
            Ok(said) => writeln!(std::io::stdout(), "{said}").map_err(Into::into),
            Err(error) => Err(error.into()),
        },
        Some(Work::Doctor(options)) => {
            let report = c2c_server::doctor(&settings, options).await;
            let _ = write!(std::io::stdout(), "{report}");
            return ExitCode::from(u8::from(report.has_problems()));
        }
        Some(Work::Config) => std::io::stdout().write_all(effective.as_bytes()).map_err(Into::into),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match settings.log_format {
                LogFormat::Json => tracing::error!(%error, "it failed"),
                _ => eprintln!("c2c-server: {error}"),
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints the address or token that was made.
fn print(made: Result<String, c2c_server::StartError>) -> Result<(), Box<dyn std::error::Error>> {
    Ok(writeln!(std::io::stdout(), "{}", made?)?)
}

/// The command line with the configuration file, and a description of the settings.
fn parse() -> Result<(Program, String), ConfigError> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (command, config) = Config::apply(Program::command(), &arguments)?;
    let matches = command.clone().get_matches_from(&arguments);
    let effective = config.describe(&command, &matches);
    let program = Program::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    Ok((program, effective))
}

async fn run(settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
    // First of all, so that no signal during the start is lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let running = c2c_server::start(settings, Limits::default()).await?;
    let announcement = format!(
        "c2c is running. Open the parent page to see the widget, or the console to paste code:\n\n\
         {}{}\nCtrl-C ends it.\n",
        running.addresses(),
        running.first_link().map_or_else(String::new, |url| format!(
            "\nSign in to the console as its owner. This link works once, within an hour:\n\n  {url}\n"
        ))
    );
    // A missing reader is no reason to stop serving.
    let _ = std::io::stdout().write_all(announcement.as_bytes());

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    running.leave();
    if settings.drain_seconds > 0 {
        tracing::info!("not ready any more; stopping in {} s", settings.drain_seconds);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(settings.drain_seconds.into())) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}
