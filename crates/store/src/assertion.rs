//! Assertions: another system vouches for a person, in a text that begins one session.
//!
//! The text has been checked before it comes here. The store sees to it that it is used once, on however many servers.

use std::net::IpAddr;
use std::time::Duration;

use c2c_access::Secret;

use crate::actor::Actor;
use crate::database::Store;
use crate::error::StoreError;
use crate::grant::Grant;
use crate::numbers::Timestamp;
use crate::session::{NewSession, SessionLimits};
use crate::subject::Identifier;

/// How long a used assertion is remembered after its end: longer than the clocks of servers differ.
const KEPT_AFTER: Duration = Duration::from_hours(1);

/// A checked assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The system that vouches.
    pub issuer: Identifier,
    /// The assertion's own id at the issuer.
    pub id: Identifier,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The access that it gives.
    pub grant: Grant,
}

impl Store {
    /// Uses an assertion: a session has begun. `before` is the session that the browser had until now, which ends.
    ///
    /// However many use one at once, on however many servers, one gets a session.
    ///
    /// # Errors
    ///
    /// [`StoreError::AssertionUsed`].
    pub async fn sign_in_by_assertion(
        &self,
        assertion: Assertion,
        address: Option<IpAddr>,
        limits: SessionLimits,
        before: Option<&Secret>,
    ) -> Result<NewSession, StoreError> {
        let by = Actor { address, ..assertion.grant.actor() };
        let mut write = self.write(&by).await?;
        let done = sqlx::query(
            "INSERT INTO used_assertion (issuer, id, kept_until) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(assertion.issuer.as_str())
        .bind(assertion.id.as_str())
        .bind(assertion.expires_at.after(KEPT_AFTER).0)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::AssertionUsed);
        }
        write.begin_session(assertion.grant, None, limits, before).await
    }
}
