//! Other servers that embed the product: the examples of the facade.

use std::process::Command;
use std::time::Duration;

use crate::built;
use crate::error::Result;
use crate::process::{Process, fresh_dir};

/// Time that an example has until it prints its address.
const START: Duration = Duration::from_secs(20);

/// A running example of `crates/c2c`. Dropping it ends it.
#[derive(Debug)]
pub struct Embedded {
    /// The URL of the sandbox document. The scripts are below the same origin.
    pub document: String,
    _process: Process,
}

impl Embedded {
    /// Starts the example called `name`, for a widget page of this origin, and waits until it listens.
    pub async fn start(name: &str, widget: &str) -> Result<Self> {
        let binary = built::program(name)?;
        let mut command = Command::new(&binary);
        command.arg(widget);
        let mut process = Process::start(name, command, fresh_dir(name)?)?;
        let address =
            |output: &[String]| output.iter().find(|line| line.starts_with("http://")).cloned();
        let document = process.wait_until(START, address).await?;
        Ok(Self { document, _process: process })
    }
}
