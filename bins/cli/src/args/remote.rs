//! The arguments of the commands that talk to a server.

use std::path::PathBuf;

use c2c_names::AppId;
use clap::Args;

use super::Format;
use crate::remote::address::ConsoleOrigin;
use crate::remote::shapes::Environment;

/// The greatest time limit, in seconds.
const TIMEOUT_S_MAX: u64 = 600;

pub(super) const PULL_HELP: &str = "Examples:
  c2c pull --server http://127.0.0.1:7100 --app demo shop    (makes the folder `shop`)
  c2c pull shop                                              (gets the draft again)
  c2c pull --live shop                                       (gets the code that visitors get)

The folder:
  c2c.toml        the address of the server, and the app     commit it
  head.html       the Head HTML                              commit it
  body-end.html   the Body end HTML                          commit it
  .c2c/           the state of the server that was last seen; it ignores itself in git

A server that asks for a sign-in gets the API token in the environment variable C2C_TOKEN, if C2C_SERVER is \
its address: c2c.toml alone, which others can change, sends the token nowhere. An owner makes tokens in the \
console, on the page Access.

A file that was changed since the last pull or push is overwritten only if the server has that text too. \
Snippets are copied byte for byte: if git changes line ends in your checkout, a file differs.

Exit codes: 0 the folder is in step with the server; 4 both have changed, and nothing was overwritten; 2 the \
command could not be carried out.";

pub(super) const STATUS_HELP: &str = "Examples:
  c2c status shop
  c2c status --diff shop
  c2c status shop || echo 'visitors do not get the code of this commit'

Nothing is written, here or on the server.

Exit codes: 0 the folder, the draft and the live revision have the same code, and the app is not switched off; \
3 they differ, or visitors get no code; 2 the command could not be carried out.";

pub(super) const PUSH_HELP: &str = "Examples:
  c2c push shop
  c2c push shop --dry-run
  c2c push shop --publish --note 'GA4 on the thank-you page'
  c2c push shop --publish --note \"$GITHUB_SHA\" --format github --base before/shop    (in a workflow)

A push replaces the draft that the folder was last in step with, and no other: if the draft was saved in the \
meantime, it is shown and nothing is overwritten. The same holds for the live revision that --publish \
replaces, and this is known before anything is saved.

A checkout in a workflow was never in step. There, --base names a folder with the code of an older commit: \
the push happens if the draft (and with --publish the live revision) has exactly that code. In a workflow of \
GitHub: git worktree add before ${{ github.event.before }}

Exit codes: 0 done (there may be warnings); 1 the code is rejected; 4 the server has changes that the folder \
does not know; 2 the command could not be carried out.";

pub(super) const PUBLISH_HELP: &str = "Examples:
  c2c publish shop --note 'GA4 on the thank-you page'
  c2c publish shop --note 'to look at' --to staging
  c2c publish shop --note '' --dry-run

The lines that change for visitors are printed first. Nothing is published if the draft was saved, or another \
revision published, since the folder was last in step.

Exit codes: 0 done; 1 the code is rejected; 4 the server has changes that the folder does not know; 2 the \
command could not be carried out.";

pub(super) const ROLLBACK_HELP: &str = "Examples:
  c2c rollback 3 shop --note 'the new tag slows the page down'
  c2c rollback 3 shop --note '' --dry-run

The lines that change for visitors are printed first. Nothing happens if another revision was published since \
the folder was last in step.

Exit codes: 0 done; 1 the code is rejected by today's check; 4 another revision is live; 2 the command could \
not be carried out.";

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The folder with c2c.toml, head.html and body-end.html.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// How long each answer of the server may take, in seconds; at most 600.
    #[arg(
        long = "timeout",
        value_name = "SECONDS",
        default_value_t = 20,
        value_parser = clap::value_parser!(u64).range(1..=TIMEOUT_S_MAX)
    )]
    pub(crate) timeout_s: u64,
}

#[derive(Debug, Args)]
pub(crate) struct PullArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address of the console, for a new folder: by https, or on this machine.
    #[arg(long, value_name = "URL", requires = "app")]
    pub(crate) server: Option<ConsoleOrigin>,
    /// The app's id, for a new folder.
    #[arg(long, value_name = "APP", requires = "server")]
    pub(crate) app: Option<AppId>,
    /// Get the live revision instead of the draft.
    #[arg(long)]
    pub(crate) live: bool,
    /// Overwrite changes in the folder.
    #[arg(long)]
    pub(crate) force: bool,
    /// Keep the files as they are and take note of the server's state: the next push replaces it.
    #[arg(long, conflicts_with_all = ["force", "live"])]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print the lines that differ.
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PushArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Publish the draft after it was saved.
    #[arg(long, requires = "note")]
    pub(crate) publish: bool,
    /// The reason for the publication, for the history.
    #[arg(long, value_name = "TEXT", requires = "publish")]
    pub(crate) note: Option<String>,
    /// Say what would change, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A folder with the code that the server is expected to have, in place of the last pull.
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<PathBuf>,
    /// The format of the check's report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The reason, for the history; it may be empty.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
    /// Where the revision is served.
    #[arg(long, value_enum, default_value_t = Environment::Live)]
    pub(crate) to: Environment,
    /// Say what would change, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArguments {
    /// The number of the revision whose content goes live again.
    #[arg(value_name = "REVISION")]
    pub(crate) revision: i64,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The reason, for the history; it may be empty.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
    /// Say what would change, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
