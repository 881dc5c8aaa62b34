//! Random events and mappings: no request breaks a rule of the vendors, and no source of a hash is in a request.

use std::cell::Cell;

use c2c_delivery::vendors::{Event, Hit, Now, PersonalFields, Plan, ga4, meta};
use c2c_delivery::{Consent, EventId};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::support::{HOUR_MS, NOW_MS, TOKEN, id, sent_to_ga4, sent_to_meta};

/// Fields of the random events.
const FIELDS: &[&str] = &["a", "b", "c", "d", "e", "f", "person", "mail", "tel"];

/// The number of cases: 256, or `PROPTEST_CASES`.
fn cases() -> u32 {
    ProptestConfig::default().cases
}

fn run<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, test: impl Fn(T)) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let ran = TestRunner::new(config).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

fn place() -> impl Strategy<Value = String> {
    let field = || select(FIELDS).prop_map(|field| format!("/data/{field}"));
    prop_oneof![
        8 => field(),
        1 => Just("/id".to_owned()),
        2 => field().prop_map(|place| place + "/0"),
        2 => select(vec!["client", "session", "fbp", "x"]).prop_map(|key| format!("/data/context/{key}")),
    ]
}

fn constant() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec!["x", "EUR", "product", "DE", "12.50", "jane@shop.example"])
            .prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ]
}

fn source() -> impl Strategy<Value = Value> {
    prop_oneof![
        20 => place().prop_map(|place| json!({ "from": place })),
        1 => constant().prop_map(|value| json!({ "value": value })),
    ]
}

fn sources(names: Vec<&'static str>, most: usize) -> impl Strategy<Value = Map<String, Value>> {
    btree_map(select(names), source(), 0..most).prop_map(|sources| {
        sources.into_iter().map(|(name, source)| (name.to_owned(), source)).collect()
    })
}

/// A text, also one that must not be sent.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        any::<String>(),
        "[a-z]{1,5}@[a-z]{1,5}\\.[a-z]{2}",
        "hello [a-z]{1,5}(@|%40)[a-z]{1,5}\\.[a-z]{2}!",
        "\\+[0-9 ]{0,14}",
        "-?[0-9]{1,8}(\\.[0-9]{1,4})?",
        "[A-Za-z]{3}",
        "[0-9]{1,5}\\.[0-9]{1,5}",
        "fb\\.1\\.[0-9]{1,13}\\.[0-9]{1,9}",
        "(x|é|\u{1}){0,400}",
        "[0-9a-fA-F]{64}",
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let keys = vec![
        "item_id",
        "item_name",
        "price",
        "quantity",
        "id",
        "item_price",
        "delivery_category",
        "note",
    ];
    leaf.prop_recursive(2, 20, 4, move |inner| {
        let object = btree_map(select(keys.clone()), inner.clone(), 0..4).prop_map(|members| {
            members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()
        });
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), object.prop_map(Value::from)]
    })
}

/// An event as it is stored.
#[derive(Clone, Debug)]
struct Stored {
    id: EventId,
    name: &'static str,
    at_ms: i64,
    consent: Consent,
    data: Map<String, Value>,
    hit: Option<Hit>,
}

impl Stored {
    fn event(&self) -> Event<'_> {
        Event {
            id: self.id,
            name: self.name,
            at_ms: self.at_ms,
            consent: self.consent,
            data: &self.data,
            hit: self.hit.as_ref(),
        }
    }
}

fn hit() -> impl Strategy<Value = Hit> {
    let page = prop_oneof![
        Just("https://shop.example/cart".to_owned()),
        text().prop_map(|text| format!("https://shop.example/{text}")),
        text().prop_map(|text| format!("https://shop.example/?q={text}")),
        text(),
    ];
    let agent = prop_oneof![3 => Just("Mozilla/5.0".to_owned()), 1 => any::<String>()];
    (
        proptest::option::weighted(0.8, any::<[u8; 4]>()),
        proptest::option::weighted(0.9, agent),
        proptest::option::weighted(0.9, page),
    )
        .prop_map(|(address, user_agent, page)| Hit {
            address: address.map(Into::into),
            user_agent,
            page,
        })
}

