//! What the command line promises, by running it.

mod check; // reports, formats and exit codes
mod compile; // the document on standard output
mod run; // how these tests run the binary
