//! The architecture's rules, each a function that a change can violate.
//!
//! They read `cargo metadata`, so they hold for what cargo really builds. Dependencies here are the
//! shipped ones: normal and build dependencies. Test dependencies are free.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Counts, circles, sources, words};
use crate::run::{Result, cargo, host, output, root};

/// The libraries below the facade.
const LIBRARIES: [&str; 5] =
    ["c2c-bridge", "c2c-catalogue", "c2c-injector", "c2c-names", "c2c-policy"];
/// The library that embedders depend on. It depends on the others.
const FACADE: &str = "c2c";
/// The library that keeps data. No other library knows it.
const STORE: &str = "c2c-store";
/// IO crates, which a library without IO must not reach.
const IO: [&str; 2] = ["hyper", "tokio"];
/// The one library that the others may depend on.
const GROUND_FLOOR: &str = "c2c-names";
/// The libraries whose types the store keeps: who has access, and where events go.
const KEPT: [&str; 2] = ["c2c-access", "c2c-delivery"];
/// The library that browser tests use.
const HARNESS: &str = "c2c-harness";
/// The members that use it, with their test targets. The step `test` skips the tests in browsers, and the
/// steps `browser`, `isolation` and `deploy` name these targets.
const BROWSER_TESTS: [(&str, &[&str]); 2] =
    [("c2c-e2e", &["e2e", "machine", "validate"]), ("c2c-probe", &["deployment", "proxied"])];
/// Crates that know the grammar of HTML.
const HTML_PARSERS: [&str; 5] = ["html5ever", "markup5ever", "html5gum", "lol_html", "scraper"];

/// A rule: its name and a function that returns the violations, each with its fix.
type Rule = (&'static str, fn(&Workspace) -> Vec<String>);

const RULES: &[Rule] = &[
    ("libraries do no IO", libraries_do_no_io),
    ("libraries stand alone", libraries_stand_alone),
    ("one crate parses HTML", one_crate_parses_html),
    ("only the facade knows all libraries", the_facade_knows_all_libraries),
    ("the product is built without browser tools", product_is_built_without_browser_tools),
    ("every browser test has a step", every_browser_test_has_a_step),
    ("every member has the workspace's lints", every_member_has_the_lints),
    ("unsafe code is forbidden", unsafe_code_is_forbidden),
];

pub(super) fn check() -> Result<Counts> {
    let metadata = "metadata --format-version 1 --locked --filter-platform";
    let metadata = output(cargo(metadata).arg(host()?))?;
    let workspace = Workspace::read(&serde_json::from_str(&metadata)?, |path| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
    })?;
    let mut verdicts: Vec<_> = RULES.iter().map(|(name, rule)| (*name, rule(&workspace))).collect();
    verdicts.push(("reference events stay in their places", sources::reference_events(&root())?));
    verdicts.push(("no circles between modules", circles::circles(&root())?));
    verdicts.push(("avoided words are not used", words::avoided(&root())?));
    let mut counts = Counts::default();
    for (name, broken) in verdicts {
        println!("{name}: {}", if broken.is_empty() { "ok" } else { "BROKEN" });
        for why in &broken {
            println!("  {why}");
        }
        if broken.is_empty() {
            counts.passed += 1;
        } else {
            counts.failed += 1;
        }
    }
    Ok(counts)
}

/// The workspace as the rules see it.
#[derive(Debug, Default)]
struct Workspace {
    members: BTreeMap<String, Member>,
    /// Package id → ids of its shipped dependencies.
    edges: BTreeMap<String, BTreeSet<String>>,
    /// Package id → name.
    names: BTreeMap<String, String>,
    root_manifest: String,
}

#[derive(Debug)]
struct Member {
    id: String,
    manifest: String,
    /// Whether it is under `crates/`.
    library: bool,
    /// Whether `cargo build` without arguments builds it.
    default: bool,
}

