//! The lines in which two pairs of snippets differ.
//!
//! Each line begins with its numbers before and after. That also keeps code from beginning a line of the
//! output, which a runner of GitHub would carry out if it began with `::`.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::time::Duration;

use similar::{DiffOp, TextDiff};

use super::folder::{BODY_END, HEAD};
use super::shapes::CustomCode;
use crate::printable;

/// Lines around a difference.
const CONTEXT: usize = 2;
/// The greatest number of lines that are shown of a snippet.
const LINES_MAX: usize = 120;
/// The greatest number of characters that are shown of a line: pasted code is often minified into one.
const LINE_CHARS_MAX: usize = 120;
/// Characters before the first difference in a cut line.
const LEAD: usize = 40;
/// After this time the shortest difference is no longer searched for.
const SEARCH: Duration = Duration::from_millis(500);

/// A pair of snippets with the name to show for it.
pub(crate) type Named<'c> = (&'c str, &'c CustomCode);

/// The names of the snippets that differ, with the numbers of lines: `head.html (+3 −1)`.
pub(crate) fn summary(from: &CustomCode, to: &CustomCode) -> String {
    let files = files(from, to).map(|(name, from, to)| {
        let (removed, added) = count(&diff(from, to));
        format!("{name} (+{added} -{removed})")
    });
    files.collect::<Vec<_>>().join(", ")
}

/// The lines that differ, below the two names. Empty if none do.
pub(crate) fn lines((from_name, from): Named<'_>, (to_name, to): Named<'_>) -> String {
    let mut out = String::new();
    for (file, from, to) in files(from, to) {
        if out.is_empty() {
            out = format!("--- {from_name}\n+++ {to_name}\n");
        }
        // A `String` takes all that is written to it.
        let _ = snippet(&mut out, file, &diff(from, to));
    }
    out
}

/// The snippets that differ, with their files' names.
fn files<'c>(
    from: &'c CustomCode,
    to: &'c CustomCode,
) -> impl Iterator<Item = (&'static str, &'c str, &'c str)> {
    let both = [(HEAD, &from.head, &to.head), (BODY_END, &from.body_end, &to.body_end)];
    both.into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(name, from, to)| (name, &**from, &**to))
}

type Lines<'c> = TextDiff<'c, 'c, str>;

fn diff<'c>(from: &'c str, to: &'c str) -> Lines<'c> {
    TextDiff::configure().timeout(SEARCH).diff_lines(from, to)
}

/// The numbers of removed and added lines.
fn count(diff: &Lines<'_>) -> (usize, usize) {
    let changed = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.fold((0, 0), |(removed, added), op| {
        (removed + op.old_range().len(), added + op.new_range().len())
    })
}

fn snippet(out: &mut String, file: &str, diff: &Lines<'_>) -> fmt::Result {
    let shown = diff.grouped_ops(CONTEXT).into_iter().map(|group| {
        let rows = group.iter().flat_map(|op| rows(diff, op));
        rows.collect::<Vec<_>>()
    });
    let rows: Vec<String> = shown.collect::<Vec<_>>().join(&"         ...".to_owned());
    writeln!(out, "{file}")?;
    for row in rows.iter().take(LINES_MAX) {
        writeln!(out, "{row}")?;
    }
    match rows.len().saturating_sub(LINES_MAX) {
        0 => Ok(()),
        more => writeln!(out, "         ... and {more} more lines"),
    }
}

/// The lines of one operation: equal ones, or the removed ones before the added ones.
fn rows(diff: &Lines<'_>, op: &DiffOp) -> Vec<String> {
    let (old, new) = (op.old_range(), op.new_range());
    if let DiffOp::Equal { .. } = op {
        let content = |line| cut(split(diff.old_slice(line).unwrap_or_default()).0, 0);
        return old.zip(new).map(|(old, new)| row(Some(old), Some(new), &content(old))).collect();
    }
    let removed = old.clone().map(|line| {
        let other = counterpart(line, &old, &new).and_then(|other| diff.new_slice(other));
        row(Some(line), None, &text(diff.old_slice(line), other))
    });
    let added = new.clone().map(|line| {
        let other = counterpart(line, &new, &old).and_then(|other| diff.old_slice(other));
        row(None, Some(line), &text(diff.new_slice(line), other))
    });
    removed.chain(added).collect()
}

/// The line at the same place of the other range.
fn counterpart(line: usize, here: &Range<usize>, there: &Range<usize>) -> Option<usize> {
    let other = there.start + (line - here.start);
    there.contains(&other).then_some(other)
}

fn row(old: Option<usize>, new: Option<usize>, text: &str) -> String {
    let number = |line: Option<usize>| line.map_or(String::new(), |line| (line + 1).to_string());
    let sign = match (old, new) {
        (Some(_), None) => '-',
        (None, Some(_)) => '+',
        _ => ' ',
    };
    format!("{:>4} {:>4} {sign} {text}", number(old), number(new))
}

/// A changed line as it is printed: cut around the first difference to the other one, with its end if that
/// is not a line feed.
fn text(line: Option<&str>, other: Option<&str>) -> String {
    let line = line.unwrap_or_default();
    let other = other.unwrap_or_default();
    let same = line.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let (content, end) = split(line);
    cut(content, same) + end
}

/// A line, and the name of its end.
fn split(line: &str) -> (&str, &'static str) {
    if let Some(content) = line.strip_suffix("\r\n") {
        (content, " (CR LF)")
    } else if let Some(content) = line.strip_suffix('\n') {
        (content, "")
    } else if let Some(content) = line.strip_suffix('\r') {
        (content, " (CR)")
    } else {
        (line, " (no line end)")
    }
}

/// At most so many characters, from a few before this one on.
fn cut(line: &str, focus: usize) -> String {
    let length = line.chars().count();
    if length <= LINE_CHARS_MAX {
        return printable::shown(line);
    }
    let start = focus.saturating_sub(LEAD).min(length - LINE_CHARS_MAX);
    let part: String = line.chars().skip(start).take(LINE_CHARS_MAX).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + LINE_CHARS_MAX < length { "…" } else { "" };
    format!("{before}{}{after}", printable::shown(&part))
}
