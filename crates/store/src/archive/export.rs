//! Writing an app to files.

use std::path::Path;

use c2c_names::AppId;

use super::ArchiveError;
use super::files::{
    AppFile, AuditLine, DraftFile, FORMAT, Folder, OffFile, PlanFile, RevisionFile,
};
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::RevisionNumber;

/// Rows that are read at once.
const ROWS: u32 = 100;

impl Store {
    /// Writes an app into a new folder with its id, in the folder `into`.
    ///
    /// The app may change in the meantime: then the files have revisions and audit entries up to some time
    /// during the export.
    pub async fn export(&self, id: &AppId, into: &Path) -> Result<(), ArchiveError> {
        let folder = Folder(into.join(id.as_str()));
        if folder.0.exists() {
            return Err(ArchiveError::FolderExists(folder.0));
        }
        folder.create()?;
        let of_store = |source| ArchiveError::Store { app: id.clone(), source };
        // The oldest state first: everything that it refers to is read later, and stays.
        let file = self.app_file(id, &folder).await?;
        folder.write_toml("app.toml", &file)?;
        let mut before = None;
        loop {
            let marks = self.history(id, before, ROWS).await.map_err(of_store)?;
            let Some(last) = marks.last() else { break };
            before = Some(last.number);
            for mark in &marks {
                self.export_revision(id, mark.number, &folder).await?;
            }
        }
        folder.write("audit.jsonl", &self.audit_lines(id).await.map_err(of_store)?)
    }

    async fn app_file(&self, id: &AppId, folder: &Folder) -> Result<AppFile, ArchiveError> {
        let read = async {
            let app = self.app(id).await?;
            Ok((self.draft(id).await?, self.plans(id).await?, app))
        };
        let (draft, plans, app) =
            read.await.map_err(|source| ArchiveError::Store { app: id.clone(), source })?;
        folder.join("draft").write_snippets(&draft.snippets)?;
        Ok(AppFile {
            format: FORMAT,
            id: app.id,
            created_at: app.created_at.into(),
            settings_version: app.settings_version,
            live: app.live,
            staged: app.staged,
            settings: app.settings,
            draft: DraftFile {
                version: draft.version,
                saved_at: draft.saved_at.into(),
                saved_by: draft.saved_by,
            },
            off: app.off.map(|off| OffFile { at: off.at.into(), by: off.by, reason: off.reason }),
            plans: plans
                .into_iter()
                .map(|plan| PlanFile {
                    task: plan.task,
                    at: plan.at.into(),
                    revision: plan.revision,
                    planned_by: plan.planned_by,
                })
                .collect(),
        })
    }

    async fn export_revision(
        &self,
        id: &AppId,
        number: RevisionNumber,
        folder: &Folder,
    ) -> Result<(), ArchiveError> {
        let revision = self.revision(id, number).await;
        let revision =
            revision.map_err(|source| ArchiveError::Store { app: id.clone(), source })?;
        let folder = folder.join("revisions").join(&number.to_string());
        folder.write_snippets(&revision.snippets)?;
        folder.write("diagnostics.json", &revision.diagnostics)?;
        let mark = revision.mark;
        let file = RevisionFile {
            number,
            created_at: mark.created_at.into(),
            author: mark.author,
            note: mark.note,
            copy_of: mark.copy_of,
            catalogue: revision.catalogue,
        };
        folder.write_toml("revision.toml", &file)
    }

    /// The audit log, one entry in each line, the oldest first.
    async fn audit_lines(&self, id: &AppId) -> Result<String, StoreError> {
        let mut lines = Vec::new();
        let mut before = None;
        loop {
            let entries = self.audit(id, before, ROWS).await?;
            let Some(last) = entries.last() else { break };
            before = Some(last.seq);
            lines.extend(entries.into_iter().map(|entry| {
                let at = entry.at.into();
                let line = AuditLine { at, actor: entry.actor, action: entry.action };
                serde_json::to_string(&line).expect("an action is JSON") + "\n"
            }));
        }
        lines.reverse();
        Ok(lines.concat())
    }
}
