//! The machine that sends events to a server (`js/host/collector.js`), in Node: its vectors, and mutants that
//! they must notice.

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Failed, Trial};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::mutants::{Mutant, Script, mutant};

const REPLAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machine/collect.mjs");

#[derive(Clone, Deserialize)]
struct Vector {
    case: String,
    options: Value,
    steps: Vec<(Value, Value)>,
}

/// A mutant of the machine.
const fn machine(what: &'static str, text: &'static str, instead: &'static str) -> Mutant {
    mutant(what, "collector.js", text, instead)
}

const MUTANTS: &[Mutant] = &[
    machine("no answer is final", "      batches.splice", "      if (false) batches.splice"),
    machine("an answer is taken twice", "      if (at < 0) return;\n", ""),
    machine("batches of any number", "Math.min(queue.length, BATCH_EVENTS_MAX)", "queue.length"),
    machine("batches of any size", "&&\n      // The end", "||\n      // The end"),
    machine("a batch one byte too large", "bytes < room", "bytes <= room"),
    machine("a batch one byte too small", "bytes < room", "bytes + 1 < room"),
    machine(
        "the losses are told again",
        "    lost = Object.create(null);\n    batches",
        "    batches",
    ),
    machine("two requests at once", "    batch.flying = true;\n", ""),
    machine(
        "a time beside a request",
        "number === 0 || batches.some(({ flying }) => flying)) return;\n    waiting",
        "number === 0) return;\n    waiting",
    ),
    machine(
        "a request beside another",
        "number === 0 || batches.some(({ flying }) => flying)) return;\n      if",
        "number === 0) return;\n      if",
    ),
    machine(
        "a time for nothing",
        "!sends || number === 0 || batches.some(({ flying }) => flying)) return;\n    waiting",
        "!sends || batches.some(({ flying }) => flying)) return;\n    waiting",
    ),
    machine(
        "a time without consent",
        "if (!sends || number === 0 || batches.some(({ flying }) => flying)) return;\n    waiting",
        "if (number === 0 || batches.some(({ flying }) => flying)) return;\n    waiting",
    ),
    machine(
        "due without consent",
        "if (!sends || number === 0 || batches.some(({ flying }) => flying)) return;\n      if",
        "if (number === 0 || batches.some(({ flying }) => flying)) return;\n      if",
    ),
    machine(
        "due with nothing",
        "if (!sends || number === 0 || batches.some(({ flying }) => flying)) return;\n      if",
        "if (!sends || batches.some(({ flying }) => flying)) return;\n      if",
    ),
    machine(
        "each event sets the time anew",
        "        if (!waiting) schedule();",
        "        schedule();",
    ),
    machine(
        "each decision sets the time anew",
        "      if (!waiting) schedule();\n    },\n\n    /** Takes an event.",
        "      schedule();\n    },\n\n    /** Takes an event.",
    ),
    machine("the time is set for ever", "      waiting = false;\n      pause", "      pause"),
    machine(
        "the time is set after an answer",
        "batch.flying = waiting = false",
        "batch.flying = false",
    ),
    machine("no time is kept in mind", "    waiting = true;\n", ""),
    machine(
        "a wait goes on after its time",
        "      pause = 0;\n      if (!sends",
        "      if (!sends",
    ),
    machine(
        "a wait goes on after a success",
        "        pause = 0;\n        if (status",
        "        if (status",
    ),
    machine(
        "the last wait counts",
        "pause = Math.max(pause, seconds",
        "pause = Math.max(0, seconds",
    ),
    machine("no interval", "Math.max(pause, INTERVAL_MS)", "pause"),
    machine("waits do not grow", "        batch.tries += 1;\n", ""),
    machine(
        "waits without bound",
        "Math.min(2 ** batch.tries, RETRY_SECONDS_MAX)",
        "2 ** batch.tries",
    ),
    machine("the server waits for ever", ", RETRY_AFTER_SECONDS_MAX)", ", Infinity)"),
    machine("the server is not asked", "retryAfter || Math.min(2", "Math.min(2"),
    machine("no jitter", "(1 + random() / 4)", "1"),
    machine("keepalive without end", "status > 0 || !batch.keepalive", "true"),
    machine("no keepalive after any answer", "status > 0 || !batch.keepalive", "!batch.keepalive"),
    machine("silence is an answer", "status === 0 || ", ""),
    machine("408 is final", "status === 408 || ", ""),
    machine("429 is final", "status === 429 || ", ""),
    machine("500 is final", "status >= 500", "status > 500"),
    machine("all else is again", "status >= 500", "status >= 300"),
    machine("400 ends it", "status === 400 || ", ""),
    machine("413 ends it", "status === 413 || ", ""),
    machine("415 ends it", " || status === 415", ""),
    machine("refused batches are not counted", "          lose('form', batch.number);\n", ""),
    machine(
        "their losses are forgotten",
        "          for (const [reason, count] of Object.entries(batch.lost)) lose(reason, count);\n",
        "",
    ),
    machine("199 is fine", "status < 200 || ", ""),
    machine("403 is fine", "else if (status < 200 || status >= 300) return stop();", ""),
    machine("300 is fine", "status >= 300) return", "status > 300) return"),
    machine("an end is none", "    stopped = true;\n", ""),
    machine("the end forgets nothing", "    forget();\n    stopped", "    stopped"),
    machine("the end drops the rest", "      leave();\n      stop();", "      stop();"),
    machine(
        "events after the end",
        "if (stopped || consent === 'denied') return;",
        "if (consent === 'denied') return;",
    ),
    machine(
        "events of visitors who deny",
        "if (stopped || consent === 'denied') return;",
        "if (stopped) return;",
    ),
    machine("a denial keeps all", "      if (next === 'denied') forget();\n", ""),
    machine(
        "a denial keeps the losses",
        "    lost = Object.create(null);\n  }\n\n  /** @param {string} reason",
        "    lost ??= Object.create(null);\n  }\n\n  /** @param {string} reason",
    ),
    machine("a denial keeps the number", "    number = bytes = 0;", ""),
    machine("a default is consent", "next === 'granted' && !consent ? 'not-asked' : next", "next"),
    machine("consent is a default", "next === 'granted' && !consent ?", "next === 'granted' ?"),
    machine("pending sends", "sends = next === 'granted'", "sends = next !== 'denied'"),
    machine("leaving without consent", "    if (!sends) return;\n    while", "    while"),
    machine("leaving keeps the queue", "    while (queue.length > 0) pack();\n", ""),
    machine(
        "leaving packs one batch",
        "while (queue.length > 0) pack()",
        "if (queue.length > 0) pack()",
    ),
    machine("leaving repeats all", "      if (batch.flying && batch.keepalive) continue;\n", ""),
    machine(
        "leaving repeats nothing under way",
        "if (batch.flying && batch.keepalive)",
        "if (batch.flying)",
    ),
    machine(
        "leaving sends only what is under way",
        "if (batch.flying && batch.keepalive)",
        "if (batch.keepalive)",
    ),
    machine("leaving without keepalive", "      batch.keepalive = true;\n", ""),
    machine("leaving is not told", "send(batch, true)", "send(batch, false)"),
    machine("a hidden page waits for nothing", "if (pause === 0) leave();", "leave();"),
    machine("a hidden page sends nothing", "if (pause === 0) leave();", ""),
    machine("events of any size", "if (size > EVENT_BYTES_MAX) lose('size', 1);\n      else ", ""),
    machine("characters are bytes", "encoder.encode(text).length", "text.length"),
    machine("a queue of any number", "(number + 1) * share > QUEUE_EVENTS_MAX || ", ""),
    machine("a queue of any size", " || (bytes + size) * share > QUEUE_BYTES_MAX", ""),
    machine("one event too few", "(number + 1) * share >", "(number + 2) * share >"),
    machine("one byte too few", "(bytes + size) * share >", "(bytes + size) * share >="),
    machine(
        "custom code takes all",
        "startsWith(CUSTOM_PREFIX) ? 2 : 1",
        "startsWith(CUSTOM_PREFIX) ? 1 : 1",
    ),
    machine("answered events keep their place", "        number -= batch.number;\n", ""),
    machine("answered bytes keep their place", "        bytes -= batch.bytes;\n", ""),
    machine("the page is not told", "page: page(), ", ""),
    machine("the newest batch is first", "send(batches[0], false)", "send(batches.at(-1), false)"),
];

