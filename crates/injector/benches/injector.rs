//! The cost of the injector, relative to alternatives.
//!
//! `cargo xtask bench injector` compares, in one run and in turn:
//!
//! - `render`: the body of one response from a compiled [`Document`], against `lol_html` rewriting the same
//!   template with the same snippets for each response;
//! - `copy`: copying the document's chunks into one buffer, against a plain copy of the same bytes;
//! - `check`: checking both snippets without findings, against one parse of the compiled document by
//!   html5ever into `RcDom` and one parse of each of the snippets' scripts by `oxc`, with its semantic
//!   analysis: what any checker of HTML and JavaScript has to do.
//!
//! A pair of measurements gives one ratio; the median of the pairs is the result. Absolute numbers mean nothing on a shared
//! machine and are not printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use c2c_injector::{Document, Limits, ScriptAttributes, Snippets, Template};
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use markup5ever_rcdom::RcDom;
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;

/// Number of pairs: odd, so that there is a median; many and short, so that a temporary load on the machine
/// disturbs only a few.
const PAIRS: usize = 41;

/// Approximate time for which one side of a pair runs.
const WINDOW: Duration = Duration::from_millis(20);

/// The shim, with which every document of the product begins.
const SHIM: &str = include_str!("../../bridge/js/dist/shim_jar.js");
const SKELETON: &str = "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head></head>\n<body></body>\n</html>\n";

/// The snippets that the documentation tells customers to paste.
const HEAD: &str = concat!(
    include_str!("../../../bins/server/pages/examples/ga4.html"),
    include_str!("../../../bins/server/pages/examples/meta-pixel.html")
);
const BODY_END: &str = concat!(
    include_str!("../../../bins/server/pages/examples/gtm.html"),
    include_str!("../../../bins/server/pages/examples/conditional.html"),
    "<p class=\"note\" hidden>Thank you &amp; <a href=\"https://widget.example/\">good bye</a></p>\n"
);

/// Approximate total sizes of the documents; `None` uses the examples unchanged.
const SIZES: [(&str, Option<usize>); 3] =
    [("examples", None), ("32 KiB", Some(32 * 1024)), ("512 KiB", Some(512 * 1024))];

/// The required ratio of a comparison.
#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

