//! Scope hoisting: an entry and its imports become one scope.
//!
//! The modules' texts are concatenated, each after those that it imports, without their import and
//! export statements. That is the same program only if every name means the same in the one scope
//! as in its module. So names keep their spelling across modules, no two modules declare the same
//! name, and none declares a name that another takes from the browser. A module that breaks these
//! rules is rejected, with the place.

use std::collections::HashMap;
use std::io;

use crate::error::{BundleError, Fault, Place};
use crate::module::{Import, Module, Name};

/// The form of the file for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A classic script: an immediately called function.
    Script,
    /// A module, with the entry's exports.
    Module,
}

type Result<T> = std::result::Result<T, BundleError>;

/// Bundles the module at `entry` into one file with the same behavior. `read` returns a module's text.
pub(crate) fn bundle(
    entry: &str,
    kind: Kind,
    read: &dyn Fn(&str) -> io::Result<String>,
) -> Result<String> {
    let mut graph = Graph { read, open: Vec::new(), modules: Vec::new() };
    let unreadable =
        |fault| BundleError { place: Place { path: entry.to_owned(), line: 1, column: 1 }, fault };
    graph.add(entry, unreadable)?;
    let modules = graph.modules;
    check_names(&modules)?;
    let body: Vec<String> = modules.iter().map(Module::body).collect();
    // A module may end in a line comment, or without its last semicolon.
    let body = body.join("\n;\n");
    let exports = modules.last().map_or(&[][..], |entry| &entry.exports);
    match (kind, exports) {
        (Kind::Module, []) => Ok(body),
        (Kind::Module, exports) => {
            let names: Vec<&str> = exports.iter().map(|name| name.text.as_str()).collect();
            Ok(format!("{body}\n;export {{ {} }};\n", names.join(", ")))
        }
        (Kind::Script, []) => Ok(format!("(function () {{\n'use strict';\n{body}\n}})();\n")),
        (Kind::Script, [name, ..]) => {
            let entry = &modules[modules.len() - 1];
            Err(entry.fault(name, Fault::ScriptExports(name.text.clone())))
        }
    }
}

/// The modules found so far.
struct Graph<'a> {
    read: &'a dyn Fn(&str) -> io::Result<String>,
    /// The modules whose imports are being read: the path from the entry to here.
    open: Vec<String>,
    /// Each module after those that it imports; the entry is last.
    modules: Vec<Module>,
}

impl Graph<'_> {
    /// Adds the module at `path` and its imports; `refused` puts a fault at the importing statement.
    fn add(&mut self, path: &str, refused: impl Fn(Fault) -> BundleError) -> Result<()> {
        if self.modules.iter().any(|module| module.path == path) {
            return Ok(());
        }
        if let Some(at) = self.open.iter().position(|open| open == path) {
            let mut cycle = self.open.split_off(at);
            cycle.push(path.to_owned());
            return Err(refused(Fault::Cycle(cycle)));
        }
        let text = (self.read)(path)
            .map_err(|error| refused(Fault::Unreadable { path: path.to_owned(), error }))?;
        let module = Module::parse(path, text)?;
        self.open.push(path.to_owned());
        for import in &module.imports {
            self.add_import(&module, import)?;
        }
        self.open.pop();
        self.modules.push(module);
        Ok(())
    }

    fn add_import(&mut self, module: &Module, Import { specifier, names }: &Import) -> Result<()> {
        let path = resolve(&module.path, &specifier.text)
            .ok_or_else(|| module.fault(specifier, Fault::NotLocal(specifier.text.clone())))?;
        self.add(&path, |fault| module.fault(specifier, fault))?;
        let imported = self.modules.iter().find(|other| other.path == path);
        let exports = imported.map_or(&[][..], |other| &other.exports);
        let missing = names.iter().find(|name| exports.iter().all(|other| other.text != name.text));
        missing.map_or(Ok(()), |name| {
            Err(module.fault(name, Fault::NotExported { name: name.text.clone(), path }))
        })
    }
}

