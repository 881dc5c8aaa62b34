//! The log: events as lines on standard error, for people or as JSON.
//!
//! One event is one line, whatever is in it. Text from outside can reach a message (through the error of a
//! database, say), and a line break in it would begin a line that the server never wrote; an escape sequence
//! would change what a terminal shows. So every character that is not plain text is written as `\u000a`, which
//! is also how JSON has it. There are no colours, which would be escape sequences, too.
//!
//! Events hold ids of apps and numbers, and no code, names, notes, tokens, headers or addresses with secrets.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object in a line.
    Json,
}

/// The events that are written: levels, also for each module, such as `warn,c2c_server=info`.
#[derive(Clone, Debug)]
pub struct LogFilter(String);

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = EnvFilter::try_new(text);
        parsed.map(|_| Self(text.to_owned())).map_err(|error| error.to_string())
    }
}

/// Begins to write events of this process to standard error. Another log that was begun before stays.
pub fn begin_log(format: LogFormat, filter: &LogFilter) {
    let log = log(format, filter, std::io::stderr);
    let _ = tracing::subscriber::set_global_default(log);
}

fn log<W>(
    format: LogFormat,
    LogFilter(filter): &LogFilter,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter);
    match format {
        LogFormat::Text => Box::new(log.event_format(OneLine(Format::default())).finish()),
        LogFormat::Json => {
            let json = Format::default().json().flatten_event(true);
            let log = log.fmt_fields(JsonFields::new()).event_format(OneLine(json));
            Box::new(log.finish())
        }
    }
}

/// Writes each event in one line of plain text.
struct OneLine<F>(F);

impl<S, N, F> FormatEvent<S, N> for OneLine<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        for character in line.trim_end_matches('\n').chars() {
            if is_plain(character) {
                writer.write_char(character)?;
            } else {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
        }
        writer.write_char('\n')
    }
}

/// Neither a control character, nor one that breaks lines or changes the direction of text (all of which
/// have four digits at most).
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines of one event with this text as its message and in two fields.
    fn lines(format: LogFormat, text: &str) -> Vec<String> {
        let written = Written::default();
        let writer = written.clone();
        let filter = "info".parse().expect("a filter");
        let log = log(format, &filter, move || writer.clone());
        tracing::subscriber::with_default(log, || {
            tracing::info!(text, shown = %text, "{text}");
            tracing::debug!("{text}");
        });
        let bytes = written.0.lock().expect("no panic").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.ends_with('\n'), "{text:?}");
        text.trim_end_matches('\n').split('\n').map(str::to_owned).collect()
    }

    const HOSTILE: [&str; 9] = [
        "one\n2026-01-01T00:00:00Z ERROR c2c_server: forged",
        "one\r\ntwo\rthree",
        "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{9b}2J",
        "\u{2028}\u{2029}\u{85}\u{b}\u{c}",
        "\u{202e}left \u{2066}to\u{2069} right\u{200f}\u{feff}",
        "\",\"level\":\"ERROR\",\"message\":\"forged\"}\n{\"",
        "{\"a\":1}",
        "\0 \u{7f} \\u000a \\n",
        "Zoë 💡 日本",
    ];

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        for hostile in HOSTILE {
            for format in [LogFormat::Text, LogFormat::Json] {
                let lines = lines(format, hostile);
                assert_eq!(lines.len(), 1, "{format:?}: {lines:?}");
                assert!(lines[0].chars().all(is_plain), "{format:?}: {lines:?}");
            }
        }
    }

    #[test]
    fn json_gives_back_what_was_logged() {
        for hostile in HOSTILE {
            let event: Value =
                serde_json::from_str(&lines(LogFormat::Json, hostile)[0]).expect("JSON");
            assert_eq!(event["message"], hostile);
            assert_eq!((&event["text"], &event["shown"]), (&hostile.into(), &hostile.into()));
            assert_eq!(
                (&event["level"], event["target"].as_str()),
                (&"INFO".into(), Some(module_path!()))
            );
        }
    }
}
