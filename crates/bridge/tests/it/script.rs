//! What can be said of the scripts without running them.

use std::path::Path;

use c2c_bridge::{
    BridgeLimits, ContextLimits, DiagnosticLimits, HOST_MODULES, JarLimits, PageLimits, Shim,
    shim_attributes,
};
use c2c_catalogue::Catalogue;
use serde_json::{Value, json};

/// The modules that people write; those of the crate are made from them.
const LIMITS_SOURCE: &str = include_str!("../../js/host/limits.js");
const NAME_SOURCE: &str = include_str!("../../js/host/name.js");

fn shims() -> [Shim; 4] {
    [(false, false), (false, true), (true, false), (true, true)]
        .map(|(jar, diagnostics)| Shim { jar, diagnostics })
}

#[test]
fn the_shim_can_stand_in_a_script_element() {
    for shim in shims() {
        let lower = shim.text().to_ascii_lowercase();
        assert!(!lower.contains("</script") && !lower.contains("<!--"), "{shim:?}");
    }
}

#[test]
fn no_host_module_imports_another() {
    for module in HOST_MODULES {
        assert!(!module.text.contains("import"), "{}", module.path);
    }
}

/// What is published is what is served, with its types.
#[test]
fn the_package_has_every_host_module() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
    let package: Value =
        serde_json::from_str(include_str!("../../js/package.json")).expect("it is JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(package["license"], env!("CARGO_PKG_LICENSE"));
    let modules = HOST_MODULES.iter().map(|module| module.path.trim_end_matches(".js"));
    let exports = modules.map(|name| {
        let export = if name == "host" { ".".to_owned() } else { format!("./{name}") };
        let types = format!("./types/{name}.d.ts");
        (export, json!({"types": types, "default": format!("./dist/{name}.js")}))
    });
    assert_eq!(package["exports"], exports.collect::<Value>());
    let mut files: Vec<_> =
        HOST_MODULES.iter().map(|module| format!("dist/{}", module.path)).collect();
    files.push("types".to_owned());
    assert_eq!(package["files"], json!(files));
    for export in package["exports"].as_object().expect("a table").values() {
        for file in [&export["types"], &export["default"]] {
            let file = file.as_str().expect("a path");
            assert!(folder.join(file).is_file(), "{file}");
        }
    }
}

/// Asserts that a source says `name: value,` for every field of a struct of limits.
fn assert_says(path: &str, source: &str, limits: &str) {
    for line in limits.lines().filter_map(|line| line.trim().strip_suffix(',')) {
        let line = format!("  {line},\n");
        assert_eq!(source.matches(&line).count(), 1, "{path} does not say {line:?}");
    }
}

#[test]
fn scripts_and_crate_have_the_same_limits() {
    let bridge = BridgeLimits::default();
    assert_says("host/limits.js", LIMITS_SOURCE, &format!("{:#?}", ContextLimits::default()));
    assert_says("host/limits.js", LIMITS_SOURCE, &format!("{:#?}", PageLimits::default()));
    assert_says("jar.js", include_str!("../../js/jar.js"), &format!("{:#?}", JarLimits::default()));
    assert_says(
        "diagnostics.js",
        include_str!("../../js/diagnostics.js"),
        &format!("{:#?}", DiagnosticLimits::default()),
    );
    // The shim alone holds events.
    let of_host =
        format!("{bridge:#?}").replace(&format!("    hold_ms_max: {},\n", bridge.hold_ms_max), "");
    assert_says("host/limits.js", LIMITS_SOURCE, &of_host);
    let reported = DiagnosticLimits::default();
    let emit = include_str!("../../js/shim/emit.js");
    let boot = include_str!("../../js/shim/boot.js");
    let diagnostics = include_str!("../../js/shim/diagnostics.js");
    for (text, name, value) in [
        (emit, "PAYLOAD_UNITS_MAX", bridge.payload_units_max),
        (emit, "EMIT_BURST", bridge.emit_burst),
        (emit, "EMITS_PER_SECOND", bridge.emits_per_second),
        (boot, "HOLD_MS_MAX", bridge.hold_ms_max),
        (diagnostics, "DIAGNOSTIC_UNITS_MAX", reported.diagnostic_units_max),
        (diagnostics, "DIAGNOSTIC_BURST", reported.diagnostic_burst),
        (diagnostics, "DIAGNOSTICS_PER_SECOND", reported.diagnostics_per_second),
        (diagnostics, "DROPPED_DELAY_MS", reported.dropped_delay_ms),
    ] {
        let line = format!("const {name} = {value};");
        assert_eq!(text.matches(&line).count(), 1, "js/shim does not say {line:?}");
    }
}

/// In sloppy code, what a handler throws or calls could reach the functions below it.
#[test]
fn the_shim_is_strict() {
    for shim in shims() {
        let start = &shim.text()[..40];
        assert!(start.contains("use strict"), "{shim:?}: {start}");
    }
}

#[test]
fn the_host_script_knows_the_widget_events() {
    let events = Catalogue::reference().events().iter();
    let quoted: Vec<String> = events.map(|event| format!("  '{}',\n", event.name)).collect();
    assert!(NAME_SOURCE.contains(&quoted.concat()), "js/host/name.js: EVENT_NAMES");
}

#[test]
fn the_tag_of_the_shim_names_the_app_and_its_widgets() {
    let origins =
        ["https://a.example", "https://b.example:8443"].map(|text| text.parse().expect(text));
    let limits = BridgeLimits { hold_ms_max: 7000, ..BridgeLimits::default() };
    let attributes = shim_attributes(&"demo".parse().expect("id"), &origins, &limits);
    assert_eq!(
        attributes,
        [
            ("data-app", "demo".to_owned()),
            ("data-widget-origins", "https://a.example https://b.example:8443".to_owned()),
            ("data-hold-ms", "7000".to_owned()),
        ]
    );
}

#[test]
fn no_hold_is_longer_than_a_timer_may_be() {
    let limits = BridgeLimits { hold_ms_max: usize::MAX, ..BridgeLimits::default() };
    let [.., hold] = shim_attributes(&"demo".parse().expect("id"), &[], &limits);
    assert_eq!(hold, ("data-hold-ms", "600000".to_owned()));
}
