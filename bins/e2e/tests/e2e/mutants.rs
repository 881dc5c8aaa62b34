//! Removes single checks from the code that connects the host script to a page: a probe must notice
//! each. (Mutants of the logic run without a browser: tests/machine.)
//!
//! The originals pass in every engine. The mutants run in Chromium: they are about the text.

use std::fs;
use std::path::Path;
use std::time::Duration;

use c2c_harness::{Collector, Cx, DEADLINE, Engine, Error, Result, Tests};
use serde_json::{Value, json};

pub(crate) const TESTS: Tests = &[
    ("the_jar_is_probed", &the_jar_is_probed),
    ("diagnostics_are_probed", &diagnostics_are_probed),
    ("the_arguments_are_probed", &the_arguments_are_probed),
    ("the_element_is_probed", &the_element_is_probed),
    ("windows_are_probed", &windows_are_probed),
    ("the_end_is_probed", &the_end_is_probed),
    ("the_focus_is_probed", &the_focus_is_probed),
    ("the_page_is_probed", &the_page_is_probed),
    ("the_parent_page_is_probed", &the_parent_page_is_probed),
    ("listen_is_probed", &listen_is_probed),
    ("the_collector_is_probed", &the_collector_is_probed),
];

/// The module that reads messages from other windows.
const OWN: &str = "host/own.js";

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/bridge/js");

