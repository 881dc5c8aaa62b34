//! The script without one of its checks: the tests must distinguish each mutant from the original.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use c2c_harness::target_dir;
use libtest_mimic::Failed;

use crate::{Run, node};

/// A change of the source text.
pub(crate) struct Mutant {
    pub(crate) what: &'static str,
    /// In `crates/bridge/js/host`.
    file: &'static str,
    /// The original text, which occurs exactly once.
    text: &'static str,
    instead: &'static str,
}

pub(crate) const fn mutant(
    what: &'static str,
    file: &'static str,
    text: &'static str,
    instead: &'static str,
) -> Mutant {
    Mutant { what, file, text, instead }
}

/// A mutant of the machine itself.
const fn machine(what: &'static str, text: &'static str, instead: &'static str) -> Mutant {
    mutant(what, "machine.js", text, instead)
}

pub(crate) const MUTANTS: &[Mutant] = &[
    machine("a hello that a script dispatched", "      isTrusted &&\n", ""),
    machine("a hello from any origin", "      isOpaque(origin) &&\n", ""),
    mutant("a hello that is null", "own.js", "data != null && ", ""),
    machine("a hello of any version", "      own(data, 'c2c') === PROTOCOL &&\n", ""),
    machine("a hello of any type", "      own(data, 'type') === 'hello' &&\n", ""),
    machine("a hello with any nonce", "      own(data, 'nonce') === nonce &&\n", ""),
    machine("a hello with any number of ports", "      ports.length === 1\n", "      true\n"),
    machine("a hello from a frame inside", "source === 'frame' && !connected", "!connected"),
    machine("a second hello", "source === 'frame' && !connected", "source === 'frame'"),
    machine("messages of others count", " || source === 'other'", ""),
    machine("messages without an element count", "nonce === null || source", "source"),
    machine("strays without bound", "      takeStray();\n", ""),
    machine("strays are never forgiven", "limits.strays_per_second", "0"),
    machine("garbage without bound", "garbage > limits.garbage_max", "false"),
    machine("refusals without bound", "refusals > limits.refusals_max", "false"),
    machine(
        "garbage goes on counting in a new element",
        "    garbage = refusals = awaited",
        "    refusals = awaited",
    ),
    machine(
        "refusals go on counting in a new element",
        "garbage = refusals = awaited",
        "garbage = awaited",
    ),
    machine(
        "a ping goes on in a new element",
        "refusals = awaited = starved = 0;",
        "refusals = starved = 0;",
    ),
    machine(
        "a stall goes on in a new element",
        "refusals = awaited = starved = 0;",
        "refusals = awaited = 0;",
    ),
    machine("a late tick costs nothing", "else takeStray(limits.stray_burst / 2);", ""),
    machine("no tick is late", "visible && passed > limits.stray_late_ms", "false"),
    machine("every tick is late", "visible && passed > limits.stray_late_ms", "visible"),
    machine("ticks of a hidden page are late", "visible && passed >", "passed >"),
    machine("strays make all later ticks late", "      strayed = false;\n", ""),
    machine("no busy page is excused", "busy > 0", "false"),
    machine("a busy page is excused for ever", "busy -= 1", "busy"),
    machine("busy without bound", "Math.min(busy + 1, limits.busy_ticks_max)", "busy + 1"),
    machine("attacks excuse themselves", "if (!strayed) busy", "if (true) busy"),
    machine(
        "a late tick goes on in a new element",
        "reloaded = strayed = false;",
        "reloaded = false;",
    ),
    machine("pages stall in peace", "if (starved > limits.starved_max) stall();", ""),
    machine("late looks count as others", "(late ? 1.5 : 2)", "2"),
    machine("all looks after the first are late", "      looked = now();\n", ""),
    machine(
        "a hidden page is stalled",
        "nonce === null || !visible) return;\n      const late",
        "nonce === null) return;\n      const late",
    ),
    machine(
        "a page without a frame is stalled",
        "nonce === null || !visible) return;\n      const late",
        "!visible) return;\n      const late",
    ),
    machine(
        "looks that find nothing are forgotten",
        "answered ? Math.max(0, starved - 1.5) :",
        "answered ? starved :",
    ),
    machine(
        "one look that finds nothing clears all",
        "answered ? Math.max(0, starved - 1.5) :",
        "answered ? 0 :",
    ),
    machine("looks that find nothing are saved up", "Math.max(0, starved - 1.5)", "starved - 1.5"),
    machine(
        "frames stall the page without end",
        "if (stalls >= limits.stalls_max) return fail('stalled');",
        "",
    ),
    machine("no other try", "    effects.retryLater();\n", ""),
    machine(
        "a try against consent",
        "if (status === 'waiting' && consent === 'granted') begin();",
        "if (status === 'waiting') begin();",
    ),
    machine(
        "a try beside another",
        "if (status === 'waiting' && consent === 'granted') begin();",
        "if (consent === 'granted') begin();",
    ),
    machine("a load goes on in a new element", "reloaded = strayed = false;", "strayed = false;"),
    machine(
        "a message on a closed port",
        "if (!connected) return;\n      const outcome",
        "const outcome",
    ),
    machine(
        "emits at any rate",
        "takesEmit(now()) ? customNameFault(name) || payloadFault(json, limits) : 'too_many';",
        "customNameFault(name) || payloadFault(json, limits);",
    ),
    machine(
        "any custom name",
        "customNameFault(name) || payloadFault(json, limits)",
        "payloadFault(json, limits)",
    ),
    machine("no prefix", "happened(CUSTOM_PREFIX + name, json)", "happened(name, json)"),
    machine("no context", "{ ...made.data, context }", "made.data"),
    machine("a pong that was not asked for", "awaited === 0 || n !== awaited", "n !== awaited"),
    machine("any pong", "awaited === 0 || n !== awaited", "awaited === 0"),
    machine(
        "an answer to a load is forgotten",
        "    awaited = 0;\n    reloaded = false;",
        "    awaited = 0;",
    ),
    machine("a late answer is not reported", "    if (status === 'failed') become('ready');\n", ""),
    machine("a queue without bound", "queue.length < limits.queue_max", "true"),
    machine("a batch without bound", "queue.splice(0, limits.batch_max)", "queue.splice(0)"),
    machine(
        "flushed without a port",
        "    if (!connected) return;\n    diagnostics",
        "    diagnostics",
    ),
    machine("a full batch waits", "queue.length >= limits.batch_max", "false"),
    machine("a flush for each event", "if (connected && !flushing) {", "if (connected) {"),
    machine("events for a frame that is gone", "listens && (connected", "(connected"),
    machine(
        "a failure keeps the queue",
        "const fail = (reason) => endAs('failed', reason);",
        "const fail = (reason) => (end(), become('failed', reason));",
    ),
    machine(
        "a denial keeps the queue",
        "if (next === 'denied') return endAs(next);",
        "if (next === 'denied') return end(), become(next);",
    ),
    machine(
        "a denial after the end keeps the jar",
        "if (next === 'denied') jar?.clear();\n      if (status === 'destroyed' || next === consent) return;",
        "if (status === 'destroyed' || next === consent) return;\n      if (next === 'denied') jar?.clear();",
    ),
    machine("a denial keeps the jar", "if (next === 'denied') jar?.clear();", ""),
    machine(
        "a denial keeps the frame",
        "if (next === 'denied') return endAs(next);",
        "if (next === 'denied') return become(next);",
    ),
    machine(
        "pending keeps the frame",
        "      end();\n      become('waiting');",
        "      become('waiting');",
    ),
    machine(
        "pending loads",
        "      if (next === 'granted') return begin();",
        "      if (next !== 'denied') return begin();",
    ),
    machine(
        "the same decision twice",
        "status === 'destroyed' || next === consent",
        "status === 'destroyed'",
    ),
    machine(
        "consent after the end",
        "if (status === 'destroyed' || next === consent)",
        "if (next === consent)",
    ),
    machine("restart without consent", "consent !== 'granted' || status", "status"),
    machine(
        "restart after the end",
        "consent !== 'granted' || status === 'destroyed' ||",
        "consent !== 'granted' ||",
    ),
    machine("restarts without bound", " || restarts >= limits.restarts_max", ""),
    machine("restart keeps the old frame", "      end();\n      begin();", "      begin();"),
    machine(
        "destroyed twice",
        "if (status !== 'destroyed') endAs('destroyed');",
        "endAs('destroyed');",
    ),
    machine(
        "events are told after the end",
        "      if (status === 'destroyed') return event;\n",
        "",
    ),
    machine(
        "no deadline for the hello",
        "if (status === 'connecting') become('failed', 'refused');",
        "",
    ),
    machine(
        "the deadline is told again and again",
        "if (status === 'connecting') become",
        "become",
    ),
    machine(
        "no heartbeat",
        "    } else if (awaited === 0) {\n      ping();",
        "    } else if (awaited === 0) {",
    ),
    machine(
        "an answer to the former document counts",
        "      ping(reloaded ? due : undefined);",
        "      if (awaited === 0) ping();",
    ),
    machine("no ping at a load", "      ping(reloaded ? due : undefined);\n", ""),
    machine("loads without end", "ping(reloaded ? due : undefined)", "ping()"),
    machine("a load is not remembered", "      reloaded = true;\n", ""),
    machine(
        "a load before the hello",
        "      if (!connected) return;\n      // An answer",
        "      // An answer",
    ),
    machine(
        "a hung frame stays",
        "    } else if (removeHung) {\n      fail('hung');",
        "    } else if (removeHung) {",
    ),
    machine("a breakpoint ends the preview", "} else if (removeHung) {", "} else if (true) {"),
    machine("hidden pages count time", "      if (!visible) return;\n", ""),
    machine("late timers count", "Math.min(passed, limits.tick_late_ms)", "passed"),
    machine(
        "late timers are nothing",
        "Math.min(passed, limits.tick_late_ms)",
        "(passed > limits.tick_late_ms ? 0 : passed)",
    ),
    machine(
        "blame without an element",
        "if (nonce !== null) reason === 'stalled' ?",
        "reason === 'stalled' ?",
    ),
    machine(
        "blame is nothing",
        "if (nonce !== null) reason === 'stalled' ? stall() : fail(reason);",
        "",
    ),
    machine("who holds up a leaving has no other try", "reason === 'stalled' ? stall() :", ""),
    machine(
        "an element that is gone is closed again",
        "    if (nonce === null) return;\n    nonce = null;",
        "    nonce = null;",
    ),
    mutant("an exact origin is no opaque one", "origin.js", "origin === 'null'", "true"),
    mutant(
        "payloads of any kind",
        "payload.js",
        "if (typeof json !== 'string') return NOT_JSON;",
        "json = String(json);",
    ),
    mutant("payloads of any size", "payload.js", "json.length > payload_units_max", "false"),
    mutant("payloads that are lists", "payload.js", " || Array.isArray(data)", ""),
    mutant(
        "payloads that are null or numbers",
        "payload.js",
        "typeof data !== 'object' || data === null || ",
        "",
    ),
    mutant(
        "payloads with a context",
        "payload.js",
        "if (Object.hasOwn(data, 'context')) return 'context';",
        "",
    ),
    mutant("payloads of any depth", "payload.js", "if (depth === 0) return 'too_deep';", ""),
    mutant(
        "payloads with __proto__",
        "payload.js",
        "if (Object.hasOwn(value, '__proto__')) return 'prototype';",
        "",
    ),
    mutant("payloads with half a character", "payload.js", "value.isWellFormed()", "true"),
    mutant("payloads with infinite numbers", "payload.js", "Number.isFinite(value)", "true"),
    mutant("names that are no text", "name.js", "typeof name === 'string' && ", ""),
    mutant(
        "names of any form",
        "name.js",
        "if (!isEventName(name)) return 'form';",
        "name = String(name);",
    ),
    mutant(
        "names of the product",
        "name.js",
        "if (letters.startsWith(RESERVED_NAMES)) return 'reserved';",
        "",
    ),
    mutant("names of widget events", "name.js", "builtIn.has(letters)", "false"),
    mutant(
        "a bucket that does not fill",
        "bucket.js",
        " + ((now - (last ?? now)) / 1000) * rate",
        "",
    ),
    mutant("a bucket that overflows", "bucket.js", "Math.min(burst, ", "Math.max(0, "),
    mutant("a bucket that has no bottom", "bucket.js", "if (tokens < cost) return false;", ""),
];

