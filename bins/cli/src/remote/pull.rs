//! `c2c pull`: writes the server's code into a folder, unless that would lose changes.

use std::io::{self, Write};

use super::conflict::Conflict;
use super::diff;
use super::folder::{CONFIG, Config, Folder, FolderError, Present};
use super::known::Known;
use super::server::Server;
use super::shapes::{App, CustomCode, Draft};
use crate::args::PullArguments;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// The code to write, with its name.
struct Wanted {
    name: String,
    code: CustomCode,
}

/// The fate of the folder's files.
enum Files {
    /// They have the wanted text, or will have it: no other text is lost.
    Take,
    /// Only they have changed.
    Keep,
    /// They and the server have changed.
    Differ,
}

pub(crate) fn run(arguments: &PullArguments) -> Result<Outcome, Failure> {
    let folder = Folder::new(&arguments.place.dir);
    let config = config(arguments, &folder)?;
    let server = Server::new(config.server.clone(), config.app.clone(), arguments.place.timeout_s)
        .map_err(FolderError::from)?;
    let (app, draft) = (server.app()?, server.draft()?);
    let wanted = wanted(arguments, &server, &app, &draft)?;
    let known = Known::read(&folder, &server)?;
    let present = folder.present()?;
    let mut out = io::stdout().lock();
    match files(&present, known.as_ref(), &wanted.code, &draft) {
        _ if arguments.keep => keep(&mut out, &folder, &wanted, present)?,
        _ if arguments.force => take(&mut out, &folder, &wanted, present)?,
        Files::Keep => keep(&mut out, &folder, &wanted, present)?,
        Files::Take => take(&mut out, &folder, &wanted, present)?,
        Files::Differ => {
            let (name, was_in_step) = (&wanted.name, known.is_some());
            return Err(Conflict::of_pull(name, &wanted.code, &present.code(), was_in_step).into());
        }
    }
    if wanted.code != draft.code {
        let files = diff::summary(&draft.code, &wanted.code);
        let Draft { version, saved_by, .. } = &draft;
        writeln!(
            out,
            "The draft (version {version}, by {saved_by}) has other code: a push changes {files} in it."
        )?;
    }
    Known::of(&server, &app, draft).write(&folder)?;
    if folder.config()?.is_none() {
        folder.write_config(&config)?;
    }
    Ok(Outcome::Done)
}

fn keep(
    out: &mut impl Write,
    folder: &Folder,
    wanted: &Wanted,
    present: Present,
) -> Result<(), Failure> {
    let (name, files) = (folder.name(), diff::summary(&wanted.code, &present.code()));
    let files = if files.is_empty() { "no difference".to_owned() } else { files };
    Ok(writeln!(out, "{name}: the files are kept; compared with {}: {files}", wanted.name)?)
}

fn take(
    out: &mut impl Write,
    folder: &Folder,
    wanted: &Wanted,
    present: Present,
) -> Result<(), Failure> {
    folder.write_code(&wanted.code)?;
    let name = folder.name();
    match diff::summary(&present.code(), &wanted.code) {
        files if files.is_empty() => writeln!(out, "{name}: in step with {}", wanted.name)?,
        files => writeln!(out, "{name}: has {} now: {files}", wanted.name)?,
    }
    Ok(())
}

/// The configuration: the folder's, or the arguments'.
fn config(arguments: &PullArguments, folder: &Folder) -> Result<Config, FolderError> {
    let written = folder.config()?;
    let given = (&arguments.server, &arguments.app);
    let differs = |written: &dyn ToString, given: &dyn ToString| FolderError::OtherConfig {
        file: folder.path(CONFIG).display().to_string(),
        written: written.to_string(),
        given: given.to_string(),
    };
    match (written, given) {
        (Some(written), (server, app)) => {
            if let Some(server) = server.as_ref().filter(|server| **server != written.server) {
                return Err(differs(&written.server, server));
            }
            if let Some(app) = app.as_ref().filter(|app| **app != written.app) {
                return Err(differs(&written.app, app));
            }
            Ok(written)
        }
        (None, (Some(server), Some(app))) => {
            Ok(Config { server: server.clone(), app: app.clone() })
        }
        (None, _) => Err(FolderError::NoConfig(folder.name())),
    }
}

fn wanted(
    arguments: &PullArguments,
    server: &Server,
    app: &App,
    draft: &Draft,
) -> Result<Wanted, Failure> {
    if !arguments.live {
        let name = format!("version {} of the draft", draft.version);
        return Ok(Wanted { name, code: draft.code.clone() });
    }
    let live = server.optional(app.live)?.ok_or(FolderError::NothingLive)?;
    Ok(Wanted { name: format!("revision {}, which is live", live.number), code: live.code })
}

/// A text that the server also has is not lost if it is overwritten.
fn files(present: &Present, known: Option<&Known>, wanted: &CustomCode, draft: &Draft) -> Files {
    let is_unchanged = known.is_some_and(|known| present.agrees_with(&known.code));
    let is_draft = present.agrees_with(&draft.code);
    if present.agrees_with(wanted) || is_unchanged || is_draft {
        return Files::Take;
    }
    let wants_draft = *wanted == draft.code;
    if wants_draft && known.is_some_and(|known| known.code == draft.code) {
        return Files::Keep;
    }
    Files::Differ
}
