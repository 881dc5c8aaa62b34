//! Removes each protection in turn, and finds the probes that notice.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use c2c_harness::{Collector, Context as _, Engine, Result};
use serde::Deserialize;

use crate::probe::{Group, Probe};
use crate::replica::{Arrangement, Layout};
use crate::stage::Stage;
use crate::suite::options;
use crate::surface::{Protection, Surface};

/// A protection that no probe needs to notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Depth {
    /// The name that [`Protection`] prints.
    pub(crate) protection: String,
    /// The protection that remains without it, or its purpose.
    pub(crate) why: String,
}

/// The result of one mutation in one engine and layout.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) engine: Engine,
    pub(crate) layout: Layout,
    pub(crate) protection: Protection,
    /// The probes whose outcome changed without it.
    pub(crate) noticed_by: Vec<String>,
    /// Problems that kept it from being tested, in words.
    pub(crate) faults: Vec<String>,
    /// The reason why no probe needs to notice it.
    pub(crate) depth: Option<String>,
}

/// The removed protections.
pub(crate) fn protections(mutations: &[Mutation]) -> BTreeSet<String> {
    mutations.iter().map(|mutation| mutation.protection.to_string()).collect()
}

/// The protections whose removal no engine noticed in every layout, and that have no documented reason.
pub(crate) fn unnoticed(mutations: &[Mutation]) -> BTreeSet<String> {
    let mut names = protections(mutations);
    names.retain(|name| {
        let of_name = || mutations.iter().filter(|of| of.protection.to_string() == *name);
        let notices = |engine: Engine| {
            of_name().filter(|of| of.engine == engine).all(|of| !of.noticed_by.is_empty())
        };
        !of_name().any(|of| of.depth.is_some() || notices(of.engine))
    });
    names
}

/// The protections that matter only if another fails.
pub(crate) fn in_depth() -> Result<Vec<Depth>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        depth: Vec<Depth>,
    }
    let File { depth } =
        toml::from_str(include_str!("../probes/in-depth.toml")).context("in-depth.toml")?;
    Ok(depth)
}

/// Removes each protection once. With `whole`, all probes run, not only those that name it.
pub(crate) async fn run(
    engine: Engine,
    collector: &Collector,
    surface: &Surface,
    groups: &[Group],
    layouts: &[Layout],
    whole: bool,
) -> Result<Vec<Mutation>> {
    let depths = in_depth()?;
    let probes: Vec<&Probe> = groups.iter().flat_map(|group| &group.probes).collect();
    let begun = Instant::now();
    let mut mutations = Vec::new();
    for &layout in layouts {
        for protection in &surface.protections {
            let name = protection.to_string();
            let chosen: Vec<&Probe> = probes
                .iter()
                .copied()
                .filter(|probe| whole || probe.notices.contains(&name))
                .collect();
            let surface = surface.without(protection);
            let arrangement = Arrangement { surface, layout, one_origin: false, forbidden: false };
            let (noticed_by, faults) =
                match noticed(engine, collector, &arrangement, &chosen, whole).await {
                    Ok(found) => found,
                    Err(error) => (Vec::new(), vec![error.to_string()]),
                };
            let (time, ids) = (begun.elapsed(), noticed_by.join(" "));
            eprintln!("{engine}, {}, {time:.0?}: without {name}: {ids}", layout.name());
            let depth = depths.iter().find(|depth| depth.protection == name);
            let depth = depth.map(|depth| depth.why.clone());
            let protection = protection.clone();
            mutations.push(Mutation { engine, layout, protection, noticed_by, faults, depth });
        }
    }
    Ok(mutations)
}

