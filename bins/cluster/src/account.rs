//! The user whom the server runs as.
//!
//! `postgres` refuses to run as root, which is the user in most containers.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use crate::error::{Context as _, Result};

/// The user whom Debian's package creates.
const POSTGRES: &str = "postgres";

/// The user and group that own no files; their names differ between systems.
const OVERFLOW: Account = Account::Other { user: 65534, group: 65534 };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// The user of this process.
    Own,
    /// Another user, because this process runs as root.
    Other { user: u32, group: u32 },
}

impl Account {
    /// The account for a server that this process starts.
    pub(crate) fn for_server() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self::Own;
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        find(&users, POSTGRES).unwrap_or(OVERFLOW)
    }

    /// A command that runs `program` under this account.
    pub(crate) fn command(self, program: &Path) -> Command {
        match self {
            Self::Own => Command::new(program),
            Self::Other { user, group } => {
                // setpriv becomes the program, so its process id is the program's.
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={user}")).arg(format!("--regid={group}"));
                command.arg("--clear-groups").arg(program);
                command
            }
        }
    }

    /// Gives the folder to this account.
    pub(crate) fn own(self, folder: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { user, group } => chown(folder, Some(user), Some(group))
                .context(format_args!("cannot give {} to user {user}", folder.display())),
        }
    }
}

/// Finds a user in the text of `/etc/passwd`.
fn find(users: &str, name: &str) -> Option<Account> {
    let mut lines = users.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        if fields.next() != Some(name) {
            return None;
        }
        let user = fields.nth(1)?.parse().ok()?;
        Some(Account::Other { user, group: fields.next()?.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_names() {
        let check = |users: &str, expected: Option<(u32, u32)>| {
            let expected = expected.map(|(user, group)| Account::Other { user, group });
            assert_eq!(find(users, POSTGRES), expected, "{users}");
        };
        let root = "root:x:0:0:root:/root:/bin/bash\n";
        check(&format!("{root}postgres:x:101:104:,,,:/var:/bin/bash\n"), Some((101, 104)));
        check(&format!("{root}postgresql:x:101:104:,,,:/var:/bin/bash\n"), None);
        check("postgres:x\n", None);
        check("", None);
    }
}
