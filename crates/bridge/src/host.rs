//! The host as an executable model: what `js/host/machine.js` does, without a browser.
//!
//! [`Host`] is a state machine that does no IO. What happens in the widget page goes in as
//! [`Input`]s; what the page is to do comes out as [`Effect`]s. The script is the same machine in
//! JavaScript; `vectors/host.json` and random inputs go through both, so that what
//! `docs/protocol.md` says is said once more in a form that can be run.
//!
//! What a model need not have is left out: nonces are counted instead of random, events have no
//! time and id, and diagnostics are not looked at.

use std::collections::BTreeMap;
use std::mem;

use c2c_catalogue::{CUSTOM_PREFIX, CustomName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::message::{FrameEvent, FromFrame, Hello, ToFrame};
use crate::payload::read_payload;
use crate::{BridgeLimits, Context};

/// How a [`Host`] is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostOptions {
    /// What goes with every event.
    pub context: Context,
    /// Whether a frame that does not answer is removed, or only reported.
    pub remove_hung: bool,
    /// Whether what custom code stores is kept for the visitor.
    pub jar: bool,
    /// The bounds.
    pub limits: BridgeLimits,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            context: BTreeMap::new(),
            remove_hung: true,
            jar: false,
            limits: BridgeLimits::default(),
        }
    }
}

/// What a visitor decided about custom code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// It may run.
    Granted,
    /// Not decided: nothing is loaded, events wait.
    Pending,
    /// It may not run, and what it stored is deleted.
    Denied,
}

/// Something that happens in the widget page. `now` is in milliseconds, by a clock that never goes
/// back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The visitor, or the page for them, has decided.
    Consent(Consent),
    /// A window message.
    Message(WindowMessage),
    /// A message on the frame's port.
    Port(Value),
    /// The element has loaded.
    Load,
    /// Time has passed, and the page is visible or not.
    Tick(bool),
    /// The page's own tasks are kept waiting, or not.
    Watch {
        /// Whether a task that was posted at an earlier look has run.
        answered: bool,
        /// Whether the page is visible.
        visible: bool,
    },
    /// The page has been calm since [`Effect::RetryLater`].
    Retry,
    /// Somebody else saw that the frame does what it must not: [`Reason::FocusTheft`], or
    /// [`Reason::Flooded`] or [`Reason::Scrolled`] of the parent page, or [`Reason::Stalled`] where it
    /// holds up the leaving of the page: after that there is another try.
    Blame(Reason),
    /// An event of the widget.
    Emit(String, Map<String, Value>),
    /// The task that emitted events is over.
    Flush,
    /// The widget asks for a new element.
    Restart,
    /// The widget is done.
    Destroy,
}

/// A window message, with what the browser says about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowMessage {
    /// Whose window sent it.
    pub source: Source,
    /// Whether the browser dispatched it, rather than a script.
    #[serde(rename = "isTrusted")]
    pub is_trusted: bool,
    /// The sender's origin, as the browser prints it.
    pub origin: String,
    /// What it says.
    pub data: Value,
    /// How many ports it brings.
    pub ports: usize,
}

/// Whose window sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The window of the element.
    Frame,
    /// A window inside it.
    Inside,
    /// Any other.
    Other,
}

/// What the widget page is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Put a new element with this nonce into the page.
    Open(String),
    /// Take the element out of the page and close its port.
    Close,
    /// Take the port of the message that was just given.
    Accept,
    /// Send on the port.
    Post(ToFrame),
    /// Give [`Input::Retry`] after [`BridgeLimits::calm_ms`].
    RetryLater,
    /// Give [`Input::Flush`] at the end of this task.
    FlushSoon,
    /// Tell the parent page.
    Relay(Told),
    /// Tell the widget what custom code emitted.
    Custom(Told),
    /// Keep changes of the jar.
    Keep(Value),
    /// Delete what the jar keeps.
    ClearJar,
    /// Tell the widget the new state.
    State(State),
}

/// An event as it leaves the widget, without time and id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The widget event's name, or `custom:<name>`.
    pub name: String,
    /// The fields, and `context`.
    pub data: Value,
    /// The position among the events of this mount, from 0.
    pub seq: u64,
}

/// How the custom code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where it stands.
    pub status: Status,
    /// Why it failed.
    pub reason: Option<Reason>,
}

