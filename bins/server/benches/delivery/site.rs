//! A database engine, and servers that use it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use c2c_cluster::Cluster;

use crate::program::Program;
use crate::seed::KEY;
use crate::spread::ONE_THREAD;

/// An engine, with places for databases.
pub(crate) struct Site<'a> {
    pub(crate) engine: &'static str,
    pub(crate) folder: &'a Path,
    /// `None` for SQLite.
    pub(crate) cluster: Option<Cluster>,
}

/// The product, as its operators start it.
pub(crate) struct Ours {
    pub(crate) program: Program,
    /// Where pages are served.
    pub(crate) address: SocketAddr,
    /// The host of the widget.
    pub(crate) host: String,
}

impl Site<'_> {
    /// The address of an empty database.
    pub(crate) fn database(&self, name: &str) -> String {
        match &self.cluster {
            Some(cluster) => cluster.database(name).expect("a database"),
            None => format!("sqlite:{}", self.folder.join(name).display()),
        }
    }

    /// Starts a server that may call a receiver on a loopback address, whose authority it trusts.
    pub(crate) fn start(&self, url: &str, receiver: Option<(SocketAddr, &Path)>) -> Ours {
        let Some((address, authority)) = receiver else {
            return self.start_with("data", url, &[], None);
        };
        let allowed = format!("{}/32:{}", address.ip(), address.port());
        self.start_with("data", url, &["--delivery-allow", &allowed], Some(authority))
    }

    /// Starts a server with a data directory of this name, which trusts the authority.
    pub(crate) fn start_with(
        &self,
        data: &str,
        url: &str,
        arguments: &[&str],
        authority: Option<&Path>,
    ) -> Ours {
        let mut command = Command::new(env!("CARGO_BIN_EXE_c2c-server"));
        command
            .env("C2C_ACCESS", "open")
            .env("C2C_SECRETS_KEY", KEY)
            .env(ONE_THREAD.0, ONE_THREAD.1)
            .args(["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0"])
            .args(["--database", url, "--data-dir"])
            .arg(self.folder.join(data))
            .args(arguments);
        if let Some(authority) = authority {
            command.env("SSL_CERT_FILE", authority);
        }
        let mut program = Program::start(command.stdout(Stdio::piped()));
        let lines = BufReader::new(program.child.stdout.take().expect("piped")).lines();
        // It is the last of them, and tells that the others were written.
        let lines = lines.map_while(Result::ok).take_while(|line| !line.starts_with("Ctrl-C"));
        let lines: Vec<_> = lines.collect();
        let host = lines.iter().find_map(|line| {
            Some(line.split_once("widget    http://")?.1.split('/').next()?.to_owned())
        });
        let host = host.expect("the address of the widget");
        let port = host.rsplit_once(':').expect("a port").1.parse().expect("a port");
        Ours { program, address: SocketAddr::from(([127, 0, 0, 1], port)), host }
    }
}
