//! Free ports for programs that tests start, and that must be told theirs: a server whose address is in the
//! settings of another, a proxy, a driver.
//!
//! A port that is only looked up is free until another program, or another test, gets it. So a port is held: a
//! socket is bound to it, and does not listen. Linux then gives the port neither to those who ask for any port
//! nor to outgoing connections, and still lets a program listen on it that sets `SO_REUSEADDR`, as servers do.
//! Until then, connections to it are refused.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use socket2::{Domain, Socket, Type};

/// The sockets that hold ports, until the process ends.
static HELD: Mutex<Vec<Socket>> = Mutex::new(Vec::new());

/// Returns a port that is free on all of this machine's addresses, and that no other program gets unless it is
/// told this number, as long as this process lives.
pub fn free() -> io::Result<u16> {
    // A machine may have no IPv6.
    let socket = bound(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, 0).into())
        .or_else(|_| bound(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, 0).into()))?;
    let address = socket.local_addr()?.as_socket();
    let port = address.ok_or_else(|| io::Error::other("a socket without an address"))?.port();
    HELD.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
    Ok(port)
}

fn bound(domain: Domain, address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::STREAM, None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_program_that_is_told_the_port_listens_on_it_again_and_again() -> io::Result<()> {
        let port = free()?;
        let addresses = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)];
        for _ in 0..2 {
            let refused = TcpStream::connect((addresses[0], port)).map_err(|error| error.kind());
            assert_eq!(refused.err(), Some(io::ErrorKind::ConnectionRefused));
            let listeners: Vec<_> = addresses
                .iter()
                .map(|address| TcpListener::bind((*address, port)))
                .collect::<Result<_, _>>()?;
            for address in addresses {
                TcpStream::connect((address, port))?;
            }
            drop(listeners);
        }
        Ok(())
    }

    #[test]
    fn others_do_not_get_it() -> io::Result<()> {
        let port = free()?;
        // Without `SO_REUSEADDR`, like a socket that gets any port, or that of an outgoing connection.
        let other = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let taken = other.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into());
        assert_eq!(taken.err().map(|error| error.kind()), Some(io::ErrorKind::AddrInUse));
        assert_ne!(free()?, port);
        Ok(())
    }
}
