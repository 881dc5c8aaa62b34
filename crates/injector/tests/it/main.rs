//! What the injector promises, from outside.
#![expect(clippy::print_stdout, reason = "timings are for a reader")]

mod codes; // the table of codes: its examples, its documentation, places and fixes
mod containment; // each construct that swallows, and each that only looks like it
mod document; // bytes, entity tag and encodings
mod grammar; // random markup against the judge
mod input; // what cannot be judged, and what costs too much
mod judge; // a second opinion by another tree
mod properties; // what holds for any two snippets
mod template; // skeletons and scripts
mod warnings; // what runs, but not as hoped
