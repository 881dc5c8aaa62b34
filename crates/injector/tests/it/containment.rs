//! Each construct that swallows the text after it is rejected where it began; constructs that only look
//! like one are accepted.

use c2c_injector::{Area, Limits, Rejected, Severity, Snippets, Template};

fn refuse(head: &str, body_end: &str) -> Rejected {
    let template = Template::reference("1").expect("the reference template parses");
    template
        .check(
            Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() },
            &Limits::default(),
        )
        .expect_err("it is not contained")
}

/// Asserts that the snippet, alone in either place, is rejected with one error, whose span `⟦` and `⟧`
/// mark.
#[track_caller]
fn swallows(marked: &str, code: &str) {
    let snippet = marked.replace(['⟦', '⟧'], "");
    let start = marked.find('⟦').expect("the span's start is marked");
    let end = marked.find('⟧').expect("the span's end is marked") - '⟦'.len_utf8();
    for (refused, area) in
        [(refuse(&snippet, ""), Area::Head), (refuse("", &snippet), Area::BodyEnd)]
    {
        let [only] = refused.diagnostics() else {
            panic!("{area:?} {snippet:?}: {:?}", refused.diagnostics());
        };
        assert_eq!(
            (only.code.as_str(), only.area, only.span.clone()),
            (code, area, start..end),
            "{snippet:?}: {only:?}"
        );
    }
}

/// Asserts that the snippet is accepted in either place.
#[track_caller]
fn is_contained(snippet: &str) {
    let template = Template::reference("1").expect("the reference template parses");
    for snippets in [Snippets::head(snippet.to_owned()), Snippets::body_end(snippet.to_owned())] {
        if let Err(refused) = template.check(snippets, &Limits::default()) {
            panic!("{snippet:?}: {:?}", refused.diagnostics());
        }
    }
}

#[test]
fn raw_text() {
    swallows("a\n ⟦<script>⟧ga()", "unclosed-script");
    swallows("⟦<script src=\"x\">⟧", "unclosed-script");
    swallows("<script>1</script>⟦<SCRIPT async>⟧2</script", "unclosed-script");
    swallows("⟦<script>⟧<!--<script>", "unclosed-script");
    swallows("⟦<script>⟧<!--<script></script>", "unclosed-script");
    swallows("⟦<script>⟧ \"</scr\" + \"ipt>\"", "unclosed-script");
    swallows("⟦<style>⟧ a > b {} <!-- ", "unclosed-style");
    swallows("⟦<title>⟧&amp;", "unclosed-title");
    swallows("⟦<textarea>⟧", "unclosed-textarea");
    swallows("⟦<noscript>⟧<img src=x>", "unclosed-noscript");
    swallows("⟦<xmp>⟧", "unclosed-raw-text");
    swallows("⟦<noembed>⟧", "unclosed-raw-text");
    swallows("⟦<noframes>⟧", "unclosed-raw-text");
    swallows("<b>x</b>⟦<iframe src=x>⟧", "unclosed-raw-text");
    swallows("⟦<plaintext>⟧</plaintext>", "plaintext");
}

#[test]
fn tokens() {
    swallows("⟦<!--⟧ x", "unclosed-comment");
    swallows("⟦<!--⟧<script>", "unclosed-comment");
    swallows("<p>⟦<!--⟧ x --", "unclosed-comment");
    swallows("<p>⟦<!--⟧ x --!", "unclosed-comment");
    swallows("⟦<!⟧-", "unclosed-bogus-comment");
    swallows("⟦<!⟧", "unclosed-bogus-comment");
    swallows("⟦<?⟧php echo", "unclosed-bogus-comment");
    swallows("x⟦</⟧", "unclosed-bogus-comment");
    swallows("⟦</⟧ a", "unclosed-bogus-comment");
    swallows("⟦<!⟧[CDATA[ x", "unclosed-bogus-comment");
    swallows("<svg>⟦<![CDATA[⟧ x ]]", "unclosed-cdata");
    swallows("<svg><![CDATA[x]]>⟦<![CDATA[⟧", "unclosed-cdata");
    swallows("⟦<!doctype⟧ html", "unclosed-doctype");
    swallows("⟦<div⟧", "unclosed-tag");
    swallows("⟦<div⟧ a=b c", "unclosed-tag");
    swallows("⟦<img⟧/", "unclosed-tag");
    swallows("<b>x⟦</b⟧", "unclosed-tag");
    swallows("⟦<script⟧", "unclosed-tag");
    swallows("⟦<script⟧ ", "unclosed-tag");
    swallows("⟦<a⟧ href=", "unclosed-tag");
    swallows("<a href=⟦\"⟧x>text</a>", "unclosed-attribute");
    swallows("<a b='1' href=⟦'⟧x", "unclosed-attribute");
    swallows("</a b=⟦'⟧>", "unclosed-attribute");
}