/// A change of the source text: the file, a text that occurs exactly once, and its replacement.
type Mutant = (&'static str, &'static str, &'static str);

/// The page for both roles, parent page and widget: each does what the other asks for, in the order
/// of its messages.
const PAGE: &str = "<!doctype html><body><p>page</p><script>
    const log = [], answers = new Map();
    addEventListener('message', (event) => {
      const { data } = event;
      if (data?.ask) {
        const { source } = event;
        const { ask, say, forget, nest, focus } = data;
        if (forget) log.length = 0;
        if (nest) nested(nest);
        if (focus) document.body.appendChild(document.createElement('input')).focus();
        if ('say' in data) source.postMessage(say, '*');
        source.postMessage({ answered: ask, value: [...log] }, '*');
      } else if (data?.answered) answers.get(data.answered)(data.value);
      else log.push(data);
    });
    const nested = ({ code, sandbox }) => {
      const inner = document.createElement('iframe');
      if (sandbox) inner.sandbox = 'allow-scripts';
      inner.srcdoc = '<script>' + code + '<\\/script>';
      document.body.append(inner);
    };
    const askOf = (target) => (command) => new Promise((resolve) => {
      answers.set(answers.size + 1, resolve);
      target.postMessage({ ...command, ask: answers.size }, '*');
    });
    window.run = async (probe, base, given) => {
      const probes = await import(given.probes);
      probes.waitAtMost(given.patience);
      if (given.listens) { given.widget = document.querySelector('#widget'); given.ask = askOf(given.widget.contentWindow); given.sibling = document.querySelector('#sibling'); }
      else given.ask = askOf(parent);
      const all = probes[probe]({ ...given, load: (module) => import(base + module) }).catch((error) => [String(error)]);
      return given.toTheEnd ? all : Promise.race([all, probes.first]);
    };
    </script>";

/// A document that plays the shim's part itself, and follows the instructions in the widget's
/// events.
const FRAME: &str = "<!doctype html><body><input id=input><script>
    const boot = name;
    const nonce = location.hash.slice(1);
    const { origin } = JSON.parse(boot);
    const { port1, port2 } = new MessageChannel();
    const hello = { c2c: 1, type: 'hello', nonce };
    let pings = 0;
    const emit = (name, data) => port1.postMessage({ type: 'emit', name, json: JSON.stringify(data) });
    const nest = (code) => {
      const inner = document.createElement('iframe');
      inner.srcdoc = '<script>' + code + '<\\/script>';
      document.body.append(inner);
    };
    const doing = {
      facts: () => emit('facts', { boot, nonce, self: self.origin, referrer: document.referrer, credentialless: window.credentialless, pings }),
      nested: ({ code }) => nest(code),
      port: () => parent.postMessage('port', '*', [port1]),
      // An element that has its document's focus already takes none from another document.
      steal: () => {
        const input = document.querySelector('#input');
        input.blur();
        input.focus();
      },
    };
    port1.onmessage = ({ data: text }) => {
      const data = JSON.parse(text);
      if (data.type === 'ping') { pings++; port1.postMessage({ type: 'pong', n: data.n }); }
      if (Array.isArray(data)) for (const { name, data: fields } of data) doing[name]?.(fields);
    };
    addEventListener('message', () => parent.postMessage('fence', '*'));
    if (location.search === '?inside') {
      nest(`parent.parent.postMessage(${JSON.stringify(hello)}, '*', [new MessageChannel().port2]); parent.postMessage('fence', '*');`);
    } else if (location.search !== '?silent') parent.postMessage(hello, origin, [port2]);
    </script>";

/// How long a mutant's expected effects are awaited: many mutants are noticed by an effect that
/// never comes.
const SHORT: Duration = Duration::from_secs(3);

/// Serves all sources below `/<name>/`, one of them changed, and returns that path.
fn serve(collector: &Collector, name: &str, mutant: Option<&Mutant>) -> Result<String> {
    let script = [("content-type", "text/javascript"), ("access-control-allow-origin", "*")];
    for folder in ["", "host/", "shared/"] {
        for entry in fs::read_dir(Path::new(SOURCES).join(folder))? {
            let entry = entry?;
            if !entry.file_type()?.is_file() {
                continue;
            }
            let file = format!("{folder}{}", entry.file_name().display());
            let mut source = fs::read_to_string(entry.path())?;
            if let Some((_, text, instead)) = mutant.filter(|(changed, ..)| *changed == file) {
                if source.matches(text).count() != 1 {
                    return Err(Error::new(format!("{file} does not say {text:?} once")));
                }
                source = source.replace(text, instead);
            }
            collector.page(&format!("/{name}/{file}"), source, &script);
        }
    }
    Ok(format!("/{name}/"))
}

/// Runs a probe with the original, where every expectation holds, and with the mutants, where one
/// must fail.
async fn probe(cx: &Cx, probe: &str, mutants: &[Mutant]) -> Result<()> {
    probe_but(cx, probe, &[], mutants).await
}

/// The same, for an engine in which the expectations in `not_here` fail even with the original.
async fn probe_but(cx: &Cx, probe: &str, not_here: &[&str], mutants: &[Mutant]) -> Result<()> {
    let collector = &cx.collector;
    let script = [("content-type", "text/javascript"), ("access-control-allow-origin", "*")];
    let probes = collector.page("/probes.js", include_str!("probes.js"), &script);
    collector.page("/frame", FRAME, &[]);
    collector.page("/widget", PAGE, &[]);
    let frame = collector.url_of("sandbox.localhost", "/frame");
    let widget = collector.url_of("widget.localhost", "/widget");
    let top =
        format!("{PAGE}<iframe id=widget src='{widget}'></iframe><iframe id=sibling></iframe>");
    let top = collector.page("/top", top, &[]);
    let listens = probe == "listen_";
    let given = json!({
        "probes": probes, "listens": listens, "frame": frame, "parentOrigin": collector.origin(),
        "inside": format!("{frame}?inside"), "silent": format!("{frame}?silent"),
        "widgetOrigin": collector.origin_of("widget.localhost"),
    });
    // A theft that never comes is not awaited for long.
    let stealing = if not_here.is_empty() { DEADLINE } else { SHORT };
    let run = async |path: String, patience: Duration, to_the_end: bool| -> Result<Value> {
        // From the page's own origin: WebKit reports no errors of another origin's modules.
        let base = if listens {
            collector.url(&path)
        } else {
            collector.url_of("widget.localhost", &path)
        };
        let mut given = given.clone();
        given["patience"] = json!(patience.as_millis());
        given["stealing"] = json!(stealing.min(patience).as_millis());
        given["toTheEnd"] = json!(to_the_end);
        cx.browser.goto(&top).await?;
        if !listens {
            cx.browser.enter_frame("#widget").await?;
            // A click as by a visitor: without one, WebKit lets no page in a frame have the focus.
            cx.browser.click("p").await?;
        }
        let script = "const [probe, base, given] = arguments; return run(probe, base, given);";
        cx.browser.run(script, &[json!(probe), json!(base), given]).await
    };
    let failed = run(serve(collector, "original", None)?, DEADLINE, true).await?;
    assert_eq!(failed, json!(not_here), "the original");
    if cx.engine != Engine::Chromium {
        return Ok(());
    }
    let mut unnoticed = Vec::new();
    for (index, mutant) in mutants.iter().enumerate() {
        let path = serve(collector, &format!("m{index}"), Some(mutant))?;
        // One failed expectation is enough.
        let failed = run(path, SHORT, false).await?;
        if failed == json!([]) {
            unnoticed.push(mutant);
        }
    }
    assert!(unnoticed.is_empty(), "nothing notices {unnoticed:#?}");
    Ok(())
}

async fn the_jar_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "jar.js";
    probe(cx, "jar", &[
        (FILE, "if (!/^[a-z0-9-]+$/.test(app)) throw new TypeError('mount: a jar that is kept needs the id of its app');", ""),
        (FILE, "if (list === null) return 'garbage';", ""),
        (FILE, "if (!takes(now)) return 'refused';", ""),
        (FILE, "typeof changes !== 'object' || changes === null", "changes === null"),
        (FILE, "typeof changes !== 'object' || changes === null", "typeof changes !== 'object'"),
        (FILE, "list.length <= JAR_LIMITS.changes_max && ", ""),
        (FILE, "    Array.isArray(change) &&\n", ""),
        (FILE, "change.length === 4 &&", ""),
        (FILE, "AREAS.includes(change[0]) &&", ""),
        (FILE, "typeof change[1] === 'string' &&", ""),
        (FILE, "(change[2] === null || typeof change[2] === 'string') &&", ""),
        (FILE, "(change[3] === null || Number.isFinite(change[3]))", "true"),
        (FILE, "return origin === null ? null :", "return"),
        (FILE, "${PREFIX}${app} ${origin} ", "${PREFIX}${app} "),
        (FILE, "${PREFIX}${app} ${origin} ", "${PREFIX}${origin} "),
        (FILE, "item.expires !== null && item.expires <= Date.now()", "false"),
        (FILE, "if (!key.startsWith(prefix)) continue;", ""),
        (FILE, "if (typeof value !== 'string' || typeof written !== 'number') throw new TypeError('not an entry');", ""),
        (FILE, "jar - known + units <= JAR_LIMITS.jar_units_max", "true"),
        (FILE, "total - known + units > JAR_LIMITS.jars_units_max", "false"),
        (FILE, "for (const { key } of items(storage, own)) storage.removeItem(key);", "storage.clear();"),
        (FILE, "prefix() ?? `${PREFIX}${app} `", "prefix() ?? 'none'"),
        (FILE, "prefix() ?? `${PREFIX}${app} `", "prefix() ?? PREFIX"),
    ]).await
}

