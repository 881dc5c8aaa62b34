//! Taking deliveries for a while: a walk over the endpoints, so that none waits for the backlog of another.

use std::collections::HashMap;
use std::time::Duration;

use c2c_delivery::{EndpointId, Kind};
use c2c_names::AppId;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use uuid::Uuid;

use super::endpoint::EndpointHealth;
use super::endpoint_rows::{health_columns, read_health};
use super::event::{StoredEvent, events};
use super::rows::{app, count, count_if_any, text, time};
use super::sql::{any_of, pieces, places, statement};
use crate::database::Store;
use crate::engine::Engine;
use crate::error::StoreError;
use crate::numbers::{Timestamp, Version};

/// Lets PostgreSQL go by keys alone until the transaction ends. Its statistics may be those of an outbox that was nearly
/// empty: for a claim of more rows than it expects to be due, it would read and sort the whole backlog.
const BY_KEYS: &str = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off;
     SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
/// Endpoints that one claim looks at.
const LANES_MAX: usize = 32;
/// Endpoints with deliveries, due or not, that the walk of one claim passes in one direction. The next claim goes on from
/// there.
const STEPS_MAX: i64 = 4096;

/// One who claims deliveries: one server, while it runs.
#[derive(Debug)]
pub struct Claimer {
    /// Tells its claims from those of others.
    pub(super) holder: String,
    /// The endpoints after which its two walks go on: that over all endpoints, and that which passes suspects by.
    after: [String; 2],
    passes_suspects: bool,
}

impl Claimer {
    /// A new one, which holds nothing yet, and passes no endpoint by.
    pub fn new() -> Self {
        let holder = Uuid::new_v4().to_string();
        Self { holder, after: <[String; 2]>::default(), passes_suspects: false }
    }

    /// Sets whether the next claims pass all suspects by ([`Lane::is_suspect`]).
    ///
    /// A server that has no room for suspects finds the other endpoints at once, however many suspects there are. Each
    /// of the two walks goes on where it ended itself, so no suspect loses its turn meanwhile.
    pub fn pass_suspects(&mut self, passes: bool) {
        self.passes_suspects = passes;
    }
}

impl Default for Claimer {
    fn default() -> Self {
        Self::new()
    }
}

/// An endpoint with due deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lane {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its app.
    pub app: AppId,
    /// Its kind.
    pub kind: Kind,
    /// Its version.
    pub version: Version,
    /// How it fares.
    pub health: EndpointHealth,
    /// The most deliveries that are under way at a time, by its settings.
    pub in_flight_max: u32,
    /// The most deliveries in a minute, if the endpoint has a wish.
    pub rate_per_minute: Option<u32>,
    /// Its deliveries that are under way, on all servers.
    pub leased: u32,
}

impl Lane {
    /// Whether it may well hang: it failed last, or has never answered well.
    pub fn is_suspect(&self) -> bool {
        self.health.failures > 0 || self.health.succeeded_at.is_none()
    }
}

/// The result of a claim.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Claims {
    /// The deliveries.
    pub claimed: Vec<Claimed>,
    /// Endpoints with due deliveries that another server was looking at, or of which more are due than were claimed.
    /// A later claim may get them.
    pub skipped: u32,
    /// The walk has not come to the last endpoint. The next claim goes on where it ended, and may find others with due
    /// deliveries there.
    pub goes_on: bool,
}

/// A delivery that is this server's for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claimed {
    /// The claim, which a result names.
    pub lease: Lease,
    /// The version of the endpoint.
    pub version: Version,
    /// Its place in the schedule: 0 at first. A claim that came to no result does not change it.
    pub tries: u32,
    /// How often it was replayed.
    pub round: u32,
    /// When this round began.
    pub since: Timestamp,
    /// The event.
    pub event: StoredEvent,
}

/// One claim of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The app.
    pub app: AppId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The event's number.
    pub seq: i64,
    /// The number of this claim.
    pub attempt: u32,
}

