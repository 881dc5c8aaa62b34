//! Pieces of Markdown. All that comes from vendors is text in cells or in the type of code.

/// How much of a value is shown, in characters.
const SHOWN_MAX: usize = 100;
/// How much of it stands behind the `…`.
const END: usize = 30;

/// A value of a field; none if the field is not there.
pub(crate) fn value(value: Option<&str>) -> String {
    match value {
        None => "–".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => code(value),
    }
}

/// A text in the type of code; if it is long, its beginning and its end.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", plain(&shortened(text)).replace('`', "'"))
}

/// A text in a cell.
pub(crate) fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('|', "\\|")
}

/// The first line of an error.
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
