//! Tags whose attributes have an open quote.

use crate::diagnostic::Code;
use crate::found::Found;
use crate::parse::attribute_value;

/// The finding for a tag whose value of `attribute` goes on into the next tag, because a quote is missing.
pub(crate) fn open_quote(tag: &str, attribute: &str) -> Option<Found> {
    let value = attribute_value(tag, attribute)?;
    let quote = value.start.checked_sub(1)?;
    let end = value.start + tag[value.clone()].find('>')?;
    let character = tag.get(quote..value.start)?;
    let message = format!(
        "the quote of `{attribute}` is not closed here, so the tags after it are part of the value"
    );
    Some(Found::new(Code::OpenQuote, quote..value.start, message).replaced_by(end..end, character))
}

/// The finding for a script's tag whose quote is missing at the end of an attribute.
pub(crate) fn open_quote_of_script(tag: &str) -> Option<Found> {
    ["src", "type", "id"].into_iter().find_map(|attribute| {
        let value = &tag[attribute_value(tag, attribute)?];
        let goes_on = value.contains('>') && value.contains('<');
        if goes_on { open_quote(tag, attribute) } else { None }
    })
}
