//! The table of codes: each has an example that triggers it, a correct place in any file, and a
//! documentation page.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::{env, fs};

use c2c_injector::{
    Area, COMPILER, Code, Diagnostic, EventSignature, Limits, ScriptAttributes, Severity, Snippets,
    Template,
};
use proptest::prelude::{ProptestConfig, proptest};

use crate::grammar::markup;

const DOCUMENTATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/diagnostics.md");

/// Codes that no known input triggers: they exist in case one is found.
const WITHOUT_EXAMPLE: [Code; 1] = [Code::NotContained];

fn check(area: Area, snippet: Vec<u8>) -> Vec<Diagnostic> {
    let template = Template::reference("1").expect("the reference template parses").with_events(
        ["chat.opened", "chat.closed"]
            .map(|name| EventSignature::new(name.parse().expect(name)).with_fields(["seconds"])),
    );
    let snippets = match area {
        Area::Head => Snippets::head(snippet),
        Area::BodyEnd => Snippets::body_end(snippet),
    };
    match template.check(snippets, &Limits::default()) {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(refused) => refused.diagnostics().to_vec(),
    }
}

/// The bytes that a bad example shows or describes.
fn bad_example(code: Code) -> Vec<u8> {
    let shown = code.bad_example();
    match code {
        Code::Nul => shown.replace('\u{2400}', "\0").into_bytes(),
        Code::NotUtf8 => b"<p>Gr\xFC\xDFe</p>".to_vec(),
        Code::TooLarge => shown.replace("300 KB", &"x".repeat(300_000)).into_bytes(),
        Code::TooComplex => "<div>".repeat(1000).into_bytes(),
        Code::UncheckedScript => format!("<script>{}</script>", "(".repeat(1000)).into_bytes(),
        _ => shown.into(),
    }
}

fn codes_with_examples() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| !WITHOUT_EXAMPLE.contains(code))
}

/// The areas in which a code can occur.
fn areas(code: Code) -> &'static [Area] {
    match code {
        // At the body end, the template already has a body.
        Code::Frameset => &[Area::Head],
        _ => &[Area::Head, Area::BodyEnd],
    }
}