async fn diagnostics_are_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "diagnostics.js";
    const PARTS: &str = "host/report.js";
    const TRACE: &str = "host/trace.js";
    probe(
        cx,
        "diagnostics",
        &[
            (FILE, "!isText(name) || ", ""),
            (FILE, " || !isText(reason)", ""),
            (FILE, "!isNumber(count) || ", ""),
            (FILE, " || count === 0", ""),
            (FILE, "isText(source) ? { type: 'cut_off'", "true ? { type: 'cut_off'"),
            (FILE, "'cut_off', source: bareUrl(source)", "'cut_off', source"),
            (FILE, "!KINDS.includes(kind) || ", ""),
            (FILE, " || ![message, source, stack].every(isText)", ""),
            (FILE, "!isNumber(line) || ", ""),
            (FILE, " || !isNumber(column)", ""),
            (PARTS, "typeof value === 'string' && value.length", "value.length"),
            (PARTS, " && value.length <= DIAGNOSTIC_LIMITS.diagnostic_units_max", ""),
            (PARTS, "Number.isInteger(value) && ", ""),
            (PARTS, "/** @type {number} */ (value) >= 0 && ", ""),
            (PARTS, " && /** @type {number} */ (value) <= NUMBER_MAX", ""),
            (
                PARTS,
                "if (!URL.canParse(text)) return null;",
                "if (!URL.canParse(text)) return text;",
            ),
            (PARTS, "origin + pathname : protocol", "text : protocol"),
            (PARTS, "origin + pathname : protocol", "origin + pathname : text"),
            (FILE, "if (bucket(now)) {", "if (true) {"),
            (FILE, "trace && readTrace(data)", "readTrace(data)"),
            (FILE, "pass(traced, now, takesTrace)", "pass(traced, now)"),
            (
                FILE,
                "stacked.filter((other) => other.source",
                "stacked.filter((other) => true || other.source",
            ),
            (TRACE, "!isNumber(id) || !VIAS", "!VIAS"),
            (TRACE, "!VIAS.includes(via) || ", ""),
            (TRACE, "!isWord(method) || ", ""),
            (TRACE, "!isWord(method) || !isSeq(seq)", "!isWord(method)"),
            (TRACE, "!isWithin(url, TRACE_LIMITS.trace_url_units_max) || ", ""),
            (TRACE, " || !isWithin(body, TRACE_LIMITS.trace_body_units_max)", ""),
            (TRACE, "!isNumber(id) || !isNumber(status)", "!isNumber(status)"),
            (TRACE, "!isNumber(status) || ", ""),
            (TRACE, " || !Object.hasOwn(OUTCOMES, outcome)", ""),
            (TRACE, "!isWord(call) || ", ""),
            (TRACE, "!isText(text) || ", ""),
            (TRACE, "!isText(stack) || ", ""),
            (FILE, "diagnostic.type === 'dropped' ? diagnostic.count : 1", "1"),
            (FILE, "name === undefined || !isNumber(handlers)", "!isNumber(handlers)"),
            (FILE, "name === undefined || !isNumber(handlers)", "name === undefined"),
            (FILE, " || handlers > DIAGNOSTIC_LIMITS.handlers_max", ""),
            (FILE, "    unreported.delete(seq);\n", ""),
            (FILE, "unreported.size > DIAGNOSTIC_LIMITS.unreported_max", "false"),
            (FILE, "name.slice(0, DIAGNOSTIC_LIMITS.diagnostic_units_max)", "name"),
            (FILE, "typeof name === 'string' ? name.slice", "name.slice"),
            (FILE, "      clearTimeout(timer);\n", ""),
            (FILE, "      unreported.clear();\n", ""),
        ],
    )
    .await
}

