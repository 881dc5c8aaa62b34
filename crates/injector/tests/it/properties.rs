//! Properties that hold for any two snippets. Used by the random tests here, by the html5lib runner and by
//! the fuzz target.

use c2c_injector::{
    Area, Code, Diagnostic, Limits, ScriptAttributes, Severity, Snippets, Template,
};
use c2c_names::EventName;

use crate::judge::{self, Cut};

pub(crate) const SCRIPT: &str = "window.c2c = Object.freeze({ a: '<b>', amp: 1 && 2 });";
/// The default skeleton and one that an embedder might bring, cut at their slots.
const SKELETONS: [[&str; 3]; 2] = [
    [
        "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head>",
        "</head>\n<body>",
        "</body>\n</html>\n",
    ],
    [
        "<!doctype html><!-- <head> --><html><head class='a'>",
        "\r\n<meta name=a><title></body></title><style>b{}</style></head><body id=b><p>1<main>2</main>",
        "</body><!-- end --></html>",
    ],
];

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Contained,
    NotContained,
    /// The input could not be checked: NUL, size, complexity.
    InputError,
}

/// Checks two snippets in each skeleton and asserts (a) to (d) of the crate's promise, and that each diagnostic is well
/// placed. Panics if an assertion fails; otherwise returns the outcome in the default skeleton.
pub(crate) fn hold_for(head: &str, body_end: &str) -> Outcome {
    let [outcome, _] = SKELETONS.map(|skeleton| hold_in(skeleton, head, body_end));
    outcome
}

fn hold_in([prefix, middle, after]: [&str; 3], head: &str, body_end: &str) -> Outcome {
    let template = Template::parse(&[prefix, middle, after].concat(), SCRIPT)
        .expect("it is a template")
        .with_events(["call_ended".parse::<EventName>().expect("a name")]);
    let snippets = Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
    let before = format!("{prefix}<script>{SCRIPT}</script>");
    let whole = [before.as_str(), head, middle, body_end, after].concat();

    let (outcome, causes) = match template.check(snippets.clone(), &Limits::default()) {
        Ok(checked) => {
            for diagnostic in checked.diagnostics() {
                assert_eq!(diagnostic.severity, Severity::Warning);
                assert_well_placed(diagnostic, head, body_end);
            }
            let document = checked.compile(&ScriptAttributes::new());
            let bytes = document.chunks().concat();
            assert!(
                bytes.starts_with(before.as_bytes()),
                "(a) the bytes up to the end of the script are ours"
            );
            assert_eq!(bytes, whole.as_bytes(), "(b) the output is byte for byte");
            assert_eq!(document.len(), bytes.len());
            (Outcome::Contained, Vec::new())
        }
        Err(refused) => {
            let found = refused.diagnostics();
            assert!(
                found.iter().any(|found| found.severity == Severity::Error),
                "a refusal says why"
            );
            assert_eq!(refused.snippets(), &snippets, "nothing typed is lost");
            for diagnostic in found {
                assert_well_placed(diagnostic, head, body_end);
            }
            let is_input = |found: &Diagnostic| {
                matches!(found.code, Code::Nul | Code::NotUtf8 | Code::TooLarge | Code::TooComplex)
            };
            if found.iter().any(is_input) {
                return Outcome::InputError;
            }
            let errors = found.iter().filter(|found| found.severity == Severity::Error);
            (Outcome::NotContained, errors.map(|found| (found.area, found.code)).collect())
        }
    };

    let text = judge::first_script(&whole);
    assert_eq!(
        text.as_deref(),
        Some(SCRIPT),
        "(c) the first script element is ours, in the head, intact"
    );

    let cut = Cut { before: &before, middle, after };
    let verdict = judge::judge(&cut, head, body_end);
    let contained = verdict.head_holds && verdict.body_end_holds;
    assert_eq!(
        outcome == Outcome::Contained,
        contained,
        "(d) the check and the judge agree: {verdict:?} {causes:?}"
    );
    let names = |area| causes.iter().any(|&(named, _)| named == area);
    if !verdict.head_holds {
        assert!(names(Area::Head), "(d) the head snippet is named: {causes:?}");
    } else if !verdict.body_end_holds {
        // An element that the head snippet leaves open can hold a script itself and still reach into
        // the body-end snippet (`<svg><title>`, then `</title>`): it is reported where it began.
        let reaches_over = |&(_, code): &(Area, Code)| {
            matches!(code, Code::UnclosedSvg | Code::UnclosedMath | Code::UnclosedTemplate)
        };
        assert!(
            names(Area::BodyEnd) || causes.iter().all(reaches_over),
            "(d) the body-end snippet is named, or what reaches into it: {causes:?}"
        );
    }
    outcome
}

fn assert_well_placed(diagnostic: &Diagnostic, head: &str, body_end: &str) {
    let snippet = match diagnostic.area {
        Area::Head => head,
        Area::BodyEnd => body_end,
    };
    let begun = snippet.get(diagnostic.span.clone()).expect("the span is a part of the snippet");
    let before = &snippet[..diagnostic.span.start];
    let starts = match diagnostic.code {
        Code::UnclosedAttribute | Code::OpenQuote => begun == "'" || begun == "\"",
        Code::NotContained
        | Code::TooComplex
        | Code::TooLarge
        | Code::SyntaxError
        | Code::InvalidJson => true,
        Code::Nul => begun == "\0",
        Code::UnknownEvent | Code::CustomEventName => {
            before.ends_with(['\'', '"', '`']) || begun.starts_with('<')
        }
        Code::ScriptAsText | Code::VisibleText => {
            !begun.is_empty() && !begun.starts_with(char::is_whitespace)
        }
        code if code.severity() == Severity::Warning && !is_about_a_tag(code) => !begun.is_empty(),
        _ => begun.starts_with('<'),
    };
    assert!(starts, "{diagnostic:?} does not begin what it names: {begun:?}");
    assert!(diagnostic.line >= 1 && diagnostic.line <= before.len() + 1);
    assert!(diagnostic.column >= 1 && diagnostic.column <= before.chars().count() + 1);
}

/// Whether a warning always begins at a tag.
fn is_about_a_tag(code: Code) -> bool {
    matches!(
        code,
        Code::UnclosedElement
            | Code::EarlyEndTag
            | Code::MetaCsp
            | Code::MetaRefresh
            | Code::MetaCharset
            | Code::Base
            | Code::BlockedForm
            | Code::SwallowedScript
    )
}

/// The fuzzer found one: these were taken for tags that end or begin a script.
#[test]
fn tags_in_an_event_handler_are_text_of_it() {
    hold_for("<scr</onscnbq=0'sc*<desc>\"2<sonl.`e", "");
    for handler in ["<script>", "if (a) <script>b()", "x = '<b", "`</script"] {
        hold_for(&format!("<b onclick=\"{handler}\">c</b>"), "");
    }
}
