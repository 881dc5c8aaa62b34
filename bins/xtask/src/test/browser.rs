//! The browser tests: the real server, built here, and the test binary of `bins/e2e`.

use super::{Counts, count_tests};
use crate::run::{Result, build, cargo};

pub(super) fn test() -> Result<Counts> {
    // A debug build: the tests have compiled most of it already, and its assertions are on.
    let built = build(&mut cargo("build --locked --package c2c-server --bin c2c-server"))?;
    let server = built.into_iter().find(|(name, _)| name == "c2c-server");
    let (_, server) = server.ok_or("cargo built c2c-server and named no executable")?;
    count_tests(
        cargo("test --locked --no-fail-fast --package c2c-e2e").env("C2C_SERVER_BIN", server),
    )
}