#[test]
fn a_bad_example_gets_its_code_and_a_good_one_gets_none() {
    let mut wrong = Vec::new();
    for code in codes_with_examples() {
        for &area in areas(code) {
            let found = check(area, bad_example(code));
            if found.iter().map(|found| found.code).ne([code])
                || found[0].severity != code.severity()
            {
                wrong.push((code, area, found));
            }
            let found = check(area, code.good_example().into());
            if !found.is_empty() {
                wrong.push((code, area, found));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for code in WITHOUT_EXAMPLE {
        assert_eq!((code.bad_example(), code.good_example()), ("", ""));
    }
}

/// Wide characters, tabs and each of the three line ends, in text without findings.
const BEFORE: &str = "<!--é\u{2028}😀-->\r\n<!--\t-->\r\t\n<!--e\u{301}😀\t-->\t";
/// The end of that text: on the fourth line, after `<!--`, four characters, `-->` and a tab.
const LINES_BEFORE: usize = 3;
const COLUMNS_BEFORE: usize = 12;

#[test]
fn places_hold_in_any_file() {
    for code in codes_with_examples() {
        for &area in areas(code) {
            if is_about_a_whole_snippet(code) {
                continue;
            }
            let [plain] = &check(area, bad_example(code))[..] else { panic!("{code}") };
            let moved = [BEFORE.as_bytes(), &bad_example(code)].concat();
            let [moved] = &check(area, moved)[..] else { panic!("{code} is found after that") };
            let columns = if plain.line == 1 { COLUMNS_BEFORE } else { 0 };
            let expected = match code {
                // Its place is the first byte over the limit, so it does not move with the text.
                Code::TooLarge => continue,
                _ => (
                    plain.span.start + BEFORE.len(),
                    plain.line + LINES_BEFORE,
                    plain.column + columns,
                ),
            };
            assert_eq!(
                (moved.span.start, moved.line, moved.column),
                expected,
                "{code} in {area:?}"
            );
        }
    }
}

/// Whether a code can only be about a snippet with nothing else in it.
fn is_about_a_whole_snippet(code: Code) -> bool {
    matches!(code, Code::EscapedQuotes | Code::MarkdownFence)
}

fn apply(snippet: &str, diagnostic: &Diagnostic) -> Option<String> {
    let fix = diagnostic.fix.as_ref()?;
    let mut fixed = snippet.to_owned();
    fixed.replace_range(fix.span.clone(), &fix.replacement);
    Some(fixed)
}

/// Applies the first available fix repeatedly, and returns the result with the remaining findings.
fn apply_all(area: Area, snippet: &str) -> (String, Vec<Diagnostic>) {
    let mut snippet = snippet.to_owned();
    for _ in 0..100 {
        let found = check(area, snippet.clone().into());
        let next = found.iter().find_map(|found| Some((found, apply(&snippet, found)?)));
        let Some((problem, fixed)) = next else { return (snippet, found) };
        let again = check(area, fixed.clone().into());
        let is_same = |found: &&Diagnostic| {
            (found.code, found.span.start) == (problem.code, problem.span.start)
        };
        // A srcset can have more than one URL that needs the same fix.
        if problem.severity == Severity::Error {
            let same = again.iter().find(is_same);
            assert_eq!(same, None, "{snippet:?} became {fixed:?}, which is no better");
        }
        snippet = fixed;
    }
    panic!("there is no end to it: {snippet:?}");
}

#[test]
fn fixes_remove_their_problems() {
    let fixable: BTreeSet<_> = codes_with_examples()
        .filter(|&code| check(Area::Head, bad_example(code))[0].fix.is_some())
        .map(Code::as_str)
        .collect();
    let expected = [
        "api-misuse",
        "bare-id",
        "bare-url",
        "broken-tag",
        "code-beside-source",
        "early-script-end",
        "editor-markup",
        "escaped-html",
        "escaped-quotes",
        "foreign-api",
        "ignored-script",
        "insecure-url",
        "integrity-needs-cors",
        "invisible-character",
        "jsx",
        "markdown-fence",
        "open-quote",
        "script-as-text",
        "swallowed-script",
        "typographic-character",
        "unclosed-cdata",
        "unclosed-comment",
        "unclosed-math",
        "unclosed-noscript",
        "unclosed-raw-text",
        "unclosed-script",
        "unclosed-style",
        "unclosed-svg",
        "unclosed-tag",
        "unclosed-template",
        "unclosed-textarea",
        "unclosed-title",
        "unknown-event",
        "unknown-field",
    ];
    assert_eq!(fixable, expected.into());

    for (snippet, fixed) in [
        ("<script>a()", "<script>a()</script>"),
        ("<SCRIPT>a()</script", "<SCRIPT>a()</script>"),
        ("<script><!--<script>", "<script><!--<script></script></script>"),
        ("<script><!--<script></script", "<script><!--<script></script></script>"),
        ("<script>a()\n< /script>", "<script>a()\n</script>"),
        ("<script>a()<\\/script>", "<script>a()</script>"),
        (
            "<script src='https://a.example'>\n<p>x</p>",
            "<script src='https://a.example'></script>\n<p>x</p>",
        ),
        ("<script src='https://a.example'/>", "<script src='https://a.example'></script>"),
        ("<script><!-- <script></script>", "<script><!-- <script></script></script>"),
        ("<script><!-- <script> -->", "<script><!-- <script> --></script>"),
        ("<script><!--><script>", "<script><!--><script></script>"),
        ("<svg><title><style>", "<svg><title><style></style>"),
        ("<svg><![CDATA[ x", "<svg><![CDATA[ x]]></svg>"),
        ("<template><svg><g", "<template><svg><g></svg></template>"),
        ("<template><svg><title><select>", "<template><svg><title><select></template>"),
        (
            "<img srcset='http://a.example 1x, http://b.example'>",
            "<img srcset='https://a.example 1x, https://b.example'>",
        ),
        ("<script>c2c.on('chatClosed', f)</script>", "<script>c2c.on('chat.closed', f)</script>"),
    ] {
        for area in [Area::Head, Area::BodyEnd] {
            let (found, rest) = apply_all(area, snippet);
            assert_eq!(found, fixed, "{rest:#?}");
            assert!(rest.iter().all(|found| found.severity == Severity::Warning), "{rest:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2048)))]

    #[test]
    fn fixes_come_to_an_end(snippet in markup()) {
        apply_all(Area::Head, &snippet);
        apply_all(Area::BodyEnd, &snippet);
    }
}

#[test]
fn the_documentation_is_that_of_the_table() {
    let expected = documentation();
    if env::var_os("UPDATE").is_some() {
        fs::write(DOCUMENTATION, &expected).expect("the file can be written");
    }
    let found = fs::read_to_string(DOCUMENTATION).unwrap_or_default();
    assert!(
        found == expected,
        "docs/diagnostics.md is not what the table of codes says; to write it: UPDATE=1 cargo test -p c2c-injector --test it codes::"
    );
}

fn documentation() -> String {
    let mut text = "# Diagnostics

<!-- Made from the table of codes in crates/injector/src/diagnostic.rs. After a change there:
     UPDATE=1 cargo test -p c2c-injector --test it codes:: -->

The findings of a check of pasted HTML. An **error** prevents publication: the snippet would swallow or change the code after it, or cannot be
judged. A **warning** does not: the snippet runs, but part of it may not work. At most 100 warnings are reported
(`Limits::with_warnings_max`).

Every finding names its area (head or body end), the bytes that began the problem, and their line and column, both from 1. CR LF, CR and
LF each end one line; columns count Unicode scalar values, so that a tab, an accented letter and an emoji are one each. A code keeps its
name over releases. *Fix* is a change that a program can make without knowing the intention; `Diagnostic::fix` has the exact change.

| code | severity | meaning |
|---|---|---|
".to_owned();
    for code in Code::ALL {
        let summary = code.summary();
        writeln!(text, "| [`{code}`](#{code}) | {} | {summary} |", code.severity())
            .expect("a String takes all");
    }
    for code in Code::ALL {
        let (severity, summary, help) = (code.severity(), code.summary(), code.help());
        write!(text, "\n## {code}\n\n**{severity}** · {summary}\n\n{help}\n")
            .expect("a String takes all");
        if WITHOUT_EXAMPLE.contains(code) {
            text.push_str(
                "\nNo snippet is known to cause it: it covers causes without a code of their own.\n",
            );
            continue;
        }
        for (title, example) in [("Bad", code.bad_example()), ("Good", code.good_example())] {
            write!(text, "\n{title}:\n\n```html\n{}\n```\n", example.trim_end())
                .expect("a String takes all");
        }
        let found = check(Area::Head, bad_example(*code));
        if let Some(fix) = &found[0].fix {
            let place =
                if fix.span.is_empty() { "at the end of the snippet" } else { "in its place" };
            write!(text, "\nFix: `{}` {place}.\n", fix.replacement).expect("a String takes all");
        }
    }
    text
}

/// A document that was compiled before is used as long as the version of the compiler is the same.
#[test]
fn the_compiler_has_a_new_version_when_it_behaves_differently() {
    const EXPECTED: (u32, u64) = (1, 0xdb00_e9f2_8505_5d8b);
    let template = Template::reference("1").expect("the reference template parses");
    let mut hash = FNV_OFFSET;
    for code in codes_with_examples() {
        for snippet in [bad_example(code), code.good_example().into()] {
            for snippets in [Snippets::head(snippet.clone()), Snippets::body_end(snippet)] {
                let document = match template.check(snippets, &Limits::default()) {
                    Ok(checked) => checked.compile(&ScriptAttributes::new()).chunks().concat(),
                    Err(_) => b"rejected".to_vec(),
                };
                hash = document.iter().chain(b"\0").copied().fold(hash, fnv);
            }
        }
    }
    assert_eq!(
        (COMPILER, hash),
        EXPECTED,
        "raise COMPILER if other documents come out, or if others are rejected; then write both numbers here"
    );
}

/// [FNV-1a](https://www.rfc-editor.org/rfc/rfc9923), whose results are the same in each build.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}
