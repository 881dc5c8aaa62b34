//! c2c-cli
fn main() {}
