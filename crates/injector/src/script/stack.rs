//! Bounds for the JavaScript parser, whose cost hostile code could drive up.
//!
//! It recurses for every level of nesting, and would overflow its stack. Nothing can nest deeper than the
//! number of tokens that open a level. So the parser runs on a stack that suffices for that number, and
//! does not run at all if the number is too large.
//!
//! And it reads a parenthesis again if it turns out not to hold parameters: nested ones take the square of
//! their depth. So the sum of the depths is bounded too, for all scripts of a check together, as that of
//! open elements is for HTML.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::thread;

/// Bytes of stack for one level: at least twice what any kind of nesting was seen to take
/// (`script/tests.rs`), with and without optimization, for the parser, the semantic analysis, and our own
/// walks.
const LEVEL: usize = 8 * 1024;

/// Levels for which any thread has enough stack: 1 MiB of the 2 MiB that threads usually have. Vendors'
/// snippets have up to 90.
const LEVELS_ANYWHERE: usize = 128;

/// Levels of all texts of a check up to which each script gets a stack of its own, if it needs one: at most
/// four do.
const LEVELS_ONE_BY_ONE: usize = 4 * LEVELS_ANYWHERE;

/// The maximum number of levels. Handwritten scripts stay far below it; minified ones reach it at about
/// 150 KB.
pub(super) const LEVELS_MAX: usize = 48 * 1024;

/// Levels that a repair may add to a script.
const LEVELS_OF_REPAIRS: usize = 256;

/// The maximum of the sum, over all brackets of all parsed scripts, of the number of brackets that are open
/// there. A library of 90 KB, minified, has 130,000.
const DEPTHS_MAX: usize = 160 * 1024;

/// The number of brackets up to which each counts as if it were inside all before it: most snippets' scripts
/// have so few that finding out costs more than it is worth.
const BRACKETS_COUNTED: usize = 32;

thread_local! {
    /// The levels for which this thread has stack.
    static LEVELS_HERE: Cell<usize> = const { Cell::new(LEVELS_ANYWHERE) };
}

/// Runs `work`, which will parse parts of `texts`, so that the parser need not make a stack for each.
pub(crate) fn with_stack_for<R: Send>(texts: [&str; 2], work: impl FnOnce() -> R + Send) -> R {
    let levels: Vec<_> = texts.into_iter().map(levels).collect();
    if levels.iter().sum::<usize>() <= LEVELS_ONE_BY_ONE {
        return work();
    }
    let levels = levels.into_iter().max().unwrap_or(0).min(LEVELS_MAX);
    let mut work = Some(work);
    let mut run = || work.take().map(|work| work());
    let done = with_stack(levels + LEVELS_OF_REPAIRS, &mut run).flatten();
    // Without a large stack, each script makes do with the one that it needs.
    done.or_else(run).expect("it has not run yet")
}

/// The cost that the scripts of one check may have together.
pub(super) struct Budget {
    depths: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { depths: Cell::new(DEPTHS_MAX) }
    }
}

impl Budget {
    /// Whether a script can be parsed, which it then pays for.
    pub(super) fn affords(&self, source: &str) -> bool {
        if levels(source) > LEVELS_MAX {
            return false;
        }
        let left = self.depths.get().checked_sub(depths(source));
        left.inspect(|left| self.depths.set(*left)).is_some()
    }
}

/// Runs `work`, which parses `source`, on a stack that is large enough. Returns `None` without running it
/// if none can be had.
pub(super) fn with_stack_of<R: Send>(source: &str, work: impl FnOnce() -> R + Send) -> Option<R> {
    with_stack(levels(source), work)
}

fn with_stack<R: Send>(levels: usize, work: impl FnOnce() -> R + Send) -> Option<R> {
    if levels <= LEVELS_HERE.get() {
        return Some(work());
    }
    let work = || {
        LEVELS_HERE.set(levels);
        work()
    };
    // The system commits the pages of a stack when they are used first, so a large one costs little.
    let stack = thread::Builder::new().stack_size(levels * LEVEL);
    thread::scope(|scope| match stack.spawn_scoped(scope, work).ok()?.join() {
        Ok(done) => Some(done),
        Err(panic) => resume_unwind(panic),
    })
}

/// Keywords after which something nests without a bracket.
const NESTING: [&[u8]; 14] = [
    b"await",
    b"class",
    b"delete",
    b"do",
    b"else",
    b"extends",
    b"in",
    b"instanceof",
    b"new",
    b"of",
    b"throw",
    b"typeof",
    b"void",
    b"yield",
];

/// An upper bound of the levels of nesting in a script: the number of its tokens, in code or not, that
/// could open one.
fn levels(source: &str) -> usize {
    let bytes = source.as_bytes();
    let (mut levels, mut word) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_lowercase() {
            continue;
        }
        if (2..=10).contains(&(at - word)) {
            levels += usize::from(NESTING.contains(&&bytes[word..at]));
        }
        word = at + 1;
        let opens_nothing = byte.is_ascii_alphanumeric()
            || byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'_' | b'$' | b')' | b']' | b'}' | b';' | b',' | b'"' | b'\'' | 0x80..
            );
        levels += usize::from(!opens_nothing);
    }
    levels
}

/// The kinds of text that a character may be part of. Whether a `/` divides or begins a regular expression, and whether a `}`
/// ends a block or a substitution, only a parser can tell: both readings are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Code,
    Single,
    Double,
    Template,
    Line,
    Block,
    Regex,
    Class,
}

