//! What holds for any text. Used by the random tests here and by the fuzz target.

use std::collections::BTreeSet;

use c2c_policy::SandboxTokens;

/// What opens the sandbox, spelt as the standard does.
const DANGEROUS: [&str; 5] = [
    "allow-popups-to-escape-sandbox",
    "allow-same-origin",
    "allow-top-navigation",
    "allow-top-navigation-by-user-activation",
    "allow-top-navigation-to-custom-protocols",
];

/// The tokens that a browser sees: an unordered set, split at ASCII whitespace, in lower case.
fn as_browsers_read(tokens: &str) -> BTreeSet<String> {
    let words = tokens.split(['\t', '\n', '\x0c', '\r', ' ']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

/// Sandbox tokens: nothing is read that a browser would read as an open sandbox, what is read
/// means what it meant before, and prints to one text that both readers agree about.
pub(crate) fn sandbox(text: &str) {
    let seen = as_browsers_read(text);
    let dangerous = DANGEROUS.iter().any(|token| seen.contains(*token));
    let lenient = SandboxTokens::parse_lenient(text);
    assert_eq!(lenient.is_err(), dangerous, "{text:?}");
    let Ok(lenient) = lenient else {
        assert!(text.parse::<SandboxTokens>().is_err(), "{text:?}");
        return;
    };
    let printed = lenient.to_string();
    assert!(as_browsers_read(&printed).is_subset(&seen), "{text:?}");
    assert_eq!(printed.parse(), Ok(lenient));
    assert_eq!(SandboxTokens::parse_lenient(&printed), Ok(lenient));
    if let Ok(strict) = text.parse::<SandboxTokens>() {
        assert_eq!(strict, lenient, "{text:?}");
        assert_eq!(as_browsers_read(&printed), seen, "nothing was ignored in {text:?}");
    }
}
