//! Random catalogues and random envelopes.

use c2c_catalogue::{Catalogue, EventDef, Field, Privacy, Type, Version};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// A catalogue that uses every feature.
pub(crate) fn everything() -> Catalogue {
    Catalogue::from_toml(include_str!("everything.toml")).expect("it is a catalogue")
}

/* --- Envelopes --------------------------------------------------------------------------------- */

#[derive(Clone, Debug)]
enum Change {
    Set(Value),
    Remove,
    Insert(String, Value),
}

/// Nearly valid envelopes: a fixture with a few changes in random places.
pub(crate) fn envelope(catalogue: &Catalogue) -> impl Strategy<Value = Value> + use<> {
    let mut words: Vec<String> =
        ["name", "data", "timestamp", "id", "seq", "context", "extra", "__proto__"]
            .map(str::to_owned)
            .to_vec();
    for event in catalogue.events() {
        words.push(event.name.to_string());
        words.push(format!("custom:{}", event.name.as_str().to_uppercase()));
        words.extend(event.fields.iter().map(|field| field.name.clone()));
    }
    let (good, bad): (Vec<_>, Vec<_>) =
        catalogue.fixtures().into_iter().partition(|fixture| fixture.fault.is_none());
    let fixture = prop_oneof![5 => prop::sample::select(good), 1 => prop::sample::select(bad)];
    let change = prop_oneof![
        4 => value(words.clone()).prop_map(Change::Set),
        1 => Just(Change::Remove),
        2 => (text(words.clone()), value(words)).prop_map(|(key, value)| Change::Insert(key, value)),
    ];
    let changes = prop::collection::vec((any::<Index>(), change), 0..3);
    (fixture, changes).prop_map(move |(fixture, changes)| {
        let mut envelope = fixture.envelope;
        for (place, change) in changes {
            let mut pointers = Vec::new();
            collect_pointers(&envelope, String::new(), &mut pointers);
            let pointer: &String = place.get(&pointers);
            apply(&mut envelope, pointer, change);
        }
        envelope
    })
}

fn collect_pointers(value: &Value, here: String, pointers: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_pointers(item, format!("{here}/{index}"), pointers);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect_pointers(item, format!("{here}/{key}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(here);
}

fn apply(envelope: &mut Value, pointer: &str, change: Change) {
    match change {
        Change::Set(value) => *envelope.pointer_mut(pointer).expect("it is there") = value,
        Change::Remove => {
            let Some((above, key)) = pointer.rsplit_once('/') else { return };
            let key = key.replace("~1", "/").replace("~0", "~");
            match envelope.pointer_mut(above).expect("it is there") {
                Value::Object(fields) => drop(fields.remove(&key)),
                Value::Array(items) => drop(items.pop()),
                _ => {}
            }
        }
        Change::Insert(key, value) => match envelope.pointer_mut(pointer).expect("it is there") {
            Value::Object(fields) => drop(fields.insert(key, value)),
            Value::Array(items) => items.push(value),
            other => *other = value,
        },
    }
}

fn text(words: Vec<String>) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(words),
        2 => prop::sample::select(TEXTS).prop_map(str::to_owned),
        1 => "custom:[a-zA-Z2_.-]{0,12}",
        1 => "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
        1 => ".{0,8}",
    ]
}

/// Texts that an envelope just accepts or just rejects.
const TEXTS: &[&str] = &[
    "",
    "user_hangup",
    "2024-02-29T12:00:00Z",
    "2026-02-29T12:00:00Z",
    "1900-02-29T00:00:00Z",
    "2000-02-29T00:00:00+23:59",
    "2026-04-31T12:00:00Z",
    "2026-03-01t12:00:00z",
    "2026-03-01 12:00:00Z",
    "2026-03-01T12:00:00",
    "2026-03-01T12:00:60Z",
    "2026-03-01T12:00:00.1234567890Z",
    "0000-01-01T00:00:00-00:00",
    "01956b4e-3c00-7000-8000-000000000001",
    "01956B4E-3C00-7000-8000-000000000001",
    "01956b4e3c0070008000000000000001",
    "01956b4e-3c00-7000-c000-000000000001",
    "custom:chat_opened",
    "custom:",
    "custom:1",
    "custom:c2c",
    "custom:C_2.c-x",
    "custom:chat\n",
    "custom:custom:x",
    "*",
];