impl Workspace {
    fn read(metadata: &Value, read: impl Fn(&Path) -> Result<String>) -> Result<Self> {
        let root = Path::new(text(&metadata["workspace_root"])?);
        let ids = |key: &str| -> BTreeSet<&str> {
            list(&metadata[key]).filter_map(Value::as_str).collect()
        };
        let (members, default) = (ids("workspace_members"), ids("workspace_default_members"));
        let mut workspace =
            Self { root_manifest: read(&root.join("Cargo.toml"))?, ..Self::default() };
        for package in list(&metadata["packages"]) {
            let (id, name) = (text(&package["id"])?, text(&package["name"])?);
            workspace.names.insert(id.to_owned(), name.to_owned());
            if members.contains(id) {
                let path = Path::new(text(&package["manifest_path"])?);
                let member = Member {
                    id: id.to_owned(),
                    manifest: read(path)?,
                    library: path.starts_with(root.join("crates")),
                    default: default.contains(id),
                };
                workspace.members.insert(name.to_owned(), member);
            }
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let shipped = list(&node["deps"]).filter(|dependency| {
                list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev")
            });
            let ids = shipped.map(|dependency| text(&dependency["pkg"]).map(str::to_owned));
            let ids = ids.collect::<Result<BTreeSet<_>>>()?;
            workspace.edges.insert(text(&node["id"])?.to_owned(), ids);
        }
        Ok(workspace)
    }

    /// The names of a package's direct dependencies.
    fn direct(&self, id: &str) -> BTreeSet<&str> {
        let ids = self.edges.get(id).into_iter().flatten();
        ids.filter_map(|id| self.names.get(id)).map(String::as_str).collect()
    }

    /// A dependency path from `id` to a package called `name`, as `a → b → name`.
    fn path_to(&self, id: &str, name: &str) -> Option<String> {
        let mut paths = vec![vec![id]];
        let mut seen = BTreeSet::from([id]);
        while let Some(path) = paths.pop() {
            let last = *path.last()?;
            if self.names.get(last).is_some_and(|found| found == name) && path.len() > 1 {
                let names = path.iter().filter_map(|id| self.names.get(*id));
                return Some(names.map(String::as_str).collect::<Vec<_>>().join(" → "));
            }
            for next in self.edges.get(last).into_iter().flatten() {
                if seen.insert(next) {
                    paths.push([path.as_slice(), &[next]].concat());
                }
            }
        }
        None
    }

    fn libraries(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.members.iter().filter(|(_, member)| member.library)
    }
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| "cargo metadata has an unexpected shape".into())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn libraries_do_no_io(workspace: &Workspace) -> Vec<String> {
    let reached = workspace
        .libraries()
        .filter(|(name, _)| *name != STORE)
        .flat_map(|(_, member)| IO.iter().filter_map(|name| workspace.path_to(&member.id, name)));
    reached
        .map(|path| format!("{path}: move what needs it to bins/server; libraries are sans-IO"))
        .collect()
}

fn libraries_stand_alone(workspace: &Workspace) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, member) in workspace.libraries().filter(|(name, _)| *name != FACADE) {
        for other in workspace.direct(&member.id) {
            let library = workspace.members.get(other).is_some_and(|other| other.library);
            let keeps = name == STORE && KEPT.contains(&other);
            if library && other != GROUND_FLOOR && !keeps {
                broken.push(format!(
                    "{name} depends on {other}: pass plain data, and let the facade connect them"
                ));
            }
        }
    }
    broken
}

fn one_crate_parses_html(workspace: &Workspace) -> Vec<String> {
    let others = workspace.members.iter().filter(|(name, _)| *name != "c2c-injector");
    let mut broken = Vec::new();
    for (name, member) in others {
        for parser in HTML_PARSERS {
            if workspace.direct(&member.id).contains(parser) {
                broken.push(format!("{name} depends on {parser}: ask crates/injector instead"));
            }
        }
    }
    broken
}

fn the_facade_knows_all_libraries(workspace: &Workspace) -> Vec<String> {
    let others = workspace.members.iter().filter(|(name, _)| *name != FACADE);
    others
        .filter(|(_, member)| {
            let direct = workspace.direct(&member.id);
            LIBRARIES.iter().all(|library| direct.contains(library))
        })
        .map(|(name, _)| {
            format!("{name} depends on all libraries: only crates/c2c puts them together")
        })
        .collect()
}

fn product_is_built_without_browser_tools(workspace: &Workspace) -> Vec<String> {
    let product = workspace.members.values().filter(|member| member.default);
    product
        .filter_map(|member| workspace.path_to(&member.id, "fantoccini"))
        .map(|path| {
            format!("{path}: browser tools belong to bins/harness, outside of default-members")
        })
        .collect()
}

