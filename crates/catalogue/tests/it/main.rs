//! Tests of the crate's public behavior.

mod agreement; // our validation compared with a JSON Schema validator and with the types
mod allocations; // accepting an event allocates nothing
mod artefacts; // the files generated from a catalogue
mod compatible; // compatibility of a catalogue with an older one
mod envelope; // reading and printing of envelopes
mod file; // catalogue files: accepted ones, and rejected ones with their messages
mod random; // random catalogues and random envelopes
mod validate; // rejected events and their messages
