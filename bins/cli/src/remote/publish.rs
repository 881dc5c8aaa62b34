//! `c2c publish`: makes a revision of the draft that the folder is in step with.

use std::io;

use super::base::Base;
use super::conflict::Conflict;
use super::folder::{Folder, FolderError};
use super::known::Known;
use super::publication::{self, Wish};
use super::shapes::Environment;
use crate::args::PublishArguments;
use crate::failure::Failure;
use crate::outcome::Outcome;

pub(crate) fn run(arguments: &PublishArguments) -> Result<Outcome, Failure> {
    let folder = Folder::new(&arguments.place.dir);
    let server = folder.server(arguments.place.timeout_s)?;
    let known = Known::expect(&folder, &server)?;
    let code = folder.code()?;
    if code != known.code {
        return Err(FolderError::Unsaved.into());
    }
    let (app, draft) = (server.app()?, server.draft()?);
    if arguments.to == Environment::Staging && !app.staging {
        return Err(FolderError::NoStaging.into());
    }
    let base = Base::Known(known.clone().into());
    if !base.has_draft(&draft) {
        return Err(Conflict::of_draft(&base, &draft, &code).into());
    }
    let wish = Wish { to: arguments.to, note: &arguments.note, code: &code };
    publication::expect_base(&server, &app, &base, &wish)?;
    let mut out = io::stdout();
    publication::announce(&mut out, &server, &app, &wish)?;
    if arguments.dry_run {
        publication::say_dry_run(&mut out)?;
    } else {
        let revision = publication::publish(&server, &app, &base, draft.version, &wish)?;
        known.with_revision(wish.to, revision).write(&folder)?;
        publication::conclude(&mut out, &app, wish.to, revision)?;
    }
    Ok(Outcome::Done)
}