/// Number of random runs for each mutant.
pub(crate) const RANDOM_RUNS: usize = 500;

/// The original's runs and their effects.
#[derive(Clone)]
pub(crate) struct Script {
    /// The script for Node.
    replay: &'static str,
    lines: String,
    original: Arc<OnceLock<Result<String, String>>>,
}

impl Script {
    pub(crate) fn new(runs: &[Run]) -> Self {
        Self::of(node::REPLAY, node::lines(runs).expect("runs can be written"))
    }

    /// The same for another machine: its script for Node, and that script's input.
    pub(crate) fn of(replay: &'static str, lines: String) -> Self {
        Self { replay, lines, original: Arc::default() }
    }

    /// Returns the output with the original sources.
    pub(crate) fn original(&self) -> Result<String, String> {
        let original = self.original.get_or_init(|| self.run(node::SOURCES.as_ref()));
        original.clone()
    }

    fn run(&self, sources: &Path) -> Result<String, String> {
        node::replay_lines(self.replay, sources, self.lines.clone(), node::DEADLINE)
    }

    /// Fails if a mutant behaves like the original. (Another test compares the original with the
    /// model.) A mutant that throws counts as noticed.
    pub(crate) fn notices(&self, mutant: &Mutant) -> Result<(), Failed> {
        let original = self.original().map_err(Failed::from)?;
        let directory = mutant.write()?;
        let found = self.run(&directory);
        fs::remove_dir_all(&directory)?;
        match found {
            // A timeout on a busy machine must not count as a test that noticed.
            Err(error) if error.starts_with(node::NOT_ENDED) => Err(error.into()),
            // Nor must incomplete sources, or sources that do not parse.
            Err(error)
                if ["ERR_MODULE_NOT_FOUND", "SyntaxError"]
                    .iter()
                    .any(|what| error.contains(what)) =>
            {
                Err(error.into())
            }
            Ok(found) if found == original => Err("nothing notices it".into()),
            _ => Ok(()),
        }
    }
}