fn main() -> ExitCode {
    // `cargo test --benches` runs this with `--test`: then it only checks that all sides agree.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let mut met = true;
    for (name, size) in SIZES {
        met &= Case::new(name, size).compare(quick);
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One document and its parts.
struct Case {
    name: &'static str,
    template: Template,
    /// The template for `lol_html`, with the script in it.
    page: String,
    snippets: Snippets,
    document: Document,
    whole: String,
    /// The texts of the snippets' inline scripts.
    scripts: Vec<String>,
}

impl Case {
    fn new(name: &'static str, size: Option<usize>) -> Self {
        let around = SKELETON.len() + SHIM.len();
        let fill = |text: &str, size: Option<usize>| {
            // A placeholder is a finding.
            let text =
                text.replace("G-XXXXXXX", "G-1A2B3C4D5E").replace("GTM-XXXXXXX", "GTM-AB12CD3");
            let text = text.replace("YOUR_PIXEL_ID", "123456789012345");
            match size {
                Some(size) => text.repeat((size.saturating_sub(around) / 2 / text.len()).max(1)),
                None => text,
            }
        };
        let snippets =
            Snippets { head: fill(HEAD, size).into(), body_end: fill(BODY_END, size).into() };
        let template = Template::parse(SKELETON, SHIM).expect("it is a template");
        let checked = template.check(snippets.clone(), &Limits::default());
        let checked = checked.expect("the snippets are contained");
        assert_eq!(checked.diagnostics(), [], "nothing is said of them");
        let document = checked.compile(&ScriptAttributes::new());
        let whole = String::from_utf8(document.chunks().concat()).expect("it is text");
        let page = SKELETON.replace("<head>", &format!("<head><script>{SHIM}</script>"));
        let scripts =
            [&snippets.head, &snippets.body_end].into_iter().flat_map(|html| scripts(html));
        let scripts = scripts.collect();
        Self { name, template, page, snippets, document, whole, scripts }
    }

    /// Runs the comparisons; returns whether all goals were met.
    fn compare(&self, quick: bool) -> bool {
        assert_eq!(self.rewritten(), self.whole, "lol_html makes the same document");
        assert_eq!(self.copied(), self.whole.as_bytes());
        let report = |what, goal, theirs: &dyn Fn(), ours: &dyn Fn()| {
            let name = format!("{what}, {} ({} B)", self.name, self.whole.len());
            report(&name, goal, theirs, ours, quick)
        };
        let render = report(
            "render: lol_html / clone",
            Goal::AtLeast(30.0),
            &|| drop(black_box(self.rewritten())),
            &|| drop(black_box(self.body())),
        );
        let copy = report(
            "copy: chunks / memcpy",
            Goal::AtMost(1.2),
            &|| drop(black_box(self.copied())),
            &|| drop(black_box(self.whole.as_bytes().to_vec())),
        );
        let check = report(
            "check: check / parse by RcDom and oxc",
            Goal::AtMost(1.3),
            &|| drop(black_box(self.template.check(self.snippets.clone(), &Limits::default()))),
            &|| drop(black_box(self.parsed())),
        );
        render && copy && check
    }

    /// The chunks of a response's body.
    fn body(&self) -> Vec<Bytes> {
        self.document.chunks().to_vec()
    }

    fn copied(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.document.len());
        for chunk in self.document.chunks() {
            bytes.extend_from_slice(chunk);
        }
        bytes
    }

    fn rewritten(&self) -> String {
        let text = |bytes| std::str::from_utf8(bytes).expect("it is text");
        let (head, body_end) = (text(&self.snippets.head), text(&self.snippets.body_end));
        let settings = RewriteStrSettings::new()
            .append_element_content_handler(element!("head > script", |script| {
                script.after(head, ContentType::Html);
                Ok(())
            }))
            .append_element_content_handler(element!("body", |body| {
                body.append(body_end, ContentType::Html);
                Ok(())
            }));
        rewrite_str(&self.page, settings).expect("it is rewritten")
    }

    fn parsed(&self) -> RcDom {
        for script in &self.scripts {
            let allocator = Allocator::default();
            let read = Parser::new(&allocator, script, SourceType::script()).parse();
            assert!(read.diagnostics.is_empty());
            let program = allocator.alloc(read.program);
            let built = SemanticBuilder::new()
                .with_build_nodes(true)
                .with_check_syntax_error(true)
                .build(program);
            black_box(built.semantic.nodes().len());
        }
        parse_document(RcDom::default(), ParseOpts::default()).one(self.whole.as_str())
    }
}

/// The texts of the inline scripts in a snippet that has no `<script` inside one.
fn scripts(snippet: &[u8]) -> impl Iterator<Item = String> {
    let snippet = String::from_utf8_lossy(snippet).into_owned();
    let elements: Vec<_> = snippet.split("<script").skip(1).map(str::to_owned).collect();
    elements.into_iter().filter_map(|element| {
        let (tag, rest) = element.split_once('>')?;
        let (text, _) = rest.split_once("</script>")?;
        (!tag.contains("src=")).then(|| text.to_owned())
    })
}

/// Prints the ratio of both sides' times (first divided by second); returns whether it meets the goal.
fn report(name: &str, goal: Goal, first: &dyn Fn(), second: &dyn Fn(), quick: bool) -> bool {
    let (pairs, window) = if quick { (1, Duration::ZERO) } else { (PAIRS, WINDOW) };
    let [first_rounds, second_rounds] = [first, second].map(|side| rounds(side, window));
    let first = || time(first, first_rounds);
    let second = || time(second, second_rounds);
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|pair| {
            // The sides take turns to go first, so that a drift of the machine favours neither.
            if pair % 2 == 0 {
                let first = first();
                first / second()
            } else {
                let second = second();
                first() / second
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let median = ratios[pairs / 2];
    let (low, high) = (ratios[pairs / 4], ratios[pairs - 1 - pairs / 4]);
    let (met, goal) = match goal {
        Goal::AtLeast(least) => (median >= least, format!(">= {least}")),
        Goal::AtMost(most) => (median <= most, format!("<= {most}")),
    };
    let met = met || quick;
    println!(
        "{name:48} {median:8.2} (quartiles {low:.2} to {high:.2}, {pairs} pairs; goal {goal}: {})",
        if met { "met" } else { "MISSED" }
    );
    met
}

/// Returns how often a side runs within a window.
fn rounds(side: &dyn Fn(), window: Duration) -> u32 {
    side();
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < window || rounds == 0 {
        side();
        rounds += 1;
    }
    rounds
}

/// Returns the seconds for one round.
fn time(side: &dyn Fn(), rounds: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..rounds {
        side();
    }
    start.elapsed().as_secs_f64() / f64::from(rounds)
}
