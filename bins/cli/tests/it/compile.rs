//! `c2c compile`.

use crate::run::Directory;

#[test]
fn the_document_is_printed_byte_for_byte() {
    let directory = Directory::new("compile");
    directory.write("head.html", "<script>`$&`\r\n</script>");
    let arguments = [
        "compile",
        "head.html",
        "--body-end",
        "-",
        "--app",
        "demo",
        "--widget-origin",
        "https://widget.example",
        "--widget-origin",
        "https://other.example",
        "--hold-ms",
        "7000",
    ];
    let run = directory.c2c(&arguments, "<p>é</p>");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let start = "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head><script data-app=\"demo\" \
                 data-widget-origins=\"https://widget.example https://other.example\" data-hold-ms=\"7000\">";
    assert!(run.stdout.starts_with(start), "{}", &run.stdout[..300]);
    assert!(run.stdout.contains("</script><script>`$&`\r\n</script></head>"));
    assert!(run.stdout.contains("<body><p>é</p></body>"));
}

#[test]
fn refused_snippets_print_no_document() {
    let directory = Directory::new("compile-refused");
    let run = directory
        .c2c(&["compile", "-", "--app", "demo", "--widget-origin", "https://w.example"], "<!--");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("error[unclosed-comment]"), "{}", run.stderr);
}

#[test]
fn wildcards_and_paths_are_no_origins() {
    let directory = Directory::new("compile-origin");
    for origin in ["*", "https://*.example", "https://w.example/path", "w.example"] {
        let run = directory.c2c(&["compile", "-", "--app", "demo", "--widget-origin", origin], "");
        assert_eq!(run.code, 2, "{origin}");
    }
}
