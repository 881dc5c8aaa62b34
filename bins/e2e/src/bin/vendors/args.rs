//! Command line arguments.

use std::path::PathBuf;

use c2c_harness::{Engine, Error};
use clap::Parser;

/// A commented example of `vendors.toml`.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

const EXAMPLES: &str = "\
Examples:
  cargo xtask vendors --scripts ~/vendors > vendors.md
  cargo xtask vendors --scripts ~/vendors --engines chromium --only 'Example Analytics'

Exit codes: 0 every hit of the control came in every run with a jar, 1 one did not, 2 nothing could be run.

A vendors.toml:

";

/// Tries copies of vendors' scripts in the sandbox, beside a page on top that holds the same snippet.
///
/// You provide the copies: scripts that you have saved, in a folder with a file `vendors.toml` that
/// lists the URL that each one answers, the customer's snippets, and the requests that are hits.
/// Each vendor runs in each engine: twice in a page on top (the control), then in the sandbox with
/// the jars `none`, `visit` and `kept`, the last in two visits. Every run has a fresh profile, and
/// no request leaves this machine.
///
/// The table on standard output shows the control's hits and how many of them came in the sandbox.
/// Below it are the hits that only one of the two sent, and the fields that differ. Fields that
/// differ between the two controls change by themselves, and are left out.
#[derive(Debug, Parser)]
#[command(
    name = "vendors",
    bin_name = "cargo xtask vendors",
    after_help = "Exit codes: 0 every hit of the control came in every run with a jar, 1 one did not, \
                  2 nothing could be run. `--help` shows an example of vendors.toml.",
    after_long_help = format!("{EXAMPLES}{EXAMPLE}")
)]
pub(crate) struct Args {
    /// The folder with vendors.toml and the scripts
    #[arg(long, value_name = "DIR")]
    pub(crate) scripts: PathBuf,

    /// Engines, separated by commas: chromium, firefox, webkit [default: those of `C2C_ENGINES`, or
    /// those installed]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = engine)]
    pub(crate) engines: Vec<Engine>,

    /// Only the vendor of this name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
}

fn engine(name: &str) -> Result<Engine, String> {
    name.parse().map_err(|error: Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Args;

    #[test]
    fn the_arguments_fit_together() {
        Args::command().debug_assert();
    }
}
