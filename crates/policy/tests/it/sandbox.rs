//! Sandbox tokens: parsing, printing, and the tokens that are unavailable.

use c2c_policy::{DocumentPolicy, SandboxError, SandboxToken, SandboxTokens};
use proptest::prelude::*;

use crate::properties::{self, value};

const DOCUMENTATION: &str = include_str!("../../../../docs/policy.md");

/// Checks a text with the strict and the lenient parser.
#[track_caller]
fn check(text: &str, strict: Result<&str, &str>, lenient: Result<&str, &str>) {
    for (way, read, expected) in
        [("strict", text.parse(), strict), ("lenient", SandboxTokens::parse_lenient(text), lenient)]
    {
        let read = read.map(|tokens: SandboxTokens| tokens.to_string());
        match (&read, expected) {
            (Ok(printed), Ok(expected)) => assert_eq!(printed, expected, "{text:?}, {way}"),
            (Err(error), Err(part)) if error.to_string().contains(part) => {}
            _ => panic!("{text:?}, {way}: {read:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn tokens_are_read_as_the_standard_says_and_printed_in_one_spelling() {
    for (text, printed) in [
        ("", ""),
        (" \t\n\x0c\r", ""),
        ("allow-scripts", "allow-scripts"),
        ("ALLOW-scripts", "allow-scripts"),
        ("\tallow-scripts\x0c\rallow-FORMS\n", "allow-forms allow-scripts"),
        (
            "allow-scripts allow-presentation allow-popups allow-pointer-lock \
             allow-orientation-lock allow-modals allow-forms allow-downloads",
            "allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock \
             allow-popups allow-presentation allow-scripts",
        ),
    ] {
        check(text, Ok(printed), Ok(printed));
    }
}

#[test]
fn what_browsers_ignore_is_refused_where_it_is_meant() {
    for (text, part, printed) in [
        ("allow-scripts allow-scripts", "`allow-scripts` is there twice", "allow-scripts"),
        ("allow-scripts Allow-Scripts", "`allow-scripts` is there twice", "allow-scripts"),
        ("allow-script", "\"allow-script\" is not a sandbox token", ""),
        ("allow-scripts,allow-forms", "is not a sandbox token", ""),
        ("allow-scripts allow-unique-origin", "\"allow-unique-origin\"", "allow-scripts"),
        ("allow-storage-access-by-user-activation", "is not a sandbox token", ""),
        // Not ASCII whitespace, so one word.
        ("allow-scripts\u{a0}allow-forms", "is not a sandbox token", ""),
        ("allow-scripts\x0ballow-forms", "is not a sandbox token", ""),
        // ASCII case only: this is no `k`.
        ("allow-pointer-loc\u{212a}", "is not a sandbox token", ""),
    ] {
        check(text, Err(part), Ok(printed));
    }
}

#[test]
fn no_spelling_opens_the_sandbox() {
    for text in [
        "allow-scripts allow-same-origin",
        "allow-same-origin allow-scripts",
        "ALLOW-SAME-ORIGIN\nAllow-Scripts",
        "x allow-same-origin x allow-scripts",
        "allow-scripts allow-scripts allow-same-origin allow-same-origin",
        "allow-same-origin",
        "allow-scripts\x0callow-top-navigation",
        "Allow-Top-Navigation-By-User-Activation",
        "allow-top-navigation-to-custom-protocols\r\n",
        "allow-popups allow-popups-to-escape-sandbox",
        "allow-popups-to-escape-sandbox",
    ] {
        assert!(
            matches!(SandboxTokens::parse_lenient(text), Err(SandboxError::Dangerous { .. })),
            "{text:?}"
        );
        assert!(text.parse::<SandboxTokens>().is_err(), "{text:?}");
    }
}

#[test]
fn each_constructor_is_its_token() {
    let all = [
        (SandboxTokens::ALLOW_DOWNLOADS, SandboxToken::AllowDownloads, "allow-downloads"),
        (SandboxTokens::ALLOW_FORMS, SandboxToken::AllowForms, "allow-forms"),
        (SandboxTokens::ALLOW_MODALS, SandboxToken::AllowModals, "allow-modals"),
        (
            SandboxTokens::ALLOW_ORIENTATION_LOCK,
            SandboxToken::AllowOrientationLock,
            "allow-orientation-lock",
        ),
        (SandboxTokens::ALLOW_POINTER_LOCK, SandboxToken::AllowPointerLock, "allow-pointer-lock"),
        (SandboxTokens::ALLOW_POPUPS, SandboxToken::AllowPopups, "allow-popups"),
        (
            SandboxTokens::dangerous_allow_popups_to_escape_sandbox(),
            SandboxToken::AllowPopupsToEscapeSandbox,
            "allow-popups-to-escape-sandbox",
        ),
        (SandboxTokens::ALLOW_PRESENTATION, SandboxToken::AllowPresentation, "allow-presentation"),
        (
            SandboxTokens::dangerous_allow_same_origin(),
            SandboxToken::AllowSameOrigin,
            "allow-same-origin",
        ),
        (SandboxTokens::ALLOW_SCRIPTS, SandboxToken::AllowScripts, "allow-scripts"),
        (
            SandboxTokens::dangerous_allow_top_navigation(),
            SandboxToken::AllowTopNavigation,
            "allow-top-navigation",
        ),
        (
            SandboxTokens::dangerous_allow_top_navigation_by_user_activation(),
            SandboxToken::AllowTopNavigationByUserActivation,
            "allow-top-navigation-by-user-activation",
        ),
        (
            SandboxTokens::dangerous_allow_top_navigation_to_custom_protocols(),
            SandboxToken::AllowTopNavigationToCustomProtocols,
            "allow-top-navigation-to-custom-protocols",
        ),
    ];
    let mut union = SandboxTokens::EMPTY;
    let mut names = Vec::new();
    for (tokens, token, name) in all {
        assert_eq!(tokens.to_string(), name);
        assert_eq!(tokens.iter().collect::<Vec<_>>(), std::slice::from_ref(&token));
        assert_eq!((token.as_str(), SandboxToken::from(name)), (name, token.clone()));
        assert!(!union.contains(&token));
        union = union.union(tokens);
        assert!(DOCUMENTATION.contains(&format!("\n| `{name}` | ")), "{name} is not documented");
        names.push(name);
    }
    assert_eq!(union.to_string(), names.join(" "));
    assert!(names.is_sorted());
    let unknown = SandboxToken::from("allow-Everything");
    assert_eq!(unknown, SandboxToken::Unknown("allow-Everything".to_owned()));
    assert!(!union.contains(&unknown));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "header and attribute follow any sandbox")]
fn header_and_attribute_say_the_same() {
    let strict = DocumentPolicy::strict(&[]);
    let forms = SandboxTokens::strict().union(SandboxTokens::ALLOW_FORMS);
    let open = forms | SandboxTokens::dangerous_allow_same_origin();
    for tokens in [SandboxTokens::EMPTY, SandboxTokens::strict(), forms, open] {
        let policy = strict.clone().dangerous_with_sandbox(tokens);
        let attribute = &policy.frame_attributes()[0];
        assert_eq!((attribute.name, &*attribute.value), ("sandbox", &*tokens.to_string()));
        let first = value(policy.headers(), "content-security-policy").split("; ").next();
        assert_eq!(first, Some(format!("sandbox {tokens}").trim_end()));
    }
    assert_eq!(strict.clone().dangerous_with_sandbox(SandboxTokens::strict()), strict);
}

proptest! {
    #[test]
    fn any_text(text in "((?i)allow-(scripts|forms|same-origin|popups)|[ \t\x0b\x0c\r\n]|\\PC){0,8}") {
        properties::sandbox(&text);
    }
}
