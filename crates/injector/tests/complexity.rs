//! What a check costs at worst: the families of markup that make an HTML parser superlinear, against harmless markup of the
//! same size.
//!
//! Absolute times mean nothing on a shared machine, so both are measured in turn and only their ratio counts.
//!
//! The control is a family for each part of the budget, with that part removed and at a size at which it still ends: there
//! the bound must break. If it does not, the family (or the parser) has become harmless and the test shows nothing.
#![expect(clippy::print_stdout, reason = "ratios are for a reader")]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use c2c_injector::{Limits, Snippets, Template};

/// The goal: how many times as long as harmless markup of the same size anything may take.
const RATIO_MAX: f64 = 10.0;

/// The size limit's default.
const SIZE: usize = 256 * 1024;

/// Odd, so that there is a median.
const PAIRS: usize = 7;

/// Tests run side by side; what is measured must not.
static ALONE: Mutex<()> = Mutex::new(());

/// A name, and as much of it as fits into a number of bytes.
type Family = (&'static str, fn(usize) -> String);

/// Each is bad for another reason: the comments name what html5ever does once too often.
const FAMILIES: &[Family] = &[
    // The stack of open elements is searched from its top for an element in scope.
    ("blocks", |size| repeat("<div>", size)),
    ("list items", |size| repeat("<ul><li>", size)),
    ("buttons in scope", |size| repeat("<button><p>", size)),
    ("headings", |size| repeat("<h1><div>", size)),
    ("foreign", |size| repeat("<svg><g>", size)),
    ("foreign and back", |size| repeat("<svg><desc>", size)),
    ("unknown end tags", |size| deep_then("<x>", "</y>", size)),
    ("end tags of paragraphs", |size| deep_then("<div>", "</p>", size)),
    ("end tags of formatting", |size| deep_then("<x>", "</b>", size)),
    ("list items in the deep", |size| deep_then("<x>", "<li></li>", size)),
    ("templates", |size| repeat("<template>", size)),
    // Each table looks for the last table in the stack; what is not a cell's is foster-parented.
    ("tables", |size| repeat("<table><td>", size)),
    ("foster parenting", |size| after("<table>", "<b>x", size)),
    ("foster-parented text", |size| after("<table>", "x<tr>", size)),
    ("select", |size| repeat("<select><option>", size)),
    ("selects in tables", |size| repeat("<table><select>", size)),
    ("framesets", |size| repeat("<frameset>", size)),
    // Formatting elements: a list that is searched, and opened again after each block.
    ("formatting", |size| numbered(|number| format!("<b a={number:x}>"), size)),
    ("formatting in blocks", |size| numbered(|number| format!("<p><b a={number:x}>"), size)),
    ("reopening", |size| {
        after(&numbered(|number| format!("<b a={number:x}>"), 8192), "<p>x", size)
    }),
    ("reopening few", |size| {
        after(&numbered(|number| format!("<b a={number:x}>"), 512), "<p>x", size)
    }),
    ("markers", |size| repeat("<b><object>", size)),
    // The adoption agency.
    ("links", |size| repeat("<a>", size)),
    ("links and blocks", |size| repeat("<a><div>", size)),
    ("misnested", |size| repeat("<a><p></a>", size)),
    ("misnested deep", |size| after(&"<b><div>".repeat(200), "</b><b>", size)),
    ("nobr", |size| repeat("<nobr><div>", size)),
    // Each attribute of a tag is compared with all before it.
    ("attributes", |size| attributes(|number| format!(" a{number:x}"), size)),
    ("attributes by slash", |size| attributes(|number| format!("/a{number:x}"), size)),
    ("quoted attributes", |size| attributes(|number| format!(" a{number:x}=''"), size)),
    ("one attribute", |size| attributes(|_| " a".to_owned(), size)),
    ("attributes of body", |size| numbered(|number| format!("<body a{number:x}>"), size)),
    // Characters that the tokenizer turns over.
    ("less-than signs", |size| repeat("<", size)),
    ("empty end tags", |size| repeat("</>", size)),
    ("end tags", |size| repeat("</b>", size)),
    ("breaks from end tags", |size| repeat("</br>", size)),
    ("half references", |size| repeat("&am", size)),
    ("references", |size| repeat("&CounterClockwiseContourIntegral;", size)),
    ("long references", |size| after("&", "CounterClockwiseContourIntegra", size)),
    ("numbers", |size| after("&#", "9", size)),
    ("question marks", |size| repeat("<?", size)),
    ("comments", |size| repeat("<!---->", size)),
    ("one comment", |size| after("<!--", "- ", size)),
    ("one value", |size| after("<b a='", "x y=", size)),
    ("one script", |size| after("<script>", "</scrip", size)),
    ("one escaped script", |size| after("<script><!--", "<script></script>", size)),
    ("one title", |size| after("<title>", "&am</titl", size)),
    ("scripts", |size| repeat("<script></script>", size)),
    ("line ends", |size| repeat("\r", size)),
    // What else a check looks for: hosts, calls of our interface, what will not work in the sandbox.
    ("hosts", |size| numbered(|number| format!("<img src=//{number:x}.example>"), size)),
    ("bases", |size| repeat("<base href=x>", size)),
    ("calls", |size| numbered(|number| format!("<script>c2c.on('{number:x}')</script>"), size)),
    ("calls in one script", |size| after("<script>", "c2c.emit('1',", size)),
    ("calls in no script", |size| repeat("c2c.on('call_endde');\n", size)),
    ("open strings", |size| after("<script>", "c2c.on('\n", size)),
    ("open templates", |size| after("<script>", "`${", size)),
    ("open braces", |size| after("<script>", "c2c.on({[(", size)),
    ("regular expressions", |size| after("<script>", "/[/", size)),
];

fn repeat(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len())
}

