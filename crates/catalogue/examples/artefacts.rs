//! Generates the files of a catalogue, beside its own file.
//!
//! `cargo run -p c2c-catalogue --example artefacts -- [--check] [FOLDER]`
//!
//! `FOLDER` contains a `catalogue.toml`; the default is the reference catalogue's folder. The results are
//! committed, so that a review shows how a change of the catalogue affects others. With `--check` nothing
//! is written, and stale files are errors. Either way the catalogue must be compatible with the previous
//! one (`catalogue.json`): breaking changes need a new major version.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use c2c_catalogue::Catalogue;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reference");

fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    arguments.retain(|argument| argument != "--check");
    let folder = Path::new(arguments.first().map_or(REFERENCE, String::as_str));
    let outcomes = run(folder, check);
    let failed = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    let failed = failed.inspect(|error| println!("error: {error}")).count();
    let passed = outcomes.len() - failed;
    // `cargo xtask test` counts lines of this form.
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Returns the outcome for each file, or one error if there is no catalogue or it may not be published.
fn run(folder: &Path, check: bool) -> Vec<Result<()>> {
    let one = if check { compare } else { write };
    match make(folder) {
        Ok(artefacts) => artefacts.iter().map(|(name, text)| one(folder, name, text)).collect(),
        Err(error) => vec![Err(error)],
    }
}

/// Returns the names and texts of all files.
fn make(folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let file = folder.join("catalogue.toml");
    let named = |error: &dyn Error| format!("{}: {error}", file.display());
    let toml = fs::read_to_string(&file).map_err(|error| named(&error))?;
    let catalogue = Catalogue::from_toml(&toml).map_err(|error| named(&error))?;
    match fs::read_to_string(folder.join("catalogue.json")) {
        Ok(last) => {
            catalogue
                .check_upgrade(&Catalogue::from_json(&last)?)
                .map_err(|error| named(&error))?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(catalogue.artefacts().into())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    Ok(fs::write(folder.join(name), text)?)
}

fn compare(folder: &Path, name: &str, text: &str) -> Result<()> {
    let file = folder.join(name);
    // A missing file counts as stale.
    if fs::read_to_string(&file).is_ok_and(|committed| committed == text) {
        println!("{name} is current");
        return Ok(());
    }
    Err(format!("{} is stale: run `cargo xtask catalogue` and commit the result", file.display())
        .into())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A copy of the reference catalogue and its generated files, removed on drop.
    struct Copy(PathBuf);

    impl Copy {
        fn new(test: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("c2c-{test}-{}", std::process::id()));
            fs::create_dir_all(&folder).expect("the folder can be made");
            for file in fs::read_dir(REFERENCE).expect("it is there") {
                let file = file.expect("it can be listed");
                fs::copy(file.path(), folder.join(file.file_name())).expect("it can be copied");
            }
            let copy = Self(folder);
            assert_eq!(copy.check(), [""; 0], "they are those of the catalogue");
            copy
        }

        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).expect("it is there")
        }

        fn edit(&self, edit: impl Fn(&str) -> String) {
            let before = self.read("catalogue.toml");
            let after = edit(&before);
            assert_ne!(after, before);
            fs::write(self.0.join("catalogue.toml"), after).expect("it can be written");
        }

        /// Returns the errors of `cargo xtask catalogue --check`.
        fn check(&self) -> Vec<String> {
            errors(run(&self.0, true))
        }

        /// Returns the errors of `cargo xtask catalogue`.
        fn make(&self) -> Vec<String> {
            errors(run(&self.0, false))
        }
    }

    impl Drop for Copy {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("it can be removed");
        }
    }

    fn errors(outcomes: Vec<Result<()>>) -> Vec<String> {
        outcomes.into_iter().filter_map(std::result::Result::err).map(|e| e.to_string()).collect()
    }

    const NAMES: [&str; 5] =
        ["catalogue.json", "catalogue.schema.json", "c2c.d.ts", "events.md", "fixtures.json"];

    const EVENT: &str = "
        [events.call_waiting]
        since = \"1.0.0\"
        summary = \"The visitor waits.\"
        when = \"All lines are busy.\"
        [events.call_waiting.fields.placeInQueue]
        type = \"integer\"
        summary = \"The place in the queue.\"
        example = 3
        privacy = \"none\"
    ";

    #[test]
    fn a_new_event_is_in_every_file_by_one_command() {
        let copy = Copy::new("new-event");
        copy.edit(|toml| toml.to_owned() + EVENT);
        let stale = copy.check();
        assert_eq!(stale.len(), NAMES.len(), "{stale:?}");
        for (name, error) in NAMES.iter().zip(stale) {
            assert!(error.contains(&format!("{name} is stale: run `cargo xtask catalogue`")));
        }
        assert_eq!(copy.make(), [""; 0]);
        for name in NAMES {
            let text = copy.read(name);
            assert!(text.contains("call_waiting") && text.contains("placeInQueue"), "{name}");
        }
        assert_eq!(copy.check(), [""; 0]);
        fs::remove_file(copy.0.join("catalogue.json")).expect("it is there");
        assert!(
            copy.check()[0].contains("catalogue.json is stale"),
            "what is missing is not current"
        );
    }

    #[test]
    fn what_breaks_handlers_needs_a_new_major_version() {
        let copy = Copy::new("breaking");
        let made = copy.read("c2c.d.ts");
        copy.edit(|toml| toml.replace("fields.rating", "fields.stars"));
        let version = |old: &str, new: &str| {
            let line = |version| format!("\nversion = \"{version}\"\n");
            copy.edit(|toml| toml.replace(&line(old), &line(new)));
        };
        let fails_for = |why: &str| {
            for errors in [copy.check(), copy.make()] {
                assert!(errors.len() == 1 && errors[0].ends_with(why), "{errors:?}");
            }
        };
        let gone = "the major version must rise:\n/events/survey_submitted/fields/rating: the field is gone";
        fails_for(gone);
        version("1.0.0", "1.9.0");
        fails_for(gone);
        assert_eq!(copy.read("c2c.d.ts"), made, "nothing is written");
        version("1.9.0", "2.0.0");
        assert_eq!(copy.check().len(), NAMES.len(), "all that is left to do is to make them");
        assert_eq!(copy.make(), [""; 0]);
        assert_eq!(copy.check(), [""; 0]);
        assert!(copy.read("c2c.d.ts").contains("click-to-call 2.0.0"));
        version("2.0.0", "1.9.0");
        fails_for("version 1.9.0 is lower than 2.0.0: raise it");
    }
}
