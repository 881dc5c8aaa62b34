//! The server from its clients' side: over TCP, with all its limits.

mod client;
mod console;
mod database;
mod program;
mod wire;

mod access;
mod admin;
mod api;
mod bounds;
mod cdn;
mod compiled;
mod deploy;
mod document;
mod drafts;
mod fleet;
mod flood;
mod forwarded;
mod hang;
mod history;
mod hosts;
mod log;
mod memory;
mod openapi;
mod outage;
mod pages;
mod places;
mod plans;
mod preview_links;
mod previews;
mod publication;
mod servers;
mod settings;
mod start_and_stop;
mod switching;
mod versions;
