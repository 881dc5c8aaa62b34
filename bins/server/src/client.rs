//! A client, as the per-client limits count it.

use std::net::{IpAddr, Ipv6Addr};

/// The bits of an IPv6 address that name a network. A machine can take any address of its network
/// (RFC 4291, section 2.5.1), so counting single addresses would limit nothing.
const IPV6_NETWORK_BITS: u32 = 64;

/// An IPv4 address, or an IPv6 network of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    /// The client that an address belongs to.
    pub(crate) fn at(address: IpAddr) -> Self {
        // A dual-stack listener sees IPv4 addresses as IPv6 ones.
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let network = u128::MAX << (Ipv6Addr::BITS - IPV6_NETWORK_BITS);
                Ipv6Addr::from_bits(address.to_bits() & network).into()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[track_caller]
    fn check(one: &str, other: &str, are_one_client: bool) {
        let client = |address: &str| Client::at(address.parse().expect("an address"));
        assert_eq!(client(one) == client(other), are_one_client);
    }

    #[test]
    fn an_ipv4_address_is_a_client() {
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.2", false);
        check("192.0.2.1", "::ffff:192.0.2.1", true);
        check("192.0.2.1", "::ffff:192.0.2.2", false);
    }

    #[test]
    fn an_ipv6_network_is_a_client() {
        check("2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true);
        check("2001:db8::1", "2001:db8:0:1::1", false);
    }
}
