//! Pieces of Markdown. All text from vendors is plain text in cells or code.

/// Most characters of a value that are shown.
const SHOWN_MAX: usize = 100;
/// How many of them follow the `…`.
const END: usize = 30;

/// Formats a field's value; `None` if the field is missing.
pub(crate) fn value(value: Option<&str>) -> String {
    match value {
        None => "–".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => code(value),
    }
}

/// Formats a text as code; if it is long, its beginning and its end.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", plain(&shortened(text)).replace('`', "'"))
}

/// Formats a text for a cell.
pub(crate) fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('|', "\\|")
}

/// Returns the first line of an error.
pub(crate) fn first_line(text: &str) -> String {
    plain(text.lines().next().unwrap_or_default())
}

fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= SHOWN_MAX {
        return text.to_owned();
    }
    let (start, end) = (&chars[..SHOWN_MAX - END - 1], &chars[chars.len() - END..]);
    start.iter().chain(&['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::{code, value};

    #[test]
    fn values_stay_in_their_cells() {
        assert_eq!(value(None), "–");
        assert_eq!(value(Some("")), "empty");
        assert_eq!(value(Some("a|b`c\nd")), "`a\\|b'c d`");
    }

    #[test]
    fn long_values_keep_their_ends() {
        let text = code(&format!("{}end", "x".repeat(200)));
        assert_eq!(text.chars().count(), 102);
        assert!(text.starts_with("`xxx") && text.ends_with("xend`"), "{text}");
    }
}
