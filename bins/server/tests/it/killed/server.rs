//! A server in a process of its own, which comes back with the same data and on the same ports.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;

use crate::client::Client;
use crate::program::{addresses, command};

/// Keys for secrets, which servers on one database share.
pub(super) const KEYS: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// All of its settings.
pub(super) struct Setup {
    /// Its data directory.
    pub(super) data: PathBuf,
    /// The address of its database; otherwise it is in the directory.
    pub(super) database: Option<String>,
    /// Ports at which it may call receivers.
    pub(super) allowed: Vec<u16>,
}

/// The process. Dropped, it is killed.
pub(super) struct Server {
    setup: Setup,
    ports: [u16; 2],
    child: Child,
    pub(super) client: Arc<Client>,
}

impl Server {
    pub(super) fn start(setup: Setup) -> Self {
        let ports = [(); 2].map(|()| c2c_ports::free().expect("a port"));
        let (child, client) = start(&setup, ports);
        Self { setup, ports, child, client: Arc::new(client) }
    }

    /// Kills it, and starts it again.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.child = start(&self.setup, self.ports).0;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(setup: &Setup, [console, pages]: [u16; 2]) -> (Child, Client) {
    let mut command = command(&setup.data);
    let allowed: Vec<_> = setup.allowed.iter().map(|port| format!("127.0.0.1/32:{port}")).collect();
    command
        .args(["--console-listen", &format!("127.0.0.1:{console}")])
        .args(["--pages-listen", &format!("127.0.0.1:{pages}")])
        .args(["--delivery-allow", &allowed.join(",")])
        .env("C2C_SECRETS_KEY", KEYS)
        .stderr(Stdio::null());
    if let Some(database) = &setup.database {
        command.args(["--database", database]);
    }
    let mut child = command.spawn().expect("it starts");
    let addresses = addresses(&mut child);
    assert!(addresses.len() >= 4, "the server ended: {:?}", child.try_wait());
    let host = |at: usize| addresses[at].1.split('/').nth(2).expect("a host").to_owned();
    (child, Client::new(std::array::from_fn(host)))
}
