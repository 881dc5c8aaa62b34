//! The features known to browsers.

/// A feature that a Permissions-Policy can deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// The source of the name.
    pub source: FeatureSource,
    /// The reason why the sandbox document keeps the feature; `None` if the feature is denied.
    pub kept: Option<&'static str>,
}

/// The source of a feature's name: the first of these that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureSource {
    /// The [list of policy-controlled features](https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md),
    /// without the features it calls retired, at its commit `c10c76d` of 2026-06-18.
    Registry,
    /// Chromium 156 itself: `Page.PermissionsPolicyFeature` of its
    /// [`DevTools` protocol](https://chromedevtools.github.io/devtools-protocol/tot/Page/#type-PermissionsPolicyFeature),
    /// queried on 2026-11-22.
    Chromium,
    /// The draft of [Private Aggregation](https://patcg-individual-drafts.github.io/private-aggregation-api/):
    /// older browsers have the feature.
    Draft,
}

use FeatureSource::{Chromium, Draft, Registry};

const BEACON: &str = "tags send their last hit with it; it sends nothing that `fetch` could not";
const CLIENT_HINT: &str = "tells a server about the browser, as its scripts can";
const INVISIBLE: &str = "without it the frame, which is invisible, would not run";
const OLD_TAGS: &str = "old tags are written so, and it gives them no power over the visitor";
const SAMPLE: &str = "a sample for tests of the browser, which does nothing";

/// All known features, sorted by name.
///
/// A browser ignores a name that it does not know; Chromium logs a message in its console.
pub const FEATURES: &[Feature] = &[
    denied("accelerometer", Registry),
    denied("all-screens-capture", Registry),
    denied("ambient-light-sensor", Registry),
    denied("aria-notify", Chromium),
    denied("attribution-reporting", Registry),
    denied("autofill", Registry),
    denied("autoplay", Registry),
    denied("battery", Registry),
    denied("bluetooth", Registry),
    denied("browsing-topics", Registry),
    denied("camera", Registry),
    denied("captured-surface-control", Registry),
    kept("ch-device-memory", Chromium, CLIENT_HINT),
    kept("ch-downlink", Chromium, CLIENT_HINT),
    kept("ch-dpr", Chromium, CLIENT_HINT),
    kept("ch-ect", Chromium, CLIENT_HINT),
    kept("ch-prefers-color-scheme", Chromium, CLIENT_HINT),
    kept("ch-prefers-reduced-motion", Chromium, CLIENT_HINT),
    kept("ch-prefers-reduced-transparency", Chromium, CLIENT_HINT),
    kept("ch-rtt", Chromium, CLIENT_HINT),
    kept("ch-save-data", Chromium, CLIENT_HINT),
    kept("ch-ua", Registry, CLIENT_HINT),
    kept("ch-ua-arch", Registry, CLIENT_HINT),
    kept("ch-ua-bitness", Registry, CLIENT_HINT),
    kept("ch-ua-form-factors", Chromium, CLIENT_HINT),
    kept("ch-ua-full-version", Registry, CLIENT_HINT),
    kept("ch-ua-full-version-list", Registry, CLIENT_HINT),
    kept("ch-ua-high-entropy-values", Registry, CLIENT_HINT),
    kept("ch-ua-mobile", Registry, CLIENT_HINT),
    kept("ch-ua-model", Registry, CLIENT_HINT),
    kept("ch-ua-platform", Registry, CLIENT_HINT),
    kept("ch-ua-platform-version", Registry, CLIENT_HINT),
    kept("ch-ua-wow64", Registry, CLIENT_HINT),
    kept("ch-viewport-height", Chromium, CLIENT_HINT),
    kept("ch-viewport-width", Chromium, CLIENT_HINT),
    kept("ch-width", Chromium, CLIENT_HINT),
    denied("clipboard-read", Registry),
    denied("clipboard-write", Registry),
    denied("compute-pressure", Registry),
    denied("controlled-frame", Chromium),
    denied("conversion-measurement", Registry),
    denied("cross-origin-isolated", Registry),
    kept("deferred-fetch", Registry, BEACON),
    kept("deferred-fetch-minimal", Chromium, BEACON),
    denied("device-attributes", Chromium),
    denied("digital-credentials-create", Registry),
    denied("digital-credentials-get", Registry),
    denied("direct-sockets", Registry),
    denied("direct-sockets-multicast", Chromium),
    denied("display-capture", Registry),
    denied("document-domain", Chromium),
    denied("encrypted-media", Registry),
    kept("execution-while-not-rendered", Registry, INVISIBLE),
    kept("execution-while-out-of-viewport", Registry, INVISIBLE),
    denied("focus-without-user-activation", Registry),
    kept("frobulate", Chromium, SAMPLE),
    denied("fullscreen", Registry),
    denied("gamepad", Registry),
    denied("geolocation", Registry),
    denied("gyroscope", Registry),
    denied("haptics", Chromium),
    denied("hid", Registry),
    denied("identity-credentials-get", Registry),
    denied("idle-detection", Registry),
    denied("interest-cohort", Chromium),
    denied("join-ad-interest-group", Registry),
    denied("keyboard-map", Registry),
    denied("language-detector", Registry),
    denied("language-model", Registry),
    denied("local-fonts", Registry),
    denied("local-network", Chromium),
    denied("local-network-access", Chromium),
    denied("loopback-network", Chromium),
    denied("magnetometer", Registry),
    denied("manual-text", Registry),
    denied("media-playback-while-not-visible", Chromium),
    denied("mediasession", Registry),
    denied("microphone", Registry),
    denied("midi", Registry),
    denied("monetization", Registry),
    denied("navigation-override", Registry),
    denied("on-device-speech-recognition", Chromium),
    denied("otp-credentials", Registry),
    denied("payment", Registry),
    denied("picture-in-picture", Registry),
    denied("private-aggregation", Draft),
    denied("private-state-token-issuance", Chromium),
    denied("private-state-token-redemption", Chromium),
    denied("publickey-credentials-create", Chromium),
    denied("publickey-credentials-get", Registry),
    denied("publickey-credentials-remote-client-data-json", Chromium),
    denied("rewriter", Registry),
    denied("run-ad-auction", Registry),
    denied("screen-wake-lock", Registry),
    denied("serial", Registry),
    denied("shared-storage", Chromium),
    denied("shared-storage-select-url", Chromium),
    denied("smart-card", Registry),
    denied("speaker-selection", Registry),
    denied("storage-access", Registry),
    denied("sub-apps", Chromium),
    denied("summarizer", Registry),
    kept("sync-script", Registry, OLD_TAGS),
    kept("sync-xhr", Registry, OLD_TAGS),
    denied("tools", Registry),
    denied("translator", Registry),
    denied("trust-token-redemption", Registry),
    kept("unload", Registry, OLD_TAGS),
    denied("usb", Registry),
    denied("usb-unrestricted", Chromium),
    denied("vertical-scroll", Registry),
    denied("web-app-installation", Chromium),
    denied("web-printing", Chromium),
    denied("web-share", Registry),
    denied("webnn", Chromium),
    denied("window-management", Registry),
    denied("writer", Registry),
    denied("xr-spatial-tracking", Registry),
];

const fn denied(name: &'static str, source: FeatureSource) -> Feature {
    Feature { name, source, kept: None }
}

const fn kept(name: &'static str, source: FeatureSource, why: &'static str) -> Feature {
    Feature { name, source, kept: Some(why) }
}
