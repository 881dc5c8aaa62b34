//! A revision that goes into an environment: the check that the one there was seen, the lines that change,
//! and the request.

use std::io::{self, Write};

use super::answer::ServerError;
use super::base::Base;
use super::conflict::Conflict;
use super::diff;
use super::rejected::RejectedByServer;
use super::server::Server;
use super::shapes::{
    App, CustomCode, Environment, NewRevision, Publication, RevisionNumber, Rollback, Version,
};
use crate::failure::Failure;

/// Code that is wished into an environment.
#[derive(Debug)]
pub(crate) struct Wish<'w> {
    pub(crate) to: Environment,
    pub(crate) note: &'w str,
    pub(crate) code: &'w CustomCode,
}

/// Stops if another revision is in the environment than the one of the base.
pub(crate) fn expect_base(
    server: &Server,
    app: &App,
    base: &Base,
    wish: &Wish<'_>,
) -> Result<(), Failure> {
    if base.has_revision(server, app, wish.to)? {
        return Ok(());
    }
    Err(Conflict::of_revision(base, server, app, wish.to, wish.code)?.into())
}

/// Prints the lines that change in the environment.
pub(crate) fn announce(
    out: &mut dyn Write,
    server: &Server,
    app: &App,
    wish: &Wish<'_>,
) -> Result<(), Failure> {
    let there = app.revision(wish.to);
    let before = server.optional(there)?.map(|revision| revision.code).unwrap_or_default();
    let name = match there {
        Some(number) => format!("revision {number}, which is {}", wish.to),
        None => "no code".to_owned(),
    };
    match diff::lines((&name, &before), ("the new revision", wish.code)) {
        lines if lines.is_empty() => writeln!(out, "{name}, has this code already")?,
        lines => write!(out, "These lines change {}:\n\n{lines}\n", for_readers(wish.to))?,
    }
    Ok(())
}

fn for_readers(to: Environment) -> &'static str {
    match to {
        Environment::Live => "for visitors",
        Environment::Staging => "in staging",
    }
}

/// Says which revision took the place of which, and whether visitors get it.
pub(crate) fn conclude(
    out: &mut dyn Write,
    app: &App,
    to: Environment,
    revision: RevisionNumber,
) -> io::Result<()> {
    let before = match app.revision(to) {
        Some(before) => format!(", in place of revision {before}"),
        None => "; nothing was before".to_owned(),
    };
    writeln!(out, "revision {revision} is {to} now{before}")?;
    if let (Some(off), Environment::Live) = (&app.off, to) {
        writeln!(out, "visitors get no code: {} switched the app off at {}", off.by, off.at)?;
    }
    Ok(())
}

pub(crate) fn say_dry_run(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "This was a dry run: nothing was saved or published.")
}

/// Publishes a version of the draft.
pub(crate) fn publish(
    server: &Server,
    app: &App,
    base: &Base,
    draft: Version,
    wish: &Wish<'_>,
) -> Result<RevisionNumber, Failure> {
    let Wish { to, note, .. } = *wish;
    let published = server.publish(&Publication { draft, replaces: app.revision(to), to, note });
    done(published, server, base, wish)
}

/// Puts the content of an old revision live.
pub(crate) fn roll_back(
    server: &Server,
    app: &App,
    base: &Base,
    revision: RevisionNumber,
    wish: &Wish<'_>,
) -> Result<RevisionNumber, Failure> {
    let rolled_back =
        server.roll_back(&Rollback { to: revision, replaces: app.live, note: wish.note });
    done(rolled_back, server, base, wish)
}

/// The new revision, or the reason why there is none.
fn done(
    answer: Result<NewRevision, ServerError>,
    server: &Server,
    base: &Base,
    wish: &Wish<'_>,
) -> Result<RevisionNumber, Failure> {
    match answer {
        Ok(NewRevision { revision }) => Ok(revision),
        Err(error) if error.is_problem("live-conflict") => {
            let app = server.app()?;
            Err(Conflict::of_revision(base, server, &app, wish.to, wish.code)?.into())
        }
        Err(error) if error.is_problem("draft-conflict") => {
            Err(Conflict::of_draft(base, &server.draft()?, wish.code).into())
        }
        Err(ServerError::Problem(problem)) if problem.code.is("code-rejected") => {
            let (detail, findings) = (problem.detail, problem.diagnostics);
            Err(RejectedByServer { detail, findings }.into())
        }
        Err(error) => Err(error.into()),
    }
}
