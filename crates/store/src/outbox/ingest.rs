//! Taking events in: one transaction for many senders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use c2c_delivery::{Consent, EndpointId, EndpointState, EventId, Filter, Kind, Outcome, Reason};
use c2c_names::AppId;
use sqlx::{AnyConnection, Row as _};

use super::event::NewEvent;
use super::rows::{app, json, text, text_if_any};
use super::sql::{filled, pieces, places, statement};
use super::tally::{ACCEPTED, KNOWN, REFUSED, Tally};
use crate::database::Store;
use crate::engine::Engine;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::watch::DELIVERIES;

/// Events that one sender hands over at once.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The app.
    pub app: AppId,
    /// Whether a backend sends them.
    pub verified: bool,
    /// The events that are taken.
    pub events: Vec<NewEvent>,
    /// The client's address, program and page. They are kept only with events that an endpoint at Meta is to get.
    pub hit: Option<Vec<u8>>,
    /// Numbers of events that the caller has refused, by the reason. They are counted.
    pub refused: Vec<(&'static str, u32)>,
}

/// Without the client's address.
impl fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app, verified, events, .. } = self;
        let mut debug = formatter.debug_struct("Incoming");
        debug.field("app", app).field("verified", verified).field("events", events);
        debug.finish_non_exhaustive()
    }
}

/// The answers to many senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipts {
    /// The answer to each sender, in their order.
    pub each: Vec<Receipt>,
    /// Whether there are new deliveries to active endpoints.
    pub has_due: bool,
}

/// The answer to one sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The app takes no events: there is none with this id, or it is off. Nothing was taken or counted.
    Closed,
    /// The answer for each event, in their order.
    Taken(Vec<Taken>),
}

/// The answer for one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, and on its way.
    Accepted,
    /// It was kept before.
    Known,
}

/// PostgreSQL may keep the plans of this transaction: the insertions have one each, and that of the statement that reads
/// apps is made anew whenever the tables are analyzed.
const BEGIN: &str = "BEGIN; SET LOCAL plan_cache_mode = auto";

/// The identity of an event.
type Once<'a> = (&'a AppId, EventId, bool);

/// An endpoint that may get events.
struct Target {
    id: EndpointId,
    state: EndpointState,
    kind: Kind,
    filter: Filter,
    consents: Vec<Consent>,
}

