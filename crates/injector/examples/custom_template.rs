//! Embeds the injector with a custom template and script.
//!
//! Reads a head snippet from standard input and prints the document, or the problems of the snippet:
//!
//! ```sh
//! echo '<script>widget.on("opened", () => ping())</script>' | cargo run -p c2c-injector --example custom_template
//! echo '<!-- <script>ping()</script>' | cargo run -p c2c-injector --example custom_template
//! ```
#![expect(clippy::print_stderr, reason = "an example that talks to its user")]

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use c2c_injector::{Limits, ScriptAttributes, Snippets, Template};
use c2c_names::EventName;

/// The page around the snippets, in another language and with its own content. The slots are found
/// by structure: after the script that comes first in the head, and before `</body>`.
const SKELETON: &str = "<!DOCTYPE html>
<html lang=\"de\">
<head><meta charset=\"utf-8\"><title>Eigener Code</title></head>
<body><noscript>Ohne JavaScript geschieht hier nichts.</noscript></body>
</html>
";

/// The script that must run before any customer code.
const SCRIPT: &str = "window.widget = Object.freeze({ on() {} });";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Made once, at start: it is the same for every customer.
    let events = ["opened".parse::<EventName>()?, "closed".parse()?];
    let template = Template::parse(SKELETON, SCRIPT)?.with_events(events);
    let limits = Limits::default().with_snippet_bytes_max(16 * 1024);

    let mut head = Vec::new();
    io::stdin().read_to_end(&mut head)?;
    let checked = match template.check(Snippets::head(head), &limits) {
        Ok(checked) => checked,
        Err(refused) => {
            for problem in refused.diagnostics() {
                eprintln!("{}:{}: {}", problem.line, problem.column, problem.message);
                eprintln!("    {}", problem.help);
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    for host in checked.hosts() {
        eprintln!("loads from {}", host.host);
    }

    // Settings that differ by customer are in the script's attributes, never in its text.
    let attributes = ScriptAttributes::new().with("data-customer", "4711")?;
    let document = checked.compile(&attributes);
    for chunk in document.chunks() {
        io::stdout().write_all(chunk)?;
    }
    Ok(ExitCode::SUCCESS)
}