fn stored() -> impl Strategy<Value = Stored> {
    let ago = prop_oneof![4 => 0..HOUR_MS, 1 => -HOUR_MS..200 * HOUR_MS, 1 => any::<i64>()];
    let context = (
        proptest::option::weighted(0.9, prop_oneof![9 => "[1-9][0-9]{0,3}\\.[1-3]", 1 => text()]),
        proptest::option::of(prop_oneof!["[0-9]{1,10}", text()]),
        proptest::option::of(prop_oneof!["fb\\.1\\.[0-9]{13}\\.[0-9]{9}", text()]),
    )
        .prop_map(
            |(client, session, fbp)| json!({"client": client, "session": session, "fbp": fbp}),
        );
    let data = btree_map(select(FIELDS), value(), 0..9);
    let consent = prop_oneof![8 => Just(Consent::Granted), 1 => select(Consent::ALL)];
    (
        select(vec!["custom:x", "custom:y"]),
        ago,
        consent,
        data,
        context,
        proptest::option::weighted(0.9, hit()),
    )
        .prop_map(|(name, ago, consent, data, context, hit)| {
            let mut data: Map<_, _> =
                data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            data.insert("context".to_owned(), context);
            Stored { id: id(), name, at_ms: NOW_MS.saturating_sub(ago), consent, data, hit }
        })
}

fn now() -> impl Strategy<Value = Now> {
    any::<bool>().prop_map(|takes_not_asked| Now { ms: NOW_MS, takes_not_asked })
}

/// Each event is in one request, or ended.
fn complete(plan: &Plan, events: usize) {
    let requests = plan.requests.iter().flat_map(|request| request.events.iter().copied());
    let mut all: Vec<_> = requests.chain(plan.ended.iter().map(|ended| ended.event)).collect();
    all.sort_unstable();
    assert_eq!(all, (0..events).collect::<Vec<_>>(), "{plan:?}");
}

/// No event without consent is in a request.
fn consented(plan: &Plan, stored: &[Stored], now: Now) {
    for index in plan.requests.iter().flat_map(|request| &request.events) {
        let consent = stored[*index].consent;
        let allowed =
            consent == Consent::Granted || (consent == Consent::NotAsked && now.takes_not_asked);
        assert!(allowed, "{consent}");
    }
}

fn ga4_rule() -> impl Strategy<Value = Value> {
    let names = vec!["x", "generate_lead", "purchase", "refund", "page_view", "ga_x"];
    let params = vec![
        "a",
        "b",
        "page_title",
        "page_location",
        "currency",
        "value",
        "tax",
        "items",
        "transaction_id",
        "engagement_time_msec",
        "session_id",
        "user_id",
        "firebase_x",
    ];
    let free = (select(names), sources(params, 6))
        .prop_map(|(name, params)| json!({"name": name, "params": params}));
    let purchase =
        [place(), place(), place(), place()].prop_map(|[transaction, currency, value, items]| {
            json!({"name": "purchase", "params": {
                "transaction_id": {"from": transaction}, "currency": {"from": currency},
                "value": {"from": value}, "items": {"from": items}
            }})
        });
    let lead = sources(vec!["a", "b", "c", "page_title", "tax", "transaction_id"], 6)
        .prop_map(|params| json!({"name": "generate_lead", "params": params}));
    prop_oneof![1 => free, 1 => purchase, 2 => lead]
}