async fn the_arguments_are_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "host/mount.js";
    probe(
        cx,
        "arguments_",
        &[
            (FILE, "!isEventName(name)", "false"),
            (FILE, "!Array.isArray(events)", "!events"),
            (FILE, " || !events.every(isEventName)", ""),
            (FILE, "if (json?.[0] !== '{') throw new TypeError('not an object: fields');", ""),
            (FILE, "json?.[0] !== '{'", "json === undefined"),
            (FILE, "json?.[0] !== '{'", "json === 'null'"),
            (FILE, "!CONSENTS.includes(decision)", "false"),
            (FILE, "if (returned) onState", "onState"),
            (FILE, "  container.append();\n", ""),
            (FILE, "new URL(src)", "/** @type {any} */ ({ href: src })"),
            (FILE, "\n  setConsent(consent);", "\n  parent.listen();\n  setConsent(consent);"),
            (
                FILE,
                "    container.append(frame);",
                "    addEventListener('message', onFrameMessage, { signal });\n    container.append(frame);",
            ),
            (
                FILE,
                "        if (document.readyState",
                "        timer = setInterval(tick, limits.tick_ms);\n        if (document.readyState",
            ),
        ],
    )
    .await
}

async fn the_element_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "host/frame.js";
    const MOUNT: &str = "host/mount.js";
    probe(
        cx,
        "element",
        &[
            (FILE, "  ['sandbox', 'allow-scripts'],\n", ""),
            (
                FILE,
                "['sandbox', 'allow-scripts']",
                "['sandbox', 'allow-scripts allow-same-origin']",
            ),
            (FILE, "  ['referrerpolicy', 'no-referrer'],\n", ""),
            (FILE, "  ['credentialless', ''],\n", ""),
            (FILE, "  url.hash = nonce;\n", ""),
            (FILE, "iframe.inert = true;", ""),
            (FILE, "    iframe.scrolling = 'no';\n", ""),
            (FILE, "iframe.style.cssText = INVISIBLE;", ""),
            (FILE, "if (!visible) {", "if (true) {"),
            (FILE, "origin: location.origin, ", ""),
            (FILE, "pointer-events:none", ""),
            (FILE, "opacity:0;", ""),
            (MOUNT, "frame.removeAttribute('name');", ""),
            (MOUNT, "contextFromEntries(Object.entries(context)).context", "context"),
            (MOUNT, "diagnostics: diagnostics?.level", "diagnostics: true"),
            (MOUNT, "        frame?.remove();\n", ""),
            (MOUNT, "page: known, ", ""),
        ],
    )
    .await
}

