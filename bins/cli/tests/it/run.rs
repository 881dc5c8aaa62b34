//! Runs the binary in its own directory.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A directory for one test, removed with it.
pub(crate) struct Directory(PathBuf);

/// The results of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Directory {
    pub(crate) fn new(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{test}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the directory can be made");
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.0.join(name), bytes).expect("the file can be written");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file can be read")
    }

    pub(crate) fn c2c(&self, arguments: &[&str], stdin: &str) -> Run {
        self.c2c_with(&[], arguments, stdin)
    }

    /// Runs with these variables, and with none about colours.
    pub(crate) fn c2c_with(
        &self,
        variables: &[(&str, &str)],
        arguments: &[&str],
        stdin: &str,
    ) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_c2c"))
            .args(arguments)
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(variables.iter().copied())
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut input = child.stdin.take().expect("its input is a pipe");
        // A program that does not read its input may have ended by now.
        let _ = input.write_all(stdin.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        Run {
            code: output.status.code().expect("it ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("its output is text"),
            stderr: String::from_utf8(output.stderr).expect("its errors are text"),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A directory left behind is in the target directory, where it does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}
