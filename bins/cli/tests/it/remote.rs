//! The commands that talk to a server: against the real one, and against stand-ins that misbehave.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod folder; // the contents of a folder, and the files that a pull may overwrite
mod hostile; // servers that hang, lie, or answer with too much
mod publication; // publish, roll back
mod push; // the check, the draft, conflicts, dry runs
mod race; // changes and findings of the server during a push
mod real; // starts the real server
mod stand_in; // a server with prepared answers
mod status; // the comparison, and its exit code
mod steering;
mod token; // a server that asks for a sign-in // texts of the server that try to steer the terminal
mod webhooks; // webhooks of the server at `c2c listen`
