//! Events from visitors' browsers and from providers' backends, on their way into the database.
//!
//! A widget's page sends batches to `POST /e/{app}` on its own origin. A batch passes `gate` (how much may come) →
//! `batch` (its form, and a verdict on each event) → `writer` (one transaction for all batches that wait). The
//! answer comes when the events are durable; before that the page keeps them.
//!
//! An event from a browser is a claim: its name, its time and its consent are the sender's words. What comes from a
//! backend with a token is *verified*: the provider says so.

mod batch;
mod context;
mod gate;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use c2c_catalogue::{Catalogue, UnknownFields, Validator};
use c2c_delivery::CollectMode;
use c2c_delivery::vendors::Hit;
use c2c_names::AppId;
use c2c_store::{Incoming, NewEvent, Receipt, Taken, Timestamp};
use hyper::body::Incoming as RequestBody;
use hyper::header::USER_AGENT;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::collecting::Collecting;
use crate::delivery::Integrations;
use crate::forwarded::ClientAddress;
use crate::live::Live;
use crate::metrics::METRICS;
use crate::paths::EVENTS;
use crate::posted::{self, Refusal, json_body};
use crate::response::{Body, method_not_allowed};
use crate::settings::Limits;
use crate::sites::Sites;
use batch::{Batch, Kept, Refused, Rules};
use context::event_keys;
use gate::Gate;
use writer::{Queue, Unwritten};

pub(crate) use batch::Why;
pub(crate) use context::context_value;
pub(crate) use writer::{Jobs, write};

/// The largest batch of a page, in bytes: as large as browsers let a page send when it ends
/// ([Fetch](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch), `keepalive`).
const BATCH_BYTES_MAX: usize = 64 * 1024;
/// The longest name of a visitor's browser that is kept, in characters.
const USER_AGENT_MAX: usize = 1000;
/// How long a sender waits if the database is away, or too much waits for it.
const LATER: Duration = Duration::from_secs(5);
/// The word for events that came too fast, beside those of [`Why`].
const TURNED_AWAY: &str = "rate-limited";
/// The time between two notes of what was turned away.
const NOTE: Duration = Duration::from_secs(5);

/// Takes events.
#[derive(Debug)]
pub(crate) struct Collect {
    sites: Arc<Sites>,
    live: Arc<Live>,
    integrations: Arc<Integrations>,
    validator: Validator,
    gate: Gate,
    queue: Queue,
    limits: Limits,
}

impl Collect {
    /// With the batches that [`write()`] writes.
    pub(crate) fn new(
        sites: &Arc<Sites>,
        live: &Arc<Live>,
        integrations: &Arc<Integrations>,
        catalogue: &Catalogue,
        limits: &Limits,
    ) -> (Self, Jobs) {
        let (queue, jobs) = Queue::new();
        let (sites, live) = (Arc::clone(sites), Arc::clone(live));
        let integrations = Arc::clone(integrations);
        // A page may have a newer catalogue than this server, during an upgrade.
        let validator = Validator::new(catalogue, UnknownFields::Keep);
        let gate = Gate::new(limits);
        (Self { sites, live, integrations, validator, gate, queue, limits: *limits }, jobs)
    }

    /// Answers a request to `/e/{app}` on the widget's host.
    pub(crate) async fn respond(&self, request: Request<RequestBody>) -> Response<Body> {
        if request.method() != Method::POST {
            return method_not_allowed("POST");
        }
        self.take(request).await.unwrap_or_else(Refusal::respond)
    }