fn after(start: &str, piece: &str, size: usize) -> String {
    start.to_owned() + &repeat(piece, size.saturating_sub(start.len()))
}

/// As deep as the budget allows, and then one piece again and again.
fn deep_then(open: &str, piece: &str, size: usize) -> String {
    after(&open.repeat(480), piece, size)
}

fn numbered(piece: impl Fn(usize) -> String, size: usize) -> String {
    let mut text = String::new();
    for number in 0.. {
        let next = piece(number);
        if text.len() + next.len() > size {
            break;
        }
        text.push_str(&next);
    }
    text
}

fn attributes(piece: impl Fn(usize) -> String, size: usize) -> String {
    format!("<b{}", numbered(piece, size - 2))
}

/// What a page of ordinary markup looks like to a parser.
fn harmless(size: usize) -> String {
    repeat(
        "<section class=\"offer\"><h2>Offers &amp; news</h2>\n<p id=a>Call <b>now</b>: <a href=\"tel:1\">1</a></p>\n\
         <script>c2c.on('call_ended', (e) => { log(`${e.reason}`); });</script>\n</section>\n",
        size,
    )
}

fn time(template: &Template, snippet: &str, limits: &Limits) -> Duration {
    let snippets = Snippets::new(snippet.to_owned(), "");
    let start = Instant::now();
    // Which of the two it is does not matter here.
    let _ = std::hint::black_box(template.check(snippets, limits));
    start.elapsed()
}

/// The median of pairs, measured in turn.
fn ratio(family: fn(usize) -> String, size: usize, limits: &Limits) -> f64 {
    let template = Template::reference("1").expect("the reference template parses");
    let (bad, good) = (family(size), harmless(size));
    let checked = template.check(Snippets::new(good.clone(), ""), limits);
    assert_eq!(checked.expect("it is harmless").diagnostics(), []);
    assert!(bad.len() <= size && bad.len() > size - 128, "{} bytes", bad.len());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ratios: Vec<_> = (0..PAIRS)
        .map(|_| {
            let good = time(&template, &good, limits);
            time(&template, &bad, limits).as_secs_f64() / good.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[PAIRS / 2]
}

#[test]
fn the_worst_snippet_takes_ten_times_a_harmless_one() {
    let limits = Limits::default();
    let mut ratios: Vec<_> =
        FAMILIES.iter().map(|(name, family)| (ratio(*family, SIZE, &limits), *name)).collect();
    ratios.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (ratio, name) in &ratios {
        println!("{ratio:6.2} {name}");
    }
    let (worst, name) = ratios[0];
    assert!(worst <= RATIO_MAX, "{name} takes {worst:.1} times as long as harmless markup");
}

/// A family whose cost grows with the square of its size breaks the bound as soon as nothing stops it.
#[track_caller]
fn breaks_the_bound(name: &str, size: usize, limits: &Limits) {
    let (_, family) = FAMILIES.iter().find(|(known, _)| *known == name).expect("it is one");
    let ratio = ratio(*family, size, limits);
    println!("{ratio:6.2} {name}, {size} bytes, {limits:?}");
    assert!(ratio > RATIO_MAX, "{name} takes {ratio:.1} times as long: it needs no budget");
}

#[test]
fn without_a_limit_on_open_elements_it_takes_longer() {
    let limits = Limits::default().with_open_elements_max(usize::MAX);
    for name in ["blocks", "list items", "headings", "formatting", "formatting in blocks"] {
        breaks_the_bound(name, 32 * 1024, &limits);
    }
}

#[test]
fn without_a_limit_on_attributes_it_takes_longer() {
    let limits = Limits::default().with_attributes_max(usize::MAX);
    breaks_the_bound("attributes", SIZE, &limits);
}

#[test]
fn without_a_limit_on_steps_it_takes_longer() {
    let limits = Limits::default().with_steps_max(usize::MAX);
    breaks_the_bound("unknown end tags", SIZE, &limits);
}
