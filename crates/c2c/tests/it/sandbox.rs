use c2c::{AllowList, BuildError, Sandbox, Snippets};

use crate::{builder, page};

#[test]
fn without_a_widget_there_is_no_sandbox() {
    let error = Sandbox::builder("demo".parse().expect("an app")).build().expect_err("no widget");
    assert_eq!(error, BuildError::NoWidget);
    let ipv6 = builder().widget("http://[::1]:80".parse().expect("an origin"));
    assert!(matches!(ipv6.build(), Err(BuildError::Widget(_))));
}

#[test]
fn code_that_swallows_is_rejected_and_given_back() {
    let sandbox = builder().build().expect("a sandbox");
    let snippets = Snippets::head("<!-- a comment without an end");
    let rejected = sandbox.compile(snippets.clone()).expect_err("it swallows");
    assert_eq!((rejected.diagnostics()[0].line, rejected.diagnostics()[0].column), (1, 1));
    assert_eq!(rejected.into_snippets(), snippets);
}

#[test]
fn the_catalogue_is_what_names_are_checked_against() {
    let code =
        "<script>c2c.on('call_ende', send)</script><script src=https://tags.example/a.js></script>";
    let compiled = builder().build().expect("a sandbox").compile(Snippets::head(code));
    let compiled = compiled.expect("a warning is no error");
    assert_eq!(compiled.warnings().len(), 1, "{:?}", compiled.warnings());
    assert_eq!(compiled.hosts()[0].host, "tags.example");
}

#[test]
fn all_parts_can_be_left_out() {
    let text = |page: &c2c::Page| String::from_utf8(page.html().to_vec()).expect("text");
    let full = text(&page());
    let compile = |sandbox: c2c::SandboxBuilder| {
        let compiled = sandbox.build().expect("a sandbox").compile(Snippets::default());
        text(compiled.expect("no code").page())
    };
    let [no_jar, no_diagnostics] =
        [builder().without_jar(), builder().without_diagnostics()].map(compile);
    assert!(full.contains("localStorage") && !no_jar.contains("localStorage"));
    assert!(no_diagnostics.len() < full.len());
    assert_ne!(no_jar, no_diagnostics);
}

#[test]
fn an_allow_list_is_in_the_policy() {
    let sandbox = builder().allow_list(AllowList::empty()).build().expect("a sandbox");
    let page = sandbox.compile(Snippets::default()).expect("no code");
    let csp = page.page().headers()["content-security-policy"].to_str().expect("text");
    assert!(csp.contains("default-src 'none'"), "{csp}");
    let sandboxed = sandbox.frame_attributes();
    assert_eq!((sandboxed[0].name, &*sandboxed[0].value), ("sandbox", "allow-scripts"));
}
