//! Compares the checker's verdict on a snippet with a browser's behavior.
//!
//! The checker's criterion is about parsing: a script put directly after a slot would still become
//! an HTML script element of the document and run. In the crate's own tests html5ever judges that;
//! here a browser does, for a sample of html5lib's cases. Each case is put into the reference
//! document as head and as body-end snippet, with a sentinel script behind each slot. Only the
//! sentinels have the policy's nonce, so nothing in a case runs or loads.
//!
//! The browser is right. Where it and the checker disagree, the checker must be the stricter one,
//! and the case is listed in [`STRICTER`] with the reason.
#![expect(clippy::print_stdout, reason = "counts and suites that did not run are for a reader")]

use std::collections::BTreeSet;
use std::time::Duration;

use c2c_harness::{Cx, Result, Tests};
use c2c_injector::{Code, Limits, ScriptAttributes, Snippets, Template};
use serde_json::{Value, json};

#[path = "../../../../crates/injector/tests/html5lib/cases.rs"]
mod cases;

use cases::Case;

pub(crate) const TESTS: Tests = &[
    ("a_browser_agrees_with_the_checker", &a_browser_agrees_with_the_checker),
    ("the_probe_can_tell", &the_probe_can_tell),
];

/// Cases that the checker refuses although the browser runs the script after them: name with its
/// area, and the reason.
const STRICTER: &[(&str, &str)] = &[];

/// Number of cases from each suite, evenly spread over its files.
const SAMPLE: usize = 250;

/// Deadline for all documents together.
const DEADLINE: Duration = Duration::from_secs(100);

/// The nonce of the sentinels.
const NONCE: &str = "sentinel";

/// Loads each document in a frame, a few at a time, and reports for each whether both sentinels ran
/// in it.
const RUNNER: &str = "<!doctype html><body><script>
  const AT_A_TIME = 12;
  const frames = new Map();

  // Called by the sentinels. The frames are of this origin, so a call comes before the frame's `load`.
  function ran(script, slot) {
    if (!script) return;
    const { defaultView } = script.ownerDocument;
    const isHtml = script instanceof defaultView.HTMLScriptElement;
    const isTheDocuments = script.getRootNode() === defaultView.document;
    const isItself = script.attributes.length === 1;
    if (isHtml && isTheDocuments && isItself) frames.get(defaultView.frameElement)[slot] = true;
  }

  function load(path) {
    return new Promise((resolve) => {
      const frame = document.createElement('iframe');
      const slots = [false, false];
      frames.set(frame, slots);
      frame.onload = () => { frame.remove(); resolve(slots); };
      frame.src = path;
      document.body.append(frame);
    });
  }

  async function loadAll(paths) {
    const verdicts = {};
    const waiting = [...paths];
    const lane = async () => {
      for (let path; (path = waiting.pop());) verdicts[path] = await load(path);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
    return verdicts;
  }
</script>";

/// A snippet alone in one of the two areas.
struct Trial {
    name: String,
    snippets: Snippets,
    contained: bool,
}

/// The reference document, cut at its slots.
struct Skeleton {
    template: Template,
    parts: [String; 3],
}

async fn a_browser_agrees_with_the_checker(cx: &Cx) -> Result<()> {
    let skeleton = Skeleton::new();
    let trials = trials(&skeleton, sample(&skeleton));
    let ran = browse(cx, &skeleton, &trials).await?;
    let mut stricter = BTreeSet::new();
    for (trial, ran) in trials.iter().zip(ran) {
        let Trial { name, snippets, contained } = trial;
        assert!(ran || !contained, "accepted, and the browser swallows: {name} {snippets:?}");
        if ran && !contained {
            assert!(
                STRICTER.iter().any(|(listed, _)| listed == name),
                "refused, and the browser runs what follows: {name} {snippets:?}"
            );
            stricter.insert(name.as_str());
        }
    }
    let contained = trials.iter().filter(|trial| trial.contained).count();
    let (all, not_contained) = (trials.len(), trials.len() - contained);
    println!(
        "{}: {all} documents, {contained} contained, {not_contained} not, {} stricter",
        cx.name,
        stricter.len()
    );
    for (listed, why) in STRICTER {
        // A case that did not run is not part of this sample: there are no suites here.
        let tried = trials.iter().any(|trial| trial.name == *listed);
        assert!(!tried || stricter.contains(listed), "no longer so: {listed} ({why})");
    }
    Ok(())
}

/// The control: a sentinel swallowed in each possible way, beside one that is not.
async fn the_probe_can_tell(cx: &Cx) -> Result<()> {
    let skeleton = Skeleton::new();
    let swallow =
        ["<!--", "<script>", "<style>", "<a b='", "<a", "<template>", "<svg>", "<plaintext>"];
    let contain = ["", "text", "<div>", "<script>parent.ran = 0</script>", "<svg></svg>"];
    let trial = |snippet: &&'static str, contained| Trial {
        name: (*snippet).to_owned(),
        snippets: Snippets::body_end(*snippet),
        contained,
    };
    let trials: Vec<_> = swallow
        .iter()
        .map(|snippet| trial(snippet, false))
        .chain(contain.iter().map(|snippet| trial(snippet, true)))
        .collect();
    let ran = browse(cx, &skeleton, &trials).await?;
    for (Trial { name, contained, .. }, ran) in trials.iter().zip(ran) {
        assert_eq!(ran, *contained, "{name}");
    }
    Ok(())
}

