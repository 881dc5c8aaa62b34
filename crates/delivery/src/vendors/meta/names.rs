//! Names of events and of their data.

use crate::vendors::normal::UserKey;
use crate::words::words;

/// Meta's name of a purchase.
pub(super) const PURCHASE: &str = "Purchase";

/// Events that [Meta names](https://developers.facebook.com/documentation/meta-pixel/reference#standard-events).
const STANDARD: &[&str] = &[
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Donate",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "PageView",
    PURCHASE,
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
];

/// The pixel's own limit for names of custom events.
const EVENT_LENGTH_MAX: usize = 50;
/// Ours: Meta names none.
const DATA_LENGTH_MAX: usize = 40;

/// Names by which a person's data would be in the clear.
const OF_PERSONS: &[&str] = &[
    "client_ip_address",
    "client_user_agent",
    "email",
    "first_name",
    "last_name",
    "phone",
    "phone_number",
];

words! {
    /// An id that goes to Meta as it is, by its name in `user_data`.
    PlainKey {
        /// The browser's id, from the pixel's cookie `_fbp`.
        Browser = "fbp",
        /// The id of the click on an advertisement, from the pixel's cookie `_fbc`.
        Click = "fbc",
        /// The id of a subscription.
        Subscription = "subscription_id",
        /// The id of a lead from Meta's Lead Ads.
        Lead = "lead_id",
        /// The id that Meta gave a person for an app.
        Login = "fb_login_id",
    }
}

/// The reason why an event may not have a name.
pub(super) fn event_fault(name: &str) -> Option<String> {
    let standard = STANDARD.iter().find(|standard| standard.eq_ignore_ascii_case(name));
    if let Some(standard) = standard.filter(|standard| **standard != name) {
        return Some(format!("is not Meta's \"{standard}\", whose case matters; write that"));
    }
    let is_name = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && name.len() <= EVENT_LENGTH_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte))
        && !name.ends_with(' ');
    (!is_name).then(|| {
        format!(
            "must be at most {EVENT_LENGTH_MAX} letters (A to Z), digits, underscores, hyphens and spaces, and begin with a letter"
        )
    })
}

/// The reason why custom data may not have a name.
pub(super) fn data_fault(name: &str) -> Option<String> {
    if name.parse::<UserKey>().is_ok()
        || name.parse::<PlainKey>().is_ok()
        || OF_PERSONS.contains(&name.to_ascii_lowercase().as_str())
    {
        return Some("would be a person's data in the clear; put it into \"user_data\"".to_owned());
    }
    let is_name = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && name.len() <= DATA_LENGTH_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!is_name).then(|| {
        format!(
            "must be at most {DATA_LENGTH_MAX} letters (A to Z), digits and underscores, and begin with a letter"
        )
    })
}