async fn windows_are_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "host/mount.js";
    const WITHIN: &str = "host/within.js";
    probe(
        cx,
        "windows",
        &[
            (FILE, "source === null || ", ""),
            (FILE, " || !isWithin(source, target)", ""),
            (WITHIN, "return current === frame;", "return source === frame;"),
            (WITHIN, "return current === frame;", "return true;"),
            (WITHIN, " && current.parent !== null", ""),
            (FILE, "source === target ? 'frame' : 'inside'", "'frame'"),
            (FILE, "'load', machine.load, { signal }", "'load', machine.load"),
            (FILE, "    frame.addEventListener('load', machine.load, { signal });\n", ""),
            (FILE, "        watch.abort();\n", ""),
            (FILE, "        port?.close();\n", ""),
        ],
    )
    .await
}

async fn the_end_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "host/mount.js";
    probe(
        cx,
        "end",
        &[
            (FILE, "        clearInterval(timer);\n", ""),
            (FILE, "        diagnostics?.stop();\n", ""),
            (FILE, "    if (signal.aborted) return;\n", ""),
            (FILE, "if (document.readyState === 'complete')", "if (true)"),
            (FILE, "() => setTimeout(begin)", "begin"),
            (FILE, "machine.tick(!document.hidden)", "machine.tick(true)"),
        ],
    )
    .await
}

async fn the_focus_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "host/focus.js";
    // A frame of another origin gets the focus by a user activation only, and the port's messages
    // carry none: nothing is stolen.
    let thefts: &[&str] = &["removed", "removed, when the parent page had it"];
    let not_here = if cx.engine == Engine::WebKit { thefts } else { &[] };
    probe_but(
        cx,
        "focus",
        not_here,
        &[
            (FILE, " || root.activeElement !== iframe", ""),
            (FILE, "own = before || document.hasFocus();", "own = false;"),
            (FILE, "if (!signal.aborted) remove();", ""),
            (FILE, "if (target !== iframe) last = target;", ""),
            (FILE, "last?.focus?.({ preventScroll: true });", ";"),
            ("host/mount.js", "    look();\n", ""),
            ("host/mount.js", "if (!visible) look = ", "look = "),
            ("host/mount.js", "if (!visible) look = ", "if (visible) look = "),
        ],
    )
    .await
}