fn every_browser_test_has_a_step(workspace: &Workspace) -> Vec<String> {
    let members = workspace.members.iter().filter(|(name, _)| *name != HARNESS);
    let users = members.filter(|(_, member)| member.manifest.contains(HARNESS));
    let mut found = Vec::new();
    for (name, member) in users {
        let known = BROWSER_TESTS.iter().find(|(user, _)| user == name);
        let known = known.map_or(&[][..], |(_, targets)| targets);
        // A target with the harness's own main function is listed in the manifest.
        let targets = member.manifest.split("[[test]]").skip(1).filter_map(|target| {
            let (_, value) = target.lines().find_map(|line| line.split_once("name = \""))?;
            value.strip_suffix('"')
        });
        found.extend(targets.filter(|target| !known.contains(target)).map(|target| {
            format!("{name}: no step runs the browser tests of `{target}`: name it in bins/xtask/src/test.rs and here")
        }));
    }
    found
}

fn every_member_has_the_lints(workspace: &Workspace) -> Vec<String> {
    let members = workspace.members.iter();
    members
        .filter(|(_, member)| setting(&member.manifest, "lints", "workspace") != Some("true"))
        .map(|(name, _)| format!("{name}: add `[lints]` with `workspace = true` to its Cargo.toml"))
        .collect()
}

fn unsafe_code_is_forbidden(workspace: &Workspace) -> Vec<String> {
    match setting(&workspace.root_manifest, "workspace.lints.rust", "unsafe_code") {
        Some("\"forbid\"") => vec![],
        other => vec![format!(
            "unsafe_code is {} in [workspace.lints.rust] of Cargo.toml: set it to \"forbid\"",
            other.unwrap_or("not set")
        )],
    }
}

