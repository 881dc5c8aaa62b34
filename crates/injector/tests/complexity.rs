//! The worst-case cost of a check: families of markup that make an HTML parser superlinear, compared with
//! harmless markup of the same size.
//!
//! Absolute times mean nothing on a shared machine, so both are measured in turn and only their ratio counts.
//!
//! As a control, a family for each part of the budget runs with that part removed, at a size at which it
//! still ends: there it must exceed the bound. If it does not, the family (or the parser) has become
//! harmless and the test shows nothing.
#![expect(clippy::print_stdout, reason = "ratios are for a reader")]

use std::fmt::{self, Display, Formatter};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use c2c_injector::{Limits, Snippets, Template};

/// The goal: the greatest time of any markup, relative to harmless markup of the same size.
const RATIO_MAX: f64 = 10.0;

/// The default of the size limit.
const SIZE: usize = 256 * 1024;

/// Number of pairs: odd, so that there is a median.
const PAIRS: usize = 7;

/// So many ratios on one side of a bound, and the median of all pairs is on that side as well.
const MAJORITY: usize = PAIRS / 2 + 1;

/// Keeps measurements from running in parallel, as tests otherwise do.
static ALONE: Mutex<()> = Mutex::new(());

/// A name, and a function that makes as much of the markup as fits into a number of bytes.
type Family = (&'static str, fn(usize) -> String);

/// Each family is slow for a different reason: the comments name the work that html5ever repeats.
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
    // Each table searches the stack for the last table; content outside cells is foster-parented.
    ("tables", |size| repeat("<table><td>", size)),
    ("foster parenting", |size| after("<table>", "<b>x", size)),
    ("foster-parented text", |size| after("<table>", "x<tr>", size)),
    ("select", |size| repeat("<select><option>", size)),
    ("selects in tables", |size| repeat("<table><select>", size)),
    ("framesets", |size| repeat("<frameset>", size)),
    // Formatting elements: their list is searched, and reopened after each block.
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
    // Characters that the tokenizer reads more than once.
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
    // Other targets of a check: hosts, calls of our API, and constructs that do not work in the sandbox.
    ("hosts", |size| numbered(|number| format!("<img src=//{number:x}.example>"), size)),
    ("bases", |size| repeat("<base href=x>", size)),
    ("calls", |size| numbered(|number| format!("<script>c2c.on('{number:x}')</script>"), size)),
    ("calls in one script", |size| after("<script>", "c2c.emit('1',", size)),
    ("calls in no script", |size| repeat("c2c.on('call_endde');\n", size)),
    ("open strings", |size| after("<script>", "c2c.on('\n", size)),
    ("open templates", |size| after("<script>", "`${", size)),
    ("open braces", |size| after("<script>", "c2c.on({[(", size)),
    ("regular expressions", |size| after("<script>", "/[/", size)),
    // The JavaScript parser reads a parenthesis again that turns out not to hold parameters.
    ("parameters", |size| in_script(&nested("(a=", ")", 60).repeat(88), size)),
    ("deep parameters", |size| in_script(&nested("({a=", "})", 280), size)),
    ("open parameters", |size| in_script(&"(a=".repeat(560), size)),
    ("scripts of parameters", |size| {
        padded(&repeat(&format!("<script>{}</script>", nested("(a=", ")", 540)), size), size)
    }),
    ("small scripts of parameters", |size| {
        padded(&repeat(&format!("<script>{}</script>", nested("(a=", ")", 32)), size), size)
    }),
    ("scripts of open parameters", |size| {
        padded(&repeat(&format!("<script>{}</script>", "(a=".repeat(560)), size), size)
    }),
    ("quotes in parameters", |size| {
        in_script(&format!("{}{}", "f(‘a’);".repeat(1000), "(a=".repeat(550)), size)
    }),
    ("numbers in parameters", |size| {
        in_script(
            &format!(
                "{}{}{}",
                "(a=".repeat(550),
                "1+".repeat(100_000),
                "1".to_owned() + &")".repeat(550)
            ),
            size,
        )
    }),
    ("parameters beyond the budget", |size| after("<script>", "(a=", size)),
    ("operators", |size| in_script(&"!a+".repeat(15_000), size)),
    ("paths", |size| in_script(&format!("a{}", ".a".repeat(48_000)), size)),
    ("calls of calls", |size| in_script(&format!("f{}", ".submit()".repeat(16_000)), size)),
    // Repairs are tried by parsing again.
    ("quotes", |size| after("<script>", "f(‘a’);", size)),
    ("broken scripts", |size| repeat("<script>f(‘a’</script>", size)),
    ("line breaks", |size| in_script(&format!("a{}", "<br>a".repeat(20_000)), size)),
    ("references in a script", |size| after("<script>", "a &amp", size)),
    // Text that might be code.
    ("broken tags", |size| repeat("< /", size)),
    ("escaped tags", |size| repeat("&lt;script", size)),
    ("placeholders", |size| repeat("{{ a }} YOUR_ ", size)),
    ("open placeholders", |size| repeat("{{", size)),
    ("dashes", |size| after("<!--", "—", size)),
    ("code attributes", |size| repeat("<b onclick='f('>", size)),
];

fn repeat(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len())
}

fn after(start: &str, piece: &str, size: usize) -> String {
    start.to_owned() + &repeat(piece, size.saturating_sub(start.len()))
}

/// Nests as deep as the budget allows, then repeats one piece.
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

fn nested(open: &str, close: &str, levels: usize) -> String {
    format!("{}1{};", open.repeat(levels), close.repeat(levels))
}

