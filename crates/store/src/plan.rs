//! Plans: a publication and a return to an older revision, each at one time.

use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::actor::Actor;
use crate::app::Environment;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::{RevisionNumber, Timestamp};
use crate::publish::Publication;
use crate::rows::read_id;
use crate::task::Task;
use crate::text::Note;
use crate::write::Write;

/// A task, its time and its revision. An app has at most one of each task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The task.
    pub task: Task,
    /// When it is carried out.
    pub at: Timestamp,
    /// The revision that goes live, or whose content does.
    pub revision: RevisionNumber,
    /// Who planned it.
    pub planned_by: Actor,
}

impl Store {
    /// Makes a revision of the draft now, to go live at a later time. It takes the place of another planned
    /// publication; publications until then do not change the plan.
    ///
    /// # Errors
    ///
    /// As [`Store::publish`], and [`StoreError::PlannedForThePast`].
    pub async fn plan_publication(
        &self,
        by: &Actor,
        id: &AppId,
        publication: &Publication,
        at: Timestamp,
    ) -> Result<RevisionNumber, StoreError> {
        let mut write = self.write(by).await?;
        let app = write.lock(id).await?;
        let live = Publication { to: Environment::Live, ..publication.clone() };
        let revision = write.make_revision(app, &live).await?;
        write.plan(id, Task::Publish, at, revision).await?;
        write.finish(id, &Action::Planned { task: Task::Publish, due: at, revision }).await?;
        Ok(revision)
    }

    /// Plans that the content of a revision goes live again. It takes the place of another planned return.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchRevision`], [`StoreError::PlannedForThePast`].
    pub async fn plan_switch_back(
        &self,
        by: &Actor,
        id: &AppId,
        to: RevisionNumber,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(id).await?;
        let found = sqlx::query("SELECT number FROM revision WHERE app_id = $1 AND number = $2")
            .bind(id.as_str())
            .bind(to.0)
            .fetch_optional(&mut *write.tx)
            .await?;
        if found.is_none() {
            return Err(StoreError::NoSuchRevision { app: id.clone(), number: to });
        }
        write.plan(id, Task::SwitchBack, at, to).await?;
        write.finish(id, &Action::Planned { task: Task::SwitchBack, due: at, revision: to }).await
    }

    /// Gives up a plan.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotPlanned`].
    pub async fn cancel_plan(&self, by: &Actor, id: &AppId, task: Task) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(id).await?;
        let done = sqlx::query("DELETE FROM plan WHERE app_id = $1 AND task = $2")
            .bind(id.as_str())
            .bind(task.name())
            .execute(&mut *write.tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotPlanned);
        }
        write.finish(id, &Action::Cancelled { task }).await
    }

    /// The plans of an app, the earliest first.
    pub async fn plans(&self, id: &AppId) -> Result<Vec<Plan>, StoreError> {
        self.app(id).await?;
        let rows = sqlx::query("SELECT app_id, task, at, revision, planned_by FROM plan WHERE app_id = $1 ORDER BY at, task")
            .bind(id.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(read_plan).collect()
    }

    /// The time of the next plan of all apps.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT at FROM plan JOIN app ON id = app_id WHERE deleted_at IS NULL ORDER BY at LIMIT 1",
        )
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|row| row.try_get("at")).transpose()?.map(Timestamp))
    }

    /// Carries out a plan that is due at `now`, and gives its app, or `None` if there is none. Several
    /// servers may do so at the same time: each plan is carried out once.
    pub async fn carry_out_due(&self, now: Timestamp) -> Result<Option<AppId>, StoreError> {
        let rows = sqlx::query(
            "SELECT app_id, task, at, revision, planned_by FROM plan JOIN app ON id = app_id
             WHERE at <= $1 AND deleted_at IS NULL ORDER BY at LIMIT 100",
        )
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        for row in &rows {
            let done = async {
                let (id, plan) = (read_id(row)?, read_plan(row)?);
                Ok(self.carry_out(&id, &plan).await?.then_some(id))
            };
            match done.await {
                Ok(Some(id)) => return Ok(Some(id)),
                // Another server has carried it out in the meantime.
                Ok(None) => {}
                // One app that cannot be read does not hold up the plans of others.
                Err(error @ StoreError::Unreadable { .. }) => {
                    tracing::error!(%error, "a plan cannot be carried out");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn carry_out(&self, id: &AppId, plan: &Plan) -> Result<bool, StoreError> {
        let mut write = self.write(&plan.planned_by).await?;
        let app = match write.lock(id).await {
            Err(StoreError::NoSuchApp(_)) => return Ok(false),
            app => app?,
        };
        let done = sqlx::query(
            "DELETE FROM plan WHERE app_id = $1 AND task = $2 AND at = $3 AND revision = $4",
        )
        .bind(id.as_str())
        .bind(plan.task.name())
        .bind(plan.at.0)
        .bind(plan.revision.0)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let revision = match plan.task {
            Task::Publish => plan.revision,
            Task::SwitchBack => {
                write.copy_revision(&app, plan.revision, &Note::default(), None).await?
            }
        };
        write.place(id, Environment::Live, revision).await?;
        write.finish(id, &Action::CarriedOut { task: plan.task, revision }).await?;
        Ok(true)
    }
}

impl Write<'_> {
    async fn plan(
        &mut self,
        id: &AppId,
        task: Task,
        at: Timestamp,
        revision: RevisionNumber,
    ) -> Result<(), StoreError> {
        if at <= self.at {
            return Err(StoreError::PlannedForThePast);
        }
        sqlx::query(
            "INSERT INTO plan (app_id, task, at, revision, planned_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (app_id, task) DO UPDATE
             SET at = excluded.at, revision = excluded.revision, planned_by = excluded.planned_by",
        )
        .bind(id.as_str())
        .bind(task.name())
        .bind(at.0)
        .bind(revision.0)
        .bind(self.by.as_str())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

fn read_plan(row: &AnyRow) -> Result<Plan, StoreError> {
    let app = read_id(row)?;
    let unreadable = |reason: String| StoreError::Unreadable { app: app.to_string(), reason };
    let (task, by): (&str, &str) = (row.try_get("task")?, row.try_get("planned_by")?);
    let known = Task::ALL.into_iter().find(|known| known.name() == task);
    Ok(Plan {
        task: known.ok_or_else(|| unreadable(format!("task {task:?}")))?,
        at: Timestamp(row.try_get("at")?),
        revision: RevisionNumber(row.try_get("revision")?),
        planned_by: by.parse().map_err(|error| unreadable(format!("planned_by {error}")))?,
    })
}
