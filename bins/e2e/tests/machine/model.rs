//! An executable model of the host: `js/host/machine.js` without a browser.
//!
//! [`Host`] is a state machine that does no IO. It takes events of the widget page as [`Input`]s and
//! returns actions for the page as [`Effect`]s. The script is the same machine in JavaScript. Tests
//! feed `vectors/host.json` and random inputs to both, so the model is a runnable version of
//! `docs/protocol.md`.
//!
//! The model leaves out some details: nonces are counted instead of random, events have no time or
//! id, and there are no diagnostics.

use std::collections::BTreeMap;
use std::mem;

use c2c_names::{BridgeLimits, CUSTOM_PREFIX, CustomName, EventName, OriginRule};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::message::{FrameEvent, FromFrame, Hello, ToFrame};
use crate::payload::read_payload;
use c2c_bridge::Context;

/// The configuration of a [`Host`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HostOptions {
    /// The context on every event.
    pub(crate) context: Context,
    /// The names of the widget's events. A custom event whose name reads like one of them is refused.
    pub(crate) events: Vec<EventName>,
    /// Whether a frame that does not answer is removed, not only reported.
    pub(crate) remove_hung: bool,
    /// Whether data stored by custom code is kept between visits.
    pub(crate) jar: bool,
    /// The limits.
    pub(crate) limits: BridgeLimits,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            context: BTreeMap::new(),
            events: Vec::new(),
            remove_hung: true,
            jar: false,
            limits: BridgeLimits::default(),
        }
    }
}

/// A visitor's decision about custom code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Consent {
    /// Custom code may run.
    Granted,
    /// No decision yet: nothing is loaded, and events wait.
    Pending,
    /// Custom code may not run, and its stored data is deleted.
    Denied,
}

/// Something that happens in the widget page, for [`Host::handle`]. Its `now` is in milliseconds, by a
/// monotonic clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Input {
    /// The visitor, or the page on their behalf, has decided.
    Consent(Consent),
    /// A window message.
    Message(WindowMessage),
    /// A message on the frame's port.
    Port(Value),
    /// The element has loaded.
    Load,
    /// Time has passed; the field says whether the page is visible.
    Tick(bool),
    /// The result of checking whether the page's own tasks are kept waiting.
    Watch {
        /// Whether the task posted at an earlier check has run.
        answered: bool,
        /// Whether the page is visible.
        visible: bool,
    },
    /// The page has been calm since [`Effect::RetryLater`].
    Retry,
    /// Misbehavior of the frame, detected outside the machine: [`Reason::FocusTheft`];
    /// [`Reason::Flooded`] or [`Reason::Scrolled`], reported by the parent page; or
    /// [`Reason::Stalled`], if the frame delays leaving the page, after which another try may follow.
    Blame(Reason),
    /// An event of the widget.
    Emit(String, Map<String, Value>),
    /// The task that emitted events has ended.
    Flush,
    /// The widget asks for a new element.
    Restart,
    /// The widget ends the mount.
    Destroy,
}

/// A window message, with the browser's information about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowMessage {
    /// The window that sent it.
    pub(crate) source: Source,
    /// Whether the browser dispatched it, rather than a script.
    #[serde(rename = "isTrusted")]
    pub(crate) is_trusted: bool,
    /// The sender's origin, as the browser prints it.
    pub(crate) origin: String,
    /// The message's data.
    pub(crate) data: Value,
    /// The number of ports that it carries.
    pub(crate) ports: usize,
}

/// The window that sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// The window of the frame.
    Frame,
    /// A window inside it.
    Inside,
    /// Any other window.
    Other,
}

/// An action that the widget page must take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    /// Put a new element with this nonce into the page.
    Open(String),
    /// Remove the element from the page and close its port.
    Close,
    /// Listen to the port of the message that was just passed in.
    Accept,
    /// Send on the port.
    Post(ToFrame),
    /// Pass in [`Input::Retry`] after [`BridgeLimits::calm_ms`].
    RetryLater,
    /// Pass in [`Input::Flush`] at the end of this task.
    FlushSoon,
    /// Send an event to the parent page.
    Relay(OutgoingEvent),
    /// Pass a custom event to the widget.
    Custom(OutgoingEvent),
    /// Save changes to the jar.
    Keep(Value),
    /// Delete the content of the jar.
    ClearJar,
    /// Report the new state to the widget.
    State(State),
}

/// An event as it leaves the widget, without time or id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutgoingEvent {
    /// The widget event's name, or `custom:<name>`.
    pub(crate) name: String,
    /// The fields, and `context`.
    pub(crate) data: Value,
    /// The position among the events of this mount, from 0.
    pub(crate) seq: u64,
}

/// The state of a mount's custom code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The status.
    pub(crate) status: Status,
    /// The reason, if the custom code failed or stalled.
    pub(crate) reason: Option<Reason>,
}

/// The status of a mount's custom code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Consent is pending; or the page was [stalled](Reason::Stalled), and there will be another try.
    Waiting,
    /// Consent is denied.
    Denied,
    /// The element is in the page but has not said hello.
    Connecting,
    /// Events are delivered.
    Ready,
    /// See [`Reason`].
    Failed,
    /// The widget has ended the mount.
    Destroyed,
}

