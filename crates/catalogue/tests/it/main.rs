//! What the crate promises to those who embed it.

mod agreement; // our validation against a validator of JSON Schema, and against the types
mod allocations; // what accepting an event allocates
mod artefacts; // what is made of a catalogue
mod compatible; // which catalogue may follow on which
mod envelope; // reading and printing of envelopes
mod file; // catalogues as files: what is read, and what is refused with which words
mod name; // the rules for names
mod random; // random catalogues and random envelopes
mod validate; // what is refused with which words
