//! The command-line arguments.

mod remote;

use std::path::PathBuf;
use std::str::FromStr;

use c2c_delivery::Verifier;
use c2c_names::{AppId, BridgeLimits, Origin};
use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use hyper::StatusCode;

pub(crate) use remote::{
    PublishArguments, PullArguments, PushArguments, RollbackArguments, StatusArguments,
};

/// Check pasted HTML, compile it into a sandbox document, keep the custom code of an app in git, and print
/// the artefacts of an event catalogue.
#[derive(Debug, Parser)]
#[command(
    name = "c2c",
    version,
    after_help = "Exit codes:
  0  done; the snippets are accepted (there may be warnings)
  1  the snippets are rejected
  2  the command could not be carried out: its arguments, a file, or the server
  3  `c2c status`: visitors do not get the code of the folder and the draft
  4  the server has changes that the folder does not know, and nothing was overwritten"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check whether snippets can be published, and where each problem begins.
    ///
    /// A snippet is rejected if a script placed directly after it would no longer run, because the
    /// snippet leaves something open: a tag, a quote, a comment, a <script>, a <template>. The
    /// report goes to standard output.
    #[command(after_help = "Examples:
  c2c check head.html
  c2c check head.html --body-end tail.html
  pbpaste | c2c check -
  c2c check head.html --format json | jq '.diagnostics[].code'
  c2c check head.html --body-end tail.html --format github    (in a workflow)
  c2c check head.html --format sarif > c2c.sarif              (for a code host or an editor)
  c2c check head.html --fix                                   (corrects the file)

A problem looks like this:
  error[unclosed-script]: this `<script>` is never closed, so it would swallow everything after it
    --> head.html:3:1
     |
   3 | <script>dataLayer.push({});
     | ^^^^^^^^
     |
     = help: Add `</script>` where the script ends.

Errors refuse the snippets. Warnings do not: the code will run, but perhaps not as hoped. Colours are for terminals;
NO_COLOR=1 turns them off.")]
    Check(CheckArguments),
    /// Print the sandbox document of an app: template, shim and snippets.
    ///
    /// It is the document that the server would send for this app. Rejected snippets are reported
    /// on standard error, and nothing is printed.
    #[command(after_help = "Examples:
  c2c compile head.html --app demo --widget-origin https://widget.example > document.html
  c2c compile --body-end tail.html --app demo --widget-origin https://a.example --widget-origin https://b.example")]
    Compile(CompileArguments),
    /// Print the JSON Schema of a catalogue's envelopes.
    ///
    /// The schema follows the 2020-12 draft. The data of one event is at `#/$defs/data/$defs/<name>`.
    #[command(after_help = "Examples:
  c2c schema > catalogue.schema.json
  c2c schema catalogue.toml --unknown keep    (for receivers that may be older than the widget)")]
    Schema(SchemaArguments),
    /// Print TypeScript declarations of the frame API, with a catalogue's events.
    ///
    /// An editor that reads them completes event names and fields, and underlines unknown ones.
    #[command(after_help = "Examples:
  c2c types > c2c.d.ts
  c2c types catalogue.toml > c2c.d.ts

In a script, `/// <reference path=\"c2c.d.ts\" />` makes them known.")]
    Types(CatalogueArguments),
    /// Print a reference of a catalogue's events, in Markdown.
    #[command(after_help = "Examples:
  c2c docs > events.md
  c2c docs catalogue.toml > events.md")]
    Docs(CatalogueArguments),
    /// Write the draft of an app into a folder, for git.
    #[command(after_help = remote::PULL_HELP)]
    Pull(PullArguments),
    /// Compare a folder with the draft and with the code that visitors get.
    #[command(after_help = remote::STATUS_HELP)]
    Status(StatusArguments),
    /// Check the code of a folder, save it as the draft, and publish it if you wish.
    ///
    /// The check is that of `c2c check`; its report goes to standard output. With errors, nothing is sent.
    #[command(after_help = remote::PUSH_HELP)]
    Push(PushArguments),
    /// Publish the draft that a folder is in step with.
    #[command(after_help = remote::PUBLISH_HELP)]
    Publish(PublishArguments),
    /// Receive webhooks on this machine: verify, print and answer them.
    ///
    /// For those who write a receiver. It listens on a loopback address, agrees to get events, and answers with 401
    /// what no key has signed.
    #[command(after_help = "Examples:
  c2c listen --key whsec_…                        (the secret that the console showed)
  C2C_WEBHOOK_KEY=whpk_… c2c listen --port 9000   (a public key, for endpoints that are signed by v1a)
  c2c listen --answer 500                         (see how deliveries are repeated)
  c2c listen --json | jq .body.type