/// The reason why custom code failed. The element was removed, unless the variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// No hello within the deadline. The element stays, and a late hello still counts.
    Refused,
    /// No answer to a ping. Without [`HostOptions::remove_hung`] the element stays, and a late answer
    /// still counts.
    Hung,
    /// No answer after the element loaded again: another document is in it.
    Navigated,
    /// Too many window messages, or too many refused emits.
    Flooded,
    /// An invisible frame took the focus.
    FocusTheft,
    /// Too many messages on the port that are not part of the protocol.
    Closed,
    /// The page's own tasks were kept waiting. The first time, the page itself may be the cause: the
    /// status is then [`Status::Waiting`], and another element follows.
    Stalled,
    /// The frame repeatedly scrolled the parent page to itself.
    Scrolled,
}

/// The result of handling a message on the port.
enum Outcome {
    Passed,
    Refused,
    Garbage,
}

/// An executable model of the host script: a state machine that does no IO.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    options: HostOptions,
    status: Status,
    consent: Option<Consent>,
    /// The nonce of the element in the page.
    nonce: Option<String>,
    /// The number of elements so far.
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
    starved: f64,
    /// The time of the last `watch`.
    looked: f64,
    counted: f64,
    last: f64,
    /// Stray messages since the last tick.
    strayed: usize,
    /// Late ticks without stray messages; each excuses one late tick with them.
    busy: usize,
    due: f64,
    /// The number of the unanswered ping, or 0.
    awaited: u64,
    pings: u64,
    reloaded: bool,
    effects: Vec<Effect>,
}

impl Host {
    /// Creates a host without a consent decision; the first input is [`Input::Consent`].
    pub(crate) fn new(options: HostOptions) -> Self {
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
            starved: 0.0,
            looked: 0.0,
            counted: 0.0,
            last: 0.0,
            strayed: 0,
            busy: 0,
            due: 0.0,
            awaited: 0,
            pings: 0,
            reloaded: false,
            effects: Vec::new(),
        }
    }

    /// Handles an input and returns the resulting effects, in order. Never fails: the frame may send
    /// anything.
    pub(crate) fn handle(&mut self, now: f64, input: Input) -> Vec<Effect> {
        match input {
            Input::Consent(next) => self.consent(next, now),
            Input::Message(message) => self.message(&message, now),
            Input::Port(data) => self.port(data, now),
            Input::Load => self.load(),
            Input::Tick(visible) => self.tick(visible, now),
            Input::Watch { answered, visible } => self.watch(answered, visible, now),
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
        // Even if destroyed or already denied: another tab may have written meanwhile.
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
        self.starved = 0.0;
        self.reloaded = false;
        self.strayed = 0;
        // One second's worth more than the shim allows: emits sent in time may arrive late, all at once.
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
        self.strayed += 1;
        self.take_stray(now, 1.0);
    }

    fn take_stray(&mut self, now: f64, cost: f64) {
        if !self.strays.takes(now, cost) {
            self.fail(Reason::Flooded);
        }
    }

    fn late_tick(&mut self, now: f64) {
        if self.strayed == 0 {
            self.busy = (self.busy + 1).min(self.options.limits.busy_ticks_max);
        } else if self.busy > 0 {
            self.busy -= 1;
        } else {
            self.take_stray(now, ms(self.options.limits.stray_burst) / 2.0);
        }
    }

    fn is_hello(&self, message: &WindowMessage) -> bool {
        message.source == Source::Frame
            && message.is_trusted
            && OriginRule::Opaque.matches(&message.origin)
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
        let custom = |name| CustomName::beside(&self.options.events, name).ok();
        let Some(name) = name.as_str().and_then(custom) else {
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

    fn tell(&mut self, name: String, mut fields: Map<String, Value>) -> OutgoingEvent {
        fields.insert("context".to_owned(), json!(self.options.context));
        let seq = self.seq;
        self.seq += 1;
        OutgoingEvent { name, data: Value::Object(fields), seq }
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
            // An answer already under way comes from the previous document.
            self.ping();
            // Reloading again does not extend the deadline.
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
        if visible && passed > ms(self.options.limits.stray_late_ms) {
            self.late_tick(now);
        }
        self.strayed = 0;
        if !visible {
            return;
        }
        self.counted += passed.min(ms(self.options.limits.tick_late_ms));
        if self.counted >= self.due {
            self.on_due();
        }
    }

    fn watch(&mut self, answered: bool, visible: bool, now: f64) {
        if self.nonce.is_none() || !visible {
            return;
        }
        let late = now - self.looked > 1.2 * ms(self.options.limits.watch_ms);
        self.looked = now;
        self.starved = match (answered, late) {
            (true, _) => (self.starved - 1.5).max(0.0),
            (false, true) => self.starved + 1.5,
            (false, false) => self.starved + 2.0,
        };
        if self.starved > ms(self.options.limits.starved_max) {
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

/// A token bucket: it allows bursts and limits the long-term rate.
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

/// Converts a limit to the number that JavaScript would have.
#[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
fn ms(limit: usize) -> f64 {
    limit as f64
}
