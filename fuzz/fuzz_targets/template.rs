//! Any skeleton and any trusted script: every accepted template is valid.
//!
//! The input is the skeleton, and after the first U+001F, if there is one, the script.
//!
//! A template is accepted only if it can be cut at its two slots, both cuts are where a browser
//! sees the head's start and the body's end, and a script in either slot would run. The judge,
//! which does not know how the crate found the slots, must agree.

#![no_main]

use c2c_injector::{Limits, ScriptAttributes, Snippets, Template};
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/injector/tests/it/judge.rs"]
mod judge;

const HEAD: &str = "<meta name=head>";
const BODY_END: &str = "<p>body end</p>";

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let (html, script) = input.split_once('\u{1f}').unwrap_or((input, "let trusted = 1;"));
    if let Ok(template) = Template::parse(html, script) {
        holds(&template, html, script);
    }
});

fn holds(template: &Template, html: &str, script: &str) {
    let snippets = Snippets { head: HEAD.into(), body_end: BODY_END.into() };
    let checked = match template.check(snippets, &Limits::default()) {
        Ok(checked) => checked,
        Err(refused) => panic!("no snippet is contained in it: {refused}"),
    };
    let document = checked.compile(&ScriptAttributes::new());
    let chunks: Vec<_> = document.chunks().iter().map(|chunk| text(chunk)).collect();
    let [prefix, start_tag, script_text, head, middle, body_end, suffix] = chunks[..] else {
        panic!("{} chunks", chunks.len());
    };
    assert_eq!([prefix, middle, suffix].concat(), html, "the skeleton is cut, and nothing else");
    assert_eq!([start_tag, script_text].concat(), format!("<script>{script}</script>"));
    assert_eq!([head, body_end], [HEAD, BODY_END]);
    let whole = chunks.concat();
    // A parser normalizes each line ending to LF.
    let as_parsed = script.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(judge::first_script(&whole), Some(as_parsed), "it comes first, in the head, intact");
    let before = [prefix, start_tag, script_text].concat();
    let cut = judge::Cut { before: &before, middle, after: suffix };
    for (head, body_end) in [("", ""), (HEAD, BODY_END)] {
        let verdict = judge::judge(&cut, head, body_end);
        assert!(verdict.head_holds && verdict.body_end_holds, "{verdict:?} in {html:?}");
    }
}

fn text(chunk: &[u8]) -> &str {
    std::str::from_utf8(chunk).expect("text went in")
}
