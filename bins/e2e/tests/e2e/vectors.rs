//! The host script's rules against the vectors that the Rust code passes too.

use c2c_harness::{Cx, Result, Tests};
use serde_json::{Value, json};

pub(crate) const TESTS: Tests = &[
    ("contexts", &contexts),
    ("custom_names", &custom_names),
    ("origins", &origins),
    ("payloads", &payloads),
];

/// Runs `body` with the exports of one of the host's modules as `module`.
async fn with_module(cx: &Cx, module: &str, body: &str, input: Value) -> Result<Value> {
    let url = cx.collector.source_url(&format!("host/{module}.js"))?;
    cx.browser.goto(&cx.collector.page("/", "", &[])).await?;
    // As text: drivers mishandle objects with keys such as `constructor`.
    let script = format!(
        "const [vectors] = arguments;
         return import('{url}').then((module) => JSON.stringify((() => {{ {body} }})()));"
    );
    let text = cx.browser.run(&script, &[input]).await?;
    Ok(serde_json::from_str(text.as_str().unwrap_or_default())?)
}

async fn contexts(cx: &Cx) -> Result<()> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../crates/bridge/vectors/context.json"))?;
    let body = "return vectors.map(({ query }) => {
        const { context, rejected } = module.contextFromQuery(query && '?' + query);
        return { context, rejected: rejected.map(({ key, reason }) => [key, reason]) };
    });";
    let found = with_module(cx, "context", body, vectors.clone()).await?;
    for (vector, found) in
        vectors.as_array().expect("a list").iter().zip(found.as_array().expect("a list"))
    {
        let expected = json!({"context": vector["context"], "rejected": vector["rejected"]});
        assert_eq!(*found, expected, "{}", vector["case"]);
    }
    Ok(())
}

async fn custom_names(cx: &Cx) -> Result<()> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../crates/names/vectors/custom_name.json"))?;
    let body = "const { events, names } = vectors;
        const fault = module.customNameRule(events);
        return { events, names: names.map(({ name }) => ({ name, fault: fault(name) || null })) };";
    assert_eq!(with_module(cx, "name", body, vectors.clone()).await?, vectors);
    Ok(())
}

async fn origins(cx: &Cx) -> Result<()> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../crates/names/vectors/origin.json"))?;
    let body = "return vectors.map((vector) => {
        try {
          const rule = module.originRule(vector.rule);
          const others = vector.others?.filter((origin) => !rule.matches(origin));
          return { ...vector, error: false, matches: vector.matches?.filter(rule.matches), others };
        } catch (error) {
          return { ...vector, error: error instanceof TypeError };
        }
    });";
    let found = with_module(cx, "origin", body, vectors.clone()).await?;
    for (vector, found) in
        vectors.as_array().expect("a list").iter().zip(found.as_array().expect("a list"))
    {
        assert_eq!(found, vector);
    }
    Ok(())
}

async fn payloads(cx: &Cx) -> Result<()> {
    let too_long = format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024));
    let nested = |depth: usize| {
        format!("{}{}", "{\"a\":".repeat(depth), "1".to_owned() + &"}".repeat(depth))
    };
    let vectors = json!([
        ["{}", null],
        ["{\"a\":[1,{\"b\":null}]}", null],
        [nested(8), null],
        [nested(9), "too_deep"],
        [too_long, "too_large"],
        ["", "not_json"],
        ["{", "not_json"],
        ["[]", "not_an_object"],
        ["null", "not_an_object"],
        ["\"x\"", "not_an_object"],
        [{"a": 1}, "not_json"],
        [null, "not_json"],
        [7, "not_json"],
        ["{\"context\":{}}", "context"],
        ["[".repeat(16000), "not_json"],
        ["{\"constructor\":{\"toString\":1}}", null],
        ["{\"__proto__\":{\"polluted\":1}}", "prototype"],
        ["{\"a\":[{\"__proto__\":1}]}", "prototype"],
    ]);
    let body = "return vectors.map(([json]) => {
        const fault = module.payloadFault(json, { payload_units_max: 16384, payload_depth_max: 8 });
        if ({}.polluted) return 'polluted';
        return fault || null;
    });";
    let found = with_module(cx, "payload", body, vectors.clone()).await?;
    for (vector, found) in
        vectors.as_array().expect("a list").iter().zip(found.as_array().expect("a list"))
    {
        assert_eq!(*found, vector[1], "{:.80}", vector[0].to_string());
    }
    Ok(())
}
