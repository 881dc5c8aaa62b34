//! Removes the parts that a browser does not need: long names, spaces, comments, dead code.

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_compat::EngineTargets;
use oxc_minifier::{CompressOptions, Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::bundle::Kind;

/// The newest syntax that the output may have. The modules use none newer.
const TARGET: &str = "es2020";

/// Returns the same program in fewer bytes, or the syntax error.
///
/// Properties keep their names, and reading one counts as a side effect, since it may run a getter.
pub(crate) fn minify(text: &str, kind: Kind) -> Result<String, String> {
    let allocator = Allocator::default();
    let source_type = match kind {
        Kind::Script => SourceType::script(),
        Kind::Module => SourceType::mjs(),
    };
    let mut parsed = Parser::new(&allocator, text, source_type).parse();
    if let Some(error) = parsed.diagnostics.into_iter().next() {
        return Err(error.to_string());
    }
    let compress = CompressOptions {
        target: EngineTargets::from_target(TARGET)?,
        ..CompressOptions::default()
    };
    let options = MinifierOptions { compress: Some(compress), ..MinifierOptions::default() };
    let minified = Minifier::new(options).minify(&allocator, &mut parsed.program);
    let codegen = Codegen::new()
        .with_options(CodegenOptions::minify())
        .with_scoping(minified.scoping)
        .with_private_member_mappings(minified.class_private_mappings);
    Ok(codegen.build(&parsed.program).code)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` makes values")]
    fn check(text: &str, expected: Expect) {
        let text = format!("(function () {{ 'use strict'; {text} }})();");
        expected.assert_eq(&minify(&text, Kind::Script).expect("it is JavaScript"));
    }

    #[test]
    fn names_become_short_and_constants_values() {
        check(
            "const LIMIT = 2 ** 10; function twice(long) { return long * 2; }
             globalThis.frame = { twice, limit: LIMIT };",
            expect![[
                r#"(function(){"use strict";function e(e){return e*2}globalThis.frame={twice:e,limit:1024}})();"#
            ]],
        );
    }

    #[test]
    fn unused_parts_are_left_out() {
        check(
            "const a = 1; function b() { return a; } f();",
            expect![[r#"(function(){"use strict";f()})();"#]],
        );
    }

    #[test]
    fn exports_keep_their_names() {
        let module = "const long = 1; function other() { return long; } export { other };";
        expect!["function e(){return 1}export{e as other};"]
            .assert_eq(&minify(module, Kind::Module).expect("it is a module"));
    }

    /// The shim captures the functions that it uses before custom code can patch them.
    #[test]
    fn what_is_captured_early_is_not_looked_up_later() {
        check(
            "const page = document; const later = setTimeout; const { freeze } = Object;
             const listen = (f) => later(f, 1); listen(() => freeze(page));",
            expect![[
                r#"(function(){"use strict";let e=document,t=setTimeout,{freeze:n}=Object;(e=>t(e,1))(()=>n(e))})();"#
            ]],
        );
    }

    /// Reading a property may run a getter, and a call may do anything.
    #[test]
    fn reads_and_calls_without_a_use_stay() {
        check(
            "const width = element.clientWidth; tag.getAttribute('a'); new Probe();",
            expect![[
                r#"(function(){"use strict";element.clientWidth,tag.getAttribute(`a`),new Probe})();"#
            ]],
        );
        check(
            "try { location.href; } catch { globalThis.failed = true; }",
            expect![[
                r#"(function(){"use strict";try{location.href}catch{globalThis.failed=!0}})();"#
            ]],
        );
    }

    /// The output is embedded in a script element.
    #[test]
    fn nothing_looks_like_markup() {
        check(
            r"f('</script>', /<\/script>/, '<!--', `<!--${g}</script`, a < !--b);",
            expect![[
                r#"(function(){"use strict";f(`<\/script>`,/<\/script>/,`<!--`,`<!--${g}<\/script`,a<! --b)})();"#
            ]],
        );
    }

    #[test]
    fn no_syntax_is_newer_than_the_target() {
        check(
            "a = a || 1; b ?? f(); if (c === null || c === undefined) c = 1;",
            expect![[r#"(function(){"use strict";a=a||1,b??f(),c??(c=1)})();"#]],
        );
    }

    #[test]
    fn wrong_syntax_is_shown() {
        let error = minify("(function () { await f(); })();", Kind::Script);
        expect!["`await` is only allowed within async functions and at the top levels of modules"]
            .assert_eq(&error.expect_err("it is none"));
    }
}