impl Skeleton {
    fn new() -> Self {
        let template = Template::reference("0").expect("the reference template parses");
        let checked = template.check(Snippets::default(), &Limits::default());
        let document = checked.expect("nothing is contained").compile(&ScriptAttributes::new());
        let text = |chunks: &[_]| String::from_utf8(chunks.concat()).expect("it is text");
        let chunks = document.chunks();
        let parts = [text(&chunks[..3]), text(&chunks[4..5]), text(&chunks[6..])];
        Self { template, parts }
    }

    /// Returns whether the checker accepts a pair; `None` if it cannot judge.
    fn judge(&self, snippets: &Snippets) -> Option<bool> {
        match self.template.check(snippets.clone(), &Limits::default()) {
            Ok(_) => Some(true),
            Err(refused) => {
                let input = [Code::Nul, Code::NotUtf8, Code::TooLarge, Code::TooComplex];
                let mut found = refused.diagnostics().iter();
                (!found.any(|found| input.contains(&found.code))).then_some(false)
            }
        }
    }

    /// Returns the document with a sentinel behind each slot.
    fn document(&self, snippets: &Snippets) -> Vec<u8> {
        let [before, middle, after] = &self.parts;
        let sentinel = |slot: usize| {
            format!("<script nonce={NONCE}>parent.ran(document.currentScript, {slot})</script>")
        };
        let (head, body_end) = (sentinel(0), sentinel(1));
        [
            before.as_bytes(),
            &snippets.head,
            head.as_bytes(),
            middle.as_bytes(),
            &snippets.body_end,
            body_end.as_bytes(),
            after.as_bytes(),
        ]
        .concat()
    }
}

/// Returns cases that can be judged, the same ones every time.
fn sample(skeleton: &Skeleton) -> Vec<Case> {
    let root = cases::root();
    if !root.is_dir() {
        println!(
            "html5lib: NOT RUN: there is no folder {}; a few cases of our own",
            root.display()
        );
        return our_own();
    }
    let spread = |suite: &cases::Suite| {
        let mut cases = suite.cases(&root);
        assert!(cases.len() >= suite.at_least, "{} is not complete", suite.name);
        cases.retain(|case| skeleton.judge(&Snippets::head(case.input.clone())).is_some());
        let step = cases.len() / SAMPLE;
        cases.into_iter().step_by(step).take(SAMPLE)
    };
    cases::SUITES.iter().flat_map(spread).collect()
}

/// Returns our own cases, for machines without html5lib's.
fn our_own() -> Vec<Case> {
    const INPUTS: &[&str] = &[
        "text &amp &not; &#x1F600",
        "<p>1<b>2<p>3",
        "<!-- c -->",
        "<!-- c --!>",
        "<!-- c",
        "<!doctype html",
        "<a href='x",
        "<a href=x",
        "</a b='",
        "<script>1</script>",
        "<script><!--<script></script>",
        "<style>",
        "<title></title",
        "<textarea></textarea >",
        "<noscript><img>",
        "<noscript></noscript>",
        "<template><p></template>",
        "<template><template></template>",
        "<svg><title></svg>",
        "<svg><foreignObject><p>",
        "<svg><![CDATA[x]]></svg>",
        "<math><mi>",
        "<table><tr><td><table>",
        "<table><svg>",
        "<select><option><template></select>",
        "<a><table><a>",
        "<frameset>",
        "</head><body></body></html>",
        "<plaintext>",
        "<xmp></xmp>",
    ];
    let case = |(index, input): (usize, &&str)| Case {
        name: format!("our_own::{index}"),
        input: (*input).to_owned(),
    };
    INPUTS.iter().enumerate().map(case).collect()
}

/// Returns each case as head and as body-end snippet.
fn trials(skeleton: &Skeleton, cases: Vec<Case>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for Case { name, input } in cases {
        let head = (format!("{name}::head"), Snippets::head(input.clone()));
        let body_end = (format!("{name}::body_end"), Snippets::body_end(input));
        for (name, snippets) in [head, body_end] {
            let contained = skeleton.judge(&snippets).expect("the sample can be judged");
            trials.push(Trial { name, snippets, contained });
        }
    }
    trials
}

/// Loads the trials' documents, and returns for each whether both sentinels ran.
async fn browse(cx: &Cx, skeleton: &Skeleton, trials: &[Trial]) -> Result<Vec<bool>> {
    let policy = format!("default-src 'none'; script-src 'nonce-{NONCE}'; form-action 'none'");
    let headers = [("content-security-policy", policy.as_str())];
    let urls: Vec<_> = trials
        .iter()
        .enumerate()
        .map(|(index, trial)| {
            let document = skeleton.document(&trial.snippets);
            cx.collector.page(&format!("/{index}"), document, &headers)
        })
        .collect();
    cx.browser.goto(&cx.collector.page("/runner", RUNNER, &[])).await?;
    let hit = cx.collector.hit_url("verdicts");
    let body = "const [urls, hit] = arguments;
        loadAll(urls).then((verdicts) => fetch(hit, { method: 'POST', body: JSON.stringify(verdicts) }));";
    cx.browser.run(body, &[json!(urls), json!(hit)]).await?;
    let verdicts = cx.collector.hit("verdicts", DEADLINE).await?.json()?;
    let both = |url: &String| match &verdicts[url] {
        Value::Array(slots) => slots.iter().all(|ran| *ran == json!(true)),
        other => panic!("no verdict for {url}: {other}"),
    };
    Ok(urls.iter().map(both).collect())
}
