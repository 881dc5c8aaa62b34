//! `c2c push`: checks the folder's code, saves it as the draft, and publishes it if that is wished.
//!
//! The report of the check goes to standard output, in its format; all else to standard error.

use std::io::{self, Write};

use c2c_injector::Diagnostic;

use super::base::{Base, named};
use super::conflict::Conflict;
use super::diff;
use super::findings;
use super::folder::{CONFIG, Folder};
use super::known::Known;
use super::publication::{self, Wish};
use super::rejected::RejectedByServer;
use super::server::Server;
use super::shapes::{App, CustomCode, Draft, Environment, Foreign, RevisionNumber, Saved, Version};
use crate::args::{Format, PushArguments};
use crate::check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::report;

pub(crate) fn run(arguments: &PushArguments) -> Result<Outcome, Failure> {
    let folder = Folder::new(&arguments.place.dir);
    let config = folder.path(CONFIG).display().to_string();
    let pushed = push(arguments, folder);
    if let (Err(failure), Format::Github) = (&pushed, arguments.format) {
        let place = report::Place { file: config, line: 1 };
        let text = failure.to_string();
        report::annotate(true, &place, "c2c push", text.lines().next().unwrap_or_default())?;
    }
    pushed
}

fn push(arguments: &PushArguments, folder: Folder) -> Result<Outcome, Failure> {
    let server = folder.server(arguments.place.timeout_s)?;
    let inputs = folder.inputs()?;
    let checked = check::verdict(&inputs)?;
    check::print(arguments.format, &inputs, &checked)?;
    if checked.is_err() {
        return Ok(Outcome::Rejected);
    }
    let base = base(arguments, &folder, &server)?;
    // The very text that was checked, which is UTF-8: a file may have changed by now.
    let code = inputs.snippets().into();
    let found = check::findings(&checked);
    Push { arguments, folder, server, base, code, found }.run(&mut io::stderr())
}

fn base(arguments: &PushArguments, folder: &Folder, server: &Server) -> Result<Base, Failure> {
    Ok(match &arguments.base {
        Some(other) => Base::in_folder(&Folder::new(other))?,
        None => Base::Known(Known::expect(folder, server)?.into()),
    })
}

struct Push<'p> {
    arguments: &'p PushArguments,
    folder: Folder,
    server: Server,
    base: Base,
    code: CustomCode,
    found: &'p [Diagnostic],
}

impl Push<'_> {
    /// Compares first, so that a push is done as a whole or not at all.
    fn run(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        let (app, draft) = (self.server.app()?, self.server.draft()?);
        let is_saved = draft.code == self.code;
        if !is_saved && !self.base.has_draft(&draft) {
            return Err(Conflict::of_draft(&self.base, &draft, &self.code).into());
        }
        let is_live = self.arguments.publish && self.is_live(&app)?;
        let wish = self.wish().filter(|_| !is_live);
        if let Some(wish) = &wish {
            publication::expect_base(&self.server, &app, &self.base, wish)?;
        }
        let version = match (is_saved, self.arguments.dry_run) {
            (true, _) => {
                writeln!(out, "the draft is this code already (version {})", draft.version)?;
                draft.version
            }
            (false, true) => self.announce(out, &draft)?,
            (false, false) => self.save(out, &draft)?,
        };
        if is_live {
            writeln!(out, "{} is live already, with this code", named(app.live))?;
        }
        if let Some(wish) = &wish {
            publication::announce(out, &self.server, &app, wish)?;
        }
        if self.arguments.dry_run {
            publication::say_dry_run(out)?;
            return Ok(Outcome::Done);
        }
        self.remember(version, app.live.filter(|_| is_live))?;
        if let Some(wish) = &wish {
            let revision = publication::publish(&self.server, &app, &self.base, version, wish)?;
            self.remember(version, Some(revision))?;
            publication::conclude(out, &app, wish.to, revision)?;
        }
        Ok(Outcome::Done)
    }

    /// Whether visitors have the code already, as when a workflow runs again.
    fn is_live(&self, app: &App) -> Result<bool, Failure> {
        Ok(self.server.optional(app.live)?.is_some_and(|live| live.code == self.code))
    }

    fn wish(&self) -> Option<Wish<'_>> {
        let note = self.arguments.note.as_deref().filter(|_| self.arguments.publish)?;
        Some(Wish { to: Environment::Live, note, code: &self.code })
    }

    /// Prints the lines that would change in the draft.
    fn announce(&self, out: &mut dyn Write, draft: &Draft) -> io::Result<Version> {
        let name = format!("version {} of the draft", draft.version);
        let lines = diff::lines((&name, &draft.code), ("this folder", &self.code));
        writeln!(out, "These lines change in the draft:\n\n{lines}")?;
        Ok(draft.version)
    }

    /// Saves the code in place of a draft, and returns the new version.
    fn save(&self, out: &mut dyn Write, draft: &Draft) -> Result<Version, Failure> {
        let Saved { version, diagnostics } = match self.server.save(&self.code, draft.version) {
            Err(error) if error.is_problem("draft-conflict") => {
                let draft = self.server.draft()?;
                return Err(Conflict::of_draft(&self.base, &draft, &self.code).into());
            }
            saved => saved?,
        };
        let files = diff::summary(&draft.code, &self.code);
        writeln!(out, "saved as version {version} of the draft: {files}")?;
        let file = |name: &str| self.folder.path(name).display().to_string();
        let format = self.arguments.format;
        self.remember(version, None)?;
        if findings::print_new(out, format, file, diagnostics, self.found)? {
            let detail = Foreign::new("the draft is saved, but cannot be published");
            return Err(RejectedByServer { detail, findings: Vec::new() }.into());
        }
        Ok(version)
    }

    /// Takes note of the draft that was saved, and of the revision that was published. A checkout that
    /// compares with another folder keeps no notes.
    fn remember(&self, draft: Version, live: Option<RevisionNumber>) -> Result<(), Failure> {
        let Base::Known(known) = &self.base else { return Ok(()) };
        let known = Known::clone(known).with_draft(draft, self.code.clone());
        let known = match live {
            Some(live) => known.with_revision(Environment::Live, live),
            None => known,
        };
        Ok(known.write(&self.folder)?)
    }
}
