//! c2c-server
fn main() {}