/// The path of `specifier` in the module at `from`.
fn resolve(from: &str, specifier: &str) -> Option<String> {
    if !specifier.starts_with("./") && !specifier.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Checks that every name means one thing in all modules.
fn check_names(modules: &[Module]) -> Result<()> {
    let mut declared: HashMap<&str, (&Module, &Name)> = HashMap::new();
    for module in modules {
        for name in &module.declared {
            if let Some((other, first)) = declared.insert(&name.text, (module, name)) {
                let other = other.place(first);
                return Err(
                    module.fault(name, Fault::DeclaredTwice { name: name.text.clone(), other })
                );
            }
        }
    }
    for module in modules {
        for name in &module.free {
            if let Some((other, first)) = declared.get(name.text.as_str()) {
                let other = other.place(first);
                return Err(module.fault(name, Fault::Captured { name: name.text.clone(), other }));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Bundles the first of these modules.
    fn made(kind: Kind, files: &[(&str, &str)]) -> String {
        let read = |path: &str| {
            let found = files.iter().find(|(name, _)| *name == path);
            found.map(|(_, text)| (*text).to_owned()).ok_or(io::ErrorKind::NotFound.into())
        };
        bundle(files[0].0, kind, &read).unwrap_or_else(|error| format!("{error}\n"))
    }

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` makes values")]
    fn check(files: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&made(Kind::Module, files));
    }

    #[test]
    fn modules_become_one_scope_in_the_order_of_their_evaluation() {
        check(
            &[
                (
                    "a.js",
                    "import { b, f } from './lib/b.js';\nimport { c } from './c.js';\nb(f, c);",
                ),
                (
                    "lib/b.js",
                    "import { c } from '../c.js';\nexport const b = c, [d, { e }] = c;\nexport function f() {}",
                ),
                ("c.js", "const c = 1; // one\nexport { c }; // end"),
            ],
            expect![[r#"
                const c = 1; // one
                 // end
                ;

                const b = c, [d, { e }] = c;
                function f() {}
                ;


                b(f, c);"#]],
        );
    }

    #[test]
    fn a_module_keeps_the_exports_of_its_entry() {
        check(
            &[
                ("a.js", "export { b, c } from './b.js';\nexport class A {}"),
                (
                    "b.js",
                    "export { c } from './c.js';\nexport let b = 1;\nexport const unused = 2;",
                ),
                ("c.js", "export async function c() {}"),
            ],
            expect![[r#"
                async function c() {}
                ;

                let b = 1;
                const unused = 2;
                ;

                class A {}
                ;export { b, c, A };
            "#]],
        );
    }

    #[test]
    fn a_script_is_a_strict_function_that_is_called() {
        let files =
            [("a.js", "import { b } from './b.js';\nb();"), ("b.js", "export const b = f;")];
        expect![[r#"
            (function () {
            'use strict';
            const b = f;
            ;

            b();
            })();
        "#]]
        .assert_eq(&made(Kind::Script, &files));
        let exporting = [("a.js", "const a = 1;\nexport { a };")];
        expect![[r#"
            a.js:2:10: a classic script cannot export `a`
        "#]]
        .assert_eq(&made(Kind::Script, &exporting));
    }

    /// Checks each of these statements on the second line of a module, beside a module that exports
    /// `b`.
    #[expect(clippy::needless_pass_by_value, reason = "`expect!` makes values")]
    fn check_refused(statements: &[&str], expected: Expect) {
        let errors = statements.iter().map(|statement| {
            let entry = format!("const a = 1;\n {statement}");
            made(Kind::Module, &[("lib/a.js", &entry), ("lib/b.js", "export const b = 1;")])
        });
        expected.assert_eq(&errors.collect::<String>());
    }

    #[test]
    fn what_is_not_by_name_is_refused() {
        check_refused(
            &[
                "import './b.js';",
                "import b from './b.js';",
                "import * as b from './b.js';",
                "import { b as c } from './b.js';",
                "import { b } from './b.js' with { type: 'js' };",
                "export { b } from './b.js' with { type: 'js' };",
                "f(() => import('./b.js'));",
                "f(import.meta.url);",
                "export default 1;",
                "export * from './b.js';",
                "export * as b from './b.js';",
                "export { a as c };",
                "export { b as c } from './b.js';",
            ],
            expect![[r#"
                lib/a.js:2:2: an import for its effects is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:9: a default import is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:9: a namespace import is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:11: an import under another name is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:34: an import attribute is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:34: an import attribute is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:10: a dynamic import is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:4: import.meta is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:2: a default export is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:2: `export *` is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:2: `export *` is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:11: an export under another name is not bundled: write `import { name } from './module.js'` and export by name
                lib/a.js:2:11: an export under another name is not bundled: write `import { name } from './module.js'` and export by name
            "#]],
        );
    }

    #[test]
    fn only_modules_beside_the_entry_are_found() {
        check_refused(
            &[
                "import { b } from 'b';",
                "import { b } from '/b.js';",
                "import { b } from '../../b.js';",
                "import { b } from './c.js';",
                "import { c } from './b.js';",
                "export { c } from './b.js';",
            ],
            expect![[r#"
                lib/a.js:2:20: "b" is no module here: a path begins with ./ or ../, and stays below the entries' folder
                lib/a.js:2:20: "/b.js" is no module here: a path begins with ./ or ../, and stays below the entries' folder
                lib/a.js:2:20: "../../b.js" is no module here: a path begins with ./ or ../, and stays below the entries' folder
                lib/a.js:2:20: lib/c.js cannot be read: entity not found
                lib/a.js:2:11: lib/b.js does not export `c`
                lib/a.js:2:11: lib/b.js does not export `c`
            "#]],
        );
    }

    #[test]
    fn what_is_no_module_is_refused() {
        check_refused(
            &[
                "let b = ;",
                "let a = 2;",
                "export { c };",
                "import { b } from './b.js'; f(() => { b = 2; });",
            ],
            expect![[r#"
                lib/a.js:2:10: Unexpected token
                lib/a.js:1:7: Identifier `a` has already been declared
                lib/a.js:2:11: Export 'c' is not defined
                lib/a.js:2:11: `b` is imported: only its own module can assign to it
            "#]],
        );
    }

    #[test]
    fn a_missing_entry_is_named() {
        let error = bundle("a.js", Kind::Module, &|_| Err(io::ErrorKind::NotFound.into()));
        expect!["a.js:1:1: a.js cannot be read: entity not found"]
            .assert_eq(&error.expect_err("there is no a.js").to_string());
    }

    #[test]
    fn cycles_are_refused() {
        let b = ("b.js", "import { c } from './c.js';\nexport function b() {}");
        let c = ("c.js", "export function c() {}\nimport { b } from './b.js';");
        check(
            &[("a.js", "import { b } from './b.js';"), b, c],
            expect![[r#"
            c.js:2:19: a cycle of imports: b.js → c.js → b.js
        "#]],
        );
        check(
            &[("a.js", "import { a } from './a.js';\nexport let a;")],
            expect![[r#"
            a.js:1:10: Identifier `a` has already been declared
        "#]],
        );
    }

    #[test]
    fn a_name_is_declared_by_one_module() {
        let a = ("a.js", "import { b } from './b.js';\nfunction c() {}");
        check(
            &[a, ("b.js", "export const b = 1,\n  { c } = b;")],
            expect![[r#"
            a.js:2:10: `c` is declared at b.js:2:5 as well, and a bundle is one scope
        "#]],
        );
        // Inside functions, every name is free to use.
        check(
            &[a, ("b.js", "export const b = (c) => c;")],
            expect![[r#"
            const b = (c) => c;
            ;

            function c() {}"#]],
        );
    }

    #[test]
    fn no_module_declares_what_another_takes_from_the_browser() {
        let a = ("a.js", "import { b } from './b.js';\nb(() => [parent]);");
        check(
            &[a, ("b.js", "export const b = 1;\nvar parent = 2;")],
            expect![[r#"
            a.js:2:10: `parent` is not declared here, and in the bundle would be that of b.js:2:5: import or rename it
        "#]],
        );
        let a = ("a.js", "import { b } from './b.js';\nconst parent = b;");
        check(
            &[a, ("b.js", "export const b = typeof parent;")],
            expect![[r#"
            b.js:1:25: `parent` is not declared here, and in the bundle would be that of a.js:2:7: import or rename it
        "#]],
        );
    }
}