/// The walk jumps from endpoint to endpoint in the index. The subqueries have one value each, so neither engine makes
/// joins of them, which would change the order and read all endpoints. The condition on suspects is [`Lane::is_suspect`].
///
/// If the walk passes as many endpoints as it may, the last one is in the result, whether it has due deliveries or not.
const WALK: &str = "WITH RECURSIVE lane (id, n) AS (
         SELECT (SELECT MIN(endpoint_id) FROM outbox WHERE endpoint_id > $1), 1
         UNION ALL
         SELECT (SELECT MIN(endpoint_id) FROM outbox WHERE endpoint_id > lane.id), n + 1 FROM lane
         WHERE lane.id IS NOT NULL AND n < $5)
     SELECT id, n, CASE WHEN n < $5 OR has_due THEN 1 ELSE 0 END AS is_due
     FROM (SELECT id, n, CASE WHEN (SELECT MIN(at) FROM outbox WHERE endpoint_id = lane.id) <= $2
               THEN (SELECT 1 FROM endpoint JOIN app ON app.id = endpoint.app_id
                         JOIN collect ON collect.app_id = app.id AND born = app.created_at
                         JOIN endpoint_health ON endpoint_health.endpoint_id = endpoint.id
                     WHERE endpoint.id = lane.id AND endpoint.state = 'active' AND app.deleted_at IS NULL
                         AND blocked_until <= $2
                         AND ($4 = 0 OR (failures <= 0 AND succeeded_at IS NOT NULL))) END = 1 AS has_due
           FROM lane) AS passed
     WHERE has_due OR (n = $5 AND id IS NOT NULL)
     LIMIT $3";

/// The walk of one claim.
struct Walk {
    /// Endpoints with due deliveries, in turn.
    found: Vec<String>,
    /// The endpoint after which the next walk goes on, unless an earlier one was served last.
    reached: String,
    /// It has not come to the last endpoint.
    goes_on: bool,
}

/// A part of a walk, in one direction.
struct Stretch {
    /// Endpoints with due deliveries.
    due: Vec<String>,
    /// Where it ended before the last endpoint; `None` if it came to the last one.
    stopped_at: Option<String>,
}

impl Store {
    /// Claims due deliveries for `lease`, at most `places`, from endpoints in turn. `room` says how many more of an
    /// endpoint may be under way.
    ///
    /// At most one server at a time counts and claims those of an endpoint.
    pub async fn claim_deliveries(
        &self,
        claimer: &mut Claimer,
        now: Timestamp,
        lease: Duration,
        places: u32,
        mut room: impl FnMut(&Lane) -> u32 + Send,
    ) -> Result<Claims, StoreError> {
        if places == 0 {
            return Ok(Claims::default());
        }
        let Walk { found, reached, goes_on } = self.walk(claimer, now).await?;
        let walk = usize::from(claimer.passes_suspects);
        if found.is_empty() {
            claimer.after[walk] = reached;
            return Ok(Claims { goes_on, ..Claims::default() });
        }
        let mut served = None;
        let mut tx = self.begin().await?;
        // SQLite has no statistics unless it is asked to make some.
        tx.execute(self.engine.locking("", BY_KEYS)).await?;
        let mut claiming = Claiming {
            tx,
            engine: self.engine,
            holder: &claimer.holder,
            now,
            until: now.after(lease),
        };
        let lanes = claiming.lanes(&found).await?;
        let share = (places / u32::try_from(found.len()).unwrap_or(u32::MAX)).max(1);
        let (mut left, mut taken) = (places, Vec::new());
        let mut skipped = u32::try_from(found.len() - lanes.len()).unwrap_or(u32::MAX);
        for (index, lane) in lanes.iter().enumerate() {
            if left == 0 {
                skipped += u32::try_from(lanes.len() - index).unwrap_or(u32::MAX);
                break;
            }
            let (asked, room) = (share.min(left), room(lane));
            let rows = claiming.take(lane, asked.min(room)).await?;
            let number = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            left = left.saturating_sub(number);
            skipped += u32::from(number == asked && room > asked);
            taken.extend(rows);
            if room > 0 {
                served = Some(lane.endpoint.to_string());
            }
        }
        let taken = claiming.with_events(taken).await?;
        claiming.tx.commit().await?;
        // If the room was used up, the next turn begins with those for which there was none.
        claimer.after[walk] = served.unwrap_or(reached);
        Ok(Claims { claimed: taken, skipped, goes_on })
    }

    /// Walks over the endpoints after the one where the last walk ended, and then over those before it.
    async fn walk(&self, claimer: &Claimer, now: Timestamp) -> Result<Walk, StoreError> {
        let passes_suspects = claimer.passes_suspects;
        let after = &claimer.after[usize::from(passes_suspects)];
        let first = self.stretch(after, passes_suspects, now, LANES_MAX).await?;
        let mut found = first.due;
        if let Some(reached) = first.stopped_at {
            return Ok(Walk { found, reached, goes_on: true });
        }
        let mut reached = after.clone();
        if !after.is_empty() {
            let left = LANES_MAX - found.len();
            let rest = self.stretch("", passes_suspects, now, left).await?;
            found.extend(rest.due.into_iter().filter(|id| id <= after));
            // If it stopped further on, it has passed all of them.
            reached = rest.stopped_at.filter(|id| id < after).unwrap_or(reached);
        }
        Ok(Walk { found, reached, goes_on: false })
    }

