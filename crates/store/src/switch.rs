//! The switch that takes the code of an app away from visitors.

use c2c_names::AppId;

use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::text::Note;

impl Store {
    /// Takes the code of an app away from all visitors: they get an empty sandbox. Staging is not
    /// concerned, so that a correction can be tried there.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyOff`].
    pub async fn switch_off(
        &self,
        by: &Actor,
        id: &AppId,
        reason: &Note,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        if write.lock(id).await?.off.is_some() {
            return Err(StoreError::AlreadyOff(id.clone()));
        }
        sqlx::query("UPDATE app SET off_at = $2, off_by = $3, off_reason = $4 WHERE id = $1")
            .bind(id.as_str())
            .bind(write.at.0)
            .bind(by.as_str())
            .bind(reason.as_str())
            .execute(&mut *write.tx)
            .await?;
        write.finish(id, &Action::SwitchedOff { reason: reason.clone() }).await
    }

    /// Gives visitors the live revision again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotOff`].
    pub async fn switch_on(&self, by: &Actor, id: &AppId, reason: &Note) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        if write.lock(id).await?.off.is_none() {
            return Err(StoreError::NotOff(id.clone()));
        }
        sqlx::query("UPDATE app SET off_at = NULL, off_by = NULL, off_reason = NULL WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *write.tx)
            .await?;
        write.finish(id, &Action::SwitchedOn { reason: reason.clone() }).await
    }
}
