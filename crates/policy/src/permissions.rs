//! Permissions-Policy ([W3C](https://www.w3.org/TR/permissions-policy-1/)).

use std::sync::LazyLock;

use crate::Header;

/// The powerful features that the sandbox document is denied, and with it every frame inside it.
///
/// From the
/// [list of policy-controlled features](https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md),
/// as read in November 2026. Left out on purpose, since tags use them and they grant no power over
/// the visitor: `unload`, `sync-xhr`, `deferred-fetch`, `deferred-fetch-minimal` and the client
/// hints `ch-*`.
pub const DENIED_FEATURES: &[&str] = &[
    "accelerometer",
    "all-screens-capture",
    "ambient-light-sensor",
    "attribution-reporting",
    "autoplay",
    "bluetooth",
    "browsing-topics",
    "camera",
    "captured-surface-control",
    "clipboard-read",
    "clipboard-write",
    "compute-pressure",
    "cross-origin-isolated",
    "digital-credentials-get",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "join-ad-interest-group",
    "keyboard-map",
    "local-fonts",
    "local-network-access",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "private-aggregation",
    "private-state-token-issuance",
    "private-state-token-redemption",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "run-ad-auction",
    "screen-wake-lock",
    "serial",
    "shared-storage",
    "shared-storage-select-url",
    "speaker-selection",
    "storage-access",
    "usb",
    "web-share",
    "window-management",
    "xr-spatial-tracking",
];

/// The header that denies [`DENIED_FEATURES`] to everybody: `name=()` for each.
pub(crate) fn deny_all() -> Header {
    static VALUE: LazyLock<String> = LazyLock::new(|| {
        let denied: Vec<String> = DENIED_FEATURES.iter().map(|name| format!("{name}=()")).collect();
        denied.join(", ")
    });
    Header::new("permissions-policy", VALUE.as_str())
}