/// A test for each vector, and one for each mutant.
pub(crate) fn trials() -> Vec<Trial> {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../../../crates/bridge/vectors/collector.json"))
            .expect("vectors/collector.json");
    let lines: Vec<String> = vectors.iter().map(Vector::line).collect();
    let script = Script::of(REPLAY, lines.join("\n"));
    let found = Arc::new(OnceLock::new());
    let mut trials = Vec::new();
    for (index, vector) in vectors.into_iter().enumerate() {
        let (script, found) = (script.clone(), Arc::clone(&found));
        trials.push(Trial::test(format!("collector::vector::{}", vector.case), move || {
            let found = found.get_or_init(|| script.original().map(|text| effects(&text)));
            vector.hold(&found.as_ref().map_err(Failed::from)?[index])
        }));
    }
    for mutant in MUTANTS {
        let (script, name) = (script.clone(), format!("collector::mutant::{}", mutant.what));
        trials.push(Trial::test(name, move || script.notices(mutant)));
    }
    trials
}

/// The effects of each step of each run.
fn effects(text: &str) -> Vec<Vec<Value>> {
    text.lines().map(|line| serde_json::from_str(line).expect("a list")).collect()
}

impl Vector {
    /// The input of `collect.mjs`.
    fn line(&self) -> String {
        let inputs: Vec<&Value> = self.steps.iter().map(|(input, _)| input).collect();
        json!([self.options, inputs]).to_string()
    }

    /// Fails with the first step that does something else than the vector says.
    fn hold(&self, found: &[Value]) -> Result<(), Failed> {
        if found.len() != self.steps.len() {
            return Err("steps are missing".into());
        }
        for (at, ((input, expected), found)) in self.steps.iter().zip(found).enumerate() {
            if expected != found {
                let error = format!("step {at}, {input}: the script does {found}, not {expected}");
                return Err(error.into());
            }
        }
        Ok(())
    }
}
