use c2c::Scripts;
use http::{Request, StatusCode};

#[test]
fn each_script_has_an_address_that_changes_with_it() {
    let scripts = Scripts::new();
    for name in [
        "host.js",
        "listen.js",
        "diagnostics.js",
        "jar.js",
        "collect.js",
        "page.js",
        "scroll.js",
        "validate.js",
    ] {
        let path = scripts.path(name).expect(name);
        let (stem, hash) =
            path.strip_suffix(".js").and_then(|path| path.rsplit_once('.')).expect("a hash");
        assert_eq!(stem, format!("/{}", name.trim_end_matches(".js")));
        assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{path}");
        let request =
            Request::get(path).header("accept-encoding", "br").body(()).expect("a request");
        let response = scripts.respond(&request).expect("a script");
        assert_eq!(response.status(), StatusCode::OK);
        for (header, value) in [
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("access-control-allow-origin", "*"),
            ("content-encoding", "br"),
            ("vary", "accept-encoding"),
        ] {
            assert_eq!(response.headers()[header], value, "{name}: {header}");
        }
    }
    assert_eq!(scripts.path("other.js"), None);
    let other = Request::get("/host.js").body(()).expect("a request");
    assert!(scripts.respond(&other).is_none());
}
