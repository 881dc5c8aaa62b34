//! Work that one of several servers does: it claims the work for a while, says how far it is, and another
//! goes on from there if it does not come back.

use std::time::Duration;

use sqlx::Row as _;

use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;

/// Work that this server has claimed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Job {
    name: String,
    /// How far it is, as the last [`Store::advance`] said; empty at the beginning.
    pub position: String,
    /// It is this server's until then. A claim after it ends later, so the time identifies this one.
    until: Timestamp,
}

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    /// The job is this server's.
    Mine(Job),
    /// Another server has it.
    Taken,
    /// It is done for good.
    Finished,
}

/// The end of the claim of a finished job.
const FOR_EVER: Timestamp = Timestamp(i64::MAX);

impl Store {
    /// Claims a job for `lease`, unless another server has it or it is finished.
    pub async fn claim(&self, name: &str, lease: Duration) -> Result<Claim, StoreError> {
        let now = Timestamp::now();
        let until = now.after(lease);
        let row = sqlx::query(
            "INSERT INTO job (name, position, until) VALUES ($1, '', $2)
             ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE job.until < $3
             RETURNING position",
        )
        .bind(name)
        .bind(until.0)
        .bind(now.0)
        .fetch_optional(&self.write)
        .await?;
        if let Some(row) = row {
            let position = row.try_get("position")?;
            return Ok(Claim::Mine(Job { name: name.to_owned(), position, until }));
        }
        let row = sqlx::query("SELECT until FROM job WHERE name = $1")
            .bind(name)
            .fetch_one(&self.read)
            .await?;
        let until: i64 = row.try_get("until")?;
        Ok(if until == FOR_EVER.0 { Claim::Finished } else { Claim::Taken })
    }

    /// Says how far a job is, and claims it for `lease` from now on. `None` if the claim was over and another
    /// server has it.
    pub async fn advance(
        &self,
        job: Job,
        position: &str,
        lease: Duration,
    ) -> Result<Option<Job>, StoreError> {
        let until = Timestamp::now().after(lease);
        let moved = self.set_job(&job, position, until).await?;
        let position = position.to_owned();
        Ok(moved.then_some(Job { position, until, ..job }))
    }

    /// Finishes a job for good: it is not claimed again.
    pub async fn finish_job(&self, job: Job) -> Result<(), StoreError> {
        self.set_job(&job, &job.position, FOR_EVER).await?;
        Ok(())
    }

    async fn set_job(
        &self,
        job: &Job,
        position: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let done =
            sqlx::query("UPDATE job SET position = $3, until = $4 WHERE name = $1 AND until = $2")
                .bind(&job.name[..])
                .bind(job.until.0)
                .bind(position)
                .bind(until.0)
                .execute(&self.write)
                .await?;
        Ok(done.rows_affected() == 1)
    }
}
