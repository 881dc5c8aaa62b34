//! Each protection in turn is taken away: which probes notice?

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use c2c_e2e::{Collector, Context as _, DEADLINE, Engine, Result};
use serde::Deserialize;

use crate::probe::{Group, Probe};
use crate::replica::{Arrangement, Layout};
use crate::stage::Stage;
use crate::suite::start;
use crate::surface::{Protection, Surface};

/// A protection that no probe needs to notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Depth {
    /// As a [`Protection`] prints.
    pub(crate) protection: String,
    /// What holds without it, or what it is for.
    pub(crate) why: String,
}

/// What became of one mutation in one engine.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) engine: Engine,
    pub(crate) layout: Layout,
    pub(crate) protection: Protection,
    /// The probes that had another outcome without it.
    pub(crate) noticed_by: Vec<String>,
    /// Why nothing need notice it.
    pub(crate) depth: Option<String>,
}

impl Mutation {
    /// Nothing noticed it, and nobody said why.
    pub(crate) fn is_fault(&self) -> bool {
        self.noticed_by.is_empty() && self.depth.is_none()
    }
}

/// The protections that are there in case another fails.
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

/// Takes each protection away once. `whole`: all probes are run, not only those that name it.
pub(crate) async fn run(
    engine: Engine,
    collector: &Collector,
    surface: &Surface,
    groups: &[Group],
    layouts: &[Layout],
    whole: bool,
) -> Result<Vec<Mutation>> {
    let depths = in_depth()?;
    let browser = start(engine, collector).await?;
    let stage = Stage::new(&browser, collector).await?;
    let probes: Vec<&Probe> = groups.iter().flat_map(|group| &group.probes).collect();
    let mut mutations = Vec::new();
    for &layout in layouts {
        for protection in &surface.protections {
            let name = protection.to_string();
            eprintln!("{engine}, {}: without {name}", layout.name());
            let chosen: Vec<&Probe> = probes
                .iter()
                .copied()
                .filter(|probe| whole || probe.notices.contains(&name))
                .collect();
            let surface = surface.without(protection);
            let arrangement = Arrangement { surface, layout, one_origin: false, forbidden: false };
            let outcomes = if whole {
                stage.mostly_held(&arrangement, &chosen, GRACE).await?
            } else {
                // What is named is to succeed.
                stage.free(&arrangement, &chosen, |_| DEADLINE).await?.0
            };
            let noticed = chosen.iter().zip(outcomes);
            let noticed_by = noticed
                .filter(|(probe, outcome)| {
                    outcome.ran() && outcome.reached != probe.expected(engine)
                })
                .map(|(probe, _)| probe.id.clone())
                .collect();
            let depth = depths.iter().find(|depth| depth.protection == name);
            let depth = depth.map(|depth| depth.why.clone());
            let protection = protection.clone();
            mutations.push(Mutation { engine, layout, protection, noticed_by, depth });
        }
    }
    browser.close().await?;
    Ok(mutations)
}

/// How long a navigation may take that a missing protection allows, where it is not known which do.
const GRACE: Duration = Duration::from_secs(1);

/// A row for each protection, with what noticed in any of the layouts.
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
