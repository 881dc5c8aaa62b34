//! Snippets that carry a number, so that a reader can tell which write they are from.

use c2c_store::Snippets;

use crate::random::Random;

const PADDING_MAX: usize = 10_000;

/// The content of the draft's version `number`. A new app's is empty.
pub(crate) fn content(number: i64) -> Snippets {
    if number == 1 {
        return Snippets::default();
    }
    let mut random = Random::new(number.unsigned_abs());
    let mut part = |place: &str| {
        let size = random.below(PADDING_MAX);
        let letter = char::from(b'a' + u8::try_from(random.below(26)).expect("a letter"));
        format!("{number} {place} {}", String::from(letter).repeat(size))
    };
    Snippets { head: part("head"), body_end: part("body end") }
}

/// The numbers and the sizes of two snippets, for a message.
pub(crate) fn describe(Snippets { head, body_end }: &Snippets) -> String {
    let part = |text: &str| {
        let number = text.split(' ').next().unwrap_or_default().to_owned();
        format!("{number:?} with {} bytes", text.len())
    };
    format!("head {}, body end {}", part(head), part(body_end))
}