/// Where the custom code of a mount stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Consent is pending; or the page was [stalled](Reason::Stalled), and there will be another try.
    Waiting,
    /// Consent is denied.
    Denied,
    /// The element is there, and has not said hello.
    Connecting,
    /// Events are delivered.
    Ready,
    /// See [`Reason`].
    Failed,
    /// The widget is done with it.
    Destroyed,
}

/// Why custom code failed. The element is gone, except where the variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No hello within the deadline. The element stays, and a late hello counts.
    Refused,
    /// No answer to a ping. The element stays if it is not to be removed, and a late answer counts.
    Hung,
    /// No answer after the element loaded again: another document is in it.
    Navigated,
    /// Too many window messages, or too many emits that were refused.
    Flooded,
    /// An invisible frame took the focus.
    FocusTheft,
    /// Too much on the port that is not of the protocol.
    Closed,
    /// The page's own tasks were kept waiting. The first time may be the page's own doing: then the
    /// status is [`Status::Waiting`], and another element follows.
    Stalled,
    /// It scrolled the parent page to itself, again and again.
    Scrolled,
}

/// What becomes of a message on the port.
enum Outcome {
    Passed,
    Refused,
    Garbage,
}

/// The model. See the module's documentation.
#[derive(Clone, Debug)]
pub struct Host {
    options: HostOptions,
    status: Status,
    consent: Option<Consent>,
    /// Of the element that is in the page.
    nonce: Option<String>,
    /// How many elements there have been.
    generation: u64,
    connected: bool,
    queue: Vec<FrameEvent>,
    flushing: bool,
    seq: u64,
    restarts: usize,
    stalls: usize,
    garbage: usize,
    refusals: usize,
    emits: Bucket,
    strays: Bucket,
    starved: usize,
    counted: f64,
    last: f64,
    /// What the next stray message counts as: more than one if a tick came late since the last.
    stray_cost: f64,
    due: f64,
    /// The number of the ping that is not answered; 0: there is none.
    awaited: u64,
    pings: u64,
    reloaded: bool,
    effects: Vec<Effect>,
}

impl Host {
    /// A host that has not been told about consent: the first input is [`Input::Consent`].
    pub fn new(options: HostOptions) -> Self {
        Self {
            options,
            status: Status::Waiting,
            consent: None,
            nonce: None,
            generation: 0,
            connected: false,
            queue: Vec::new(),
            flushing: false,
            seq: 0,
            restarts: 0,
            stalls: 0,
            garbage: 0,
            refusals: 0,
            emits: Bucket::default(),
            strays: Bucket::default(),
            starved: 0,
            counted: 0.0,
            last: 0.0,
            stray_cost: 1.0,
            due: 0.0,
            awaited: 0,
            pings: 0,
            reloaded: false,
            effects: Vec::new(),
        }
    }

    /// Takes an input, and gives what is to be done, in order. Never fails: all that comes from
    /// the frame is expected.
    pub fn handle(&mut self, now: f64, input: Input) -> Vec<Effect> {
        match input {
            Input::Consent(next) => self.consent(next, now),
            Input::Message(message) => self.message(&message, now),
            Input::Port(data) => self.port(data, now),
            Input::Load => self.load(),
            Input::Tick(visible) => self.tick(visible, now),
            Input::Watch { answered, visible } => self.watch(answered, visible),
            Input::Retry => self.retry(now),
            Input::Blame(_) if self.nonce.is_none() => {}
            Input::Blame(Reason::Stalled) => self.stall(),
            Input::Blame(reason) => self.fail(reason),
            Input::Emit(name, fields) => self.emit(name, fields),
            Input::Flush => self.flush(),
            Input::Restart => self.restart(now),
            Input::Destroy => self.destroy(),
        }
        mem::take(&mut self.effects)
    }

    fn consent(&mut self, next: Consent, now: f64) {
        // Also at the end, and again: another tab may have written meanwhile.
        if next == Consent::Denied && self.options.jar {
            self.effects.push(Effect::ClearJar);
        }
        if self.status == Status::Destroyed || self.consent == Some(next) {
            return;
        }
        self.consent = Some(next);
        if next == Consent::Granted {
            return self.begin(now);
        }
        self.end();
        if next == Consent::Pending {
            return self.become_(Status::Waiting, None);
        }
        self.queue.clear();
        self.become_(Status::Denied, None);
    }

    fn restart(&mut self, now: f64) {
        let granted = self.consent == Some(Consent::Granted) && self.status != Status::Destroyed;
        if granted && self.restarts < self.options.limits.restarts_max {
            self.restarts += 1;
            self.end();
            self.begin(now);
        }
    }

