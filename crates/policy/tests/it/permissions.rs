//! Permissions-Policy: the table of features, parsing and printing.

use c2c_policy::{DocumentPolicy, FEATURES, PermissionsPolicy};
use proptest::prelude::*;

use crate::properties::{self, value};

#[track_caller]
fn check(text: &str, expected: Result<&str, &str>) {
    let read = text.parse::<PermissionsPolicy>().map(|policy| policy.to_string());
    match (&read, expected) {
        (Ok(printed), Ok(expected)) => assert_eq!(printed, expected, "{text:?}"),
        (Err(error), Err(part)) if error.to_string().contains(part) => {}
        _ => panic!("{text:?}: {read:?}, expected {expected:?}"),
    }
}

#[test]
fn dictionaries_that_deny_are_read_and_printed_in_one_spelling() {
    check("camera=()", Ok("camera=()"));
    check("  usb=(  ),\t camera=() \t,midi=() ", Ok("camera=(), midi=(), usb=()"));
    check("ch-ua-64=()\t ", Ok("ch-ua-64=()"));
}

#[test]
fn what_grants_or_is_no_dictionary_is_refused() {
    for (text, part) in [
        ("", "no feature is denied"),
        ("   ", "no feature is denied"),
        ("camera=*", "not \"*\""),
        ("camera=(*)", "not \"(*)\""),
        ("camera=(self)", "not \"(self)\""),
        ("camera=(\"https://a.example\")", "must be denied to every origin"),
        ("camera=();report-to=x", "must be denied to every origin"),
        ("camera=(\t)", "must be denied to every origin"),
        ("camera=()()", "must be denied to every origin"),
        ("camera='none'", "must be denied to every origin"),
        ("camera", "\"camera\" is not a feature's name"),
        // Feature-Policy syntax, which reads as a boolean member.
        ("camera 'none'", "is not a feature's name"),
        ("Camera=()", "is not a feature's name"),
        ("camera =()", "is not a feature's name"),
        ("*=()", "is not a feature's name"),
        ("-camera=()", "is not a feature's name"),
        ("camera=(),", "is not a feature's name"),
        (",camera=()", "is not a feature's name"),
        ("\tcamera=()", "is not a feature's name"),
        ("camera=(); usb=()", "must be denied to every origin"),
        ("camera=(), camera=()", "`camera` is there twice"),
    ] {
        check(text, Err(part));
    }
}

#[test]
fn the_table_is_sorted_and_keeps_for_tags_what_they_use() {
    assert!(FEATURES.is_sorted_by(|a, b| a.name < b.name));
    let kept = FEATURES.iter().filter(|feature| feature.kept.is_some());
    let kept = kept.map(|feature| feature.name).filter(|name| !name.starts_with("ch-"));
    assert_eq!(
        kept.collect::<Vec<_>>(),
        [
            "deferred-fetch",
            "deferred-fetch-minimal",
            "execution-while-not-rendered",
            "execution-while-out-of-viewport",
            "frobulate",
            "sync-script",
            "sync-xhr",
            "unload",
        ]
    );
    let mut hints = FEATURES.iter().filter(|feature| feature.name.starts_with("ch-"));
    assert!(hints.all(|hint| hint.kept.is_some()));
}

#[test]
fn the_document_is_denied_all_others() {
    let policy = PermissionsPolicy::strict();
    for feature in FEATURES {
        assert_eq!(policy.denies(feature.name), feature.kept.is_none(), "{}", feature.name);
    }
    for name in ["microphone", "camera", "clipboard-read", "storage-access", "local-network-access"]
    {
        assert!(policy.denies(name), "{name}");
    }
    let document = DocumentPolicy::strict(&[]);
    let header = value(document.headers(), "permissions-policy");
    assert!(header.starts_with("accelerometer=(), all-screens-capture=(), "), "{header}");
    assert_eq!(header.parse(), Ok(policy));
    properties::permissions(header);
}

proptest! {
    #[test]
    fn any_text(text in "(camera|usb|[a-z0-9-]{1,3}|=|\\(|\\)|=\\(\\)|,|[ \t]|\\*|\\PC){0,12}") {
        properties::permissions(&text);
    }

    #[test]
    fn any_denial(text in " {0,2}[a-z]{1,2}=\\( {0,1}\\)([ \t]{0,2},[ \t]{0,2}[a-z]{1,2}=\\(\\)){0,4}[ \t]{0,1}") {
        properties::permissions(&text);
    }
}
