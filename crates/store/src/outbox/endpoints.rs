//! Adding, changing and reading endpoints.

use c2c_delivery::{Agreement, EndpointId, EndpointState};
use c2c_names::AppId;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::endpoint::{ENDPOINTS_MAX, Endpoint, EndpointSettings, NewEndpoint};
use super::endpoint_rows::{endpoint_columns, read_endpoint};
use super::sql::{pieces, places};
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Version;
use crate::write::Write;

const OF_APP: &str = concat!(
    "SELECT ",
    endpoint_columns!(),
    " FROM endpoint JOIN endpoint_health ON endpoint_id = id WHERE app_id = $1"
);

impl Store {
    /// The endpoints of an app, the oldest first, without those that were removed.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchApp`].
    pub async fn endpoints(&self, app: &AppId) -> Result<Vec<Endpoint>, StoreError> {
        self.app(app).await?;
        let sql = format!("{OF_APP} AND state <> 'removed' ORDER BY made_at, id");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(app.as_str()).fetch_all(&self.read).await?;
        rows.iter().map(read_endpoint).collect()
    }

    /// An endpoint of an app, also one that was removed.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchApp`], [`StoreError::NoSuchEndpoint`].
    pub async fn endpoint(&self, app: &AppId, id: EndpointId) -> Result<Endpoint, StoreError> {
        self.app(app).await?;
        let mut connection = self.read.acquire().await?;
        find(&mut connection, app, id).await
    }

    /// Endpoints of any apps, for one who sends to them: those of the ids that are there.
    pub async fn endpoints_with(&self, ids: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError> {
        let mut endpoints = Vec::with_capacity(ids.len());
        for piece in pieces(ids) {
            let sql = format!(
                concat!(
                    "SELECT ",
                    endpoint_columns!(),
                    " FROM endpoint JOIN endpoint_health ON endpoint_id = id WHERE id IN {}"
                ),
                places(1, 1, piece.len())
            );
            let query = sqlx::query(AssertSqlSafe(sql));
            let query = piece.iter().fold(query, |query, id| query.bind(id.to_string()));
            for row in &query.fetch_all(&self.read).await? {
                endpoints.push(read_endpoint(row)?);
            }
        }
        Ok(endpoints)
    }

    /// Adds an endpoint. Gives its version.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooManyEndpoints`].
    pub async fn add_endpoint(
        &self,
        by: &Actor,
        app: &AppId,
        new: &NewEndpoint,
    ) -> Result<Version, StoreError> {
        let mut write = self.write(by).await?;
        let locked = write.lock(app).await?;
        write.collect(&locked).await?;
        write.refuse_many(app).await?;
        write.insert_endpoint(app, new).await?;
        for secret in &new.secrets {
            write.insert_secret(new.id, secret).await?;
        }
        let added = Action::EndpointAdded {
            endpoint: new.id,
            kind: new.kind,
            name: new.settings.name.clone(),
            host: new.settings.host.clone(),
            agreed: new.agreed,
        };
        write.finish(app, &added).await?;
        Ok(Version::first())
    }

    /// Changes the settings of an endpoint that had the version `edited`. Gives the new version.
    ///
    /// `agreed` says how it agreed to these settings: `None` if it need not be asked again; with [`Agreement::No`] it
    /// gets nothing until it has agreed.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`] also for one that was removed; [`StoreError::EndpointConflict`] with the one that
    /// is there.
    pub async fn change_endpoint(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        edited: Version,
        settings: &EndpointSettings,
        agreed: Option<Agreement>,
    ) -> Result<Version, StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let mut endpoint = write.present_endpoint(app, id).await?;
        if endpoint.version != edited {
            return Err(StoreError::EndpointConflict(Box::new(endpoint)));
        }
        let consents = Some(&settings.consents).filter(|&new| *new != endpoint.settings.consents);
        let consents = consents.cloned();
        endpoint.settings = settings.clone();
        endpoint.agreed = agreed.unwrap_or(endpoint.agreed);
        if endpoint.agreed == Agreement::No && endpoint.state != EndpointState::Asked {
            endpoint.state = EndpointState::Asked;
            endpoint.state_at = write.at;
            endpoint.state_reason = String::new();
        }
        let version = write.update_endpoint(endpoint).await?;
        let (name, host) = (settings.name.clone(), settings.host.clone());
        let changed = Action::EndpointChanged { endpoint: id, version, name, host, consents };
        write.finish(app, &changed).await?;
        Ok(version)
    }
}