async fn the_page_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "page.js";
    const REDUCED: &str = "host/page.js";
    probe(
        cx,
        "page_",
        &[
            (REDUCED, "typeof text !== 'string' || ", ""),
            (REDUCED, " || !URL.canParse(text)", ""),
            (REDUCED, "if (!/^https?:$/.test(protocol)) return '';", ""),
            (REDUCED, "/^https?:$/", "/^(https?|blob):$/"),
            (REDUCED, ".filter(([name]) => CAMPAIGN.test(name))", ""),
            (REDUCED, "  /^(utm_", "  /(utm_"),
            (REDUCED, "|yclid)$/", "|yclid)/"),
            (REDUCED, "origin + pathname + ", "text + "),
            (REDUCED, "url.length > PAGE_LIMITS.url_units_max ? '' : url", "url"),
            (REDUCED, ".slice(0, PAGE_LIMITS.title_units_max)", ""),
            (REDUCED, "typeof title === 'string'", "title"),
            (FILE, "source !== window.parent || ", ""),
            (FILE, "!isTrusted || ", ""),
            (FILE, " || !rules.some(({ matches }) => matches(origin))", ""),
            (FILE, "own(data, 'c2c') !== PROTOCOL || ", ""),
            (FILE, " || own(data, 'type') !== 'listening'", ""),
            (OWN, "data != null && ", ""),
            (FILE, "page && reducedPage(page)", "page"),
            (FILE, "page && reducedPage(page)", "reducedPage(page)"),
            (FILE, "const reduced = reducedPage(page);", "const reduced = page;"),
            (FILE, " || rules.length === 0", ""),
            (FILE, "      removeEventListener('message', receive);\n", ""),
            (FILE, "Promise.race([told, late])", "told"),
        ],
    )
    .await
}

async fn the_parent_page_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "host/parent.js";
    const MOUNT: &str = "host/mount.js";
    probe(
        cx,
        "parent_",
        &[
            (FILE, "event.source !== parent || ", ""),
            (FILE, "!event.isTrusted || ", ""),
            (FILE, " || !isAllowed(event.origin)", ""),
            (OWN, "data != null && ", ""),
            (FILE, "    if (own(data, 'c2c') !== PROTOCOL) return;\n", ""),
            (MOUNT, "type === 'consent' && ", ""),
            (FILE, " && isAllowed(only)", ""),
            (FILE, "stop: () => removeEventListener('message', receive),", "stop() {},"),
            (MOUNT, " && parentConsent", ""),
            (MOUNT, "    parent.stop();\n", ""),
            (MOUNT, "if (type === 'flooded' || type === 'scrolled') machine.blame(type);", ""),
        ],
    )
    .await
}

async fn listen_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "listen.js";
    probe(
        cx,
        "listen_",
        &[
            (FILE, "URL.canParse(origin) && ", ""),
            (FILE, " && new URL(origin).origin === origin", ""),
            (FILE, "  if (above !== undefined) checkOrigin('above', above);\n", ""),
            (FILE, "source === window.parent && ", ""),
            (FILE, " && origin === above", ""),
            (FILE, "isOf(event.data, 'look') && post", "post"),
            (FILE, "    if (above !== undefined) window.parent.postMessage", "    window.parent.postMessage"),
            (FILE, "type: 'focus_stolen' }, above)", "type: 'focus_stolen' }, '*')"),
            (FILE, "    if (event.source !== widget) return countStray(event, widget);\n", ""),
            (FILE, " || !event.isTrusted", ""),
            (FILE, "    if (event.origin !== widgetOrigin) return;\n", ""),
            (FILE, "!isOpaque(origin) || ", ""),
            (FILE, " || !isWithin(/** @type {Window} */ (source), widget)", ""),
            (FILE, "if (takesStray(timeStamp)) return;", ""),
            (FILE, "    takesStray = newBucket();\n    post", "    post"),
            (FILE, "    post({ type: 'flooded' });\n", ""),
            (OWN, "data != null && ", ""),
            (FILE, "    typeof own(value, 'name') === 'string' &&\n", ""),
            (FILE, "    typeof data === 'object' &&\n", ""),
            (FILE, "    data !== null &&\n", ""),
            (FILE, "    typeof own(value, 'timestamp') === 'string' &&\n", ""),
            (FILE, "    typeof own(value, 'id') === 'string' &&\n", ""),
            (
                FILE,
                "typeof own(value, 'id') === 'string' &&\n    typeof own(value, 'seq') === 'number'",
                "typeof own(value, 'id') === 'string'",
            ),
            (FILE, "own(data, 'c2c') === PROTOCOL && own", "own"),
            (FILE, " && own(data, 'type') === type", ""),
            (FILE, "activeElement === frame || ", ""),
            (FILE, " || activeElement === document.body", ""),
            (FILE, "target !== frame && (last = target)", "undefined"),
            (FILE, "if (consent !== undefined) post({ type: 'consent', consent });", ""),
            (FILE, "      consent = decision;\n", ""),
            (FILE, "'blur', () => post({ type: 'look' })", "'blur', () => undefined"),
            (
                FILE,
                "window.addEventListener('message', receive, { signal })",
                "window.addEventListener('message', receive)",
            ),
            (FILE, "frame.addEventListener('load', introduce, { signal });", ""),
            (FILE, "page ? thisPage() : undefined", "thisPage()"),
            (FILE, "page ? thisPage() : undefined", "undefined"),
            (FILE, "reducedPage({ url: location.href,", "({ url: location.href,"),
        ],
    )
    .await
}

