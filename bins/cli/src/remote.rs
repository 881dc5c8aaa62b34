//! Custom code in git: a folder that is kept in step with an app on a server.
//!
//! The commands have files of their own, above what they share:
//! `folder` and `known` (the folder), `server` with `address`, `answer` and `shapes` (the API), `base` and
//! `conflict` (compare before writing), `diff` and `findings` (what is printed).

pub(crate) mod address;
pub(crate) mod answer;
mod base;
pub(crate) mod conflict;
mod diff;
mod findings;
pub(crate) mod folder;
mod known;
mod publication;
mod publish;
mod pull;
mod push;
pub(crate) mod rejected;
mod rollback;
mod server;
pub(crate) mod shapes;
mod status;
mod token;

pub(crate) use publish::run as publish;
pub(crate) use pull::run as pull;
pub(crate) use push::run as push;
pub(crate) use rollback::run as roll_back;
pub(crate) use status::run as status;
