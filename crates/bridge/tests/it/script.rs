//! Checks of the scripts that do not run them.

use std::path::Path;

use c2c_bridge::{Diagnostics, HOST_MODULES, Shim, shim_attributes};
use c2c_names::BridgeLimits;
use serde_json::{Value, json};

fn shims() -> impl Iterator<Item = Shim> {
    let all = [Diagnostics::Off, Diagnostics::Errors, Diagnostics::Trace];
    all.into_iter().flat_map(|diagnostics| [false, true].map(|jar| Shim { jar, diagnostics }))
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

/// The published package has the served files, with their types.
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

/// In sloppy mode, code that a handler throws or calls could reach the functions below it on the stack.
#[test]
fn the_shim_is_strict() {
    for shim in shims() {
        let start = &shim.text()[..40];
        assert!(start.contains("use strict"), "{shim:?}: {start}");
    }
}

#[test]
fn the_tag_of_the_shim_names_the_app_and_its_widgets() {
    let origins =
        ["https://a.example", "https://b.example:8443"].map(|text| text.parse().expect(text));
    let mut limits = BridgeLimits::default();
    limits.hold_ms_max = 7000;
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
    let mut limits = BridgeLimits::default();
    limits.hold_ms_max = usize::MAX;
    let [.., hold] = shim_attributes(&"demo".parse().expect("id"), &[], &limits);
    assert_eq!(hold, ("data-hold-ms", "600000".to_owned()));
}
