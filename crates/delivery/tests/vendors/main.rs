//! The vendors' requests, against their documented rules.

mod hashes;
