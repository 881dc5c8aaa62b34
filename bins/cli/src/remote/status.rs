//! `c2c status`: the folder, the draft and the environments side by side. Writes nothing.

use std::io::{self, Write};

use super::diff;
use super::folder::Folder;
use super::known::Known;
use super::server::Server;
use super::shapes::{App, CustomCode, Draft, Foreign, Plan, Revision};
use crate::args::StatusArguments;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// The greatest number of plans that are shown.
const PLANS_MAX: usize = 10;

/// The server's side.
struct There {
    app: App,
    draft: Draft,
    live: Option<Revision>,
    staged: Option<Revision>,
    plans: Vec<Plan>,
}

impl There {
    fn read(server: &Server) -> Result<Self, Failure> {
        let (app, draft, plans) = (server.app()?, server.draft()?, server.plans()?);
        let (live, staged) = (server.optional(app.live)?, server.optional(app.staged)?);
        Ok(Self { app, draft, live, staged, plans })
    }

    /// Whether visitors get this code, and the draft has it too.
    fn has(&self, code: &CustomCode) -> bool {
        let live = self.live.as_ref().is_some_and(|live| live.code == *code);
        live && self.app.off.is_none() && self.draft.code == *code
    }
}

pub(crate) fn run(arguments: &StatusArguments) -> Result<Outcome, Failure> {
    let folder = Folder::new(&arguments.place.dir);
    let server = folder.server(arguments.place.timeout_s)?;
    let local = folder.code()?;
    let known = Known::read(&folder, &server)?;
    let there = There::read(&server)?;
    let mut out = io::stdout().lock();
    writeln!(out, "app      {} ({}) on {}", server.app_id(), there.app.name, server.origin())?;
    print_folder(&mut out, &local, known.as_ref())?;
    print_draft(&mut out, &there.draft, &local)?;
    print_environments(&mut out, &there)?;
    print_off_and_plans(&mut out, &there)?;
    if arguments.diff {
        print_lines(&mut out, &there, &local)?;
    }
    writeln!(out, "\n{}", advice(&there, &local, known.as_ref()))?;
    Ok(if there.has(&local) { Outcome::Done } else { Outcome::Differs })
}

fn print_folder(out: &mut impl Write, local: &CustomCode, known: Option<&Known>) -> io::Result<()> {
    let Some(known) = known else {
        return writeln!(out, "folder   never in step with this app");
    };
    match diff::summary(&known.code, local) {
        files if files.is_empty() => {
            writeln!(out, "folder   unchanged since version {} of the draft", known.draft)
        }
        files => {
            writeln!(out, "folder   changed since version {} of the draft: {files}", known.draft)
        }
    }
}

fn print_draft(out: &mut impl Write, draft: &Draft, local: &CustomCode) -> io::Result<()> {
    let Draft { version, saved_at, saved_by, code } = draft;
    let files = compared("the folder", code, local);
    writeln!(out, "draft    version {version}, by {saved_by} at {saved_at}: {files}")
}

fn print_environments(out: &mut impl Write, there: &There) -> io::Result<()> {
    print_revision(out, "live    ", there.live.as_ref(), &there.draft.code)?;
    if there.app.staging {
        print_revision(out, "staging ", there.staged.as_ref(), &there.draft.code)?;
    }
    Ok(())
}

fn print_revision(
    out: &mut impl Write,
    label: &str,
    revision: Option<&Revision>,
    draft: &CustomCode,
) -> io::Result<()> {
    let Some(Revision { number, created_at, author, note, code }) = revision else {
        return writeln!(out, "{label} nothing");
    };
    let files = compared("the draft", code, draft);
    writeln!(out, "{label} revision {number}, by {author} at {created_at}{}: {files}", quoted(note))
}

fn print_off_and_plans(out: &mut impl Write, there: &There) -> io::Result<()> {
    if let Some(off) = &there.app.off {
        writeln!(
            out,
            "off      since {}, by {}{}: visitors get no code",
            off.at,
            off.by,
            quoted(&off.reason)
        )?;
    }
    for Plan { task, at, revision } in there.plans.iter().take(PLANS_MAX) {
        writeln!(out, "planned  {task} of revision {revision} at {at}")?;
    }
    match there.plans.len().saturating_sub(PLANS_MAX) {
        0 => Ok(()),
        more => writeln!(out, "planned  … and {more} more"),
    }
}

fn print_lines(out: &mut impl Write, there: &There, local: &CustomCode) -> io::Result<()> {
    let draft = ("the draft", &there.draft.code);
    let mut texts = vec![diff::lines(draft, ("this folder", local))];
    if let Some(live) = &there.live {
        texts.push(diff::lines(("the live revision", &live.code), draft));
    }
    for text in texts.iter().filter(|text| !text.is_empty()) {
        write!(out, "\n{text}")?;
    }
    Ok(())
}

/// The next command.
fn advice(there: &There, local: &CustomCode, known: Option<&Known>) -> &'static str {
    let draft = &there.draft;
    let is_new = known.is_none_or(|known| known.draft != draft.version && known.code != draft.code);
    let is_changed = known.is_none_or(|known| known.code != *local);
    if there.has(local) {
        "In step."
    } else if draft.code != *local {
        match (is_new, is_changed) {
            (true, true) => "Both sides have changed: `c2c pull` says how to go on.",
            (true, false) => "The draft has changed: `c2c pull` gets it.",
            (false, _) => "The folder has changed: `c2c push` saves it.",
        }
    } else if there.app.off.is_some() {
        "The app is switched off: the console switches it on again."
    } else {
        "The draft is not live: `c2c publish --note TEXT` publishes it."
    }
}

fn compared(other: &str, from: &CustomCode, to: &CustomCode) -> String {
    match diff::summary(from, to) {
        files if files.is_empty() => format!("the same as {other}"),
        files => format!("{other} differs in {files}"),
    }
}

fn quoted(text: &Foreign) -> String {
    if text.is_blank() { String::new() } else { format!(" (“{text}”)") }
}