fn value(words: Vec<String>) -> impl Strategy<Value = Value> {
    let numbers = vec![
        json!(0),
        json!(-0.0),
        json!(1),
        json!(5.0),
        json!(5.5),
        json!(6),
        json!(-1),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(-9_007_199_254_740_991_i64),
        json!(-9_007_199_254_740_993_i64),
        json!(9_007_199_254_740_991.0),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(f64::MIN_POSITIVE),
    ];
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => prop::sample::select(numbers),
        1 => any::<i64>().prop_map(Value::from),
        1 => prop::num::f64::NORMAL.prop_map(Value::from),
        4 => text(words.clone()).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(text(words.clone()), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/* --- Catalogues -------------------------------------------------------------------------------- */

/// Catalogues of one to three events with names from a short list, so that two catalogues share some.
pub(crate) fn catalogue() -> impl Strategy<Value = Catalogue> {
    let name = prop::sample::select(&["opened", "closed", "moved", "rated.late"][..]);
    let events = prop::collection::btree_map(name, fields(3), 1..4);
    (events, 1..3_u32).prop_map(|(events, major)| {
        let event = |(name, fields): (&str, _)| EventDef {
            name: name.parse().expect("a name"),
            since: Version::new(1, 0, 0),
            summary: "Something.".to_owned(),
            when: "Some time.".to_owned(),
            fields,
        };
        let events = events.into_iter().map(event).collect();
        Catalogue::new("random", Version::new(major, 0, 0), events).expect("it is consistent")
    })
}

fn fields(depth: u32) -> BoxedStrategy<Vec<Field>> {
    let field = (
        kind(depth),
        prop::sample::select(&[Privacy::None, Privacy::Pseudonymous, Privacy::Personal][..]),
    );
    let names = prop::sample::select(&["a", "b", "C_3"][..]);
    let fields = prop::collection::btree_map(names, field, 1..4);
    let field = |(name, ((kind, example), privacy)): (&str, _)| Field {
        name: name.to_owned(),
        kind,
        summary: "Something of it.".to_owned(),
        example,
        privacy,
    };
    fields.prop_map(move |fields| fields.into_iter().map(field).collect()).boxed()
}

/// A type, together with one of its values.
fn kind(depth: u32) -> BoxedStrategy<(Type, Value)> {
    let bound = || prop::sample::select(&[None, Some(-2_i32), Some(0), Some(1), Some(3)][..]);
    let leaf = prop_oneof![
        Just((Type::String, json!("text"))),
        Just((Type::Bool, json!(true))),
        (bound(), bound()).prop_map(|(min, max)| {
            let (min, max) = ordered(min, max);
            let example = json!(min.or(max).unwrap_or(7));
            (Type::Integer { min: min.map(i64::from), max: max.map(i64::from) }, example)
        }),
        (bound(), bound()).prop_map(|(min, max)| {
            let (min, max) = ordered(min, max);
            let example = json!(min.or(max).unwrap_or(7));
            (Type::Number { min: min.map(f64::from), max: max.map(f64::from) }, example)
        }),
        prop::sample::subsequence(vec!["x", "y", "z"], 1..=3).prop_map(|values| {
            let example = json!(values[0]);
            (Type::Enum(values.into_iter().map(str::to_owned).collect()), example)
        }),
    ];
    let kind = if depth == 0 {
        leaf.boxed()
    } else {
        prop_oneof![
            5 => leaf,
            1 => kind(depth - 1)
                .prop_map(|(item, example)| (Type::List(Box::new(item)), json!([example]))),
            1 => fields(depth - 1).prop_map(|fields| {
                let examples =
                    fields.iter().map(|field| (field.name.clone(), field.example.clone()));
                let example = Value::Object(examples.collect());
                (Type::Object(fields), example)
            }),
        ]
        .boxed()
    };
    (kind, any::<bool>())
        .prop_map(|((kind, example), nullable)| {
            (if nullable { kind.nullable() } else { kind }, example)
        })
        .boxed()
}

fn ordered(min: Option<i32>, max: Option<i32>) -> (Option<i32>, Option<i32>) {
    match (min, max) {
        (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
        other => other,
    }
}
