//! `c2c schema`, `types` and `docs`.

use crate::run::Directory;

const CHAT: &str = r#"
name = "chat"
version = "1.0.0"

[events.chat_closed]
since = "1.0.0"
summary = "A chat is over."
when = "The visitor closed the chat."

[events.chat_closed.fields.messages]
type = "integer"
min = 0
summary = "How many messages there were."
example = 12
privacy = "none"
"#;

/// The folder of the committed artefacts.
fn committed(name: &str) -> String {
    let path = format!("{}/../../crates/catalogue/reference/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("it is committed")
}

#[test]
fn without_a_file_they_are_of_the_reference_catalogue() {
    let directory = Directory::new("reference");
    for (command, name) in
        [("schema", "catalogue.schema.json"), ("types", "c2c.d.ts"), ("docs", "events.md")]
    {
        let run = directory.c2c(&[command], "");
        assert_eq!((run.code, &*run.stderr, run.stdout), (0, "", committed(name)), "{command}");
    }
}

#[test]
fn a_catalogue_is_a_file_or_standard_input_toml_or_json() {
    let directory = Directory::new("catalogue");
    directory.write("chat.toml", CHAT);
    directory.write("reference.json", committed("catalogue.json"));
    for command in ["schema", "types", "docs"] {
        let run = directory.c2c(&[command, "chat.toml"], "");
        assert_eq!((run.code, &*run.stderr), (0, ""), "{command}");
        assert!(run.stdout.contains("chat_closed") && !run.stdout.contains("call_ended"));
        assert_eq!(directory.c2c(&[command, "-"], CHAT).stdout, run.stdout);
        let run = directory.c2c(&[command, "reference.json"], "");
        assert_eq!(run.stdout, directory.c2c(&[command], "").stdout);
    }
}

#[test]
fn a_schema_can_keep_what_it_does_not_know() {
    let directory = Directory::new("unknown");
    let run = directory.c2c(&["schema", "--unknown", "keep"], "");
    assert!(!run.stdout.contains("\"additionalProperties\": false"), "{}", run.stdout);
    assert!(directory.c2c(&["schema"], "").stdout.contains("\"additionalProperties\": false"));
}

#[test]
fn what_is_no_catalogue_is_told_with_its_place() {
    let directory = Directory::new("no-catalogue");
    directory.write("twice.toml", format!("{CHAT}min = 0"));
    let run = directory.c2c(&["schema", "twice.toml"], "");
    let expected = "error: twice.toml is not a catalogue:\nline 16, column 1: duplicate key\n";
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (2, "", expected));
    let run = directory.c2c(&["types", "-"], &CHAT.replace("example = 12", "example = -1"));
    let expected = "error: <stdin> is not a catalogue:\n\
         /events/chat_closed/fields/messages/example: expected an integer ≥ 0, got -1\n";
    assert_eq!((run.code, &*run.stderr), (2, expected));
    directory.write("latin-1.toml", b"name = \"\xe9\"");
    let run = directory.c2c(&["docs", "latin-1.toml"], "");
    assert_eq!((run.code, &*run.stderr), (2, "error: latin-1.toml is not UTF-8 (byte 8)\n"));
}
