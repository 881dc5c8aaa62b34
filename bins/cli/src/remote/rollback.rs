//! `c2c rollback`: puts the content of an old revision live, as a new revision. The draft and the folder
//! keep their code.

use std::io;

use super::base::Base;
use super::folder::Folder;
use super::known::Known;
use super::publication::{self, Wish};
use super::shapes::{Environment, RevisionNumber};
use crate::args::RollbackArguments;
use crate::failure::Failure;
use crate::outcome::Outcome;

pub(crate) fn run(arguments: &RollbackArguments) -> Result<Outcome, Failure> {
    let folder = Folder::new(&arguments.place.dir);
    let server = folder.server(arguments.place.timeout_s)?;
    let known = Known::expect(&folder, &server)?;
    let app = server.app()?;
    let old = server.revision(RevisionNumber::new(arguments.revision))?;
    let base = Base::Known(known.clone().into());
    let wish = Wish { to: Environment::Live, note: &arguments.note, code: &old.code };
    publication::expect_base(&server, &app, &base, &wish)?;
    let mut out = io::stdout();
    publication::announce(&mut out, &server, &app, &wish)?;
    if arguments.dry_run {
        publication::say_dry_run(&mut out)?;
    } else {
        let revision = publication::roll_back(&server, &app, &base, old.number, &wish)?;
        known.with_revision(wish.to, revision).write(&folder)?;
        publication::conclude(&mut out, &app, wish.to, revision)?;
    }
    Ok(Outcome::Done)
}
