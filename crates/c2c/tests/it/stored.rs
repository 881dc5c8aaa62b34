use std::collections::HashSet;

use bytes::Bytes;
use c2c::{
    AllowList, BridgeLimits, Catalogue, Damaged, Fingerprint, Sandbox, SandboxBuilder,
    SnippetLimits, Snippets,
};

use crate::{CODE, builder, get, page};

fn sandbox() -> Sandbox {
    builder().build().expect("a sandbox")
}

fn fingerprint(builder: SandboxBuilder) -> Fingerprint {
    builder.build().expect("a sandbox").fingerprint()
}

#[test]
fn a_restored_page_answers_like_the_compiled_one() {
    let compiled = page();
    let restored = sandbox().restore(&compiled.to_bytes().into()).expect("it is complete");
    for accept in ["identity", "gzip", "br"] {
        let request = get(&[("accept-encoding", accept)]);
        let [first, second] = [&compiled, &restored].map(|page| page.respond(&request));
        assert_eq!(first.headers(), second.headers(), "{accept}");
        assert_eq!(first.body(), second.body(), "{accept}");
        assert!(!first.body().is_empty(), "{accept}");
    }
    assert_eq!(restored.to_bytes(), compiled.to_bytes());
}

#[test]
fn its_headers_are_those_of_the_sandbox_that_restores_it() {
    let strict = builder().allow_list(AllowList::empty()).build().expect("a sandbox");
    let restored = strict.restore(&page().to_bytes().into()).expect("it is complete");
    let csp = restored.headers()["content-security-policy"].to_str().expect("text");
    assert!(csp.contains("sandbox allow-scripts") && csp.contains("default-src 'none'"), "{csp}");
}

#[test]
fn damage_is_found() {
    let stored = page().to_bytes();
    let restore = |bytes: Vec<u8>| sandbox().restore(&Bytes::from(bytes)).map(|_| ());
    assert_eq!(restore(stored.clone()), Ok(()));
    // The head, and places all over the rest.
    let places = || (0..64).chain((64..stored.len()).step_by(97));
    for at in places() {
        let mut flipped = stored.clone();
        flipped[at] ^= 1;
        assert_eq!(restore(flipped), Err(Damaged), "byte {at}");
    }
    for length in places() {
        assert_eq!(restore(stored[..length].to_vec()), Err(Damaged), "{length} bytes");
    }
    assert_eq!(restore([&stored[..], b"x"].concat()), Err(Damaged));
}

#[test]
fn all_that_goes_into_a_document_is_in_the_fingerprint() {
    let app = |id: &str| Sandbox::builder(id.parse().expect("an app"));
    let origin = |text: &str| text.parse().expect("an origin");
    let widget = |id: &str| app(id).widget(origin("https://widget.example"));
    let mut hold = BridgeLimits::default();
    hold.hold_ms_max = 7;
    let all = [
        widget("demo"),
        widget("other"),
        app("demo").widget(origin("https://other.example")),
        widget("demo").widget(origin("https://other.example")),
        widget("demo").ancestor("https://other.example".parse().expect("an ancestor")),
        widget("demo").without_jar(),
        widget("demo").without_diagnostics(),
        widget("demo").with_trace(),
        widget("demo").allow_list(AllowList::empty()),
        widget("demo").bridge_limits(hold),
    ];
    let all = all.map(fingerprint);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:#?}");
}

#[test]
fn nothing_else_is_in_the_fingerprint() {
    let same = [
        builder(),
        builder().catalogue(Catalogue::reference()),
        builder().snippet_limits(SnippetLimits::default().with_snippet_bytes_max(5)),
    ];
    let [first, second, third] = same.map(fingerprint);
    assert_eq!((first, first), (second, third));
    assert_eq!(first.to_string().len(), 64);
    // Nor does it depend on the code.
    let sandbox = sandbox();
    assert!(sandbox.compile(Snippets::head(CODE)).is_ok());
    assert_eq!(sandbox.fingerprint(), first);
}