/// Checks that a script that never ends is ended, and is an error.
pub(crate) fn one_that_never_ends() -> Result<(), Failed> {
    let text = "export function hostMachine(";
    let endless = mutant(
        "one that never ends",
        "machine.js",
        text,
        "for (;;);\nexport function hostMachine(",
    );
    let directory = endless.write()?;
    let found = node::replay_lines(node::REPLAY, &directory, String::new(), Duration::from_secs(1));
    fs::remove_dir_all(&directory)?;
    match found {
        Err(error) if error == format!("{} within 1s", node::NOT_ENDED) => Ok(()),
        found => Err(format!("{found:?}").into()),
    }
}

impl Mutant {
    /// Writes the mutant's sources into a separate directory.
    fn write(&self) -> Result<PathBuf, Failed> {
        let target = target_dir().map_err(|error| error.to_string())?;
        let directory = target.join("mutants").join(self.what.replace(' ', "-"));
        for folder in ["host", "shared"] {
            fs::create_dir_all(directory.join(folder))?;
            for entry in fs::read_dir(Path::new(node::SOURCES).join(folder))? {
                let path = entry?.path();
                let name = path.file_name().ok_or("a file without a name")?;
                let mut source = fs::read_to_string(&path)?;
                if name == self.file {
                    if source.matches(self.text).count() != 1 {
                        let (file, text) = (self.file, self.text);
                        return Err(format!("{file} does not say {text:?} once").into());
                    }
                    source = source.replace(self.text, self.instead);
                }
                fs::write(directory.join(folder).join(name), source)?;
            }
        }
        Ok(directory)
    }
}