/// A script with this code, and white space up to the size.
fn in_script(code: &str, size: usize) -> String {
    padded(&format!("<script>{code}</script>"), size)
}

fn padded(text: &str, size: usize) -> String {
    text.to_owned() + &" ".repeat(size - text.len())
}

fn attributes(piece: impl Fn(usize) -> String, size: usize) -> String {
    format!("<b{}", numbered(piece, size - 2))
}

/// Markup like that of an ordinary page.
fn harmless(size: usize) -> String {
    repeat(
        "<section class=\"offer\"><h2>Offers &amp; news</h2>\n<p id=a>Call <b>now</b>: <a href=\"tel:1\">1</a></p>\n\
         <script>c2c.on('call_ended', (e) => { log(`${e.reason}`); });</script>\n</section>\n",
        size,
    )
}

fn time(template: &Template, snippet: &str, limits: &Limits) -> Duration {
    let snippets = Snippets::head(snippet.to_owned());
    let start = Instant::now();
    // The result does not matter here.
    let _ = std::hint::black_box(template.check(snippets, limits));
    start.elapsed()
}

/// The side of [`RATIO_MAX`] on which the median ratio lies.
struct Verdict {
    /// The median of all pairs is at most this, if this is at most [`RATIO_MAX`]; else at least this.
    bound: f64,
    /// The number of pairs that were measured.
    pairs: usize,
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { bound, pairs } = self;
        let side = if *bound <= RATIO_MAX { '≤' } else { '≥' };
        write!(f, "{side} {bound:6.2} ({pairs} pairs)")
    }
}

/// Returns the verdict if the pairs measured so far decide it, as all [`PAIRS`] do.
///
/// It is the verdict of the median of all: the median is within the bound exactly if a majority of the ratios
/// is, so once a majority lies on one side, the other pairs change nothing. The fourth smallest ratio and the
/// fourth greatest are both the median in the end, and until then another ratio can only lower the one and
/// raise the other: so they are bounds of it.
fn verdict(ratios: &[f64]) -> Option<Verdict> {
    let pairs = ratios.len();
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    let least = sorted[pairs.checked_sub(MAJORITY)?];
    let most = sorted[MAJORITY - 1];
    if most <= RATIO_MAX {
        Some(Verdict { bound: most, pairs })
    } else {
        (least > RATIO_MAX).then_some(Verdict { bound: least, pairs })
    }
}

/// Measures pairs in turn until they decide.
fn measure(family: fn(usize) -> String, size: usize, limits: &Limits) -> Verdict {
    let template = Template::reference("1").expect("the reference template parses");
    let (bad, good) = (family(size), harmless(size));
    let checked = template.check(Snippets::head(good.clone()), limits);
    assert_eq!(checked.expect("it is harmless").diagnostics(), []);
    assert!(bad.len() <= size && bad.len() > size - 128, "{} bytes", bad.len());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ratios = Vec::new();
    let decided = (0..PAIRS).find_map(|_| {
        let good = time(&template, &good, limits);
        ratios.push(time(&template, &bad, limits).as_secs_f64() / good.as_secs_f64());
        verdict(&ratios)
    });
    decided.expect("all pairs decide")
}

#[test]
fn the_first_pairs_decide_like_the_median_of_all() {
    assert_eq!(verdict(&[1.0; MAJORITY]).map(|found| found.pairs), Some(MAJORITY));
    // Each way in which the ratios can lie on the two sides.
    for beyond in 0..1_u32 << PAIRS {
        let ratios: [f64; PAIRS] = std::array::from_fn(|i| {
            // All are different, and in no order; the bound itself is among them.
            let rank: f64 = [3.0, 0.0, 6.0, 1.0, 5.0, 2.0, 4.0][i];
            RATIO_MAX + if beyond & (1 << i) == 0 { -rank } else { rank + 1.0 }
        });
        let mut sorted = ratios;
        sorted.sort_by(f64::total_cmp);
        let median = sorted[PAIRS / 2];
        let found = (1..=PAIRS).find_map(|pairs| verdict(&ratios[..pairs])).expect("they decide");
        let is_bound =
            if median <= RATIO_MAX { median..=RATIO_MAX } else { RATIO_MAX.next_up()..=median };
        assert!(is_bound.contains(&found.bound), "{found}, but {median} in {ratios:?}");
    }
}

#[test]
fn the_worst_snippet_takes_ten_times_a_harmless_one() {
    let limits = Limits::default();
    let mut verdicts: Vec<_> =
        FAMILIES.iter().map(|(name, family)| (measure(*family, SIZE, &limits), *name)).collect();
    verdicts.sort_by(|one, other| other.0.bound.total_cmp(&one.0.bound));
    for (verdict, name) in &verdicts {
        println!("{verdict} {name}");
    }
    let (worst, name) = &verdicts[0];
    assert!(worst.bound <= RATIO_MAX, "time of {name}, relative to harmless markup: {worst}");
}

/// Asserts that a family with quadratic cost exceeds the bound without its limit.
#[track_caller]
fn breaks_the_bound(name: &str, size: usize, limits: &Limits) {
    let (_, family) = FAMILIES.iter().find(|(known, _)| *known == name).expect("it is one");
    let verdict = measure(*family, size, limits);
    println!("{verdict} {name}, {size} bytes, {limits:?}");
    assert!(verdict.bound > RATIO_MAX, "{name} needs no budget: {verdict}");
}

#[test]
fn without_a_limit_on_open_elements_it_takes_longer() {
    let limits = Limits::default().with_open_elements_max(usize::MAX);
    for name in ["blocks", "list items", "headings", "formatting", "formatting in blocks"] {
        breaks_the_bound(name, 16 * 1024, &limits);
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