    async fn take(&self, request: Request<RequestBody>) -> Result<Response<Body>, Refusal> {
        // Before a byte of the body is read.
        posted::check(request.headers(), &self.sites.widget.origin).map_err(Refusal::closing)?;
        let id = request.uri().path().strip_prefix(EVENTS).and_then(|id| id.parse().ok());
        let app: AppId = id.ok_or_else(|| takes_no_events().closing())?;
        let address = request.extensions().get().map(|ClientAddress(address)| *address);
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_MAX).collect());
        self.gate.batch(address).map_err(|wait| self.turn_away_unread(&app, wait))?;
        let collecting = self.collecting(&app).await.map_err(Refusal::closing)?;
        let body = posted::read(request, BATCH_BYTES_MAX, self.limits.body_timeout).await?;
        let mut batch = Batch::read(&body).map_err(malformed)?;
        let hit = Hit { address, user_agent, page: batch.page.take() };
        let number = batch.events.len();
        self.gate
            .events(address, &app, number)
            .map_err(|wait| self.turn_away(&app, number, wait))?;
        METRICS.events.lost(batch.lost());
        let receipt = self.keep(app, collecting, batch, Some(hit)).await?;
        Ok(json_body(StatusCode::OK, &receipt))
    }

    /// Takes a batch of a backend, whose token is for this app.
    pub(crate) async fn take_verified(&self, app: AppId, body: &[u8]) -> Result<Value, Refusal> {
        let collecting = self.collecting(&app).await?;
        let batch = Batch::read(body).map_err(malformed)?;
        let number = batch.events.len();
        self.gate.verified(&app, number).map_err(|wait| self.turn_away(&app, number, wait))?;
        self.keep(app, collecting, batch, None).await
    }

    /// How the app takes events.
    async fn collecting(&self, app: &AppId) -> Result<Collecting, Refusal> {
        match self.live.collecting(app).await {
            Ok(Some(collecting)) if collecting.mode != CollectMode::Off => Ok(collecting),
            Ok(_) => Err(takes_no_events()),
            Err(_) => Err(unavailable()),
        }
    }

    /// Judges the events of a batch, and waits until those that are kept are durable. Without a browser's request,
    /// they are a backend's, and verified.
    async fn keep(
        &self,
        app: AppId,
        Collecting { mode, off, search_keys }: Collecting,
        batch: Batch,
        hit: Option<Hit>,
    ) -> Result<Value, Refusal> {
        let now = Timestamp::now();
        let rules = Rules { validator: &self.validator, mode, off, now };
        let (mut events, mut refused) = (Vec::new(), Vec::new());
        for event in &batch.events {
            match rules.judge(event) {
                Ok(Kept { id, name, happened_at, body, marks }) => {
                    let consent = batch.consent;
                    let body = body.into_bytes();
                    let keys = event_keys(&self.integrations, &app, &search_keys, &body);
                    events.push(NewEvent { id, name, happened_at, consent, marks, body, keys });
                }
                Err(event) => refused.push(event),
            }
        }
        let counted = Why::ALL.into_iter().filter_map(|why| {
            let number = refused.iter().filter(|event| event.why == why).count();
            METRICS.events.refused(why, number);
            Some((why.word(), u32::try_from(number).ok().filter(|&number| number > 0)?))
        });
        let incoming = Incoming {
            app: app.clone(),
            verified: hit.is_none(),
            events,
            hit: hit.map(|hit| serde_json::to_vec(&hit).expect("texts are JSON")),
            refused: counted.collect(),
        };
        let number = batch.events.len();
        let receipt = self.write(incoming).await.map_err(|unwritten| match unwritten {
            Unwritten::Busy => self.turn_away(&app, number, Duration::from_secs(1)),
            Unwritten::Unavailable => unavailable(),
            Unwritten::Failed => {
                let detail = "the server failed; its log has the details";
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", detail)
            }
        })?;
        let Receipt::Taken(taken) = receipt else { return Err(takes_no_events()) };
        let accepted = taken.iter().filter(|&&taken| taken == Taken::Accepted).count();
        let known = taken.len() - accepted;
        METRICS.events.collected(accepted, known);
        let refused: Vec<_> = refused.iter().map(described).collect();
        Ok(json!({"accepted": accepted, "known": known, "refused": refused}))
    }

    async fn write(&self, incoming: Incoming) -> Result<Receipt, Unwritten> {
        let written = timeout(self.limits.database_timeout, self.queue.write(incoming)).await;
        written.unwrap_or(Err(Unwritten::Unavailable))
    }

    /// Refuses a batch that was not read, and notes it as one event for the app's people. A flood does not get to ask the
    /// database whether there is such an app.
    fn turn_away_unread(&self, app: &AppId, wait: Duration) -> Refusal {
        if self.live.collects_at_once(app) {
            return self.turn_away(app, 1, wait).closing();
        }
        too_many(wait).closing()
    }

    /// Refuses a batch for now, and notes it for the app's people.
    fn turn_away(&self, app: &AppId, number: usize, wait: Duration) -> Refusal {
        self.gate.turn_away(app, u32::try_from(number).unwrap_or(u32::MAX));
        METRICS.events.turned_away(number);
        too_many(wait)
    }

    /// Writes down what was turned away, until `stopped` holds true.
    pub(crate) async fn note_turned_away(&self, mut stopped: watch::Receiver<bool>) {
        loop {
            let over = tokio::select! {
                _ = stopped.wait_for(|&stopped| stopped) => true,
                () = sleep(NOTE) => false,
            };
            for (app, number) in self.gate.take_turned_away() {
                let refused = vec![(TURNED_AWAY, number)];
                let events = Vec::new();
                let noted = Incoming { app, verified: false, events, hit: None, refused };
                // If it cannot be written, the log has the reason, and the number is lost.
                let _ = self.write(noted).await;
            }
            if over {
                return;
            }
        }
    }
}

fn described(Refused { id, why }: &Refused) -> Value {
    json!({"id": id, "reason": why.word()})
}

fn takes_no_events() -> Refusal {
    let detail = "there is no app at this address that takes events";
    Refusal::new(StatusCode::NOT_FOUND, "takes-no-events", detail)
}

fn malformed(error: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "bad-request", error)
}

fn too_many(wait: Duration) -> Refusal {
    let detail = "too many events; `Retry-After` says when to send them again";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail).again_after(wait)
}

fn unavailable() -> Refusal {
    let detail = "the server cannot reach its database; send the events again later";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", detail).again_after(LATER)
}
