//! The server as its clients meet it: over TCP, with all its limits.

mod client;
mod program;

mod api;
mod bounds;
mod document;
mod flood;
mod hosts;
mod pages;
mod places;
mod previews;
mod start_and_stop;
