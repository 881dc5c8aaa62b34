//! The integrator's cookies that are sent with custom code's requests.
//!
//! No single attribute or header decides this: it depends on `SameSite`, the sites of the pages
//! above, the engine's treatment of third-party cookies, and `credentialless` where it exists. So
//! it is measured, and published as a table. The measured values are in `probes/credentials.toml`,
//! and a difference is a fault: an engine has changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use c2c_harness::{Collector, Context as _, Engine, Error, Options, Recorded, Result};
use serde::Deserialize;

use crate::probe::Probe;
use crate::replica::{Arrangement, Layout};
use crate::stage::Stage;
use crate::surface::{Place, Surface};

/// How long a request may take after the others. One of them is never sent.
const QUIET: Duration = Duration::from_secs(3);

/// How long one arrangement may take.
const LIMIT: Duration = Duration::from_mins(10);

/// The names and attributes of the integrator's cookies, set by its page on top.
const COOKIES: [(&str, &str); 4] = [
    ("strict", "SameSite=Strict"),
    ("lax", "SameSite=Lax"),
    // Some engines treat it as `Lax`.
    ("unsaid", "HttpOnly"),
    ("none", "SameSite=None; Secure"),
];

/// The arrangements, as in the table's header.
const COLUMNS: [&str; 6] = [
    "all pages the integrator's, nothing holds the frame",
    "integrator's page on top, nothing holds the frame",
    "widget on top",
    "integrator's page on top",
    "widget on top, without `credentialless`",
    "integrator's page on top, without `credentialless`",
];

/// The number of arrangements without protections.
const CONTROLS: usize = 2;

/// One way to make a request.
#[derive(Debug, Deserialize)]
struct Way {
    /// The name, such as `fetch()`.
    by: String,
    /// Statements that send a request to `url`.
    script: String,
    /// The cookies that arrive in each column, by engine.
    #[serde(flatten)]
    expected: BTreeMap<String, [String; COLUMNS.len()]>,
}

fn ways() -> Result<Vec<Way>> {
    #[derive(Deserialize)]
    struct File {
        way: Vec<Way>,
    }
    let file: File = toml::from_str(include_str!("../probes/credentials.toml"))
        .context("probes/credentials.toml")?;
    Ok(file.way)
}

/// The table of one engine, and its differences from the known values.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) table: String,
    pub(crate) faults: Vec<String>,
}

/// A browser that allows third-party cookies as far as possible: the worst case, in which
/// `SameSite` and `credentialless` do all the work. (By default, Chromium and Firefox sent no
/// cookie at all to the integrator in any protected frame.)
fn options() -> Options {
    Options {
        chromium_prefs: [
            ("profile.cookie_controls_mode".to_owned(), 0.into()),
            ("profile.block_third_party_cookies".to_owned(), false.into()),
        ]
        .into(),
        firefox_prefs: [("network.cookie.cookieBehavior".to_owned(), 0.into())].into(),
        ..Options::default()
    }
}

/// Measures one engine.
pub(crate) async fn measure(
    engine: Engine,
    collector: &Collector,
    surface: &Surface,
) -> Result<Measured> {
    let options = options();
    let ways = ways()?;
    let mut columns = Vec::new();
    for (index, arrangement) in arrangements(surface).iter().enumerate() {
        // A separate browser: Chromium sometimes does not get to the next page when it leaves one
        // that still has such requests.
        let mut stage = Stage::start(engine, collector, &options, LIMIT).await?;
        let column = column(&mut stage, &ways, arrangement, index).await;
        stage.browser.close().await?;
        columns.push(column.context(COLUMNS[index])?);
    }

    let mut table = format!("### {engine}\n\n| request by | {} |\n|---|", COLUMNS.join(" | "));
    table += &"---|".repeat(COLUMNS.len());
    let mut faults = Vec::new();
    for (row, way) in ways.iter().enumerate() {
        let _ = write!(table, "\n| {} |", way.by);
        let expected = way.expected.get(engine.name());
        for (index, column) in columns.iter().enumerate() {
            let found = &column[row];
            let _ = write!(table, " {} |", cell(found));
            let expected = expected.map_or("unknown", |expected| &expected[index]);
            if found != expected {
                let Way { by, .. } = way;
                let place = COLUMNS[index];
                faults.push(format!("{by} in {engine}, {place}: {found:?}, not {expected:?}"));
            }
        }
    }
    table.push('\n');
    Ok(Measured { table, faults })
}

