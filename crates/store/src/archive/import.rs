//! Reading an app from files: all of it, or nothing.

use std::collections::BTreeSet;
use std::path::Path;

use c2c_names::AppId;

use super::ArchiveError;
use super::files::{AppFile, AuditLine, FORMAT, Folder, RevisionFile};
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::draft::Snippets;
use crate::error::StoreError;
use crate::history::{Revision, RevisionMark};
use crate::numbers::{RevisionNumber, Timestamp};
use crate::write::{Write, Written};

/// An app as its files describe it.
struct Archived {
    app: AppFile,
    draft: Snippets,
    newest: i64,
    audit: Vec<AuditLine>,
}

impl Store {
    /// Reads an app from its folder, which [`Store::export`] wrote, and gives its id. Its versions, numbers
    /// and times stay; the audit log gets one more entry, by the actor who imports it. If an app with this id was purged
    /// here, access that names the id ends: it was for that app.
    ///
    /// # Errors
    ///
    /// [`StoreError::AppExists`]: an import replaces nothing.
    pub async fn import(&self, by: &Actor, from: &Path) -> Result<AppId, ArchiveError> {
        let folder = Folder(from.to_owned());
        let archived = read(&folder)?;
        let id = archived.app.id.clone();
        let of_store = |source| ArchiveError::Store { app: id.clone(), source };
        self.limits.check(&archived.draft).map_err(of_store)?;
        let mut write = self.write(by).await.map_err(of_store)?;
        write.insert_app(&archived).await.map_err(of_store)?;
        // One after the other, since all together may be large.
        for number in numbers(&folder)? {
            let revision = read_revision(&folder, number)?;
            self.limits.check(&revision.snippets).map_err(of_store)?;
            write.insert_revision(&id, &revision).await.map_err(of_store)?;
        }
        write.insert_plans(&archived).await.map_err(of_store)?;
        // Before the log of the archive, which may have a purge of another store.
        write.remove_former(&id).await.map_err(of_store)?;
        let mut log: Vec<Written> = Vec::with_capacity(archived.audit.len() + 1);
        for AuditLine { at, actor, action } in archived.audit {
            log.push(Written { app: id.clone(), at: at.into(), by: actor, action });
        }
        log.push(Written {
            app: id.clone(),
            at: write.at,
            by: by.clone(),
            action: Action::Imported {
                settings: archived.app.settings,
                settings_version: archived.app.settings_version,
                draft: archived.app.draft.version,
                newest: archived.newest,
                live: archived.app.live,
                staged: archived.app.staged,
                off: archived.app.off.is_some(),
            },
        });
        write.finish_with(&log).await.map_err(of_store)?;
        Ok(id)
    }
}

fn read(folder: &Folder) -> Result<Archived, ArchiveError> {
    let app: AppFile = folder.read_toml("app.toml")?;
    if app.format != FORMAT {
        let reason = format!("it has format {}; this version reads format {FORMAT}", app.format);
        return Err(folder.wrong("app.toml", reason));
    }
    let numbers = numbers(folder)?;
    let planned = app.plans.iter().map(|plan| plan.revision);
    for named in app.live.into_iter().chain(app.staged).chain(planned) {
        if !numbers.contains(&named) {
            return Err(folder.wrong("app.toml", format!("there is no revision {named}")));
        }
    }
    let lines = folder.read("audit.jsonl")?;
    let audit = lines.lines().enumerate().map(|(index, line)| {
        read_line(line)
            .map_err(|reason| folder.wrong("audit.jsonl", format!("line {}: {reason}", index + 1)))
    });
    Ok(Archived {
        draft: folder.join("draft").read_snippets()?,
        newest: numbers.last().map_or(0, |number| number.0),
        audit: audit.collect::<Result<_, _>>()?,
        app,
    })
}

/// Reads a line of the audit log. One of a newer version is rejected: this one would lose the rest of the app
/// that belongs to it.
fn read_line(line: &str) -> Result<AuditLine, String> {
    let line: AuditLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match &line.action {
        Action::Unknown(action) => {
            Err(format!("this version does not know the action {:?}, or its fields", action.name))
        }
        _ => Ok(line),
    }
}

