//! Runs the command line and checks its promises.

mod catalogue; // the artefacts of a catalogue
mod check; // reports, formats and exit codes
mod compile; // the document on standard output
mod listen; // a receiver of webhooks
mod remote; // folders in step with a server
mod run; // runs the binary
