//! Texts of statements about several rows. They hold numbers of parameters only.

use sqlx::AssertSqlSafe;

use crate::engine::Engine;

/// The most rows in one statement.
const ROWS_MAX: usize = 64;

/// The statement for an engine, from a text whose parameters are numbered 1, 2, 3 … in the order in which they appear. They
/// must be bound in that order.
///
/// SQLite gets them without numbers. The driver asks for the name of each before it binds it, and SQLite looks for it
/// among all of them: with numbers, the time would grow with the square of the rows.
pub(super) fn statement(engine: Engine, numbered: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(match engine {
        Engine::Sqlite => without_numbers(&numbered),
        Engine::Postgres => numbered,
    })
}

fn without_numbers(numbered: &str) -> String {
    let mut parts = numbered.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        debug_assert_eq!(part[..part.len() - rest.len()].parse(), Ok(index + 1), "{numbered}");
        text.push('?');
        text.push_str(rest);
    }
    text
}

/// Places for the parameters of rows, from the parameter `first` on: `($3,$4),($5,$6)`.
pub(super) fn places(first: usize, rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let numbers = (0..columns).map(|column| format!("${}", first + row * columns + column));
        format!("({})", numbers.collect::<Vec<_>>().join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

/// The condition that a row has one of several keys, whose parameters begin at `first`. Both engines find each row by its
/// key.
///
/// PostgreSQL plans each alternative of an `OR` by itself, which takes longer than executing them. SQLite would scan the
/// table for a list of rows.
pub(super) fn any_of(engine: Engine, first: usize, rows: usize, columns: &[&str]) -> String {
    if engine == Engine::Postgres {
        let (columns, places) = (columns.join(", "), places(first, rows, columns.len()));
        return format!("({columns}) IN (VALUES {places})");
    }
    let row = |row: usize| {
        let equal = columns
            .iter()
            .enumerate()
            .map(|(index, column)| format!("{column} = ${}", first + row * columns.len() + index));
        format!("({})", equal.collect::<Vec<_>>().join(" AND "))
    };
    format!("({})", (0..rows).map(row).collect::<Vec<_>>().join(" OR "))
}

/// Parts of a list whose lengths are powers of two: there are few statements, which the engines prepare once.
pub(super) fn pieces<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = items.len().min(ROWS_MAX);
        let length = 1 << length.checked_ilog2()?;
        let (piece, rest) = items.split_at(length);
        items = rest;
        Some(piece)
    })
}

/// The list, with its last item repeated until [`pieces`] has few lengths to cut: for `IN`, where a repetition changes
/// nothing. No item is in two pieces.
pub(super) fn filled<T: Clone>(mut items: Vec<T>) -> Vec<T> {
    if let Some(last) = items.last().cloned() {
        let length = items.len();
        items.resize(length.next_power_of_two().min(length.next_multiple_of(ROWS_MAX)), last);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_each_parameter_once() {
        assert_eq!(places(3, 2, 2), "($3,$4),($5,$6)");
        let any_of = |engine| any_of(engine, 2, 2, &["a", "b"]);
        assert_eq!(any_of(Engine::Sqlite), "((a = $2 AND b = $3) OR (a = $4 AND b = $5))");
        assert_eq!(any_of(Engine::Postgres), "(a, b) IN (VALUES ($2,$3),($4,$5))");
    }

    #[test]
    fn one_engine_gets_no_numbers() {
        let numbered = "a = $1 AND (b,c) IN (($2,$3))".to_owned();
        assert_eq!(statement(Engine::Sqlite, numbered.clone()).0, "a = ? AND (b,c) IN ((?,?))");
        assert_eq!(statement(Engine::Postgres, numbered.clone()).0, numbered);
    }

    #[test]
    fn filling_puts_no_item_into_two_pieces() {
        for length in [0, 1, 3, 63, 64, 65, 128, 129, 192, 257, 600] {
            let items: Vec<_> = (0..length).collect();
            let filled = filled(items.clone());
            let without_repetitions = pieces(&filled).map(|piece| {
                let mut piece = piece.to_vec();
                piece.dedup();
                piece
            });
            assert_eq!(without_repetitions.collect::<Vec<_>>().concat(), items);
            assert!(pieces(&filled).count() <= items.len().div_ceil(ROWS_MAX));
        }
    }

    #[test]
    fn pieces_are_the_list() {
        for length in [0, 1, 2, 3, 64, 65, 127, 1000] {
            let items: Vec<_> = (0..length).collect();
            assert_eq!(pieces(&items).collect::<Vec<_>>().concat(), items);
            assert!(pieces(&items).all(|piece| piece.len().is_power_of_two() && piece.len() <= 64));
        }
    }
}
