//! Tests of the injector's public behavior.
#![expect(clippy::print_stdout, reason = "timings are for a reader")]

mod codes; // the table of codes: its examples, its documentation, places and fixes
mod containment; // each construct that swallows, and each that only looks like one
mod document; // bytes and the places of the snippets
mod grammar; // random markup, checked against the judge
mod input; // inputs that cannot be checked or cost too much
mod judge; // a second opinion by another tree
mod pastes; // pastes that cannot work: named at their lines, and never made worse
mod properties; // properties that hold for any two snippets
mod template; // skeletons and scripts
mod warnings; // warnings at the right places, and none for sound snippets