/// The arrangements in the order of [`COLUMNS`].
fn arrangements(surface: &Surface) -> [Arrangement; COLUMNS.len()] {
    let held = |layout, surface: &Surface| {
        let surface = surface.clone();
        Arrangement { surface, layout, one_origin: false, forbidden: false }
    };
    let mut with = surface.clone();
    with.protections.retain(|protection| protection.name != "credentialless");
    let without = with.clone();
    with.add(Place::Attribute, "credentialless", "");
    let control = Arrangement { one_origin: true, ..held(Layout::Two, &surface.bare()) };
    [
        control,
        held(Layout::Three, &surface.bare()),
        held(Layout::Two, &with),
        held(Layout::Three, &with),
        held(Layout::Two, &without),
        held(Layout::Three, &without),
    ]
}

/// The names of the cookies that arrive by each way.
async fn column(
    stage: &mut Stage<'_>,
    ways: &[Way],
    arrangement: &Arrangement,
    index: usize,
) -> Result<Vec<String>> {
    let collector = stage.collector;
    let cookies = COOKIES.map(|(name, rest)| format!("{name}=1; Path=/; {rest}"));
    let cookies: Vec<_> = cookies.iter().map(|cookie| ("set-cookie", cookie.as_str())).collect();
    collector.page("/login", "<!doctype html><title>logged in</title>", &cookies);
    // The integrator owns the page on top, or all pages.
    let login = collector.url_of(arrangement.integrator(), "/login");
    stage.browser.goto(&login).await?;

    let path = |row: usize| format!("/api/{index}/{row}");
    let mut script = String::new();
    for (row, Way { script: way, .. }) in ways.iter().enumerate() {
        let path = path(row);
        let _ = writeln!(script, "try {{ const url = probe.top + '{path}'; {way}\n}} catch {{}}");
    }
    let probe = Probe { id: "CRD".to_owned(), script, ..Probe::default() };
    let outcomes = stage.held(arrangement, &[&probe], Duration::ZERO).await?;
    if let Some(outcome) = outcomes.iter().find(|outcome| !outcome.ran()) {
        return Err(Error::new(outcome.to_string()));
    }

    let begun = Instant::now();
    loop {
        let requests = collector.requests();
        let arrived = |row| requests.iter().find(|request| request.path == path(row));
        let found: Vec<_> = (0..ways.len()).map(arrived).collect();
        if begun.elapsed() < QUIET && found.iter().any(Option::is_none) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        return Ok(found.into_iter().map(|request| carried(request, index >= CONTROLS)).collect());
    }
}

/// The names of the cookies that came with a request. Also says if a server cannot tell by
/// `Sec-Fetch-Site` or `Origin` that the request is not from its own pages.
fn carried(request: Option<&Recorded>, held: bool) -> String {
    let Some(request) = request else { return "-".to_owned() };
    let cookies = request.header("cookie").unwrap_or_default();
    let sent = |name: &&str| cookies.split("; ").any(|cookie| cookie == format!("{name}=1"));
    let mut names: Vec<&str> = COOKIES.map(|(name, _)| name).into_iter().filter(sent).collect();
    let marked = request.header("sec-fetch-site") == Some("cross-site")
        || request.header("origin") == Some("null");
    if held && !names.is_empty() && !marked {
        names.push("unmarked");
    }
    names.join(" ")
}

fn cell(found: &str) -> String {
    match found {
        "-" => "nothing is sent".to_owned(),
        "" => "none".to_owned(),
        names => names.split(' ').map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use c2c_harness::Engine;

    use super::{CONTROLS, ways};

    /// The promise. `WebKitGTK` considers only the page on top: there, the integrator's server has
    /// to reject requests marked as cross-site, so all of them must be marked.
    #[test]
    fn no_same_site_cookie_is_expected_of_a_held_frame() {
        for way in ways().expect("the file is read") {
            assert_eq!(way.expected.len(), Engine::ALL.len(), "{}", way.by);
            for engine in Engine::ALL {
                for cookies in &way.expected[engine.name()][CONTROLS..] {
                    let kept = ["strict", "lax"].iter().all(|name| !cookies.contains(name));
                    assert!(kept || engine == Engine::WebKit, "{} in {engine}: {cookies}", way.by);
                    assert!(!cookies.contains("unmarked"), "{} in {engine}: {cookies}", way.by);
                }
            }
        }
    }
}