/// The numbers of the revisions, by the names of their folders.
fn numbers(folder: &Folder) -> Result<BTreeSet<RevisionNumber>, ArchiveError> {
    let folder = folder.join("revisions");
    if !folder.0.exists() {
        return Ok(BTreeSet::new());
    }
    let names = folder.folders()?;
    let numbers = names.iter().map(|name| match name.parse() {
        Ok(number) if number > 0 => Ok(RevisionNumber(number)),
        _ => Err(folder.wrong(name, "the folder's name must be the number of a revision")),
    });
    numbers.collect()
}

fn read_revision(folder: &Folder, number: RevisionNumber) -> Result<Revision, ArchiveError> {
    let folder = folder.join("revisions").join(&number.to_string());
    let file: RevisionFile = folder.read_toml("revision.toml")?;
    if file.number != number {
        let reason = format!("it is revision {}, in the folder of {number}", file.number);
        return Err(folder.wrong("revision.toml", reason));
    }
    let diagnostics = folder.read("diagnostics.json")?;
    if let Err(error) = serde_json::from_str::<Vec<serde::de::IgnoredAny>>(&diagnostics) {
        return Err(folder.wrong("diagnostics.json", error.to_string()));
    }
    Ok(Revision {
        mark: RevisionMark {
            number,
            created_at: file.created_at.into(),
            author: file.author,
            note: file.note,
            copy_of: file.copy_of,
        },
        snippets: folder.read_snippets()?,
        catalogue: file.catalogue,
        diagnostics,
    })
}

impl Write<'_> {
    async fn insert_app(&mut self, archived: &Archived) -> Result<(), StoreError> {
        let AppFile { id, settings, .. } = &archived.app;
        let off = archived.app.off.as_ref();
        let done = sqlx::query(
            "INSERT INTO app (id, name, parent_origins, jar, staging, settings_version, newest, live, staged,
                 off_at, off_by, off_reason, created_at, approval)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(settings.name.as_str())
        .bind(settings.origins_json())
        .bind(settings.jar.name())
        .bind(i64::from(settings.staging))
        .bind(archived.app.settings_version.0)
        .bind(archived.newest)
        .bind(archived.app.live.map(RevisionNumber::get))
        .bind(archived.app.staged.map(RevisionNumber::get))
        .bind(off.map(|off| Timestamp::from(off.at).0))
        .bind(off.map(|off| off.by.as_str()))
        .bind(off.map(|off| off.reason.as_str()))
        .bind(Timestamp::from(archived.app.created_at).0)
        .bind(i64::from(settings.approval))
        .execute(&mut *self.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::AppExists(id.clone()));
        }
        let draft = &archived.app.draft;
        sqlx::query(
            "INSERT INTO draft (app_id, version, saved_at, saved_by, head, body_end)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.as_str())
        .bind(draft.version.0)
        .bind(Timestamp::from(draft.saved_at).0)
        .bind(draft.saved_by.as_str())
        .bind(archived.draft.head.as_bytes())
        .bind(archived.draft.body_end.as_bytes())
        .execute(&mut *self.tx)
        .await?;
        sqlx::query(
            "INSERT INTO draft_author (app_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(draft.saved_by.as_str())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    async fn insert_revision(&mut self, id: &AppId, revision: &Revision) -> Result<(), StoreError> {
        let mark = &revision.mark;
        sqlx::query(
            "INSERT INTO revision
                 (app_id, number, created_at, author, note, copy_of, catalogue, diagnostics, head, body_end)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id.as_str())
        .bind(mark.number.0)
        .bind(mark.created_at.0)
        .bind(mark.author.as_str())
        .bind(mark.note.as_str())
        .bind(mark.copy_of.map(RevisionNumber::get))
        .bind(&revision.catalogue)
        .bind(&revision.diagnostics)
        .bind(revision.snippets.head.as_bytes())
        .bind(revision.snippets.body_end.as_bytes())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    async fn insert_plans(&mut self, archived: &Archived) -> Result<(), StoreError> {
        for plan in &archived.app.plans {
            sqlx::query(
                "INSERT INTO plan (app_id, task, at, revision, planned_by) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(archived.app.id.as_str())
            .bind(plan.task.name())
            .bind(Timestamp::from(plan.at).0)
            .bind(plan.revision.0)
            .bind(plan.planned_by.as_str())
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }
}
