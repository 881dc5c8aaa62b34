//! The meaning of a vendor's answer for the events of its request.

/// The greatest length of a vendor's text, in characters.
const TEXT_MAX: usize = 500;

/// The meaning of a vendor's answer for the events of its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All were received.
    Delivered,
    /// The vendor cannot take them now: they are sent again, by the schedule.
    Again {
        /// The vendor's words, which are not trusted.
        text: String,
    },
    /// One of several was refused, and with it all: each is sent in a request of its own.
    Split {
        /// The vendor's words, which are not trusted.
        text: String,
    },
    /// The vendor refused the only event, and would again.
    Refused {
        /// The vendor's words, which are not trusted.
        text: String,
    },
    /// The vendor refused the credentials: the endpoint is disabled, and the events wait.
    Credentials {
        /// The vendor's words, which are not trusted.
        text: String,
    },
}

/// A vendor's text as it may be shown: one line, not too long.
pub(super) fn shown(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(TEXT_MAX).collect()
}
