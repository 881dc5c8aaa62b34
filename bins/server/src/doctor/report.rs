//! The lines of a report.

use std::fmt;

/// The outcome of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Warning,
    Problem,
}

/// The checks and their outcomes, a line each.
#[derive(Debug, Default)]
pub struct Report(Vec<Line>);

#[derive(Debug)]
struct Line {
    outcome: Outcome,
    about: String,
    text: String,
}

impl Report {
    pub(super) fn ok(&mut self, about: impl fmt::Display, text: impl fmt::Display) {
        self.add(Outcome::Ok, about, text);
    }

    pub(super) fn warning(&mut self, about: impl fmt::Display, text: impl fmt::Display) {
        self.add(Outcome::Warning, about, text);
    }

    pub(super) fn problem(&mut self, about: impl fmt::Display, text: impl fmt::Display) {
        self.add(Outcome::Problem, about, text);
    }

    /// One line, whatever is in the text: some of it comes from other machines.
    fn add(&mut self, outcome: Outcome, about: impl fmt::Display, text: impl fmt::Display) {
        let plain = |text: String| text.replace(char::is_control, " ");
        let (about, text) = (plain(about.to_string()), plain(text.to_string()));
        self.0.push(Line { outcome, about, text });
    }

    /// Whether there is a problem. Warnings are none.
    pub fn has_problems(&self) -> bool {
        self.0.iter().any(|line| line.outcome == Outcome::Problem)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { outcome, about, text } in &self.0 {
            let outcome = match outcome {
                Outcome::Ok => "ok",
                Outcome::Warning => "warning",
                Outcome::Problem => "problem",
            };
            writeln!(formatter, "{outcome:<8} {about}: {text}")?;
        }
        Ok(())
    }
}
