//! Random inputs, with limits small enough to be reached.

use c2c_names::BridgeLimits;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::Run;
use crate::model::{Consent, HostOptions, Input, Reason, Source, WindowMessage};

/// Number of sequences; `PROPTEST_CASES` can ask for more.
const RUNS: u32 = 3000;

pub(crate) fn runs() -> Vec<Run> {
    // Deterministic: a mutant that one run notices is noticed by every run.
    let mut runner = TestRunner::deterministic();
    let count = ProptestConfig::default().cases.max(RUNS);
    (0..count).map(|_| run().new_tree(&mut runner).expect("a run").current()).collect()
}

fn run() -> impl Strategy<Value = Run> {
    let steps = prop::collection::vec((0_u32..150, input()), 1..80).prop_map(|steps| {
        let mut now = 0.0;
        let consent = (now, Input::Consent(Consent::Granted));
        let timed = steps.into_iter().map(|(passed, input)| {
            now += f64::from(passed);
            (now, input)
        });
        // Most runs only make progress if they begin like this.
        std::iter::once(consent).chain(timed).collect()
    });
    (options(), steps)
}

fn options() -> impl Strategy<Value = HostOptions> {
    let mut limits = BridgeLimits::default();
    limits.payload_units_max = 40;
    limits.payload_depth_max = 2;
    limits.emit_burst = 2;
    limits.emits_per_second = 2;
    limits.queue_max = 3;
    limits.batch_max = 2;
    limits.stray_burst = 4;
    limits.strays_per_second = 2;
    limits.stray_late_ms = 60;
    limits.busy_ticks_max = 2;
    limits.garbage_max = 3;
    limits.refusals_max = 4;
    limits.restarts_max = 2;
    limits.starved_max = 3;
    limits.hello_ms = 300;
    limits.heartbeat_ms = 200;
    limits.answer_ms = 150;
    limits.tick_late_ms = 120;
    let context = [("orderId".to_owned(), "A-1".to_owned())].into();
    let events = vec!["chat.closed".parse().expect("a name")];
    (any::<bool>(), any::<bool>()).prop_map(move |(remove_hung, jar)| HostOptions {
        context: Clone::clone(&context),
        events: events.clone(),
        remove_hung,
        jar,
        limits,
    })
}

fn input() -> impl Strategy<Value = Input> {
    let consent =
        prop_oneof![Just(Consent::Granted), Just(Consent::Pending), Just(Consent::Denied)];
    prop_oneof![
        2 => consent.prop_map(Input::Consent),
        12 => message().prop_map(Input::Message),
        20 => port().prop_map(Input::Port),
        6 => Just(Input::Load),
        24 => prop::bool::weighted(0.9).prop_map(Input::Tick),
        1 => prop_oneof![Just(Reason::FocusTheft), Just(Reason::Flooded), Just(Reason::Stalled)].prop_map(Input::Blame),
        10 => (prop_oneof![Just("a"), Just("b")], 0..3_i32)
            .prop_map(|(name, n)| Input::Emit(name.to_owned(), object(&json!({"n": n})))),
        8 => (any::<bool>(), prop::bool::weighted(0.9))
            .prop_map(|(answered, visible)| Input::Watch { answered, visible }),
        2 => Just(Input::Retry),
        6 => Just(Input::Flush),
        4 => Just(Input::Restart),
        1 => Just(Input::Destroy),
    ]
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Generates mostly hellos, each with at most a few errors.
fn message() -> impl Strategy<Value = WindowMessage> {
    let hello = (1..4_u32, prop::bool::weighted(0.9), prop::bool::weighted(0.9)).prop_map(
        |(generation, version, kind)| {
            let (c2c, kind) = (if version { 1 } else { 2 }, if kind { "hello" } else { "pong" });
            json!({"c2c": c2c, "type": kind, "nonce": format!("nonce {generation}")})
        },
    );
    let data = prop_oneof![9 => hello, 1 => hostile()];
    let source = prop_oneof![
        9 => Just(Source::Frame),
        1 => Just(Source::Inside),
        1 => Just(Source::Other)
    ];
    let origin = prop_oneof![9 => Just("null"), 1 => Just("https://widget.example"), 1 => Just("")];
    let ports = prop_oneof![9 => Just(1_usize), 1 => Just(0), 1 => Just(2)];
    (source, prop::bool::weighted(0.9), origin, data, ports).prop_map(
        |(source, is_trusted, origin, data, ports)| WindowMessage {
            source,
            is_trusted,
            origin: origin.to_owned(),
            data,
            ports,
        },
    )
}

fn port() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just(json!("x")),
        Just(json!("Chat.opened-2")),
        Just(json!("Chat_Closed")),
        Just(json!("c2c_x")),
        Just(json!("")),
        Just(json!("a\u{e9}")),
        hostile(),
    ];
    let json = prop_oneof![
        4 => Just(json!(r#"{"a":1}"#)),
        1 => Just(json!("{}")),
        1 => Just(json!(r#"{"a":{"b":[]}}"#)),
        1 => Just(json!(r#"{"a":{"b":2}}"#)),
        1 => Just(json!(r#"{"context":1}"#)),
        1 => Just(json!(r#"{"a":{"__proto__":1}}"#)),
        1 => Just(json!(r#"["__proto__"]"#)),
        1 => Just(json!("7")),
        1 => Just(json!("{")),
        1 => Just(json!(r#"{"a":"\ud800"}"#)),
        1 => Just(json!(r#"{"a":1e999}"#)),
        1 => Just(json!(format!("{{\"a\":\"{}\"}}", "x".repeat(32)))),
        1 => Just(json!(format!("{{\"a\":\"{}\"}}", "x".repeat(33)))),
        1 => hostile(),
    ];
    prop_oneof![
        8 => (name, json).prop_map(|(name, json)| json!({"type": "emit", "name": name, "json": json})),
        8 => (0..5_u32).prop_map(|n| json!({"type": "pong", "n": n})),
        1 => Just(json!({"type": "jar", "changes": [["local", "k", "v", null]]})),
        1 => Just(json!({"type": "jar"})),
        1 => Just(json!({"type": "emit"})),
        2 => hostile(),
    ]
}

/// Generates values that no receiver expects.
fn hostile() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(0)),
        Just(json!("emit")),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"type": null})),
        Just(json!({"type": ["emit"]})),
        Just(json!([{"name": "a", "data": {}}])),
    ]
}
