//! The normal forms in which Meta hashes facts about a person.
//!
//! A hash of a text that was not normalised as Meta does it is accepted, and matches no account; no answer says so.
//! The rules are those of [Customer Information Parameters][page]. Where it is silent, they are those of Meta's own
//! [parameter builder](https://github.com/facebook/capi-param-builder): no spaces within names and external ids, and
//! external ids in lower case.
//!
//! [page]: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters

use super::hash::{Sha256Hex, is_digest};
use crate::words::words;

words! {
    /// A fact about a person that goes to Meta as a hash only, by its name in `user_data`.
    UserKey {
        /// An e-mail address.
        Email = "em",
        /// A phone number with the code of its country.
        Phone = "ph",
        /// A first name.
        FirstName = "fn",
        /// A last name.
        LastName = "ln",
        /// A date of birth.
        Birth = "db",
        /// A gender.
        Gender = "ge",
        /// A city.
        City = "ct",
        /// A state or province.
        State = "st",
        /// A postal code.
        PostalCode = "zp",
        /// A country's code of two letters.
        Country = "country",
        /// An id that the customer has for the person.
        ExternalId = "external_id",
    }
}

impl UserKey {
    /// The normal form of a text; `None` if it has none, so that nothing is to be sent.
    ///
    /// A text that is a SHA-256 digest already has none: a hash of a hash matches nothing.
    pub fn normalize(self, text: &str) -> Option<String> {
        let text = text.trim();
        if is_digest(text) {
            return None;
        }
        let normal = match self {
            Self::Email => email(text)?,
            Self::Phone => phone(text)?,
            Self::FirstName | Self::LastName => {
                keep(text, |letter| !letter.is_whitespace() && !letter.is_ascii_punctuation())
            }
            Self::Birth => date(text)?,
            Self::Gender => gender(text)?.to_owned(),
            Self::City | Self::State => keep(text, char::is_alphanumeric),
            Self::PostalCode => postal_code(text),
            Self::Country => country(text)?,
            Self::ExternalId => keep(text, |letter| !letter.is_whitespace()),
        };
        (!normal.is_empty()).then_some(normal)
    }

    /// The hash of a text's normal form.
    pub fn hash(self, text: &str) -> Option<Sha256Hex> {
        Some(Sha256Hex::of(&self.normalize(text)?))
    }
}

/// The characters for which `wanted` holds, in lower case.
fn keep(text: &str, wanted: impl Fn(char) -> bool) -> String {
    text.chars().filter(|letter| wanted(*letter)).flat_map(char::to_lowercase).collect()
}

fn email(text: &str) -> Option<String> {
    let (name, host) = text.split_once('@')?;
    let is_whole = !name.is_empty()
        && host.contains('.')
        && !host.contains('@')
        && !text.chars().any(char::is_whitespace);
    is_whole.then(|| text.to_lowercase())
}

/// Digits with the code of the country. One zero in front is a number without it (no country's code begins with zero),
/// and without its zero it could be that of another person. Two zeros are the international prefix.
fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let normal = digits.trim_start_matches('0');
    let zeros = digits.len() - normal.len();
    // ITU-T E.164: at most 15 digits.
    (zeros != 1 && (7..=15).contains(&normal.len())).then(|| normal.to_owned())
}

/// `YYYYMMDD`, from that, from year, month and day with `-`, `.` or `/` between them, or from `M/D/YYYY`, which is
/// Meta's own example. The order in `16.2.1997` differs between countries, so there is none for it.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', '.', '/']).collect();
    let (year, month, day) = match *parts.as_slice() {
        [all] if all.len() == 8 && all.is_ascii() => (&all[..4], &all[4..6], &all[6..]),
        [year, month, day] if year.len() == 4 => (year, month, day),
        [month, day, year] if year.len() == 4 && text.matches('/').count() == 2 => {
            (year, month, day)
        }
        _ => return None,
    };
    let number = |part: &str, length: usize| {
        let is_number =
            (1..=length).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let is_date =
        (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then(|| format!("{year:04}{month:02}{day:02}"))
}

fn gender(text: &str) -> Option<&'static str> {
    match text.to_lowercase().as_str() {
        "f" | "female" => Some("f"),
        "m" | "male" => Some("m"),
        _ => None,
    }
}

/// Without spaces and dashes. A ZIP+4 (five digits, a dash, four) becomes the first five.
fn postal_code(text: &str) -> String {
    let are_digits =
        |part: &str, number| part.len() == number && part.bytes().all(|byte| byte.is_ascii_digit());
    let first = match text.split_once('-') {
        Some((five, four)) if are_digits(five, 5) && are_digits(four, 4) => five,
        _ => text,
    };
    keep(first, char::is_alphanumeric)
}

fn country(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_lowercase())
}