impl Write<'_> {
    async fn refuse_many(&mut self, app: &AppId) -> Result<(), StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS endpoints FROM endpoint WHERE app_id = $1 AND state <> 'removed'",
        )
        .bind(app.as_str())
        .fetch_one(&mut *self.tx)
        .await?;
        let endpoints: i64 = row.try_get("endpoints")?;
        if usize::try_from(endpoints).is_ok_and(|endpoints| endpoints < ENDPOINTS_MAX) {
            return Ok(());
        }
        Err(StoreError::TooManyEndpoints { app: app.clone(), max: ENDPOINTS_MAX })
    }

    async fn insert_endpoint(&mut self, app: &AppId, new: &NewEndpoint) -> Result<(), StoreError> {
        let state = match new.agreed {
            Agreement::No => EndpointState::Asked,
            _ => EndpointState::Active,
        };
        let settings = &new.settings;
        let sql = format!(
            "INSERT INTO endpoint (id, app_id, kind, name, host, target, target_key, format, filter, consents, mapping,
                 in_flight_max, rate_per_minute, version, state, state_at, state_reason, agreed, made_at, made_by)
             VALUES {}",
            places(1, 1, 20)
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(new.id.to_string())
            .bind(app.as_str())
            .bind(new.kind.word())
            .bind(settings.name.as_str())
            .bind(&settings.host[..])
            .bind(&settings.target.bytes[..])
            .bind(&settings.target.key[..])
            .bind(settings.format.word())
            .bind(settings.filter_json())
            .bind(settings.consents_json())
            .bind(&settings.mapping[..])
            .bind(i64::from(settings.in_flight_max))
            .bind(settings.rate_per_minute.map(i64::from))
            .bind(Version::first().0)
            .bind(state.word())
            .bind(self.at.0)
            .bind("")
            .bind(new.agreed.word())
            .bind(self.at.0)
            .bind(self.by.as_str())
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "INSERT INTO endpoint_health (endpoint_id, failures, blocked_until) VALUES ($1, 0, 0)",
        )
        .bind(new.id.to_string())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// An endpoint of an app that is locked. A server that settles results may change its state in the meantime, so it is
    /// locked, too.
    pub(super) async fn present_endpoint(
        &mut self,
        app: &AppId,
        id: EndpointId,
    ) -> Result<Endpoint, StoreError> {
        let lock = self.engine.locking(
            "SELECT endpoint_id FROM endpoint_health WHERE endpoint_id = $1",
            "SELECT endpoint_id FROM endpoint_health WHERE endpoint_id = $1 FOR UPDATE",
        );
        sqlx::query(lock).bind(id.to_string()).fetch_optional(&mut *self.tx).await?;
        let endpoint = find(&mut self.tx, app, id).await?;
        match endpoint.state {
            EndpointState::Removed => Err(StoreError::NoSuchEndpoint(id)),
            _ => Ok(endpoint),
        }
    }

    /// Writes an endpoint that was changed, and gives its new version.
    pub(super) async fn update_endpoint(
        &mut self,
        endpoint: Endpoint,
    ) -> Result<Version, StoreError> {
        let (version, settings) = (Version(endpoint.version.0 + 1), endpoint.settings);
        sqlx::query(
            "UPDATE endpoint SET name = $2, host = $3, target = $4, target_key = $5, format = $6, filter = $7,
                 consents = $8, mapping = $9, in_flight_max = $10, rate_per_minute = $11, version = $12, state = $13,
                 state_at = $14, state_reason = $15, agreed = $16
             WHERE id = $1",
        )
        .bind(endpoint.id.to_string())
        .bind(settings.name.as_str())
        .bind(&settings.host[..])
        .bind(&settings.target.bytes[..])
        .bind(&settings.target.key[..])
        .bind(settings.format.word())
        .bind(settings.filter_json())
        .bind(settings.consents_json())
        .bind(&settings.mapping[..])
        .bind(i64::from(settings.in_flight_max))
        .bind(settings.rate_per_minute.map(i64::from))
        .bind(version.0)
        .bind(endpoint.state.word())
        .bind(endpoint.state_at.0)
        .bind(&endpoint.state_reason[..])
        .bind(endpoint.agreed.word())
        .execute(&mut *self.tx)
        .await?;
        Ok(version)
    }
}

impl EndpointSettings {
    fn filter_json(&self) -> String {
        serde_json::to_string(&self.filter).expect("names serialise")
    }

    fn consents_json(&self) -> String {
        serde_json::to_string(&self.consents).expect("words serialise")
    }
}

async fn find(
    connection: &mut AnyConnection,
    app: &AppId,
    id: EndpointId,
) -> Result<Endpoint, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!("{OF_APP} AND id = $2")))
        .bind(app.as_str())
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    read_endpoint(&row.ok_or(StoreError::NoSuchEndpoint(id))?)
}