    /// Walks over the endpoints after this one, until it has found `most` with due deliveries.
    async fn stretch(
        &self,
        after: &str,
        passes_suspects: bool,
        now: Timestamp,
        most: usize,
    ) -> Result<Stretch, StoreError> {
        let rows = sqlx::query(WALK)
            .bind(after)
            .bind(now.0)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .bind(i64::from(passes_suspects))
            .bind(STEPS_MAX)
            .fetch_all(&self.read)
            .await?;
        let mut stretch = Stretch { due: Vec::new(), stopped_at: None };
        for row in &rows {
            let (id, step): (String, i64) = (row.try_get("id")?, row.try_get("n")?);
            let is_last = stretch.due.len() + 1 == most || step == STEPS_MAX;
            stretch.stopped_at = is_last.then(|| id.clone());
            if row.try_get::<i64, _>("is_due")? == 1 {
                stretch.due.push(id);
            }
        }
        Ok(stretch)
    }

    /// When the next delivery can be claimed; it may be past. `None` if there is none.
    pub async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = self.engine.locking(
            "SELECT MIN(MAX(blocked_until, (SELECT MIN(at) FROM outbox WHERE endpoint_id = endpoint.id))) AS at
             FROM endpoint JOIN endpoint_health ON endpoint_id = endpoint.id JOIN app ON app.id = endpoint.app_id
             JOIN collect ON collect.app_id = app.id AND born = app.created_at
             WHERE state = 'active' AND deleted_at IS NULL",
            "SELECT MIN(GREATEST(blocked_until, due.at)) AS at
             FROM endpoint JOIN endpoint_health ON endpoint_id = endpoint.id JOIN app ON app.id = endpoint.app_id
             JOIN collect ON collect.app_id = app.id AND born = app.created_at
             CROSS JOIN LATERAL (SELECT MIN(at) AS at FROM outbox WHERE endpoint_id = endpoint.id) AS due
             WHERE state = 'active' AND deleted_at IS NULL AND due.at IS NOT NULL",
        );
        let row = sqlx::query(sql).fetch_one(&self.read).await?;
        Ok(row.try_get::<Option<i64>, _>("at")?.map(Timestamp))
    }

    /// Gives claims back that came to no result: others can have them at once, and before what came in later.
    pub async fn release(
        &self,
        claimer: &Claimer,
        leases: &[Lease],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for piece in pieces(leases) {
            let sql = format!(
                "UPDATE outbox SET at = CASE WHEN since < $1 THEN since ELSE $1 END, holder = NULL
                 WHERE holder = $2 AND {}",
                any_of(self.engine, 3, piece.len(), &["endpoint_id", "seq", "attempt"])
            );
            let query = sqlx::query(AssertSqlSafe(sql)).bind(now.0).bind(&claimer.holder[..]);
            let query = piece.iter().fold(query, |query, lease| {
                query
                    .bind(lease.endpoint.to_string())
                    .bind(lease.seq)
                    .bind(i64::from(lease.attempt))
            });
            query.execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// A claim in progress.
struct Claiming<'a> {
    tx: sqlx::Transaction<'static, sqlx::Any>,
    engine: Engine,
    holder: &'a str,
    now: Timestamp,
    until: Timestamp,
}

/// A delivery before its event was read.
struct Row {
    lease: Lease,
    version: Version,
    tries: u32,
    round: u32,
    since: Timestamp,
}

impl Claiming<'_> {
    /// The endpoints that no other server is looking at, in the order of the walk. None does until the end of the
    /// transaction.
    async fn lanes(&mut self, found: &[String]) -> Result<Vec<Lane>, StoreError> {
        let mut lanes = HashMap::new();
        for piece in pieces(found) {
            let sql = format!(
                concat!(
                    "SELECT id, app_id, kind, version, in_flight_max, rate_per_minute, ",
                    health_columns!(),
                    " FROM endpoint_health JOIN endpoint ON id = endpoint_id
                     WHERE endpoint_id IN {} AND state = 'active' AND blocked_until <= ${}
                     ORDER BY endpoint_id{}"
                ),
                places(1, 1, piece.len()),
                piece.len() + 1,
                self.engine.locking("", " FOR UPDATE OF endpoint_health SKIP LOCKED")
            );
            let query = sqlx::query(statement(self.engine, sql));
            let query = piece.iter().fold(query, |query, id| query.bind(&id[..]));
            for row in &query.bind(self.now.0).fetch_all(&mut *self.tx).await? {
                let lane = read_lane(row)?;
                lanes.insert(lane.endpoint.to_string(), lane);
            }
        }
        self.count_leased(found, &mut lanes).await?;
        Ok(found.iter().filter_map(|id| lanes.remove(id)).collect())
    }

    async fn count_leased(
        &mut self,
        found: &[String],
        lanes: &mut HashMap<String, Lane>,
    ) -> Result<(), StoreError> {
        for piece in pieces(found) {
            let sql = format!(
                "SELECT endpoint_id, COUNT(*) AS leased FROM outbox
                 WHERE endpoint_id IN {} AND holder IS NOT NULL AND at > ${} GROUP BY endpoint_id",
                places(1, 1, piece.len()),
                piece.len() + 1
            );
            let query = sqlx::query(statement(self.engine, sql));
            let query = piece.iter().fold(query, |query, id| query.bind(&id[..]));
            for row in &query.bind(self.now.0).fetch_all(&mut *self.tx).await? {
                if let Some(lane) = lanes.get_mut(row.try_get::<&str, _>("endpoint_id")?) {
                    lane.leased = count(row, "leased")?;
                }
            }
        }
        Ok(())
    }

    /// Claims at most this many deliveries of an endpoint, those that are due for the longest time.
    async fn take(&mut self, lane: &Lane, number: u32) -> Result<Vec<Row>, StoreError> {
        if number == 0 {
            return Ok(Vec::new());
        }
        let sql = self.engine.locking(
            // One more condition on the time would make it read all that is due.
            "UPDATE outbox SET attempt = attempt + 1, holder = $3, at = $4
             WHERE endpoint_id = $1 AND seq IN
                 (SELECT seq FROM outbox WHERE endpoint_id = $1 AND at <= $2 ORDER BY at, seq LIMIT $5)
             RETURNING seq, attempt, tries, round, since",
            // The rows are chosen once, and found by their places: a join might read the whole backlog for each of them, if
            // the endpoint is new to the statistics.
            "UPDATE outbox SET attempt = attempt + 1, holder = $3, at = $4
             WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM outbox WHERE endpoint_id = $1 AND at <= $2 ORDER BY at, seq LIMIT $5
                  FOR UPDATE SKIP LOCKED))
             RETURNING seq, attempt, tries, round, since",
        );
        let rows = sqlx::query(sql)
            .bind(lane.endpoint.to_string())
            .bind(self.now.0)
            .bind(self.holder)
            .bind(self.until.0)
            .bind(i64::from(number))
            .fetch_all(&mut *self.tx)
            .await?;
        let read = |row| {
            let lease = Lease {
                app: lane.app.clone(),
                endpoint: lane.endpoint,
                seq: count(row, "seq")?,
                attempt: count(row, "attempt")?,
            };
            Ok(Row {
                lease,
                version: lane.version,
                tries: count(row, "tries")?,
                round: count(row, "round")?,
                since: time(row, "since")?,
            })
        };
        let mut rows = rows.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        rows.sort_by_key(|row: &Row| row.lease.seq);
        Ok(rows)
    }

    /// Reads the events. The rows are in the order of the walk, and those of an endpoint in the order of their events.
    async fn with_events(&mut self, rows: Vec<Row>) -> Result<Vec<Claimed>, StoreError> {
        let mut seqs: Vec<_> = rows.iter().map(|row| row.lease.seq).collect();
        seqs.sort_unstable();
        seqs.dedup();
        let events = events(&mut self.tx, &seqs).await?;
        let events: HashMap<_, _> = events.into_iter().map(|event| (event.seq, event)).collect();
        let claimed = rows.into_iter().filter_map(|row| {
            let Row { lease, version, tries, round, since } = row;
            let event = events.get(&lease.seq)?.clone();
            Some(Claimed { lease, version, tries, round, since, event })
        });
        Ok(claimed.collect())
    }
}

fn read_lane(row: &sqlx::any::AnyRow) -> Result<Lane, StoreError> {
    Ok(Lane {
        endpoint: text(row, "id")?,
        app: app(row)?,
        kind: text(row, "kind")?,
        version: Version(row.try_get("version")?),
        health: read_health(row)?,
        in_flight_max: count(row, "in_flight_max")?,
        rate_per_minute: count_if_any(row, "rate_per_minute")?,
        leased: 0,
    })
}
