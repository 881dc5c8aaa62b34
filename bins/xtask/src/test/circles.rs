//! Cycles between the modules of a crate: a file uses another that, directly or not, uses the
//! first. Files in a cycle cannot be read, tested or moved without each other.
//!
//! A re-exported item counts as used from the module that defines it. A module's tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

use crate::run::Result;

/// A module, as the path from the crate's root.
type Module = Vec<String>;

/// The cycles in all crates of a workspace, each as `crate: a → b → a`.
pub(super) fn circles(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in ["crates", "bins"] {
        for member in sorted(&root.join(folder))? {
            let name = member.file_name().unwrap_or_default().display().to_string();
            for source in roots(&member.join("src"))? {
                let modules = Modules::read(&source)?;
                found.extend(modules.circles().iter().map(|circle| format!("{name}: {circle}")));
            }
        }
    }
    Ok(found)
}

/// The root files of crates: the library, the program, further programs.
fn roots(source: &Path) -> Result<Vec<PathBuf>> {
    let mut roots = vec![source.join("lib.rs"), source.join("main.rs")];
    if source.join("bin").is_dir() {
        for entry in sorted(&source.join("bin"))? {
            roots.push(if entry.is_dir() { entry.join("main.rs") } else { entry });
        }
    }
    roots.retain(|root| root.is_file());
    Ok(roots)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut entries = entries.collect::<Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// A crate's modules that are files, with the names that each uses.
#[derive(Debug, Default)]
struct Modules(BTreeMap<Module, Names>);

/// The names of its crate that a module uses.
#[derive(Debug, Default)]
struct Names {
    /// Absolute paths: `["store", "App"]` for `crate::store::App`.
    paths: BTreeSet<Vec<String>>,
    /// The absolute paths of the names that it re-exports.
    exports: BTreeMap<String, Vec<String>>,
}

impl Modules {
    fn read(root: &Path) -> Result<Self> {
        let mut modules = Self::default();
        let folder = root.parent().unwrap_or(root);
        modules.add(root, folder, Vec::new())?;
        Ok(modules)
    }

    /// Adds a file and its modules, which are in `folder`.
    fn add(&mut self, file: &Path, folder: &Path, module: Module) -> Result<()> {
        let text =
            fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let parsed =
            syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        for item in &parsed.items {
            let Item::Mod(ItemMod { ident, content: None, attrs, .. }) = item else { continue };
            // A file from elsewhere is shared, and checked where it belongs.
            if is_test(attrs) || attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
                continue;
            }
            let (name, inner) = (ident.to_string(), [&module[..], &[ident.to_string()]].concat());
            let file = folder.join(format!("{name}.rs"));
            let file = if file.is_file() { file } else { folder.join(&name).join("mod.rs") };
            self.add(&file, &folder.join(&name), inner)?;
        }
        let mut reader = Reader { module: &module, names: Names::default() };
        reader.visit_file(&parsed);
        let names = reader.names;
        self.0.insert(module, names);
        Ok(())
    }

    /// The module that defines the item at a path.
    fn owner(&self, path: &[String], depth: usize) -> Option<&Module> {
        let (module, names) =
            (0..=path.len()).rev().find_map(|length| self.0.get_key_value(&path[..length]))?;
        let rest = &path[module.len()..];
        // The depth limit stops at a name that re-exports itself.
        match rest.first().and_then(|name| names.exports.get(name)).filter(|_| depth < 8) {
            Some(export) => self.owner(&[export, &rest[1..]].concat(), depth + 1),
            None => Some(module),
        }
    }

    fn edges(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let edges = self.0.iter().map(|(module, names)| {
            let used = names.paths.iter().filter_map(|path| self.owner(path, 0));
            (module, used.filter(|used| *used != module).collect())
        });
        edges.collect()
    }

    /// A shortest cycle of each group of modules that all reach each other.
    fn circles(&self) -> Vec<String> {
        let edges = self.edges();
        let mut told: BTreeSet<&Module> = BTreeSet::new();
        let mut circles = Vec::new();
        for start in self.0.keys() {
            let reached = reached(&edges, start);
            if told.contains(start) || !reached.contains(start) {
                continue;
            }
            let group =
                reached.into_iter().filter(|other| self::reached(&edges, other).contains(start));
            let group: BTreeSet<&Module> = group.collect();
            let ways = group.iter().filter_map(|module| way_back(&edges, module));
            if let Some(way) = ways.min_by_key(Vec::len) {
                let names = way.iter().chain(way.first()).map(|module| shown(module));
                circles.push(names.collect::<Vec<_>>().join(" → "));
            }
            told.extend(group);
        }
        circles
    }
}

