//! Networks in settings.

use std::net::IpAddr;

use ipnet::IpNet;

/// Parses a network, or an address as a network of one.
pub(crate) fn network(text: &str) -> Result<IpNet, &'static str> {
    let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| address.into()));
    network.map_err(|_| "must be an address, or a network such as 10.0.0.0/8")
}
