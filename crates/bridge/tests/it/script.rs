//! What can be said of the scripts without running them.

use c2c_bridge::{BridgeLimits, ContextLimits, HOST_MODULES, SHIM, shim_attributes};
use c2c_catalogue::Event;

fn module(path: &str) -> &'static str {
    HOST_MODULES.iter().find(|module| module.path == path).expect(path).text
}

#[test]
fn the_shim_can_stand_in_a_script_element() {
    let lower = SHIM.to_ascii_lowercase();
    assert!(!lower.contains("</script") && !lower.contains("<!--"));
}

#[test]
fn every_module_that_is_imported_is_served() {
    for module in HOST_MODULES {
        for (_, rest) in
            module.text.match_indices("from './").map(|(at, _)| module.text[at..].split_at(6))
        {
            let relative = &rest[2..rest[2..].find('\'').expect("a closing quote") + 2];
            let path = match module.path.rsplit_once('/') {
                Some((directory, _)) => format!("{directory}/{relative}"),
                None => relative.to_owned(),
            };
            assert!(HOST_MODULES.iter().any(|other| other.path == path), "{}: {path}", module.path);
        }
    }
}

#[test]
fn scripts_and_crate_have_the_same_limits() {
    let context = ContextLimits::default();
    let bridge = BridgeLimits::default();
    let limits = module("host/limits.js");
    for (name, value) in [
        ("entries_max", context.entries_max),
        ("key_bytes_max", context.key_bytes_max),
        ("value_bytes_max", context.value_bytes_max),
        ("total_bytes_max", context.total_bytes_max),
        ("payload_units_max", bridge.payload_units_max),
        ("payload_depth_max", bridge.payload_depth_max),
        ("emit_burst", bridge.emit_burst),
        ("emits_per_second", bridge.emits_per_second),
        ("queue_max", bridge.queue_max),
        ("batch_max", bridge.batch_max),
        ("stray_messages_max", bridge.stray_messages_max),
        ("refusals_max", bridge.refusals_max),
        ("hello_deadline_ms", bridge.hello_deadline_ms),
        ("diagnostic_units_max", bridge.diagnostic_units_max),
        ("diagnostic_burst", bridge.diagnostic_burst),
        ("diagnostics_per_second", bridge.diagnostics_per_second),
        ("dropped_delay_ms", bridge.dropped_delay_ms),
        ("handlers_max", bridge.handlers_max),
        ("unreported_max", bridge.unreported_max),
    ] {
        let line = format!("  {name}: {value},\n");
        assert_eq!(limits.matches(&line).count(), 1, "js/host/limits.js does not say {line:?}");
    }
    for (name, value) in [
        ("PAYLOAD_UNITS_MAX", bridge.payload_units_max),
        ("HOLD_MS_MAX", bridge.hold_ms_max),
        ("DIAGNOSTIC_UNITS_MAX", bridge.diagnostic_units_max),
        ("DIAGNOSTIC_BURST", bridge.diagnostic_burst),
        ("DIAGNOSTICS_PER_SECOND", bridge.diagnostics_per_second),
        ("DROPPED_DELAY_MS", bridge.dropped_delay_ms),
    ] {
        let line = format!("const {name} = {value};");
        assert_eq!(SHIM.matches(&line).count(), 1, "js/shim.js does not say {line:?}");
    }
}

#[test]
fn the_host_script_knows_the_widget_events() {
    let quoted: Vec<String> = Event::NAMES.iter().map(|name| format!("  '{name}',\n")).collect();
    assert!(module("host/name.js").contains(&quoted.concat()), "js/host/name.js: EVENT_NAMES");
}

#[test]
fn the_tag_of_the_shim_names_the_app_and_its_widgets() {
    let origins =
        ["https://a.example", "https://b.example:8443"].map(|text| text.parse().expect(text));
    let attributes = shim_attributes(&"demo".parse().expect("id"), &origins);
    assert_eq!(
        attributes,
        [
            ("data-app", "demo".to_owned()),
            ("data-widget-origins", "https://a.example https://b.example:8443".to_owned()),
        ]
    );
}
