//! Catalogue files.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use c2c_catalogue::{Catalogue, EventDef, Field, Privacy, Type, Version};
use expect_test::{Expect, expect};

use crate::random;

const BEFORE: &str = "name = \"x\"\nversion = \"1.0.0\"\n[events.e]\nsince = \"1.0.0\"\nsummary = \"S.\"\nwhen = \"W.\"\n";

/// A catalogue file with one field that has these settings.
fn field(settings: &str) -> String {
    format!("{BEFORE}[events.e.fields.f]\nsummary = \"S.\"\nprivacy = \"none\"\n{settings}")
}

#[track_caller]
fn toml(text: &str, expected: &Expect) {
    expected.assert_eq(&Catalogue::from_toml(text).expect_err("it is refused").to_string());
}

#[track_caller]
fn json(text: &str, expected: &Expect) {
    expected.assert_eq(&Catalogue::from_json(text).expect_err("it is refused").to_string());
}

#[test]
fn the_reference_is_read() {
    let toml = include_str!("../../reference/catalogue.toml");
    assert_eq!(&Catalogue::from_toml(toml).expect("it is a catalogue"), Catalogue::reference());
}

#[test]
fn json_says_the_same_as_toml() {
    for catalogue in [Catalogue::reference(), &random::everything()] {
        assert_eq!(&Catalogue::from_json(&catalogue.to_json()).expect("it is read"), catalogue);
    }
}

