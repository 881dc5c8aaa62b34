//! The only module that uses a JavaScript parser.
//!
//! It answers what a script of a snippet would do in the sandbox, as far as its text shows: it does not
//! parse, it uses `c2c` in a way that does nothing, or it calls what the sandbox blocks.

mod api;
mod blocked;
mod element;
mod literals;
mod module;
mod path;
mod quote;
mod repair;
mod scripts;
mod stack;
mod syntax;
#[cfg(test)]
mod tests;
mod types;
mod vendor;

pub(crate) use self::element::Script;
pub(crate) use self::quote::{open_quote, open_quote_of_script};
pub(crate) use self::repair::without_fences;
pub(crate) use self::scripts::Scripts;
pub(crate) use self::stack::with_stack_for;
pub(crate) use self::types::{Kind, Use};
