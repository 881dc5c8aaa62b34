//! Runs all probes in one engine: the promise, the outcome, and whether the probe could have shown
//! otherwise.

use std::time::{Duration, Instant};

use c2c_harness::{Collector, Engine, Options, Result};
use serde_json::Value;

use crate::outcome::Outcome;
use crate::probe::{Control, Group, Known, Probe};
use crate::replica::{Arrangement, Layout};
use crate::stage::Stage;
use crate::surface::Surface;

/// The least and the most time to wait for something that should not happen.
const GRACE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(3));

/// How long both layouts may take, with their controls: many times their usual time.
const LIMIT: Duration = Duration::from_mins(20);

/// One probe in one engine and layout.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) id: String,
    pub(crate) engine: Engine,
    pub(crate) layout: Layout,
    pub(crate) outcome: Outcome,
    /// The outcome of the same script where nothing, or everything, is forbidden.
    pub(crate) control: Option<Outcome>,
    /// The problem; empty if there is none.
    pub(crate) fault: String,
}

/// Permissions that Chromium grants every page, as if the user had allowed them for the whole web.
const ALLOWED: &[&str] = &[
    "clipboard",
    "geolocation",
    "idle_detection",
    "local_fonts",
    "media_stream_camera",
    "media_stream_mic",
    "notifications",
    "sensors",
    "storage_access",
    "window_placement",
];

/// Options for a browser with fake devices and no permission prompts, so that only the frame's own
/// limits can refuse.
///
/// Chromium's driver could also grant permissions, but its grants bypass these limits.
pub(crate) fn options() -> Options {
    let args = ["--use-fake-device-for-media-stream", "--auto-accept-this-tab-capture"];
    let allowed = ALLOWED
        .iter()
        .map(|name| (format!("profile.default_content_setting_values.{name}"), 1.into()));
    let place = "data:application/json,{\"location\":{\"lat\":1,\"lng\":1},\"accuracy\":1}";
    let prefs: [(&str, Value); 10] = [
        ("media.navigator.streams.fake", true.into()),
        ("media.navigator.permission.disabled", true.into()),
        ("geo.prompt.testing", true.into()),
        ("geo.prompt.testing.allow", true.into()),
        ("geo.provider.network.url", place.into()),
        ("permissions.default.desktop-notification", 1.into()),
        ("full-screen-api.allow-trusted-requests-only", true.into()),
        ("print.always_print_silent", true.into()),
        // These would ask for a key or for a screen, and keep the focus meanwhile.
        ("security.webauth.webauthn", false.into()),
        ("media.getusermedia.screensharing.enabled", false.into()),
    ];
    Options {
        chromium_args: args.map(str::to_owned).to_vec(),
        chromium_prefs: allowed.collect(),
        firefox_prefs: prefs.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

/// Runs all probes in both layouts.
pub(crate) async fn run(
    engine: Engine,
    collector: &Collector,
    surface: &Surface,
    groups: &[Group],
) -> Result<Vec<Verdict>> {
    let options = options();
    let mut stage = Stage::start(engine, collector, &options, LIMIT).await?;
    let probes: Vec<&Probe> = groups.iter().flat_map(|group| &group.probes).collect();
    let mut verdicts = Vec::new();
    for layout in Layout::ALL {
        let begun = Instant::now();
        let (controls, slowest) = controls(&mut stage, surface, layout, &probes).await?;
        eprintln!("{engine}, {}: controls, {:.0?}", layout.name(), begun.elapsed());
        let grace = slowest.clamp(GRACE.0, GRACE.1);
        let arrangement =
            Arrangement { surface: surface.clone(), layout, one_origin: false, forbidden: false };
        let outcomes = stage.held(&arrangement, &probes, grace).await?;
        eprintln!("{engine}, {}: done, {:.0?}", layout.name(), begun.elapsed());
        for ((probe, outcome), control) in probes.iter().zip(outcomes).zip(controls) {
            let fault = fault(probe, engine, &outcome, control.as_ref());
            let id = probe.id.clone();
            verdicts.push(Verdict { id, engine, layout, outcome, control, fault });
        }
    }
    // The results are complete, even if a probe has left the session in a broken state. Its
    // processes are ended anyway.
    let _ended = stage.browser.close().await;
    Ok(verdicts)
}

/// Runs the controls, in the order of the probes.
async fn controls(
    stage: &mut Stage<'_>,
    surface: &Surface,
    layout: Layout,
    probes: &[&Probe],
) -> Result<(Vec<Option<Outcome>>, Duration)> {
    let mut found: Vec<Option<Outcome>> = vec![None; probes.len()];
    let mut slowest = Duration::ZERO;
    for control in [Control::SameOrigin, Control::Unprotected, Control::Forbidden] {
        let chosen: Vec<usize> =
            (0..probes.len()).filter(|&index| probes[index].control == control).collect();
        if chosen.is_empty() {
            continue;
        }
        let arrangement = Arrangement {
            surface: surface.bare(),
            layout,
            one_origin: control == Control::SameOrigin,
            forbidden: control == Control::Forbidden,
        };
        let these: Vec<&Probe> = chosen.iter().map(|&index| probes[index]).collect();
        let outcomes = if control == Control::Forbidden {
            stage.held(&arrangement, &these, GRACE.0).await?
        } else {
            // Expected successes are awaited; the other probes here have no control that succeeds.
            let engine = stage.browser.engine();
            let known: Known<'_> = &|probe| probe.expected_control(engine) == Some(true);
            let (outcomes, time) = stage.free(&arrangement, &these, known, GRACE.1).await?;
            slowest = slowest.max(time);
            outcomes
        };
        for (index, outcome) in chosen.into_iter().zip(outcomes) {
            found[index] = Some(outcome);
        }
    }
    Ok((found, slowest))
}

/// The difference from the promise, in words.
fn fault(probe: &Probe, engine: Engine, outcome: &Outcome, control: Option<&Outcome>) -> String {
    if !outcome.ran() {
        return outcome.to_string();
    }
    if outcome.reached != probe.expected(engine) {
        let what = if outcome.reached { "succeeded" } else { "did not succeed" };
        return format!("{what} ({outcome})");
    }
    match (probe.expected_control(engine), control) {
        (Some(expected), Some(control)) if control.reached != expected || !control.ran() => {
            let what = if control.reached { "succeeded" } else { "did not succeed" };
            format!("the control {what} ({control}): this probe shows nothing")
        }
        (None, Some(control)) if control.reached != probe.works => {
            "its control succeeds after all: take the pin away".to_owned()
        }
        _ => String::new(),
    }
}
