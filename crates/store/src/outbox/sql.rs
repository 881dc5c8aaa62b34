//! Texts of statements about several rows. They hold numbers of parameters only.

/// The most rows in one statement.
const ROWS_MAX: usize = 64;

/// Places for the parameters of rows, from the parameter `first` on: `($3,$4),($5,$6)`.
pub(super) fn places(first: usize, rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let numbers = (0..columns).map(|column| format!("${}", first + row * columns + column));
        format!("({})", numbers.collect::<Vec<_>>().join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

/// Conditions of which one has to hold, each about one row's parameters, from the parameter `first` on. Both engines find
/// each row by its key.
pub(super) fn any_of(first: usize, rows: usize, columns: &[&str]) -> String {
    let row = |row: usize| {
        let equal = columns
            .iter()
            .enumerate()
            .map(|(index, column)| format!("{column} = ${}", first + row * columns.len() + index));
        format!("({})", equal.collect::<Vec<_>>().join(" AND "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(" OR ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_each_parameter_once() {
        assert_eq!(places(3, 2, 2), "($3,$4),($5,$6)");
        assert_eq!(any_of(2, 2, &["a", "b"]), "(a = $2 AND b = $3) OR (a = $4 AND b = $5)");
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
