//! Runs servers and checks that their data survive a crash, and that no server is left behind.

mod crash; // kill, stop and resume
mod databases; // separate databases, and the errors of names
mod end; // the end of a server: a drop, and a killed process
mod gone; // waits until a server is gone
