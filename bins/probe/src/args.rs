//! The command-line arguments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use url::Url;

/// Shows in real browsers that a sandbox holds: the attempts of custom code, and their outcomes.
///
/// Without arguments it starts its own server and tests that. It reads the headers of the sandbox
/// document and of the widget page, and the attributes of the iframe, serves a replica of both
/// pages with exactly these, and runs every probe in it. It also runs each probe where nothing
/// restricts the frame, to show that the probe could have succeeded.
#[derive(Debug, Parser)]
#[command(
    name = "c2c-probe",
    version,
    after_help = "Examples:
  c2c-probe                                   a server of its own, all engines
  c2c-probe --engines firefox --only NAV      some probes in one engine
  c2c-probe --sandbox-url https://usercontent.example/s/demo \\
            --widget-url https://widget.example/w/demo        your own deployment

Exit codes: 0 everything is as promised, 1 something is not, 2 the probes could not be run."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that is typed")]
pub(crate) struct Args {
    /// A sandbox document of your deployment
    #[arg(long, value_name = "URL", requires = "widget_url")]
    pub(crate) sandbox_url: Option<Url>,

    /// A page of your widget that mounts it
    #[arg(long, value_name = "URL", requires = "sandbox_url")]
    pub(crate) widget_url: Option<Url>,

    /// Address of your deployment, if it is not where its names lead yet
    #[arg(long, value_name = "ADDRESS", requires = "sandbox_url")]
    pub(crate) connect: Option<SocketAddr>,

    /// PEM file of the authority of its certificates, if the machine does not trust that. The browsers
    /// then accept every certificate; only the requests outside of them check it
    #[arg(long, value_name = "FILE", requires = "connect")]
    pub(crate) authority: Option<PathBuf>,

    /// Engines, separated by commas: chromium, firefox, webkit [default: the installed ones]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) engines: Vec<String>,

    /// Only the probes with these id prefixes, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Also remove each attribute and header in turn, in the first engine and with the widget on
    /// top: the probes that name it must notice
    #[arg(long)]
    pub(crate) mutations: bool,

    /// Remove each attribute and header in turn, in all engines and both layouts, and run every
    /// probe each time: takes an hour
    #[arg(long, conflicts_with = "mutations")]
    pub(crate) matrix: bool,

    /// Also measure which cookies of an integrator are sent with custom code's requests
    #[arg(long)]
    pub(crate) credentials: bool,

    /// Compare the tables with those in this file, and fail if they differ
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) check: Option<PathBuf>,

    /// Write the tables into this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "check"])]
    pub(crate) write: Option<PathBuf>,

    /// Print JSON instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}
