//! Settings from a file, with a lower precedence than flags and environment variables.
//!
//! The file is TOML; its keys are the long names of the flags. A value from it becomes the flag's default
//! before the command line is parsed. So each setting has one parser, wherever it comes from, and the parser
//! of the command line decides the precedence.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use strsim::jaro_winkler;
use toml::de::{DeTable, DeValue};

/// The flag that names the file, and its environment variable.
const FLAG: &str = "--config";
const VARIABLE: &str = "C2C_CONFIG";
/// How similar a known key is to an unknown one that means it, from 0 to 1.
const SIMILAR: f64 = 0.75;

/// A configuration file that cannot be used. Values are not shown: they may be secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {file}: {source} ({FLAG} names it)", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{file}:{line}:{column}: {problem}", file = file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// The problem.
        problem: String,
    },
}

/// The settings of a configuration file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The keys that the file has.
    keys: Vec<String>,
}

impl Config {
    /// Reads the file that the command line or the environment names, if one does. Gives the command with the
    /// file's values as defaults.
    pub fn apply(command: Command, arguments: &[OsString]) -> Result<(Command, Self), ConfigError> {
        let named = flag(arguments).or_else(|| std::env::var_os(VARIABLE));
        let Some(path) = named.map(PathBuf::from) else { return Ok((command, Self::default())) };
        let text = fs::read_to_string(&path)
            .map_err(|source| ConfigError::Unreadable { file: path.clone(), source })?;
        Self::apply_text(command, &path, &text)
    }

    fn apply_text(
        mut command: Command,
        path: &Path,
        text: &str,
    ) -> Result<(Command, Self), ConfigError> {
        let wrong = |at: usize, problem: String| {
            let before = &text[..at];
            let line = before.rsplit('\n').next().unwrap_or_default();
            ConfigError::Wrong {
                file: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
                problem,
            }
        };
        let table = DeTable::parse(text).map_err(|error| {
            wrong(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "))
        })?;
        let mut keys = Vec::new();
        for (key, value) in table.get_ref() {
            let name: &str = key.get_ref();
            let Some(arg) = settings(&command).find(|arg| arg.get_long() == Some(name)) else {
                return Err(wrong(key.span().start, unknown(name, &command)));
            };
            let checked = in_words(value.get_ref(), arg).and_then(|text| check(arg, text));
            let given = checked
                .map_err(|problem| wrong(value.span().start, format!("{name}: {problem}")))?;
            let (id, secret) = (arg.get_id().clone(), is_secret(arg));
            command =
                command.mut_arg(id, |arg| arg.default_value(given).hide_default_value(secret));
            keys.push(name.to_owned());
        }
        Ok((command, Self { keys }))
    }

    /// The settings as they are, each with its source, in the form of a configuration file.
    pub fn describe(&self, command: &Command, matches: &ArgMatches) -> String {
        let mut text = String::new();
        for arg in settings(command) {
            let name = arg.get_long().unwrap_or_default();
            let source = match matches.value_source(arg.get_id().as_str()) {
                None => "not set".to_owned(),
                Some(ValueSource::CommandLine) => format!("--{name}"),
                Some(ValueSource::EnvVariable) => {
                    arg.get_env().unwrap_or_default().display().to_string()
                }
                Some(_) if self.keys.iter().any(|key| key == name) => {
                    "configuration file".to_owned()
                }
                Some(_) => "default".to_owned(),
            };
            let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            let line = if values.is_empty() {
                format!("# {name} =")
            } else if is_secret(arg) {
                format!("# {name} = (hidden)")
            } else {
                format!("{name} = {}", toml::Value::String(values.join(",")))
            };
            let _ = writeln!(text, "{line:<50} # {source}");
        }
        text
    }
}

/// The flags that are settings, in the order of the help.
fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    let is_setting =
        |arg: &&Arg| !matches!(arg.get_long(), None | Some("config" | "help" | "version"));
    command.get_arguments().filter(is_setting)
}