    fn destroy(&mut self) {
        if self.status != Status::Destroyed {
            self.end();
            self.queue.clear();
            self.become_(Status::Destroyed, None);
        }
    }

    fn become_(&mut self, status: Status, reason: Option<Reason>) {
        self.status = status;
        self.effects.push(Effect::State(State { status, reason }));
    }

    fn begin(&mut self, now: f64) {
        let limits = &self.options.limits;
        self.generation += 1;
        let nonce = format!("nonce {}", self.generation);
        self.nonce = Some(nonce.clone());
        self.garbage = 0;
        self.refusals = 0;
        self.awaited = 0;
        self.starved = 0;
        self.reloaded = false;
        self.stray_cost = 1.0;
        // A second's more than the shim takes: what was sent in time may come late, and all at once.
        let burst = limits.emit_burst + limits.emits_per_second;
        self.emits = Bucket::new(burst, limits.emits_per_second);
        self.strays = Bucket::new(limits.stray_burst, limits.strays_per_second);
        self.last = now;
        self.due = self.counted + ms(limits.hello_ms);
        self.effects.push(Effect::Open(nonce));
        self.become_(Status::Connecting, None);
    }

    fn end(&mut self) {
        if self.nonce.take().is_some() {
            self.connected = false;
            self.effects.push(Effect::Close);
        }
    }

    fn fail(&mut self, reason: Reason) {
        self.end();
        self.queue.clear();
        self.become_(Status::Failed, Some(reason));
    }

    fn message(&mut self, message: &WindowMessage, now: f64) {
        if self.nonce.is_none() || message.source == Source::Other {
            return;
        }
        if !self.connected && self.is_hello(message) {
            return self.accept();
        }
        let cost = mem::replace(&mut self.stray_cost, 1.0);
        if !self.strays.takes(now, cost) {
            self.fail(Reason::Flooded);
        }
    }

    fn is_hello(&self, message: &WindowMessage) -> bool {
        message.source == Source::Frame
            && message.is_trusted
            && crate::OriginRule::Opaque.matches(&message.origin)
            && Hello::read(&message.data).is_some_and(|hello| Some(hello.nonce) == self.nonce)
            && message.ports == 1
    }

    fn accept(&mut self) {
        self.connected = true;
        self.due = self.counted + ms(self.options.limits.heartbeat_ms);
        self.effects.push(Effect::Accept);
        self.effects.push(Effect::Post(ToFrame::Accepted));
        self.flush();
        self.become_(Status::Ready, None);
    }

    fn port(&mut self, data: Value, now: f64) {
        if !self.connected {
            return;
        }
        match self.take(data, now) {
            Outcome::Passed => {}
            Outcome::Refused => self.refusals += 1,
            Outcome::Garbage => self.garbage += 1,
        }
        if self.garbage > self.options.limits.garbage_max {
            self.fail(Reason::Closed);
        } else if self.refusals > self.options.limits.refusals_max {
            self.fail(Reason::Flooded);
        }
    }

    fn take(&mut self, data: Value, now: f64) -> Outcome {
        match FromFrame::read(data) {
            Some(FromFrame::Emit { name, json }) => self.take_emit(&name, &json, now),
            Some(FromFrame::Pong { n }) => self.take_pong(&n),
            Some(FromFrame::Jar { changes }) if self.options.jar => {
                self.effects.push(Effect::Keep(changes));
                Outcome::Passed
            }
            _ => Outcome::Garbage,
        }
    }

    fn take_emit(&mut self, name: &Value, json: &Value, now: f64) -> Outcome {
        if !self.emits.takes(now, 1.0) {
            return Outcome::Refused;
        }
        let Some(name) = name.as_str().and_then(|name| name.parse::<CustomName>().ok()) else {
            return Outcome::Refused;
        };
        let Ok(data) = read_payload(json.as_str(), &self.options.limits) else {
            return Outcome::Refused;
        };
        let told = self.tell(format!("{CUSTOM_PREFIX}{name}"), data);
        self.effects.push(Effect::Relay(told.clone()));
        self.effects.push(Effect::Custom(told));
        Outcome::Passed
    }

    fn take_pong(&mut self, n: &Value) -> Outcome {
        if self.awaited == 0 || *n != self.awaited {
            return Outcome::Garbage;
        }
        self.awaited = 0;
        self.reloaded = false;
        self.due = self.counted + ms(self.options.limits.heartbeat_ms);
        if self.status == Status::Failed {
            self.become_(Status::Ready, None);
        }
        Outcome::Passed
    }