/// All modules that a module uses, directly or not.
fn reached<'m>(
    edges: &BTreeMap<&'m Module, BTreeSet<&'m Module>>,
    start: &Module,
) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = edges.get(start).into_iter().flatten().copied().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(edges.get(module).into_iter().flatten());
        }
    }
    reached
}

/// The shortest path from a module to itself, without its end.
fn way_back<'m>(
    edges: &BTreeMap<&'m Module, BTreeSet<&'m Module>>,
    start: &'m Module,
) -> Option<Vec<&'m Module>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            if *next == start {
                return Some(way);
            }
            if seen.insert(*next) {
                ways.push_back([&way[..], &[*next]].concat());
            }
        }
    }
    None
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { module.join("::") }
}

/// Collects the names in a file.
struct Reader<'m> {
    module: &'m Module,
    names: Names,
}

impl Reader<'_> {
    /// The path from the crate's root, if the path is in this crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([&self.module[..], rest].concat()),
            "super" => {
                let supers = path.iter().take_while(|name| *name == "super").count();
                let above = self.module.get(..self.module.len().checked_sub(supers)?)?;
                Some([above, &path[supers..]].concat())
            }
            _ => None,
        }
    }

    fn name(&mut self, path: &[String]) {
        self.names.paths.extend(self.absolute(path));
    }

    /// Adds the paths of a `use`. `exported`: it re-exports them.
    fn tree(&mut self, tree: &UseTree, before: &[String], exported: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident), exported),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, before, exported));
            }
            UseTree::Name(name) => self.leaf(&with(&name.ident), &name.ident, exported),
            UseTree::Rename(name) => self.leaf(&with(&name.ident), &name.rename, exported),
            UseTree::Glob(_) => self.name(before),
        }
    }

    fn leaf(&mut self, path: &[String], name: &syn::Ident, exported: bool) {
        // `pub use document::Document`: a path in a module inside.
        let path = match self.absolute(path) {
            Some(path) => path,
            None if exported => [&self.module[..], path].concat(),
            None => return,
        };
        if exported {
            self.names.exports.insert(name.to_string(), path);
        } else {
            self.names.paths.insert(path);
        }
    }

    /// Adds `crate::…` paths in a macro's tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                other => {
                    self.name(&path);
                    path.clear();
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.name(&path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let exported = !matches!(item.vis, Visibility::Inherited);
        self.tree(&item.tree, &[], exported);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    /// `pub(crate)` names nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        self.name(&names);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

/// `#[cfg(test)]` and similar attributes.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("cfg")
            && list.is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::circles;

    /// Checks the cycles of a crate with these files.
    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let caller = std::panic::Location::caller().line();
        let folder = format!("c2c-xtask-circles-{}-{caller}", std::process::id());
        let root = std::env::temp_dir().join(folder);
        fs::create_dir_all(root.join("bins")).expect("it is made");
        for (path, text) in files {
            let file = root.join("crates/one/src").join(path);
            fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
            fs::write(file, text).expect("it is written");
        }
        let found = circles(&root).expect("the files are read");
        fs::remove_dir_all(&root).expect("it is removed");
        assert_eq!(found, expected);
    }

    #[test]
    fn modules_that_use_each_other_are_found() {
        check(
            &[
                ("lib.rs", "mod a; mod b; mod c;"),
                ("a.rs", "use crate::b::B; pub struct A;"),
                ("b.rs", "use crate::c; pub struct B;"),
                ("c.rs", "fn c(_: super::a::A) {}"),
            ],
            &["one: a → b → c → a"],
        );
    }

    #[test]
    fn what_is_handed_on_is_of_its_own_module() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use a::A; pub use b::{B as C, self as d};"),
            ("a.rs", "mod inner; pub use inner::A; use crate::C;"),
            ("a/inner.rs", "pub struct A;"),
            ("b.rs", "pub struct B;"),
        ];
        check(&files, &[]);
        let back = [
            &files[..2],
            &[("a/inner.rs", "pub struct A;"), ("b.rs", "use crate::a; fn b(_: a::A) {}")],
        ];
        check(&back.concat(), &["one: a → b → a"]);
    }

    #[test]
    fn a_child_that_uses_its_parent_is_found() {
        check(
            &[
                ("lib.rs", "mod a;"),
                ("a.rs", "mod b; fn a() { self::b::b() } pub struct A;"),
                ("a/b.rs", "pub fn b() { let _ = vec![super::A]; }"),
            ],
            &["one: a → a::b → a"],
        );
    }

    #[test]
    fn tests_and_visibilities_do_not_count() {
        check(
            &[
                ("lib.rs", "mod a; mod b; #[cfg(test)] mod c; fn d(_: b::B) {}"),
                ("a.rs", "use crate::b::B; pub struct A;"),
                ("b.rs", "pub(crate) struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
            ],
            &[],
        );
    }
}
