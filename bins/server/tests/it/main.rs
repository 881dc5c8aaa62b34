//! The server from its clients' side: over TCP, with all its limits.

mod client;
mod program;

mod api;
mod bounds;
mod document;
mod flood;
mod hosts;
mod openapi;
mod pages;
mod places;
mod previews;
mod start_and_stop;
