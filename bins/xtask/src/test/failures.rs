//! The messages of failed tests, from `cargo test`'s output.

/// The most lines kept of one test: its assertion comes first, a page's source last.
const LINES: usize = 30;
/// The most characters kept of a line.
const WIDTH: usize = 500;

/// Collects the part of `cargo test`'s output below each `---- a::test stdout ----`.
#[derive(Debug, Default)]
pub(super) struct Failures {
    ended: Vec<String>,
    /// The lines of the current test; the first is its name.
    current: Option<Vec<String>>,
}

impl Failures {
    /// Takes the next line of the output.
    pub(super) fn line(&mut self, line: &str) {
        let name = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" ----"));
        if let Some(name) = name {
            self.end();
            self.current = Some(vec![name.trim_end_matches(" stdout").to_owned()]);
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.end();
        } else if let Some(lines) = self.current.as_mut().filter(|lines| lines.len() <= LINES)
            && !line.trim().is_empty()
        {
            lines.push(format!("    {}", line.chars().take(WIDTH).collect::<String>()));
        }
    }

    fn end(&mut self) {
        self.ended.extend(self.current.take().map(|lines| lines.join("\n")));
    }

    /// Returns all of them: a test's name, and below it, indented, its output.
    pub(super) fn all(mut self) -> Vec<String> {
        self.end();
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(output: &str) -> Vec<String> {
        let mut failures = Failures::default();
        output.lines().for_each(|line| failures.line(line));
        failures.all()
    }

    #[test]
    fn each_failed_test_is_told_of() {
        let output = "
test a::one ... FAILED
failures:

---- a::one stdout ----
thread 'a::one' panicked at lib.rs:1:1:

left: 1
---- webkit::two ----
no answer

failures:
    a::one
    webkit::two

test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 measured
other";
        let one = "a::one\n    thread 'a::one' panicked at lib.rs:1:1:\n    left: 1";
        assert_eq!(said(output), [one, "webkit::two\n    no answer"]);
    }

    #[test]
    fn nothing_is_said_where_nothing_failed() {
        assert!(
            said("running 1 test\ntest a ... ok\ntest result: ok. 1 passed; 0 failed").is_empty()
        );
    }

    #[test]
    fn a_page_is_cut_off() {
        let output = format!("---- a ----\n{}", "long ".repeat(WIDTH) + &"\nx".repeat(100));
        let said = said(&output);
        let lines: Vec<_> = said[0].lines().collect();
        assert_eq!((lines.len(), lines[1].chars().count()), (LINES + 1, WIDTH + 4));
    }
}