#[test]
fn no_request_to_google_breaks_a_rule() {
    let mapping = (ga4_rule(), ga4_rule(), any::<bool>()).prop_map(|(x, y, denies)| {
        let mut mapping = json!({
            "client_id": {"from": "/data/context/client"}, "session_id": {"from": "/data/context/session"},
            "events": {"custom:x": x, "custom:y": y}
        });
        if denies {
            mapping["consent"] = json!({"ad_user_data": "DENIED"});
        }
        mapping
    });
    let (parsed, requests) = (Cell::new(0), Cell::new(0));
    run((mapping, vec(stored(), 1..40), now()), |(mapping, stored, now)| {
        let Ok(mapping) = ga4::Mapping::parse(&mapping.to_string(), &PersonalFields::default())
        else {
            return;
        };
        parsed.set(parsed.get() + 1);
        let credentials = ga4::Credentials::new("G-ABC123", "secret-of-tests", ga4::Region::Eu)
            .expect("credentials");
        let events: Vec<_> = stored.iter().map(Stored::event).collect();
        let plan = ga4::plan(&credentials, &mapping, &events, now);
        complete(&plan, events.len());
        consented(&plan, &stored, now);
        for request in &plan.requests {
            assert_eq!(
                sent_to_ga4(request).faults,
                [],
                "{}",
                String::from_utf8_lossy(request.body())
            );
        }
        if let Ok(request) = ga4::check(&credentials, &mapping, &events[0], now) {
            assert_eq!(sent_to_ga4(&request).faults, []);
        }
        requests.set(requests.get() + plan.requests.len());
    });
    assert!(parsed.get() > cases() / 10, "{} mappings were right", parsed.get());
    assert!(requests.get() > cases() as usize, "{} requests", requests.get());
}

fn meta_rule() -> impl Strategy<Value = Value> {
    let names = prop_oneof![6 => select(vec!["Lead", "Contact", "Call over 30 s", "Purchase"]), 1 => Just("lead")];
    let custom = vec![
        "a",
        "b",
        "c",
        "value",
        "currency",
        "content_ids",
        "contents",
        "content_type",
        "order_id",
        "delivery_category",
    ];
    let people = vec![
        "em",
        "ph",
        "fn",
        "ln",
        "db",
        "ge",
        "ct",
        "st",
        "zp",
        "country",
        "external_id",
        "fbp",
        "fbc",
        "subscription_id",
        "lead_id",
    ];
    let rule = (names, sources(custom, 4), sources(people, 3), proptest::option::of(place()));
    rule.prop_map(|(name, custom, people, id)| {
        let mut rule = json!({"name": name, "custom_data": custom, "user_data": people});
        if let Some(place) = id {
            rule["event_id"] = json!({ "from": place });
        }
        if name == "Purchase" {
            rule["custom_data"]["value"] = json!({"from": "/data/a"});
        }
        if rule["custom_data"].get("value").is_some() {
            rule["custom_data"]["currency"] = json!({"value": "EUR"});
        }
        rule
    })
}

fn meta_mapping() -> impl Strategy<Value = Value> {
    let limited = proptest::option::of(select(vec![(0, 0), (1, 1000), (1, 0)]));
    (meta_rule(), meta_rule(), limited).prop_map(|(x, y, limited)| {
        let mut mapping = json!({
            "user_data": {"fbp": {"from": "/data/context/fbp"}},
            "events": {"custom:x": x, "custom:y": y}
        });
        if let Some((country, state)) = limited {
            mapping["data_processing"] = json!({"country": country, "state": state});
        }
        mapping
    })
}

fn to_meta(mapping: &meta::Mapping, stored: &[Stored], now: Now) -> Plan {
    let credentials = meta::Credentials::new("1234567890", TOKEN, None).expect("credentials");
    let events: Vec<_> = stored.iter().map(Stored::event).collect();
    let plan = meta::plan(&credentials, mapping, &events, now);
    complete(&plan, events.len());
    consented(&plan, stored, now);
    for request in &plan.requests {
        let (status, answer) = sent_to_meta(request);
        assert_eq!(status, 200, "{answer} {}", String::from_utf8_lossy(request.body()));
        assert_eq!(answer["events_received"], request.events.len());
    }
    plan
}

#[test]
fn no_request_to_meta_breaks_a_rule() {
    let (parsed, requests) = (Cell::new(0), Cell::new(0));
    run((meta_mapping(), vec(stored(), 1..20), now()), |(mapping, stored, now)| {
        let Ok(mapping) = meta::Mapping::parse(&mapping.to_string(), &PersonalFields::default())
        else {
            return;
        };
        parsed.set(parsed.get() + 1);
        requests.set(requests.get() + to_meta(&mapping, &stored, now).requests.len());
    });
    assert!(parsed.get() > cases() / 10, "{} mappings were right", parsed.get());
    assert!(requests.get() > cases() as usize / 10, "{} requests", requests.get());
}

