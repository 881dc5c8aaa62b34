//! Names that Google takes, from the [reference] and its [naming rules].
//!
//! [reference]: https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag#reserved_names
//! [naming rules]: https://support.google.com/analytics/answer/13316687

/// Google's name of a purchase.
pub(super) const PURCHASE: &str = "purchase";
/// Google's name of a refund.
pub(super) const REFUND: &str = "refund";
/// The parameter that makes a purchase count once.
pub(super) const TRANSACTION: &str = "transaction_id";
/// The parameter with what was bought.
pub(super) const ITEMS: &str = "items";

/// The greatest length of a name of an event or of a parameter.
const LENGTH_MAX: usize = 40;

/// Names of events that Google makes itself: those of the protocol's reference, and those of web streams in the
/// naming rules. The second page calls its list not exhaustive.
const RESERVED_EVENTS: &[&str] = &[
    "ad_activeview",
    "ad_click",
    "ad_exposure",
    "ad_impression",
    "ad_query",
    "ad_reward",
    "adunit_exposure",
    "app_clear_data",
    "app_exception",
    "app_install",
    "app_remove",
    "app_store_refund",
    "app_store_subscription_cancel",
    "app_store_subscription_renew",
    "app_update",
    "app_upgrade",
    "click",
    "dynamic_link_app_open",
    "dynamic_link_app_update",
    "dynamic_link_first_open",
    "error",
    "file_download",
    "firebase_campaign",
    "firebase_in_app_message_action",
    "firebase_in_app_message_dismiss",
    "firebase_in_app_message_impression",
    "first_open",
    "first_visit",
    "form_start",
    "form_submit",
    "in_app_purchase",
    "notification_dismiss",
    "notification_foreground",
    "notification_open",
    "notification_receive",
    "notification_send",
    "os_update",
    "page_view",
    "screen_view",
    "scroll",
    "session_start",
    "user_engagement",
    "video_progress",
    "video_start",
    "view_complete",
    "view_search_results",
];

/// Reserved in the protocol, or not allowed as a custom dimension, so that no report could show it. `currency` is in
/// the second list, too, but part of the protocol.
const RESERVED_PARAMETERS: &[&str] = &[
    "cid",
    "customer_id",
    "customerid",
    "dclid",
    "firebase_conversion",
    "gclid",
    "sessionid",
    "sfmc_id",
    "sid",
    "srsltid",
    "uid",
    "user_id",
    "userid",
];

/// No name may begin with one of these.
const RESERVED_PREFIXES: &[&str] = &["_", "firebase_", "ga_", "google_", "gtag.", "query_id"];

/// Parameters that are ours to set.
const OURS: &[(&str, &str)] = &[
    ("session_id", "give it as \"/session_id\" of the mapping"),
    ("timestamp_micros", "it is the time of the event; remove it"),
    ("debug_mode", "a test sets it; remove it"),
];

/// The reason why an event may not have a name.
pub(super) fn event_fault(name: &str) -> Option<String> {
    if RESERVED_EVENTS.contains(&name) {
        return Some("is a name that Google makes itself; choose another".to_owned());
    }
    if name != "purchase" && name.eq_ignore_ascii_case("purchase") {
        return Some("is not Google's \"purchase\", whose case matters; write that".to_owned());
    }
    form_fault(name)
}

/// The reason why a parameter may not have a name.
pub(super) fn parameter_fault(name: &str) -> Option<String> {
    if let Some((_, advice)) = OURS.iter().find(|(ours, _)| *ours == name) {
        return Some(format!("is set by us; {advice}"));
    }
    if RESERVED_PARAMETERS.contains(&name) {
        return Some("is a name that Google reserves; choose another".to_owned());
    }
    form_fault(name)
}

fn form_fault(name: &str) -> Option<String> {
    if let Some(prefix) = RESERVED_PREFIXES.iter().find(|prefix| name.starts_with(**prefix)) {
        return Some(format!(
            "begins with \"{prefix}\", which Google reserves; choose another name"
        ));
    }
    let letter = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!letter || !rest || name.len() > LENGTH_MAX).then(|| {
        format!(
            "must be at most {LENGTH_MAX} letters (A to Z), digits and underscores, and begin with a letter"
        )
    })
}
