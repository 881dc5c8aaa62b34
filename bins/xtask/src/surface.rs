//! `cargo xtask surface`: lists the public surface of the libraries, into `docs/surface.txt`.
//!
//! The list is committed and compared by the step `doc`, so that the surface changes on purpose, and
//! a review shows how. It is read from rustdoc's pages: rustdoc's JSON, which the usual tools read,
//! needs a nightly compiler.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::run::{Result, cargo, root, show, target};

/// The list, from the workspace's root.
const FILE: &str = "docs/surface.txt";
/// The libraries that embedders depend on.
const LIBRARIES: [&str; 9] = [
    "c2c",
    "c2c_access",
    "c2c_bridge",
    "c2c_catalogue",
    "c2c_delivery",
    "c2c_injector",
    "c2c_names",
    "c2c_policy",
    "c2c_store",
];

/// List the public surface of the libraries
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if the committed list is not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    document()?;
    let list = list(&target()?.join("doc"))?;
    if args.check {
        compare(&list)?;
    } else {
        fs::write(root().join(FILE), list)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the documentation, without warnings, and compares the committed list with it.
pub(crate) fn check() -> Result<()> {
    document()?;
    compare(&list(&target()?.join("doc"))?)
}

fn document() -> Result<()> {
    // An example is what makes cargo take the features of test dependencies into account: the same as in the steps before,
    // which have checked the dependencies with them.
    let mut doc = cargo(
        "doc --workspace --no-deps --locked --lib --example artefacts \
         --bin c2c-assets --bin c2c-probe --bin xtask --bin screenshots --bin vendors",
    );
    show(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn compare(list: &str) -> Result<()> {
    let committed = fs::read_to_string(root().join(FILE))?;
    let (old, new): (Vec<_>, Vec<_>) = (committed.lines().collect(), list.lines().collect());
    if old == new {
        return Ok(());
    }
    for gone in old.iter().filter(|line| !new.contains(line)) {
        println!("- {}", gone.trim_start());
    }
    for added in new.iter().filter(|line| !old.contains(line)) {
        println!("+ {}", added.trim_start());
    }
    Err(format!(
        "the libraries' public surface is not as in {FILE}: if that is intended, run `cargo xtask \
         surface`, and describe the change in CHANGELOG.md"
    )
    .into())
}

/// Returns the list, one item, method or trait a line.
fn list(doc: &Path) -> Result<String> {
    let mut list = String::new();
    for library in LIBRARIES {
        let folder = doc.join(library);
        let all = fs::read_to_string(folder.join("all.html"))?;
        // Links to sections of the list itself come first.
        let links = parts(&all, "<li><a href=\"", "\"");
        let mut pages: Vec<_> = links.filter(|link| !link.starts_with('#')).collect();
        pages.sort_unstable();
        if pages.is_empty() {
            return Err(format!("rustdoc lists no item of {library}").into());
        }
        for page in pages {
            let html = fs::read_to_string(folder.join(page))?;
            writeln!(list, "{}", path_of(library, page))?;
            for line in surface(&html) {
                writeln!(list, "  {line}")?;
            }
        }
    }
    Ok(list)
}

/// The path of the item on a page: `c2c_names::AppId` for `struct.AppId.html`.
fn path_of(library: &str, page: &str) -> String {
    let (modules, file) = page.rsplit_once('/').unwrap_or(("", page));
    let name = file.trim_end_matches(".html").split_once('.').map_or(file, |(_, name)| name);
    let modules = modules.split('/').filter(|module| !module.is_empty());
    [library].into_iter().chain(modules).chain([name]).collect::<Vec<_>>().join("::")
}

/// Returns the declaration of a page's item, then its implementations with their methods.
fn surface(html: &str) -> Vec<String> {
    // Every type has these, by its parts and by `core`.
    let end = ["id=\"synthetic-implementations\"", "id=\"blanket-implementations\""];
    let end = end.iter().filter_map(|mark| html.find(mark)).min().unwrap_or(html.len());
    let html = &html[..end];
    let (own, traits) = html.split_once("id=\"trait-implementations\"").unwrap_or((html, ""));
    let declaration = parts(own, "<pre class=\"rust item-decl\">", "</pre>").map(text);
    let own = own.split_once("id=\"implementations\"").map_or("", |(_, own)| own);
    let methods = parts(own, "<h4 class=\"code-header\">", "</h4>").map(text);
    let traits = parts(traits, "<h3 class=\"code-header\">", "</h3>").map(text);
    let lines = declaration.chain(methods).chain(traits);
    // The compiler derives it with `PartialEq`.
    lines.filter(|line| !line.starts_with("impl StructuralPartialEq")).collect()
}

/// Returns what is between each `begin` and the `end` after it.
fn parts<'h>(html: &'h str, begin: &'h str, end: &'h str) -> impl Iterator<Item = &'h str> {
    html.split(begin).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
}

/// Returns the text of a page's part, in one line.
fn text(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split('<').enumerate() {
        text.push_str(if index == 0 {
            part
        } else {
            part.split_once('>').map_or("", |(_, part)| part)
        });
        // The elements are blocks of their own.
        if part.starts_with("/div") || part.starts_with("div") {
            text.push(' ');
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(")
}

#[cfg(test)]
mod tests {
    use super::{path_of, surface};

    #[test]
    fn paths_are_read_from_pages() {
        assert_eq!(path_of("c2c_names", "struct.AppId.html"), "c2c_names::AppId");
        assert_eq!(path_of("c2c", "reference/enum.Event.html"), "c2c::reference::Event");
    }

    #[test]
    fn a_page_has_a_declaration_methods_and_traits() {
        let html = r#"<pre class="rust item-decl"><code><div class="code-attribute">#[non_exhaustive]</div>pub struct A&lt;T&gt; { <span>/* private */</span> }</code></pre>
            <h2 id="implementations"></h2><h4 class="code-header">pub fn b(&amp;self) -&gt;
              <a href="c">C</a></h4>
            <h2 id="trait-implementations"></h2><h3 class="code-header">impl <a href="d">Clone</a> for A</h3>
            <h4 class="code-header">fn clone(&amp;self) -&gt; A</h4>
            <h2 id="synthetic-implementations"></h2><h3 class="code-header">impl Send for A</h3>"#;
        let expected = [
            "#[non_exhaustive] pub struct A<T> { /* private */ }",
            "pub fn b(&self) -> C",
            "impl Clone for A",
        ];
        assert_eq!(surface(html), expected);
    }
}