    fn tell(&mut self, name: String, mut fields: Map<String, Value>) -> Told {
        fields.insert("context".to_owned(), json!(self.options.context));
        let seq = self.seq;
        self.seq += 1;
        Told { name, data: Value::Object(fields), seq }
    }

    fn emit(&mut self, name: String, fields: Map<String, Value>) {
        let told = self.tell(name.clone(), fields.clone());
        if self.status == Status::Destroyed {
            return;
        }
        let listens = self.nonce.is_some() || self.status == Status::Waiting;
        if listens && (self.connected || self.queue.len() < self.options.limits.queue_max) {
            self.queue.push(FrameEvent { name, data: fields, seq: told.seq });
            if self.connected && !self.flushing {
                self.flushing = true;
                self.effects.push(Effect::FlushSoon);
            }
            if self.connected && self.queue.len() >= self.options.limits.batch_max {
                self.flush();
            }
        }
        self.effects.push(Effect::Relay(told));
    }

    fn flush(&mut self) {
        self.flushing = false;
        if self.connected {
            let events = mem::take(&mut self.queue);
            for events in events.chunks(self.options.limits.batch_max) {
                self.effects.push(Effect::Post(ToFrame::Events(events.to_vec())));
            }
        }
    }

    fn load(&mut self) {
        if self.connected {
            let due = self.due;
            // An answer that is under way is the former document's.
            self.ping();
            // Who loads again and again has no more time.
            if self.reloaded {
                self.due = due;
            }
            self.reloaded = true;
        }
    }

    fn ping(&mut self) {
        self.pings += 1;
        self.awaited = self.pings;
        self.due = self.counted + ms(self.options.limits.answer_ms);
        self.effects.push(Effect::Post(ToFrame::Ping { n: self.awaited }));
    }

    fn tick(&mut self, visible: bool, now: f64) {
        let passed = now - self.last;
        self.last = now;
        if !visible {
            return;
        }
        if passed > ms(self.options.limits.stray_late_ms) {
            self.stray_cost = ms(self.options.limits.stray_late_cost);
        }
        self.counted += passed.min(ms(self.options.limits.tick_late_ms));
        if self.counted >= self.due {
            self.on_due();
        }
    }

    fn watch(&mut self, answered: bool, visible: bool) {
        if self.nonce.is_none() || !visible {
            return;
        }
        self.starved = if answered { self.starved.saturating_sub(1) } else { self.starved + 2 };
        if self.starved > self.options.limits.starved_max {
            self.stall();
        }
    }

    fn stall(&mut self) {
        self.stalls += 1;
        if self.stalls >= self.options.limits.stalls_max {
            return self.fail(Reason::Stalled);
        }
        self.end();
        self.become_(Status::Waiting, Some(Reason::Stalled));
        self.effects.push(Effect::RetryLater);
    }

    fn retry(&mut self, now: f64) {
        if self.status == Status::Waiting && self.consent == Some(Consent::Granted) {
            self.begin(now);
        }
    }

    fn on_due(&mut self) {
        if !self.connected {
            if self.status == Status::Connecting {
                self.become_(Status::Failed, Some(Reason::Refused));
            }
        } else if self.awaited == 0 {
            self.ping();
        } else if self.reloaded {
            self.fail(Reason::Navigated);
        } else if self.options.remove_hung {
            self.fail(Reason::Hung);
        } else if self.status == Status::Ready {
            self.become_(Status::Failed, Some(Reason::Hung));
        }
    }
}

/// A token bucket: bursts, and a rate in the long run.
#[derive(Clone, Debug, Default)]
struct Bucket {
    burst: f64,
    rate: f64,
    tokens: f64,
    last: Option<f64>,
}

impl Bucket {
    fn new(burst: usize, rate: usize) -> Self {
        Self { burst: ms(burst), rate: ms(rate), tokens: ms(burst), last: None }
    }

    fn takes(&mut self, now: f64, cost: f64) -> bool {
        let passed = now - self.last.unwrap_or(now);
        self.tokens = self.burst.min(self.tokens + passed / 1000.0 * self.rate);
        self.last = Some(now);
        if self.tokens < cost {
            return false;
        }
        self.tokens -= cost;
        true
    }
}

/// A limit as a number that JavaScript would have.
#[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
fn ms(limit: usize) -> f64 {
    limit as f64
}