/// An event whose `mail` is told in other fields, and in the page's address, too.
fn telling() -> impl Strategy<Value = (Stored, String)> {
    let mail = "[a-zA-Z]{6,9}\\.[a-z]{1,3}@[a-z]{3}\\.example";
    let way = select(vec!["{}", " {}", "x{}x", "Mail: {}."]);
    (stored(), mail, vec((select(&FIELDS[..6]), way, any::<bool>(), 0..3), 0..6)).prop_map(
        |(mut stored, mail, copies)| {
            for (field, way, upper, depth) in copies {
                let copy = if upper { mail.to_uppercase() } else { mail.to_lowercase() };
                let copy = json!(way.replace("{}", &copy));
                let value = match depth {
                    0 => copy,
                    1 => json!([copy]),
                    _ => json!([{"id": copy, "item_id": copy, "note": copy}]),
                };
                stored.data.insert(field.to_owned(), value);
            }
            stored.data.insert("mail".to_owned(), json!(mail));
            stored.at_ms = NOW_MS;
            stored.consent = Consent::Granted;
            if let Some(hit) = &mut stored.hit {
                hit.user_agent = Some("Mozilla/5.0".to_owned());
                hit.page = Some(format!("https://shop.example/{mail}/x?{mail}"));
            }
            (stored, mail)
        },
    )
}

/// A mapping that hashes a place for all events.
fn hashing(key: &'static str, place: &'static str) -> impl Strategy<Value = Value> {
    meta_mapping().prop_map(move |mut mapping| {
        for rule in mapping["events"].as_object_mut().expect("rules").values_mut() {
            rule["user_data"].as_object_mut().expect("user_data").remove(key);
        }
        mapping["user_data"][key] = json!({ "from": place });
        mapping
    })
}

#[test]
fn the_source_of_a_hash_is_in_no_request() {
    let mapping = hashing("em", "/data/mail");
    let (hashed, requests) = (Cell::new(0), Cell::new(0));
    run((mapping, telling(), now()), |(mapping, (stored, mail), now)| {
        let Ok(mapping) = meta::Mapping::parse(&mapping.to_string(), &PersonalFields::default())
        else {
            return;
        };
        for request in to_meta(&mapping, std::slice::from_ref(&stored), now).requests {
            let body = String::from_utf8(request.body().to_vec()).expect("UTF-8").to_lowercase();
            assert!(!body.contains(&mail.to_lowercase()), "{mail}: {body}");
            requests.set(requests.get() + 1);
            hashed.set(hashed.get() + u32::from(body.contains("\"em\":[")));
        }
    });
    assert!(
        hashed.get() > cases() / 20 && hashed.get() <= requests.get(),
        "{} of {}",
        hashed.get(),
        requests.get()
    );
}

/// The same with a number, which does not look personal by itself.
#[test]
fn a_hashed_number_is_in_no_request() {
    let mapping = hashing("external_id", "/data/tel");
    let requests = Cell::new(0);
    let copies = vec((select(&FIELDS[..6]), any::<bool>()), 0..6);
    run(
        (mapping, stored(), 100_000_000_000_u64..1_000_000_000_000, copies),
        |(mapping, mut stored, number, copies)| {
            let Ok(mapping) =
                meta::Mapping::parse(&mapping.to_string(), &PersonalFields::default())
            else {
                return;
            };
            for (field, is_text) in copies {
                let copy = if is_text { json!(format!("no. {number}")) } else { json!(number) };
                stored.data.insert(field.to_owned(), copy);
            }
            stored.data.insert("tel".to_owned(), json!(number));
            stored.at_ms = NOW_MS;
            stored.consent = Consent::Granted;
            let now = Now { ms: NOW_MS, takes_not_asked: false };
            for request in to_meta(&mapping, std::slice::from_ref(&stored), now).requests {
                let body = String::from_utf8_lossy(request.body());
                assert!(!body.contains(&number.to_string()), "{number}: {body}");
                requests.set(requests.get() + 1);
            }
        },
    );
    assert!(requests.get() > cases() / 20, "{} requests", requests.get());
}