/// Finds the probes whose outcome changes, and the problems of those that could not run. Uses a
/// separate browser, so that a run leaves nothing behind for the next one.
async fn noticed(
    engine: Engine,
    collector: &Collector,
    arrangement: &Arrangement,
    probes: &[&Probe],
    whole: bool,
) -> Result<(Vec<String>, Vec<String>)> {
    let (mut noticed_by, mut faults) = (Vec::new(), Vec::new());
    if probes.is_empty() {
        return Ok((noticed_by, faults));
    }
    let options = options();
    let mut stage = Stage::start(engine, collector, &options, LIMIT).await?;
    let outcomes = if whole {
        stage.mostly_held(arrangement, probes, GRACE).await?
    } else {
        // Probes that name a protection should succeed without it.
        stage.free(arrangement, probes, &|_| true, GRACE).await?.0
    };
    for (probe, outcome) in probes.iter().zip(outcomes) {
        if !outcome.ran() {
            faults.push(format!("{}: {outcome}", probe.id));
        } else if outcome.reached != probe.expected(engine) {
            noticed_by.push(probe.id.clone());
        }
    }
    // The results are complete, whatever state the probes have left the session in.
    let _ended = stage.browser.close().await;
    Ok((noticed_by, faults))
}

/// The maximum time for one protection: all probes, each with its own pages.
const LIMIT: Duration = Duration::from_mins(20);

/// How long a navigation may take that a missing protection allows, where such probes are not known.
const GRACE: Duration = Duration::from_millis(500);

/// A row for each protection, with the probes that noticed it in any layout.
pub(crate) fn table(mutations: &[Mutation]) -> String {
    let mut engines: Vec<Engine> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for Mutation { engine, protection, .. } in mutations {
        let name = protection.to_string();
        if !engines.contains(engine) {
            engines.push(*engine);
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let columns: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    let mut text = format!("| without | {} | if nothing notices |\n", columns.join(" | "));
    let _ = writeln!(text, "|---|{}---|", "---|".repeat(engines.len()));
    for name in names {
        let of_name =
            || mutations.iter().filter(|mutation| mutation.protection.to_string() == name);
        let _ = write!(text, "| {name} |");
        for &engine in &engines {
            let ids = of_name().filter(|mutation| mutation.engine == engine);
            let ids: BTreeSet<&str> =
                ids.flat_map(|mutation| mutation.noticed_by.iter().map(String::as_str)).collect();
            let ids: Vec<&str> = ids.into_iter().collect();
            let _ =
                write!(text, " {} |", if ids.is_empty() { "–".to_owned() } else { ids.join(" ") });
        }
        let depth = of_name().find_map(|mutation| mutation.depth.as_deref()).unwrap_or_default();
        let _ = writeln!(text, " {depth} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use c2c_harness::Engine;

    use super::{Mutation, unnoticed};
    use crate::replica::Layout;
    use crate::surface::{Place, Protection};

    fn mutation(engine: Engine, layout: Layout, name: &str, noticed_by: &[&str]) -> Mutation {
        Mutation {
            engine,
            layout,
            protection: Protection {
                place: Place::FrameCsp,
                name: name.to_owned(),
                value: String::new(),
            },
            noticed_by: noticed_by.iter().map(|&id| id.to_owned()).collect(),
            faults: Vec::new(),
            depth: (name == "in-depth").then(|| "another holds".to_owned()),
        }
    }

    #[test]
    fn a_protection_that_matters_in_no_engine_is_named() {
        use Engine::{Chromium, Firefox};
        use Layout::{Three, Two};
        let mutations = [
            mutation(Chromium, Two, "in-one-engine", &[]),
            mutation(Chromium, Three, "in-one-engine", &[]),
            mutation(Firefox, Two, "in-one-engine", &["NAV-01"]),
            mutation(Firefox, Three, "in-one-engine", &["NAV-02"]),
            mutation(Chromium, Two, "in-one-layout", &["NAV-01"]),
            mutation(Chromium, Three, "in-one-layout", &[]),
            mutation(Chromium, Two, "in-depth", &[]),
            mutation(Chromium, Two, "in-none", &[]),
            mutation(Firefox, Two, "in-none", &[]),
        ];
        let expected = ["csp in-none", "csp in-one-layout"].map(str::to_owned);
        assert_eq!(unnoticed(&mutations), BTreeSet::from(expected));
    }
}
