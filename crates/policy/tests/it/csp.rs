//! Policies: parsing, printing, and invalid ones.

use c2c_policy::{
    AncestorSource, Csp, CspError, Directive, HostSource, Nonce, SandboxTokens, Source,
    SourceDirective,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::properties;

#[track_caller]
fn check(text: &str, expected: Result<&str, &str>) {
    let read = text.parse::<Csp>().map(|policy| policy.to_string());
    match (&read, expected) {
        (Ok(printed), Ok(expected)) => assert_eq!(printed, expected, "{text:?}"),
        (Err(error), Err(part)) if error.to_string().contains(part) => {}
        _ => panic!("{text:?}: {read:?}, expected {expected:?}"),
    }
}

#[test]
fn policies_are_read_and_printed_in_one_spelling() {
    for (text, printed) in [
        ("sandbox", "sandbox"),
        (" ;\t; SANDBOX\x0cAllow-Scripts ;", "sandbox allow-scripts"),
        ("frame-ancestors 'NONE'", "frame-ancestors 'none'"),
        (
            "frame-ancestors HTTPS: https://*.a.example:443\thttp://b.example:8080",
            "frame-ancestors https: https://*.a.example http://b.example:8080",
        ),
        ("default-src 'none';script-src 'Self'", "default-src 'none'; script-src 'self'"),
        (
            "connect-src https://a.example wss://a.example ws://a.example:80",
            "connect-src https://a.example wss://a.example ws://a.example",
        ),
        ("img-src DATA: blob:; font-src data:", "img-src data: blob:; font-src data:"),
        (
            "sandbox allow-scripts; script-src 'unsafe-INLINE' 'unsafe-eval' blob:",
            "sandbox allow-scripts; script-src 'unsafe-inline' 'unsafe-eval' blob:",
        ),
        (
            "script-src 'nonce-00112233445566778899aabbccddeeff'; trusted-types 'none'; \
             require-trusted-types-for 'script'",
            "script-src 'nonce-00112233445566778899aabbccddeeff'; trusted-types 'none'; \
             require-trusted-types-for 'script'",
        ),
    ] {
        check(text, Ok(printed));
    }
}

#[test]
fn what_browsers_would_ignore_or_take_for_something_else_is_refused() {
    for (text, part) in [
        ("", "there is no directive"),
        (" ; ;", "there is no directive"),
        ("sandbox allow-scripts, sandbox", "a comma begins another policy"),
        ("sandbox; sandbox allow-scripts", "`sandbox` is there twice"),
        ("img-src 'none'; IMG-SRC 'self'", "`img-src` is there twice"),
        ("frame-ancestor 'none'", "\"frame-ancestor\" is not a supported directive"),
        ("script-src-elem 'none'", "\"script-src-elem\" is not a supported directive"),
        ("report-uri https://a.example", "\"report-uri\" is not a supported directive"),
        ("frame-ancestors", "`frame-ancestors` does not take \"\""),
        ("script-src", "`script-src` does not take \"\""),
        ("trusted-types *", "`trusted-types` does not take \"*\""),
        ("require-trusted-types-for 'script' x", "does not take \"'script' x\""),
        ("frame-ancestors 'none' https://a.example", "must begin with"),
        ("frame-ancestors 'self'", "must begin with"),
        ("frame-ancestors *", "must begin with"),
        ("frame-ancestors http:", "must begin with"),
        ("script-src a.example", "must begin with"),
        ("script-src https:", "must begin with"),
        ("script-src wasm:", "must begin with"),
        ("script-src 'strict-dynamic'", "must begin with"),
        ("script-src 'nonce-abc'", "must begin with"),
        ("script-src 'nonce-00112233445566778899AABBCCDDEEFF'", "must begin with"),
        ("script-src https://a.example/x.js", "host name"),
        ("img-src https://b\u{fc}cher.example", "host name"),
        ("img-src\u{a0}'none'", "is not a supported directive"),
    ] {
        check(text, Err(part));
    }
}

#[test]
fn no_policy_has_an_open_sandbox() {
    for text in [
        "sandbox allow-scripts allow-same-origin",
        "SANDBOX Allow-Same-Origin Allow-Scripts",
        "img-src 'none'; sandbox\tallow-top-navigation",
    ] {
        check(text, Err("opens the sandbox"));
    }
    check("sandbox allow-scripts allow-script", Err("is not a sandbox token"));
}

#[test]
fn sources_stand_where_they_mean_something() {
    for text in [
        // `'self'` has no meaning for an opaque origin, in whichever order the directives come.
        "script-src 'self'; sandbox allow-scripts",
        "sandbox; img-src data: 'self'",
        "sandbox; base-uri 'self'",
        // Inline code belongs to sandboxed documents.
        "script-src 'unsafe-inline'",
        "script-src 'unsafe-eval'",
        "script-src blob:",
        "style-src 'unsafe-inline'",
        // Sources that would never match there, or would run data as code.
        "sandbox allow-scripts; script-src data:",
        "sandbox allow-scripts; default-src 'unsafe-inline'",
        "sandbox allow-scripts; style-src 'unsafe-eval'",
        "sandbox allow-scripts; frame-src data:",
        "sandbox allow-scripts; frame-src blob:",
        "frame-src wss://a.example",
        "img-src 'nonce-00112233445566778899aabbccddeeff'",
    ] {
        check(text, Err("has no place in this"));
    }
}

#[test]
fn a_policy_of_typed_directives_goes_the_same_way() {
    let sandbox = Directive::Sandbox(SandboxTokens::strict());
    let own = Directive::Sources(SourceDirective::Image, vec![Source::SelfOrigin]);
    assert_eq!(Csp::new([]), Err(CspError::Empty));
    assert_eq!(Csp::new([sandbox.clone(), sandbox.clone()]), Err(CspError::Duplicate("sandbox")));
    assert_eq!(
        Csp::new([own.clone(), sandbox]),
        Err(CspError::Misplaced { directive: "img-src", expression: Source::SelfOrigin })
    );
    assert_eq!(Csp::new([own.clone()]).map(|policy| policy.directives().to_vec()), Ok(vec![own]));
}

fn host() -> impl Strategy<Value = HostSource> {
    let text = "https?://(\\*\\.)?[a-z][a-z0-9]{0,4}(\\.[a-z]{2,4}){0,2}(:[1-9][0-9]{0,3})?";
    text.prop_map(|text| text.parse().expect("it is a host source"))
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        host().prop_map(Source::Host),
        host().prop_map(Source::Socket),
        any::<[u8; 16]>().prop_map(|random| Source::Nonce(Nonce::new(random))),
        Just(Source::SelfOrigin),
        Just(Source::Data),
        Just(Source::Blob),
        Just(Source::UnsafeInline),
        Just(Source::UnsafeEval),
    ]
}