/// The value of the flag in a command line, as its parser takes it.
fn flag(arguments: &[OsString]) -> Option<OsString> {
    let mut arguments = arguments.iter().take_while(|argument| *argument != "--");
    let mut found = None;
    while let Some(argument) = arguments.next() {
        if argument == FLAG {
            found = arguments.next().cloned();
        } else if let Some(value) =
            argument.to_str().and_then(|argument| argument.strip_prefix(FLAG)?.strip_prefix('='))
        {
            found = Some(value.into());
        }
    }
    found
}

/// A value as the command line has it.
fn in_words(value: &DeValue<'_>, arg: &Arg) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Boolean(is) => Ok(is.to_string()),
        DeValue::Array(values) if arg.get_value_delimiter().is_some() => {
            let values = values.iter().map(|value| value.get_ref().as_str());
            let values: Option<Vec<_>> = values.collect();
            values
                .map(|values| values.join(","))
                .ok_or_else(|| "must be a list of strings".to_owned())
        }
        _ if arg.get_value_delimiter().is_some() => Err("must be a list of strings".to_owned()),
        _ => Err("must be a string or a whole number".to_owned()),
    }
}

/// Parses a value as the command line does, and gives it back.
fn check(arg: &Arg, value: String) -> Result<String, String> {
    let name = arg.get_long().unwrap_or_default();
    let alone = arg.clone().env(None::<&'static str>);
    let command = Command::new("c2c-server").no_binary_name(true).arg(alone);
    match command.try_get_matches_from([format!("--{name}={value}")]) {
        Ok(_) => Ok(value),
        Err(error) => Err(match std::error::Error::source(&error) {
            Some(reason) => reason.to_string(),
            None if is_secret(arg) => "is not valid".to_owned(),
            None => {
                let text = error.to_string();
                let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
                lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
            }
        }),
    }
}

/// Whether the value of a setting is shown nowhere.
fn is_secret(arg: &Arg) -> bool {
    arg.is_hide_env_values_set()
}

fn unknown(name: &str, command: &Command) -> String {
    let known = settings(command).filter_map(Arg::get_long);
    let rated = known.map(|known| (jaro_winkler(name, &known.replace('_', "-")), known));
    match rated.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((rating, known)) if rating >= SIMILAR => {
            format!("there is no setting {name:?}; did you mean {known:?}?")
        }
        _ => format!("there is no setting {name:?}; `c2c-server config` lists all"),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::settings::Settings;

    fn read(text: &str, arguments: &[&str]) -> Result<(Settings, String), String> {
        let path = Path::new("c2c.toml");
        let (command, config) = Config::apply_text(Settings::command(), path, text)
            .map_err(|error| error.to_string())?;
        let arguments = [&["c2c-server"], arguments].concat();
        let matches =
            command.clone().try_get_matches_from(arguments).map_err(|error| error.to_string())?;
        let settings = Settings::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        Ok((settings, config.describe(&command, &matches)))
    }

    #[test]
    fn a_file_gives_settings_of_all_forms() {
        let text = "\
# The database and the pages.
database = \"sqlite:/var/lib/c2c.db\"
cache-mib = 64
log-format = 'json'
pages-listen = [\"127.0.0.1:1\", \"[::1]:1\"]
proxies = \"10.0.0.0/8,127.0.0.1\"
widget-origin = \"https://widget.example\"
purge-url = \"https://cdn.example/\"
";
        let (settings, _) = read(text, &[]).expect("settings");
        assert_eq!(settings.cache_mib, 64);
        assert_eq!(settings.log_format, crate::logs::LogFormat::Json);
        assert_eq!((settings.pages_listen.len(), settings.proxies.len()), (2, 2));
        assert_eq!(settings.widget_origin.expect("an origin").as_str(), "https://widget.example");
        assert!(settings.database.is_some() && settings.purge_url.is_some());
        // The flag wins, and replaces a list as a whole.
        let flags = ["--cache-mib", "5", "--pages-listen", "127.0.0.1:2"];
        let (settings, _) = read(text, &flags).expect("settings");
        assert_eq!((settings.cache_mib, settings.pages_listen.len()), (5, 1));
    }

    #[test]
    fn a_mistake_is_explained_at_its_place() {
        let check = |text: &str, expected: &str| {
            let error = read(text, &[]).expect_err("a mistake");
            assert_eq!(error, format!("c2c.toml:{expected}"), "{text}");
        };
        check(
            "cache-mib = 5\n  cache-mb = 5\n",
            "2:3: there is no setting \"cache-mb\"; did you mean \"cache-mib\"?",
        );
        check(
            "cache_mib = 5\n",
            "1:1: there is no setting \"cache_mib\"; did you mean \"cache-mib\"?",
        );
        check("zzz = 1", "1:1: there is no setting \"zzz\"; `c2c-server config` lists all");
        check("help = true", "1:1: there is no setting \"help\"; `c2c-server config` lists all");
        check("[server]\n", "1:2: there is no setting \"server\"; `c2c-server config` lists all");
        check("\ncache-mib = \"x\"", "2:13: cache-mib: invalid digit found in string");
        check("cache-mib = 1.5", "1:13: cache-mib: must be a string or a whole number");
        check("cache-mib = [1]", "1:13: cache-mib: must be a string or a whole number");
        check("pages-listen = [1]", "1:16: pages-listen: must be a list of strings");
        check(
            "pages-listen = [\"127.0.0.1:1\", \"x\"]",
            "1:16: pages-listen: invalid socket address syntax",
        );
        check("hold-ms = 600001", "1:11: hold-ms: 600001 is not in 0..=600000");
        check(
            "log-format = \"xml\"",
            "1:14: log-format: invalid value 'xml' for '--log-format <FORMAT>' [possible values: text, json]",
        );
        check("database = \"postgres://anna:s3cret@shop.example\"", "1:12: database: is not valid");
        check(
            "purge-authorization = \"s3cret\\n\"",
            "1:23: purge-authorization: cannot be the value of a header",
        );
        let error = read("cache-mib = 5\ncache-mib = 6\n", &[]).expect_err("twice");
        assert!(error.starts_with("c2c.toml:2:1: duplicate key"), "{error}");
        let error = read("cache-mib\n", &[]).expect_err("no value");
        assert!(error.starts_with("c2c.toml:1:10: "), "{error}");
    }

    #[test]
    fn the_description_has_sources_and_no_secrets_and_can_be_read_again() {
        let text = "cache-mib = 64\npurge-url = \"https://s3cret.example/\"\nlog = \"info\"\n";
        let (_, described) = read(text, &["--log", "warn", "--drain-seconds=5"]).expect("settings");
        assert!(!described.contains("s3cret"), "{described}");
        for (start, source) in [
            ("cache-mib = \"64\" ", "# configuration file"),
            ("log = \"warn\" ", "# --log"),
            ("drain-seconds = \"5\" ", "# --drain-seconds"),
            ("hold-ms = ", "# default"),
            ("# purge-url = (hidden)", "# configuration file"),
            ("# widget-origin = ", "# not set"),
            ("pages-listen = \"127.0.0.1:7180,[::1]:7180\" ", "# default"),
        ] {
            let is = |line: &&str| line.starts_with(start) && line.ends_with(source);
            assert_eq!(described.lines().filter(is).count(), 1, "{start}: {described}");
        }
        let (settings, _) = read(&described, &[]).expect("it can be read again");
        assert_eq!((settings.cache_mib, settings.drain_seconds), (64, 5));
    }

    #[test]
    fn the_help_shows_no_secret_of_a_file() {
        let text = "purge-authorization = \"s3cret\"\npurge-url = \"https://s3cret.example\"\ncache-mib = 77";
        let help = read(text, &["--help"]).expect_err("the help");
        assert!(help.contains("77") && !help.contains("s3cret"), "{help}");
    }

    #[test]
    fn the_flag_is_found_as_the_command_line_has_it() {
        let check = |arguments: &[&str], expected: Option<&str>| {
            let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
            assert_eq!(flag(&arguments), expected.map(OsString::from), "{arguments:?}");
        };
        check(&["c2c-server"], None);
        check(&["c2c-server", "--config", "a"], Some("a"));
        check(&["c2c-server", "--config=a", "export"], Some("a"));
        check(&["c2c-server", "export", "--config", "a"], Some("a"));
        check(&["c2c-server", "--configure", "a"], None);
        check(&["c2c-server", "--", "--config", "a"], None);
        check(&["c2c-server", "--config"], None);
    }
}