const READINGS: [Reading; 8] = [
    Reading::Code,
    Reading::Single,
    Reading::Double,
    Reading::Template,
    Reading::Line,
    Reading::Block,
    Reading::Regex,
    Reading::Class,
];

/// An upper bound of the sum, over all brackets, of the brackets open there.
fn depths(source: &str) -> usize {
    let is_bracket = |byte: &u8| matches!(byte, b'(' | b'[' | b'{');
    let brackets = source.as_bytes().iter().filter(|byte| is_bracket(byte)).count();
    if brackets <= BRACKETS_COUNTED {
        return brackets * (brackets + 1) / 2;
    }
    // For each reading of the text so far that is possible: the most brackets that are open.
    let mut open = [None; READINGS.len()];
    open[Reading::Code as usize] = Some(0);
    let mut backslashes = 0;
    let mut sum = 0;
    for (at, &byte) in source.as_bytes().iter().enumerate() {
        // In no reading do these begin or end anything.
        if byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b',' | b';' | b'=' | b'_') {
            backslashes = 0;
            continue;
        }
        let place = Place { bytes: source.as_bytes(), at, is_escaped: backslashes % 2 == 1 };
        let mut after = Depths::default();
        for (reading, depth) in READINGS.into_iter().zip(open) {
            if let Some(depth) = depth {
                place.step(reading, depth, &mut after);
            }
        }
        open = after.0;
        if is_bracket(&byte) {
            sum += open.iter().flatten().max().unwrap_or(&0);
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
    }
    sum
}

#[derive(Default)]
struct Depths([Option<usize>; READINGS.len()]);

impl Depths {
    fn reach(&mut self, reading: Reading, depth: usize) {
        let most = &mut self.0[reading as usize];
        *most = Some(most.map_or(depth, |most| most.max(depth)));
    }
}

struct Place<'s> {
    bytes: &'s [u8],
    at: usize,
    is_escaped: bool,
}

impl Place<'_> {
    fn is(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    fn is_before(&self, text: &[u8]) -> bool {
        self.bytes[..self.at].ends_with(text)
    }

    /// Adds the readings that are possible after the byte at this place, if `reading` was before it.
    fn step(&self, reading: Reading, depth: usize, after: &mut Depths) {
        match reading {
            Reading::Code => self.step_in_code(depth, after),
            Reading::Line => {
                // U+2028 and U+2029 end a line too; of their three bytes, the last decides.
                let may_end = matches!(self.bytes[self.at], b'\n' | b'\r' | 0xA8 | 0xA9);
                let ends = may_end && self.bytes[self.at] < 0x80;
                if may_end {
                    after.reach(Reading::Code, depth);
                }
                if !ends {
                    after.reach(Reading::Line, depth);
                }
            }
            Reading::Block => {
                let may_end = self.is(b"/") && self.is_before(b"*");
                if may_end {
                    after.reach(Reading::Code, depth);
                }
                // The `/*/` of a beginning does not end the comment.
                if !may_end || self.is_before(b"/*") {
                    after.reach(Reading::Block, depth);
                }
            }
            _ if self.is_escaped => after.reach(reading, depth),
            Reading::Single | Reading::Double | Reading::Template => {
                let (quote, spans_lines) = match reading {
                    Reading::Single => (b'\'', false),
                    Reading::Double => (b'"', false),
                    _ => (b'`', true),
                };
                let byte = self.bytes[self.at];
                let ends = byte == quote
                    || !spans_lines && matches!(byte, b'\n' | b'\r')
                    || spans_lines && self.is(b"${");
                after.reach(if ends { Reading::Code } else { reading }, depth);
            }
            Reading::Regex | Reading::Class => match (self.bytes[self.at], reading) {
                // A regular expression ends in its line, so this was a division.
                (b'\n' | b'\r', _) => {}
                (b'/', Reading::Regex) => after.reach(Reading::Code, depth),
                (b'[', Reading::Regex) => after.reach(Reading::Class, depth),
                (b']', Reading::Class) => after.reach(Reading::Regex, depth),
                _ => after.reach(reading, depth),
            },
        }
    }

    fn step_in_code(&self, depth: usize, after: &mut Depths) {
        match self.bytes[self.at] {
            b'(' | b'[' | b'{' => after.reach(Reading::Code, depth + 1),
            b')' | b']' => after.reach(Reading::Code, depth.saturating_sub(1)),
            b'}' => {
                after.reach(Reading::Code, depth.saturating_sub(1));
                after.reach(Reading::Template, depth.saturating_sub(1));
            }
            b'\'' => after.reach(Reading::Single, depth),
            b'"' => after.reach(Reading::Double, depth),
            b'`' => after.reach(Reading::Template, depth),
            b'/' if self.is(b"//") => after.reach(Reading::Line, depth),
            b'/' if self.is(b"/*") => after.reach(Reading::Block, depth),
            b'/' => {
                after.reach(Reading::Code, depth);
                after.reach(Reading::Regex, depth);
            }
            b'<' | b'-' if self.is(b"<!--") || self.is(b"-->") => {
                after.reach(Reading::Code, depth);
                after.reach(Reading::Line, depth);
            }
            _ => after.reach(Reading::Code, depth),
        }
    }
}