/// The value of a key in a manifest's table, for manifests with one setting a line, like ours.
fn setting<'a>(manifest: &'a str, table: &str, key: &str) -> Option<&'a str> {
    let header = format!("[{table}]");
    let lines = manifest.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    let mut settings = lines.take_while(|line| !line.starts_with('['));
    settings.find_map(|line| {
        let (name, value) = line.split('#').next()?.split_once('=')?;
        (name.trim() == key).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";
    const ROOT: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\" # always\n";

    /// A workspace of these edges: `("c2c-bridge", "c2c-catalogue", "")`, the last being cargo's
    /// kind of dependency. The libraries are in crates/; `c2c-harness` is not a default member.
    fn workspace(edges: &[(&str, &str, &str)]) -> Workspace {
        let names: BTreeSet<_> = edges.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
        let members: Vec<_> = names.iter().filter(|name| name.starts_with("c2c")).collect();
        let default: Vec<_> = members.iter().filter(|name| ***name != "c2c-harness").collect();
        let packages = names.iter().map(|name| {
            let library = LIBRARIES.contains(name) || *name == FACADE;
            let folder = if library { "crates" } else { "bins" };
            json!({"id": name, "name": name, "manifest_path": format!("/c2c/{folder}/{name}/Cargo.toml")})
        });
        let nodes = names.iter().map(|name| {
            let deps = edges.iter().filter(|(from, ..)| from == name).map(|(_, to, kind)| {
                let kind = if kind.is_empty() { Value::Null } else { json!(kind) };
                json!({"pkg": to, "dep_kinds": [{"kind": kind, "target": null}]})
            });
            json!({"id": name, "deps": deps.collect::<Vec<_>>()})
        });
        let metadata = json!({
            "workspace_root": "/c2c",
            "workspace_members": members,
            "workspace_default_members": default,
            "packages": packages.collect::<Vec<_>>(),
            "resolve": {"nodes": nodes.collect::<Vec<_>>()},
        });
        let read = |path: &Path| {
            let root = path == Path::new("/c2c/Cargo.toml");
            Ok(if root { ROOT } else { LINTS }.to_owned())
        };
        Workspace::read(&metadata, read).expect("the shape of cargo metadata")
    }

    /// A workspace that breaks no rule.
    fn good() -> Vec<(&'static str, &'static str, &'static str)> {
        let mut edges = vec![
            ("c2c-bridge", "c2c-names", ""),
            ("c2c-injector", "html5ever", ""),
            ("c2c-policy", "tokio", "dev"),
            ("c2c-server", "tokio", ""),
            ("c2c-harness", "fantoccini", ""),
            ("fantoccini", "hyper", ""),
        ];
        edges.extend(LIBRARIES.map(|library| (FACADE, library, "")));
        edges.push(("c2c-server", FACADE, ""));
        edges
    }

    /// Adds `edges` to the good workspace and expects that they break only `rule`, with `why`.
    fn check_broken(rule: &str, edges: &[(&str, &str, &str)], why: &str) {
        let workspace = workspace(&[good().as_slice(), edges].concat());
        for (name, broken) in RULES.iter().map(|(name, rule)| (*name, rule(&workspace))) {
            if name == rule {
                assert!(broken.iter().any(|line| line.contains(why)), "{name}: {broken:?}");
            } else {
                assert_eq!(broken, Vec::<String>::new(), "{name}");
            }
        }
    }

    #[test]
    fn a_good_workspace_breaks_no_rule() {
        check_broken("", &[], "");
    }

    #[test]
    fn a_library_that_reaches_tokio_is_found() {
        check_broken(
            "libraries do no IO",
            &[("c2c-policy", "innocent", ""), ("innocent", "tokio", "")],
            "c2c-policy → innocent → tokio",
        );
    }

    #[test]
    fn a_library_that_depends_on_another_is_found() {
        check_broken(
            "libraries stand alone",
            &[("c2c-catalogue", "c2c-policy", "")],
            "c2c-catalogue depends on c2c-policy",
        );
    }

    #[test]
    fn a_ground_floor_that_depends_on_another_is_found() {
        check_broken(
            "libraries stand alone",
            &[("c2c-names", "c2c-catalogue", "")],
            "c2c-names depends on c2c-catalogue",
        );
    }

    #[test]
    fn a_library_that_depends_on_the_facade_is_found() {
        check_broken(
            "libraries stand alone",
            &[("c2c-policy", FACADE, "")],
            "c2c-policy depends on c2c: pass plain data",
        );
    }

    #[test]
    fn a_facade_that_reaches_tokio_is_found() {
        check_broken("libraries do no IO", &[(FACADE, "tokio", "")], "c2c → tokio");
    }

    #[test]
    fn a_second_html_parser_is_found() {
        check_broken(
            "one crate parses HTML",
            &[("c2c-cli", "html5ever", "")],
            "c2c-cli depends on html5ever",
        );
    }

    #[test]
    fn a_browser_test_without_a_step_is_found() {
        let uses =
            "[dependencies]\nc2c-harness.workspace = true\n\n[[test]]\nname = \"deployment\"\n";
        let mut workspace = workspace(&[("c2c-probe", "tokio", ""), ("c2c-server", "tokio", "")]);
        workspace.members.get_mut("c2c-probe").expect("a member").manifest = uses.to_owned();
        assert_eq!(every_browser_test_has_a_step(&workspace), Vec::<String>::new());
        workspace.members.get_mut("c2c-server").expect("a member").manifest = uses.to_owned();
        let found = every_browser_test_has_a_step(&workspace);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("c2c-server: no step runs"), "{found:?}");
    }

    #[test]
    fn a_binary_that_knows_all_is_found() {
        check_broken(
            "only the facade knows all libraries",
            &LIBRARIES.map(|library| ("c2c-cli", library, "")),
            "c2c-cli depends on all libraries",
        );
    }

    #[test]
    fn browser_tools_in_the_product_are_found() {
        check_broken(
            "the product is built without browser tools",
            &[("c2c-cli", "helper", "build"), ("helper", "fantoccini", "")],
            "c2c-cli → helper → fantoccini",
        );
    }

    #[test]
    fn a_member_without_the_lints_is_found() {
        let mut workspace = workspace(&good());
        let member = workspace.members.get_mut("c2c-policy").expect("it is there");
        "[package]\nworkspace = true\n[lints]\n[features]\n".clone_into(&mut member.manifest);
        let broken = every_member_has_the_lints(&workspace);
        assert_eq!(broken.len(), 1);
        assert!(broken[0].starts_with("c2c-policy:"), "{broken:?}");
    }

    #[test]
    fn allowed_unsafe_code_is_found() {
        for manifest in ["", "[workspace.lints.rust]\nunsafe_code = \"warn\"\n"] {
            let workspace =
                Workspace { root_manifest: manifest.to_owned(), ..Workspace::default() };
            assert_eq!(unsafe_code_is_forbidden(&workspace).len(), 1, "{manifest}");
        }
    }
}