#[test]
fn elements() {
    swallows("⟦<template>⟧<p>", "unclosed-template");
    swallows("<template></template>⟦<template id=x>⟧<b>", "unclosed-template");
    swallows("⟦<template>⟧<col>", "unclosed-template");
    swallows("⟦<svg>⟧<g>", "unclosed-svg");
    swallows("<svg></svg><p>⟦<svg viewBox='0 0 1 1'>⟧<script>", "unclosed-svg");
    swallows("⟦<math>⟧<mrow>", "unclosed-math");
    swallows("<template>⟦<svg>⟧", "unclosed-svg");
    swallows("⟦<template>⟧<svg><title>", "unclosed-template");
    swallows("<svg><foreignObject>⟦<math>⟧", "unclosed-math");
}

#[test]
fn framesets() {
    for snippet in ["<frameset>", "\n<frameset></frameset>", "<b><frameset>", "<frameset><frame>"] {
        let refused = refuse(snippet, "");
        let [only] = refused.diagnostics() else {
            panic!("{snippet:?}: {:?}", refused.diagnostics());
        };
        assert_eq!(only.code.as_str(), "frameset");
        assert_eq!(&snippet[only.span.clone()], "<frameset>");
    }
    // A frameset in the other snippet does not cause a second error.
    let refused = refuse("<frameset>", "<frameset>");
    assert_eq!(refused.diagnostics().len(), 1);
    assert_eq!(refused.diagnostics()[0].area, Area::Head);
    // After text or a body tag, a frameset is dropped.
    is_contained("x<frameset>");
}

#[test]
fn a_span_begins_where_the_construct_began_whatever_came_before() {
    // Each of these delays or hides a token in the tokenizer.
    for before in [
        "&not",
        "&amp",
        "&#65",
        "&",
        "</>",
        "\r",
        "\r\n",
        "<3",
        "<<",
        "< ",
        "a<b>",
        "<p/>",
        "<!---->",
        "<svg></svg>",
        "&lt;</>",
    ] {
        swallows(&format!("{before}⟦<!--⟧ x"), "unclosed-comment");
        swallows(&format!("{before}⟦<style>⟧ x"), "unclosed-style");
        swallows(&format!("{before}⟦<u⟧"), "unclosed-tag");
    }
    for inside in ["</title", "</", "&amp", "<", "</x>"] {
        swallows(&format!("<title>{inside}</title>⟦<style>⟧"), "unclosed-style");
    }
}

#[test]
fn what_browsers_close_by_themselves_is_contained() {
    is_contained("");
    is_contained("<div><p><b><table><tr><td>");
    is_contained("<select><option>");
    is_contained("<svg><foreignObject><p>");
    is_contained("<math><mi>");
    is_contained("<form><button><a href=x>");
    is_contained("1 < 2 && 3 > 2 <");
    is_contained("&am");
    is_contained("<!-->");
    is_contained("<!-- <script> -->");
    is_contained("</template></svg></script>");
    is_contained("</head><body></body></html>");
    is_contained("<!doctype html><html><head>");
    is_contained("\u{feff}<script></script>\u{feff}");
    is_contained("<base href=x><meta http-equiv=refresh content=1>");
    is_contained("<script>'<!--'</script>");
    is_contained("<script><!--<script></script>--></script>");
}

#[test]
fn a_snippet_cannot_forge_a_sentinel() {
    swallows("<script 00000000h></script>⟦<!--⟧", "unclosed-comment");
    swallows("<script 00000000b></script>⟦<script⟧ ", "unclosed-tag");
    swallows(&format!("<script {}h></script>⟦<!--⟧", "0".repeat(40)), "unclosed-comment");
}

#[test]
fn both_snippets_are_judged() {
    let refused = refuse("<p>\n<!--", "ok\n<style>");
    let found: Vec<_> = refused
        .diagnostics()
        .iter()
        .map(|found| (found.code.as_str(), found.area, found.line, found.column))
        .collect();
    assert_eq!(
        found,
        [("unclosed-comment", Area::Head, 2, 1), ("unclosed-style", Area::BodyEnd, 2, 1)]
    );
    assert_eq!(
        refused.to_string(),
        "head HTML, line 2, column 1: this comment is never closed, so it would swallow what follows it (and 1 more)"
    );
    // Text that the head swallows does not count as an error of the body end.
    let refused = refuse("<!--", "-->");
    let errors = refused.diagnostics().iter().filter(|found| found.severity == Severity::Error);
    assert_eq!(errors.count(), 1);
}

#[test]
fn lines_and_columns() {
    #[track_caller]
    fn at(snippet: &str, line: usize, column: usize) {
        let refused = refuse("", snippet);
        let found = &refused.diagnostics()[0];
        assert_eq!((found.line, found.column), (line, column), "{snippet:?}");
    }
    at("<!--", 1, 1);
    at("a\r\nb\r\n  <!--", 3, 3);
    at("a\rb\n\t\t<!--", 3, 3);
    at("äöü 😀 <!--", 1, 7);
    at("<p title='😀\r\n\r\n'>é<style>", 3, 4);
    at("\u{2028}<!--", 1, 2);
}

#[test]
fn an_element_that_reaches_over_is_named_where_it_began() {
    // After the head snippet, the title can hold a script; once it is closed, the svg swallows the next
    // one.
    let refused = refuse("<svg><title>", "</title>");
    let [found] = refused.diagnostics() else { panic!("{refused}") };
    assert_eq!((found.code.as_str(), found.area, found.column), ("unclosed-svg", Area::Head, 1));
}
