//! The way to a deployment that is not where its names lead: one that is not in DNS yet, or a test's.

use std::net::SocketAddr;
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::error::{Context as _, Error, Result};

/// The longest request for a tunnel, in bytes.
const HEAD_BYTES_MAX: usize = 4096;

/// The address of a deployment, and the authority of its certificates.
///
/// Browsers reach it through a proxy that leads to this address, whatever the name. If there is an
/// authority, they accept every certificate, since not all of them can be given an authority;
/// [`request_by`](crate::request_by) checks it.
#[derive(Debug)]
pub struct Way {
    pub(crate) address: SocketAddr,
    pub(crate) roots: Option<RootCertStore>,
    pub(crate) proxy_port: u16,
    proxy: JoinHandle<()>,
}

impl Way {
    /// The way to an address. `authority` is a PEM file; without one, the machine's authorities count.
    pub async fn to(address: SocketAddr, authority: Option<&Path>) -> Result<Self> {
        let roots = authority.map(roots).transpose()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy_port = listener.local_addr()?.port();
        let proxy = tokio::spawn(serve(listener, address));
        Ok(Self { address, roots, proxy_port, proxy })
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.proxy.abort();
    }
}

fn roots(file: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).context(file.display())? {
        roots.add(certificate.context(file.display())?).context(file.display())?;
    }
    if roots.is_empty() {
        return Err(Error::new(format!("{}: no certificate in it", file.display())));
    }
    Ok(roots)
}

/// Connects every tunnel to the address. Its connections end with it.
async fn serve(listener: TcpListener, address: SocketAddr) {
    let mut tunnels = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        tunnels.spawn(async move {
            let _ended = tunnel(stream, address).await;
        });
        while tunnels.try_join_next().is_some() {}
    }
}

async fn tunnel(mut browser: TcpStream, address: SocketAddr) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // A browser sends nothing more before it has an answer.
        if browser.read_buf(&mut head).await? == 0 || head.len() > HEAD_BYTES_MAX {
            return Ok(());
        }
    }
    if !head.starts_with(b"CONNECT ") {
        return browser.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut deployment = TcpStream::connect(address).await?;
    browser.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    copy_bidirectional(&mut browser, &mut deployment).await.map(|_| ())
}
