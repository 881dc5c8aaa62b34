//! Skeletons and trusted scripts: accepted ones, and the error for each rejected one.

use c2c_injector::{Limits, ScriptAttributes, Snippets, Template, TemplateError};

#[track_caller]
fn refuse(html: &str, expected: &TemplateError) {
    assert_eq!(&Template::parse(html, "1").expect_err("it is no template"), expected, "{html}");
}

fn landmark(tag: &'static str, found: usize) -> TemplateError {
    TemplateError::Landmark { tag, found }
}

#[test]
fn an_embedder_can_bring_a_skeleton() {
    let html = "<!doctype html><!-- <head> --><HTML class='<head>'>\r\n<Head id=x>\n<title></body></title><style>b{}</style></head>\n\
                <body class=y><main>1</main></body >\n</html>";
    let template = Template::parse(html, "1").expect("it is a template");
    let checked = template
        .check(Snippets { head: "H".into(), body_end: "B".into() }, &Limits::default())
        .expect("they are contained");
    let document = checked.compile(&ScriptAttributes::new());
    let expected = html
        .replace("<Head id=x>", "<Head id=x><script>1</script>H")
        .replace("</body >", "B</body >");
    assert_eq!(document.chunks().concat(), expected.as_bytes());
}

#[test]
fn slots_must_be_there_once_and_in_order() {
    refuse("", &landmark("<head>", 0));
    refuse("<!DOCTYPE html><body></body>", &landmark("<head>", 0));
    refuse("<!DOCTYPE html><head></head>", &landmark("<body>", 0));
    refuse("<!DOCTYPE html><head></head><body>", &landmark("</body>", 0));
    refuse("<!DOCTYPE html><head></head><head></head><body></body>", &landmark("<head>", 2));
    refuse("<!DOCTYPE html><head></head><body></body></body>", &landmark("</body>", 2));
    refuse("<!DOCTYPE html><body></body><head></head>", &TemplateError::Order);
    refuse("<!DOCTYPE html><!--<head></head>--><body></body>", &landmark("<head>", 0));
}

#[test]
fn slots_must_be_what_they_look_like() {
    refuse("<!DOCTYPE html><div><head></head><body></body>", &TemplateError::Slot { slot: "head" });
    refuse("<!DOCTYPE html>x<head></head><body></body>", &TemplateError::Slot { slot: "head" });
    refuse(
        "\u{feff}<!DOCTYPE html><head></head><body></body>",
        &TemplateError::Slot { slot: "head" },
    );
    refuse("<!DOCTYPE html><head></head><body><div></body>", &TemplateError::Slot { slot: "body" });
    refuse("<!DOCTYPE html><head></head><body><svg></body>", &TemplateError::Slot { slot: "body" });
    refuse(
        "<!DOCTYPE html><head></head><body><template></body>",
        &TemplateError::Slot { slot: "body" },
    );
    refuse("<!DOCTYPE html><head>x</head><body></body>", &TemplateError::Glue { at: 21 });
    refuse("<html><head></head><body></body></html>", &TemplateError::Quirks);
    refuse("<!DOCTYPE x><head></head><body></body>", &TemplateError::Quirks);
    refuse(
        "<!DOCTYPE html><head></head><body><script></script></body>",
        &TemplateError::Script { at: 34 },
    );
    refuse(
        "<!DOCTYPE html><head>\0</head><body></body>",
        &TemplateError::Nul { part: "skeleton", at: 21 },
    );
}

#[test]
fn a_script_must_not_end_or_escape_its_element() {
    #[track_caller]
    fn check(script: &str, expected: &TemplateError) {
        assert_eq!(&Template::reference(script).expect_err("it escapes"), expected);
    }
    check("1</script>", &TemplateError::ScriptEscapes { found: "</script", at: 1 });
    check("'</SCRIPT '", &TemplateError::ScriptEscapes { found: "</script", at: 1 });
    check("a <!-- b", &TemplateError::ScriptEscapes { found: "<!--", at: 2 });
    check("a\0", &TemplateError::Nul { part: "script", at: 1 });
    for script in ["", "1 < /script/", "'<\\/script>'", "a<!-b", "<script>", "\u{feff}"] {
        Template::reference(script).expect("it stays in its element");
    }
}
