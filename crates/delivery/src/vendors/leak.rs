//! Texts that must not go to a vendor in the clear.

/// Fewer digits after a `+` are no phone number.
const PHONE_DIGITS_MIN: usize = 8;

/// Whether a text has an e-mail address or an international phone number in it, as far as one can see.
///
/// Google's policy names both as data that [must not be sent][policy]; Meta takes them as hashes only. A field in which a
/// visitor can write may hold them. It is better to lose a parameter that has an `@` in it than to send an address.
///
/// [policy]: https://developers.google.com/analytics/devguides/collection/protocol/ga4/policy
pub(super) fn looks_personal(text: &str) -> bool {
    let text = text.replace("%40", "@").replace("%2B", "+").replace("%2b", "+").replace('＠', "@");
    has_email(&text) || has_phone(&text)
}

/// An `@` between two characters that are no space.
fn has_email(text: &str) -> bool {
    let solid = |letter: Option<char>| letter.is_some_and(|letter| !letter.is_whitespace());
    text.match_indices('@').any(|(at, _)| {
        solid(text[..at].chars().next_back()) && solid(text[at + 1..].chars().next())
    })
}

/// A `+`, and then digits with nothing between them but the usual separators.
fn has_phone(text: &str) -> bool {
    text.match_indices('+').any(|(plus, _)| {
        let number = text[plus + 1..]
            .chars()
            .take_while(|letter| " -./()".contains(*letter) || letter.is_ascii_digit());
        number.filter(char::is_ascii_digit).count() >= PHONE_DIGITS_MIN
    })
}
