//! Embeds the injector with a template and a script of one's own.
//!
//! Reads a head snippet from standard input and prints the document, or what is wrong with the snippet:
//!
//! ```sh
//! echo '<script>widget.on("opened", () => ping())</script>' | cargo run -p c2c-injector --example custom_template
//! echo '<!-- <script>ping()</script>' | cargo run -p c2c-injector --example custom_template
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example that talks to its user")]

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use c2c_injector::{Limits, ScriptAttributes, Snippets, Template};

/// The page around the snippets, in another language than ours and with something of its own. The
/// slots are found by structure: after the script that comes first in the head, and before `</body>`.
const SKELETON: &str = "<!DOCTYPE html>
<html lang=\"de\">
<head><meta charset=\"utf-8\"><title>Eigener Code</title></head>
<body><noscript>Ohne JavaScript geschieht hier nichts.</noscript></body>
</html>
";

/// What must be there before any customer byte.
const SCRIPT: &str = "window.widget = Object.freeze({ on() {} });";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Once, at start: the same for every customer.
    let template = Template::parse(SKELETON, SCRIPT)?.with_event_names(["opened", "closed"]);
    let limits = Limits::default().with_snippet_bytes_max(16 * 1024);

    let mut head = Vec::new();
    io::stdin().read_to_end(&mut head)?;
    let checked = match template.check(Snippets::new(head, ""), &limits) {
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

    // What differs between customers stands in the script's attributes, never in its text.
    let attributes = ScriptAttributes::new().with("data-customer", "4711")?;
    let document = checked.compile(&attributes);
    for chunk in document.chunks() {
        io::stdout().write_all(chunk)?;
    }
    println!(
        "<!-- {} bytes, {} with brotli, ETag {} -->",
        document.len(),
        document.brotli().len(),
        document.etag()
    );
    Ok(ExitCode::SUCCESS)
}