#[test]
fn files_that_are_none_are_refused_with_line_and_column() {
    toml("", &expect!["line 1, column 1: missing field `name`"]);
    toml("name = \"x\nversion", &expect!["line 2, column 8: key with no value, expected `=`"]);
    toml("name = \"x\"\nname = \"y\"", &expect!["line 2, column 1: duplicate key"]);
    toml(
        &format!("{BEFORE}sumary = \"S.\""),
        &expect![
            "line 7, column 1: unknown field `sumary`, expected one of `since`, `summary`, `when`, `fields`"
        ],
    );
    toml(
        &format!("{BEFORE}[events.e.fields.f]\ntype = \"strin\""),
        &expect![
            "line 8, column 8: unknown variant `strin`, expected one of `string`, `bool`, `integer`, `number`, `enum`, `list`, `object`"
        ],
    );
    toml(
        &BEFORE.replace("1.0.0", "1.0"),
        &expect![[
            r#"line 2, column 11: expected a version of three numbers, as 1.4.0, got "1.0""#
        ]],
    );
    toml(
        &field("type = \"number\"\nexample = nan"),
        &expect!["line 11, column 11: JSON has no such number"],
    );
    toml(
        &field("type = \"number\"\nmin = inf\nexample = 1"),
        &expect!["line 11, column 7: not a JSON number"],
    );
    toml(
        &field("type = \"string\"\nexample = \"\\ud800\""),
        &expect!["line 11, column 14: invalid value, expected unicode hexadecimal value"],
    );
    json(
        "{\"events\": {\"e\": [\"1.0.0\", \"S.\", \"W.\"]}}",
        &expect!["line 1, column 17: invalid type: sequence, expected a table"],
    );
    json("[]", &expect!["line 1, column 1: invalid type: sequence, expected a table"]);
    json(
        "{\"name\": \"x\", \"name\": \"y\"}",
        &expect!["line 1, column 20: duplicate field `name`"],
    );
    json(
        "{\n  \"name\": \"\\ud800\"",
        &expect!["line 2, column 18: half of a surrogate pair is no text"],
    );
    json(
        "{\"events\": {\"e\": {\"fields\": {\"f\": {\"example\": 1e999",
        &expect!["line 1, column 51: number out of range"],
    );
    json(
        "{\"events\": {\"e\": {\"fields\": {\"f\": {\"example\": {\"a\": 1, \"a\": 2}",
        &expect![[r#"line 1, column 58: the key "a" is there twice"#]],
    );
    json(
        "{\"events\": {\"e\": {\"fields\": {}, \"fields\": {}",
        &expect!["line 1, column 40: duplicate field `fields`"],
    );
    json(
        "{\"events\": {\"e\": {\"since\": \"1.0.0\", \"summary\": \"\", \"when\": \"\"}, \"e\"",
        &expect![[r#"line 1, column 67: the key "e" is there twice"#]],
    );
}

#[test]
fn depth_bombs_are_refused() {
    for depth in [200, 100_000] {
        let items = "{\"type\": \"list\", \"items\": ".repeat(depth);
        json(
            &format!("{{\"events\": {{\"e\": {{\"fields\": {{\"f\": {items}"),
            &expect!["line 1, column 3233: is nested too deeply"],
        );
        json(
            &"[".repeat(depth),
            &expect!["line 1, column 1: invalid type: sequence, expected a table"],
        );
        let example = "[".repeat(depth);
        json(
            &format!("{{\"events\": {{\"e\": {{\"fields\": {{\"f\": {{\"example\": {example}"),
            &expect!["line 1, column 169: is nested too deeply"],
        );
        let bomb = |open: &str, close: &str| {
            format!("type = \"list\"\nexample = {}1{}", open.repeat(depth), close.repeat(depth))
        };
        toml(&field(&bomb("[", "]")), &expect!["line 11, column 91: is nested too deeply"]);
        toml(&field(&bomb("{a=", "}")), &expect!["line 11, column 251: is nested too deeply"]);
        let items = format!("type = \"list\"\nitems = {}", "{type=\"list\",items=".repeat(depth));
        toml(&field(&items), &expect!["line 11, column 1529: is nested too deeply"]);
        let table = format!("{BEFORE}[events.e.fields.f{}]", ".items".repeat(depth));
        toml(&table, &expect!["line 1, column 1: is nested too deeply"]);
    }
}

#[test]
fn settings_that_a_type_has_not_or_lacks_are_refused_with_their_place() {
    toml(
        &field(
            "type = \"string\"\nmin = 1\nmax = 2\nvalues = [\"a\"]\nitems = {type = \"bool\"}\nfields = {}\nexample = \"\"",
        ),
        &expect![[r#"
            /events/e/fields/f/min: this type has no such setting; take it out
            /events/e/fields/f/max: this type has no such setting; take it out
            /events/e/fields/f/values: this type has no such setting; take it out
            /events/e/fields/f/items: this type has no such setting; take it out
            /events/e/fields/f/fields: this type has no such setting; take it out"#]],
    );
    toml(&field("type = \"enum\""), &expect!["/events/e/fields/f: this type needs `values`"]);
    toml(&field("type = \"list\""), &expect!["/events/e/fields/f: this type needs `items`"]);
    toml(&field("type = \"object\""), &expect!["/events/e/fields/f: this type needs `fields`"]);
    toml(
        &format!("{BEFORE}[events.e.fields.f]\ntype = \"bool\""),
        &expect![[r#"
        /events/e/fields/f: needs `summary`
        /events/e/fields/f: needs `privacy`
        /events/e/fields/f: needs `example`"#]],
    );
    toml(
        &field("type = \"integer\"\nmin = 0.5\nmax = 1e300\nexample = 1"),
        &expect![[r#"
        /events/e/fields/f/min: expected an integer within ±9007199254740991, got 0.5
        /events/e/fields/f/max: expected an integer within ±9007199254740991, got 1e+300"#]],
    );
    toml(
        &field("type = \"list\"\nitems = {type = \"bool\", example = true}\nexample = []"),
        &expect![
            "/events/e/fields/f/items: has no `summary`, `example` or `privacy` of its own: the field has"
        ],
    );
}

#[test]
fn what_does_not_fit_together_is_refused_with_its_place() {
    toml(
        "name = \"1\"\nversion = \"1.0.0\"\nevents = {}",
        &expect![[r#"
        /name: a catalogue's name has the form of an event's name: 1 to 64 letters, digits, `_`, `-` and `.`
        /events: define at least one event"#]],
    );
    toml(
        &BEFORE.replace("since = \"1.0.0\"", "since = \"1.0.1\""),
        &expect!["/events/e/since: 1.0.1 is after the catalogue's own version, 1.0.0: raise that"],
    );
    toml(
        &BEFORE.replace("S.", " ").replace("W.", "a\\nb"),
        &expect![[r#"
        /events/e/summary: write a sentence, in one line
        /events/e/when: write a sentence, in one line"#]],
    );
    toml(
        &BEFORE.replace("events.e", "events.\"a b\""),
        &expect![
            "/events/a b: an event's name has 1 to 64 letters (a–z, A–Z), digits, `_`, `-` and `.`, and begins with a letter"
        ],
    );
    toml(
        &BEFORE.replace("events.e", "events.C-2-c"),
        &expect!["/events/C-2-c: names that begin with `c2c` are reserved"],
    );
    let again = &BEFORE[BEFORE.find("[events").expect("it is there")..];
    toml(
        &format!("{BEFORE}{}", again.replace("events.e", "events.E-")),
        &expect!["/events/E-: reads like the event `e`; choose another name"],
    );
    toml(
        &field("type = \"bool\"\nexample = true").replace("fields.f", "fields.context"),
        &expect!["/events/e/fields/context: is reserved: every event has the context already"],
    );
    toml(
        &field("type = \"bool\"\nexample = true").replace("fields.f", "fields.__proto__"),
        &expect![
            "/events/e/fields/__proto__: a field's name has 1 to 64 letters, digits and `_`, and begins with a letter"
        ],
    );
    toml(
        &field("type = \"integer\"\nmin = 2\nmax = 1\nexample = 1"),
        &expect!["/events/e/fields/f/min: is above `max`, so there would be no value"],
    );
    toml(
        &field("type = \"number\"\nmin = -1e300\nexample = 1"),
        &expect![
            "/events/e/fields/f/min: a bound lies within ±9007199254740991, up to which JavaScript knows each integer"
        ],
    );
    toml(
        &field("type = \"integer\"\nmin = 1\nexample = 0"),
        &expect!["/events/e/fields/f/example: expected an integer ≥ 1, got 0"],
    );
    toml(
        &field("type = \"string\"\nexample = 2026-03-01"),
        &expect!["/events/e/fields/f/example: expected a string, got object"],
    );
    toml(
        &field("type = \"enum\"\nvalues = []\nexample = \"a\""),
        &expect!["/events/e/fields/f/values: list at least one value"],
    );
    toml(
        &field("type = \"enum\"\nvalues = [\"a\", \"\", \"a\"]\nexample = \"a\""),
        &expect![[r#"
        /events/e/fields/f/values/1: a value is not empty and has no control characters
        /events/e/fields/f/values/2: is listed twice"#]],
    );
    toml(
        &field("type = \"object\"\nfields = {}"),
        &expect!["/events/e/fields/f/fields: define at least one field"],
    );
    let deep = "{type = \"list\", items = ".repeat(8) + "{type = \"bool\"}" + &"}".repeat(8);
    toml(
        &field(&format!("type = \"list\"\nitems = {deep}\nexample = []")),
        &expect![
            "/events/e/fields/f/items/items/items/items/items/items/items/items: is nested more than 8 levels deep"
        ],
    );
}

#[test]
fn a_catalogue_in_code_is_checked_in_the_same_way() {
    let version = Version::new(1, 0, 0);
    let field = |name: &str, kind| Field {
        name: name.to_owned(),
        kind,
        summary: "S.".to_owned(),
        example: true.into(),
        privacy: Privacy::None,
    };
    let event = EventDef {
        name: "e".parse().expect("a name"),
        since: version,
        summary: "S.".to_owned(),
        when: "W.".to_owned(),
        fields: vec![
            field("f", Type::Bool),
            field("f", Type::Nullable(Box::new(Type::Nullable(Box::new(Type::Bool))))),
        ],
    };
    let error =
        Catalogue::new("x", version, vec![event.clone(), event]).expect_err("it is refused");
    expect![[r#"
        /events/e/fields/f: is defined twice
        /events/e/fields/f: is nullable twice
        /events/e: reads like the event `e`; choose another name
        /events/e/fields/f: is defined twice
        /events/e/fields/f: is nullable twice"#]]
    .assert_eq(&error.to_string());
}