impl Store {
    /// Takes events in: all of them are kept with their deliveries when this succeeds, and none otherwise.
    pub async fn ingest(
        &self,
        batches: &[Incoming],
        now: Timestamp,
    ) -> Result<Receipts, StoreError> {
        let mut tx = self.write.begin_with(self.engine.locking("BEGIN IMMEDIATE", BEGIN)).await?;
        let open = open_apps(&mut tx, self.engine, batches).await?;
        let taking: Vec<_> = batches.iter().filter(|batch| open.contains_key(&batch.app)).collect();
        // In one order, so that no two transactions wait for each other.
        let mut events: BTreeMap<Once<'_>, (&NewEvent, &Incoming)> = BTreeMap::new();
        for batch in &taking {
            for event in &batch.events {
                events.entry((&batch.app, event.id, batch.verified)).or_insert((event, *batch));
            }
        }
        let events: Vec<_> = events.into_iter().collect();
        let engine = self.engine;
        let seqs = insert_events(&mut tx, engine, &events, &open, now).await?;
        let new: Vec<_> = events
            .iter()
            .filter_map(|&(once, (event, _))| Some((once.0, event, *seqs.get(&owned(once))?)))
            .collect();
        insert_keys(&mut tx, engine, &new).await?;
        let mut tally = Tally::default();
        let has_due = deliver(&mut tx, engine, &new, &open, now, &mut tally).await?;
        let each = answer(batches, &open, &seqs, now, &mut tally);
        tally.write(&mut tx, engine).await?;
        if has_due && engine == Engine::Postgres {
            sqlx::query("SELECT pg_notify($1, '')").bind(DELIVERIES).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(Receipts { each, has_due })
    }
}

fn owned((app, id, verified): Once<'_>) -> (AppId, EventId, bool) {
    (app.clone(), id, verified)
}

/// The apps that take events, with their endpoints. They are not removed until the end of the transaction.
async fn open_apps(
    connection: &mut AnyConnection,
    engine: Engine,
    batches: &[Incoming],
) -> Result<BTreeMap<AppId, Vec<Target>>, StoreError> {
    let apps: BTreeSet<_> = batches.iter().map(|batch| &batch.app).collect();
    let apps = filled(apps.into_iter().collect());
    let mut open: BTreeMap<AppId, Vec<Target>> = BTreeMap::new();
    for piece in pieces(&apps) {
        let sql = format!(
            "SELECT collect.app_id, endpoint.id, state, kind, filter, consents
             FROM collect JOIN app ON app.id = collect.app_id AND app.created_at = born
             LEFT JOIN endpoint ON endpoint.app_id = collect.app_id AND state <> 'removed'
             WHERE collect.app_id IN {} AND mode <> 'off' AND deleted_at IS NULL ORDER BY collect.app_id{}",
            places(1, 1, piece.len()),
            engine.locking("", " FOR KEY SHARE OF collect")
        );
        let query = sqlx::query(statement(engine, sql));
        let query = piece.iter().fold(query, |query, app| query.bind(app.as_str()));
        for row in &query.fetch_all(&mut *connection).await? {
            let targets = open.entry(app(row)?).or_default();
            if let Some(id) = text_if_any(row, "id")? {
                let (filter, consents) = (json(row, "filter")?, json(row, "consents")?);
                let (state, kind) = (text(row, "state")?, text(row, "kind")?);
                targets.push(Target { id, state, kind, filter, consents });
            }
        }
    }
    Ok(open)
}

/// Inserts the events that are not known. Gives the number of each.
async fn insert_events(
    connection: &mut AnyConnection,
    engine: Engine,
    events: &[(Once<'_>, (&NewEvent, &Incoming))],
    open: &BTreeMap<AppId, Vec<Target>>,
    now: Timestamp,
) -> Result<BTreeMap<(AppId, EventId, bool), i64>, StoreError> {
    let mut seqs = BTreeMap::new();
    for piece in pieces(events) {
        let sql = format!(
            "INSERT INTO event (app_id, id, verified, name, happened_at, received_at, consent, marks, body, hit)
             VALUES {} ON CONFLICT (app_id, id, verified) DO NOTHING RETURNING seq, app_id, id, verified",
            places(1, piece.len(), 10)
        );
        let mut query = sqlx::query(statement(engine, sql));
        for ((app, id, verified), (event, batch)) in piece {
            query = query.bind(app.as_str()).bind(id.to_string()).bind(i64::from(*verified));
            query = query.bind(&event.name[..]).bind(event.happened_at.0).bind(now.0);
            query = query.bind(event.consent.word()).bind(event.marks.as_deref());
            // Only Meta wants to know it.
            let needs_hit = open[*app].iter().any(|target| target.needs_hit(event));
            let hit = batch.hit.as_deref().filter(|_| needs_hit);
            query = query.bind(&event.body[..]).bind(hit);
        }
        for row in &query.fetch_all(&mut *connection).await? {
            let verified: i64 = row.try_get("verified")?;
            seqs.insert((app(row)?, text(row, "id")?, verified != 0), row.try_get("seq")?);
        }
    }
    Ok(seqs)
}

async fn insert_keys(
    connection: &mut AnyConnection,
    engine: Engine,
    new: &[(&AppId, &NewEvent, i64)],
) -> Result<(), StoreError> {
    let keys: BTreeSet<_> = new
        .iter()
        .flat_map(|&(app, event, seq)| event.keys.iter().map(move |key| (app, key, seq)))
        .collect();
    let keys: Vec<_> = keys.into_iter().collect();
    for piece in pieces(&keys) {
        let sql = format!(
            "INSERT INTO event_key (app_id, key, digest, seq) VALUES {}",
            places(1, piece.len(), 4)
        );
        let mut query = sqlx::query(statement(engine, sql));
        for (app, key, seq) in piece {
            query = query.bind(app.as_str()).bind(&key.key[..]).bind(&key.digest[..]).bind(*seq);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes the deliveries of new events, and counts them for each endpoint. Gives whether active ones get any.
async fn deliver(
    connection: &mut AnyConnection,
    engine: Engine,
    new: &[(&AppId, &NewEvent, i64)],
    open: &BTreeMap<AppId, Vec<Target>>,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<bool, StoreError> {
    let mut deliveries = Vec::new();
    let mut has_due = false;
    for &(app, event, seq) in new {
        for target in &open[app] {
            let why = target.suppresses(event);
            if why == Some(Reason::NotAgreed) {
                tally.not_agreed(app, target.id, now);
                continue;
            }
            tally.offered(app, target.id, now, 1);
            if let Some(why) = why {
                tally.ended(app, target.id, now, (Outcome::Suppressed, why), 1);
                continue;
            }
            deliveries.push((target.id, seq));
            has_due |= target.state == EndpointState::Active;
        }
    }
    for piece in pieces(&deliveries) {
        let rows = (0..piece.len()).map(|row| {
            let [endpoint, seq, at, since] = [1, 2, 3, 4].map(|column| column + 4 * row);
            format!("(${endpoint},${seq},${at},0,0,0,${since})")
        });
        let sql = format!(
            "INSERT INTO outbox (endpoint_id, seq, at, attempt, tries, round, since) VALUES {}",
            rows.collect::<Vec<_>>().join(",")
        );
        let mut query = sqlx::query(statement(engine, sql));
        for (endpoint, seq) in piece {
            query = query.bind(endpoint.to_string()).bind(*seq).bind(now.0).bind(now.0);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(has_due)
}

impl Target {
    fn needs_hit(&self, event: &NewEvent) -> bool {
        self.kind == Kind::Meta && self.suppresses(event).is_none()
    }

    fn suppresses(&self, event: &NewEvent) -> Option<Reason> {
        if !self.filter.has(&event.name) {
            return Some(Reason::Filter);
        }
        if !self.consents.contains(&event.consent) {
            return Some(Reason::Consent);
        }
        (self.state == EndpointState::Asked).then_some(Reason::NotAgreed)
    }
}

fn answer(
    batches: &[Incoming],
    open: &BTreeMap<AppId, Vec<Target>>,
    seqs: &BTreeMap<(AppId, EventId, bool), i64>,
    now: Timestamp,
    tally: &mut Tally,
) -> Vec<Receipt> {
    // The first one with an id is the one that was taken.
    let mut accepted = BTreeSet::new();
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        if !open.contains_key(&batch.app) {
            answers.push(Receipt::Closed);
            continue;
        }
        for &(reason, number) in &batch.refused {
            tally.heard(&batch.app, now, REFUSED, reason, number.into());
        }
        let mut taken = Vec::with_capacity(batch.events.len());
        for event in &batch.events {
            let once = (&batch.app, event.id, batch.verified);
            let is_new = seqs.contains_key(&owned(once)) && accepted.insert(once);
            let (answer, outcome) =
                if is_new { (Taken::Accepted, ACCEPTED) } else { (Taken::Known, KNOWN) };
            tally.heard(&batch.app, now, outcome, "", 1);
            taken.push(answer);
        }
        answers.push(Receipt::Taken(taken));
    }
    answers
}