async fn the_collector_is_probed(cx: &Cx) -> Result<()> {
    const FILE: &str = "collect.js";
    const MOUNT: &str = "host/mount.js";
    probe(
        cx,
        "collect_",
        &[
            (FILE, "          method: 'POST',\n", ""),
            (FILE, "          headers: { 'content-type': 'application/json' },\n", ""),
            (FILE, "          keepalive,\n", ""),
            (FILE, "          credentials: 'omit',\n", ""),
            (FILE, "          redirect: 'error',\n", ""),
            (FILE, "          referrerPolicy: 'no-referrer',\n", ""),
            (FILE, "          signal: AbortSignal.timeout(REQUEST_MS_MAX),\n", ""),
            (FILE, "          __proto__: null,\n          method", "          method"),
            (FILE, "const listening = { __proto__: null, ", "const listening = { "),
            (
                FILE,
                "({ __proto__: null, type: 'application/json' })",
                "({ type: 'application/json' })",
            ),
            (FILE, "__proto__: null, type: 'application/json'", "__proto__: null"),
            (FILE, "leaving && !('keepalive' in Request.prototype)", "false"),
            (
                FILE,
                "leaving && !('keepalive' in Request.prototype)",
                "!('keepalive' in Request.prototype)",
            ),
            (FILE, "return answered(batch, 0);", "return;"),
            (FILE, ", Number(headers.get('retry-after'))", ""),
            (FILE, "answered(batch, status,", "answered(batch, 200,"),
            (FILE, "          () => answered(batch, 0),\n", ""),
            (FILE, "        clearTimeout(timer);\n", ""),
            (FILE, "timer = setTimeout(due, ms);", "timer = setTimeout(due, 1000);"),
            (FILE, "  addEventListener('pagehide', leave, listening);\n", ""),
            (FILE, "document.hidden && hide()", "hide()"),
            (FILE, "document.hidden && hide()", "document.hidden && leave()"),
            (FILE, "document.hidden && hide()", "undefined"),
            (FILE, "hide(), listening);", "hide());"),
            (FILE, "'pagehide', leave, listening);", "'pagehide', leave);"),
            (FILE, "(address = known?.url)", "undefined"),
            (FILE, "(address = known?.url)", "(address = known.url)"),
            (FILE, "random: Math.random", "random: () => 0"),
            (FILE, "      watch.abort();\n", ""),
            (FILE, "      stop();\n", ""),
            (MOUNT, "        collect?.take(make);\n", ""),
            (
                MOUNT,
                "        parent.relay(make);\n        collect?.take(make);",
                "        collect ? collect.take(make) : parent.relay(make);",
            ),
            (MOUNT, "    collect?.consent(decision);\n", ""),
            (
                MOUNT,
                "    collect?.consent(decision);\n    machine.consent(decision);",
                "    machine.consent(decision);\n    collect?.consent(decision);",
            ),
            (MOUNT, "      collect?.stop();\n", ""),
        ],
    )
    .await
}
