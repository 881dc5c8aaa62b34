//! Waits until a server is gone.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Whether a server listens on the port.
pub(crate) fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// The folder with the data of a server, of which it tells itself.
pub(crate) fn data(cluster: &c2c_cluster::Cluster) -> PathBuf {
    cluster.psql("postgres", "SHOW data_directory").expect("a setting").into()
}

/// Waits until the folder of a server is gone. The server has to be gone before it.
pub(crate) fn wait_until_gone(address: SocketAddr, data: &Path) {
    let folder = data.parent().expect("the data are in the temporary folder");
    let end = Instant::now() + DEADLINE;
    while folder.exists() {
        assert!(Instant::now() < end, "{} is still there", folder.display());
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!listens(address), "{address} listens without its folder");
}
