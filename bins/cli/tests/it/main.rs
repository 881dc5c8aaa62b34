//! What the command line promises, by running it.

mod catalogue; // what is made of a catalogue
mod check; // reports, formats and exit codes
mod compile; // the document on standard output
mod run; // how these tests run the binary
