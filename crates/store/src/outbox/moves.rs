//! Endpoints from one state to another.

use c2c_delivery::{Agreement, DisableReason, EndpointId, EndpointState};
use c2c_names::AppId;
use sqlx::Row as _;

use super::endpoint::Endpoint;
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Version;
use crate::text::Note;
use crate::write::Write;

/// A change of an endpoint's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointMove {
    /// It has agreed, or need not be asked: the note says why not.
    Agree(Agreement, Note),
    /// Nothing is sent, and events wait.
    Pause,
    /// The waiting events are sent.
    Resume,
    /// It wants no more, or fails for too long. Events wait.
    Disable(DisableReason),
    /// The waiting events are sent, as if nothing had failed before.
    Enable(Agreement),
    /// It gets nothing more. Its secrets go at once, and what waits with [`Store::sweep`].
    Remove,
}

impl Store {
    /// Changes the state of an endpoint, and gives it as it is then.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`] also for one that was removed; [`StoreError::EndpointState`] if the state is not
    /// one from which this is possible.
    pub async fn move_endpoint(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        to: &EndpointMove,
    ) -> Result<Endpoint, StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let endpoint = write.present_endpoint(app, id).await?;
        write.move_endpoint(app, endpoint, to).await
    }

    /// Makes an endpoint active that was asked and has agreed: one that had not agreed yet, or was disabled. Gives it as it
    /// is then.
    ///
    /// `asked` is the version that was asked. One that has changed since may lead elsewhere, to someone who has not agreed.
    /// The rate is part of the agreement, so the one of an earlier agreement goes.
    ///
    /// # Errors
    ///
    /// As for [`Store::move_endpoint`], and [`StoreError::EndpointConflict`] with the endpoint that is there.
    pub async fn agree_endpoint(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        asked: Version,
        agreed: Agreement,
        rate_per_minute: Option<u32>,
    ) -> Result<Endpoint, StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let mut endpoint = write.present_endpoint(app, id).await?;
        if endpoint.version != asked {
            return Err(StoreError::EndpointConflict(Box::new(endpoint)));
        }
        endpoint.settings.rate_per_minute = rate_per_minute;
        let to = match endpoint.state {
            EndpointState::Disabled => EndpointMove::Enable(agreed),
            _ => EndpointMove::Agree(agreed, Note::default()),
        };
        write.move_endpoint(app, endpoint, &to).await
    }

    /// Makes an endpoint active that has not agreed, without a question. The reason is noted. Gives it as it is then.
    ///
    /// `seen` is the version that the person had seen. One that has changed since may lead elsewhere.
    ///
    /// # Errors
    ///
    /// As for [`Store::agree_endpoint`].
    pub async fn skip_agreement(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        seen: Version,
        reason: Note,
    ) -> Result<Endpoint, StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let endpoint = write.present_endpoint(app, id).await?;
        if endpoint.version != seen {
            return Err(StoreError::EndpointConflict(Box::new(endpoint)));
        }
        let to = EndpointMove::Agree(Agreement::Skipped, reason);
        write.move_endpoint(app, endpoint, &to).await
    }
}

impl Endpoint {
    /// `None` if it cannot do so from its state.
    fn go(&mut self, to: &EndpointMove) -> Option<()> {
        use EndpointState::{Active, Asked, Disabled, Paused, Removed};
        let (state, reason) = match (to, self.state) {
            (EndpointMove::Agree(agreed, note), Asked) if *agreed != Agreement::No => {
                self.agreed = *agreed;
                (Active, note.as_str())
            }
            (EndpointMove::Pause, Active) => (Paused, ""),
            (EndpointMove::Resume, Paused) => (Active, ""),
            (EndpointMove::Disable(reason), Active | Paused) => (Disabled, reason.word()),
            (EndpointMove::Enable(agreed), Disabled) if *agreed != Agreement::No => {
                self.agreed = *agreed;
                (Active, "")
            }
            (EndpointMove::Remove, _) => (Removed, ""),
            _ => return None,
        };
        (self.state, self.state_reason) = (state, reason.to_owned());
        Some(())
    }

    fn moved(&self) -> Action {
        Action::EndpointMoved {
            endpoint: self.id,
            state: self.state,
            agreed: Some(self.agreed),
            reason: self.state_reason.clone(),
        }
    }
}

impl Write<'_> {
    async fn move_endpoint(
        mut self,
        app: &AppId,
        mut endpoint: Endpoint,
        to: &EndpointMove,
    ) -> Result<Endpoint, StoreError> {
        let (id, from) = (endpoint.id, endpoint.state);
        endpoint.go(to).ok_or(StoreError::EndpointState(from))?;
        endpoint.state_at = self.at;
        if matches!(to, EndpointMove::Enable(_)) {
            endpoint.health = self.reset_health(id).await?;
        }
        if *to == EndpointMove::Remove {
            self.remove_secrets(id).await?;
            endpoint.settings.target.bytes.clear();
        }
        endpoint.version = self.update_endpoint(endpoint.clone()).await?;
        self.finish(app, &endpoint.moved()).await?;
        Ok(endpoint)
    }

    /// Disables an active endpoint, whose health is locked: the entry for the audit log. Another one stays as it is.
    pub(super) async fn disable(
        &mut self,
        id: EndpointId,
        reason: DisableReason,
    ) -> Result<Option<Action>, StoreError> {
        let done = sqlx::query(
            "UPDATE endpoint SET state = $2, state_at = $3, state_reason = $4, version = version + 1
             WHERE id = $1 AND state = $5",
        )
        .bind(id.to_string())
        .bind(EndpointState::Disabled.word())
        .bind(self.at.0)
        .bind(reason.word())
        .bind(EndpointState::Active.word())
        .execute(&mut *self.tx)
        .await?;
        let (state, reason) = (EndpointState::Disabled, reason.word().to_owned());
        let action = Action::EndpointMoved { endpoint: id, state, agreed: None, reason };
        Ok((done.rows_affected() == 1).then_some(action))
    }

    /// Raises the version of an endpoint whose secrets have changed.
    pub(super) async fn touch_endpoint(&mut self, id: EndpointId) -> Result<Version, StoreError> {
        let row = sqlx::query(
            "UPDATE endpoint SET version = version + 1 WHERE id = $1 RETURNING version",
        )
        .bind(id.to_string())
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(Version(row.try_get("version")?))
    }
}