A server on this machine sends here if it was started with --delivery-allow 127.0.0.1/32:8443, to the endpoint
http://127.0.0.1:8443/. For one elsewhere, put a tunnel with TLS in front.")]
    Listen(ListenArguments),
    /// Put the content of an old revision live again, as a new revision.
    ///
    /// The draft and the folder keep their code.
    #[command(after_help = remote::ROLLBACK_HELP)]
    Rollback(RollbackArguments),
}

impl Command {
    /// Whether nothing is missing if the output is not read to its end.
    pub(crate) fn only_prints(&self) -> bool {
        match self {
            Self::Check(_)
            | Self::Compile(_)
            | Self::Schema(_)
            | Self::Types(_)
            | Self::Docs(_)
            | Self::Status(_)
            | Self::Listen(_) => true,
            Self::Pull(_) | Self::Push(_) | Self::Publish(_) | Self::Rollback(_) => false,
        }
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct SnippetArguments {
    /// File with the Head HTML; `-` reads standard input.
    #[arg(value_name = "HEAD.HTML")]
    pub(crate) head: Option<PathBuf>,
    /// File with the Body end HTML; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) body_end: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) snippets: SnippetArguments,
    /// The report's format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Apply the fixes that a check offers, write the files, and report what is left.
    ///
    /// A fix is applied only if it removes its finding and adds no error. A finding without a fix depends on
    /// what its author meant.
    #[arg(long)]
    pub(crate) fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompileArguments {
    #[command(flatten)]
    pub(crate) snippets: SnippetArguments,
    /// The app that the document belongs to (`data-app`).
    #[arg(long, value_name = "APP")]
    pub(crate) app: AppId,
    /// Exact origin of a widget page that may hold the frame (`data-widget-origins`). Can be repeated.
    #[arg(long = "widget-origin", value_name = "ORIGIN", required = true)]
    pub(crate) widget_origins: Vec<Origin>,
    /// How long events wait for a document that is still being parsed, in milliseconds (`data-hold-ms`);
    /// at most 600000.
    #[arg(
        long,
        value_name = "MS",
        value_parser = RangedU64ValueParser::<usize>::new().range(..=BridgeLimits::HOLD_MS_GREATEST as u64),
        default_value_t = BridgeLimits::default().hold_ms_max
    )]
    pub(crate) hold_ms: usize,
}

#[derive(Debug, Args)]
pub(crate) struct CatalogueArguments {
    /// File with the catalogue, TOML or (named *.json) JSON; `-` reads TOML from standard input.
    /// Defaults to the reference catalogue.
    #[arg(value_name = "CATALOGUE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    #[command(flatten)]
    pub(crate) catalogue: CatalogueArguments,
    /// How to treat fields that are not in the catalogue.
    #[arg(long, value_enum, default_value_t = Unknown::Refuse)]
    pub(crate) unknown: Unknown,
}

#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// Key to verify with: `whsec_…`, or `whpk_…` for the scheme v1a. Can be repeated: one of them has to fit.
    #[arg(long = "key", env = "C2C_WEBHOOK_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) keys: Vec<Verifier>,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    pub(crate) port: u16,
    /// The answer to webhooks that are verified: a status, or `hang`.
    #[arg(long, value_name = "STATUS|hang", default_value = "204")]
    pub(crate) answer: Answer,
    /// Print a line of JSON for each webhook.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The answer of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(StatusCode),
    /// Nothing, until the sender gives up.
    Hang,
}

impl FromStr for Answer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "hang" {
            return Ok(Self::Hang);
        }
        let status = text.parse().ok().filter(|status| (200..=599).contains(status));
        let status = status.and_then(|status: u16| StatusCode::from_u16(status).ok());
        status.map(Self::Status).ok_or("must be a status from 200 to 599, or hang")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unknown {
    /// The schema allows them.
    Keep,
    /// The schema rejects them.
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: place, source line, caret, help.
    Text,
    /// For programs: `{"ok": …, "diagnostics": […]}`, each diagnostic with its file.
    Json,
    /// For GitHub Actions: a workflow command for each diagnostic, shown beside its line.
    Github,
    /// For code hosts and editors: SARIF 2.1.0, with the fixes.
    Sarif,
}