fn tokens() -> impl Strategy<Value = SandboxTokens> {
    let tokens = [
        SandboxTokens::ALLOW_DOWNLOADS,
        SandboxTokens::ALLOW_FORMS,
        SandboxTokens::ALLOW_POPUPS,
        SandboxTokens::ALLOW_SCRIPTS,
    ];
    let union =
        |tokens: Vec<_>| tokens.into_iter().fold(SandboxTokens::EMPTY, SandboxTokens::union);
    vec(proptest::sample::select(tokens.to_vec()), 0..4).prop_map(union)
}

fn directive() -> impl Strategy<Value = Directive> {
    let sources = proptest::sample::select(vec![
        SourceDirective::Default,
        SourceDirective::Script,
        SourceDirective::Style,
        SourceDirective::Image,
        SourceDirective::Connect,
        SourceDirective::Font,
        SourceDirective::Frame,
        SourceDirective::BaseUri,
        SourceDirective::FormAction,
    ]);
    let ancestor =
        prop_oneof![host().prop_map(AncestorSource::Host), Just(AncestorSource::AnyHttps)];
    prop_oneof![
        4 => (sources, vec(source(), 0..3)).prop_map(|(of, list)| Directive::Sources(of, list)),
        1 => tokens().prop_map(Directive::Sandbox),
        1 => vec(ancestor, 0..3).prop_map(Directive::FrameAncestors),
        1 => Just(Directive::RequireTrustedTypesForScript),
        1 => Just(Directive::TrustedTypesNone),
    ]
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(directives in vec(directive(), 0..4)) {
        if let Ok(policy) = Csp::new(directives) {
            let printed = policy.to_string();
            prop_assert_eq!(printed.parse(), Ok(policy));
            properties::csp(&printed);
        }
    }

    #[test]
    fn any_text(
        text in "((?i)sandbox|allow-scripts|(script|img|frame|connect)-src|frame-ancestors|'none'\
                 |'self'|data:|blob:|(https|wss?)://a(:443)?|'unsafe-inline'|[;, \t\x0c]| \\PC){0,9}"
    ) {
        properties::csp(&text);
    }
}
