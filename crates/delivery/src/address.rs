//! The addresses that the server may call.
//!
//! A customer names the URL to which the server sends events. Without this filter, the server could be talked into calling
//! its own machine, its network, or the metadata service of its cloud
//! ([CWE-918](https://cwe.mitre.org/data/definitions/918.html)). So every address that the server connects to passes
//! [`judge`], also one that a name has: only a [`Reachable`] address can be connected to, and only [`judge`] makes one.
//!
//! The rule is: an address is refused unless hosts on the internet have such addresses. For IPv4 those are all but the
//! lines of the table below, for IPv6 those of `2000::/3` but the lines below. The table has all blocks of the
//! [IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry) and
//! [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry) Special-Purpose Address Registries
//! ([RFC 6890](https://www.rfc-editor.org/rfc/rfc6890), [RFC 8190](https://www.rfc-editor.org/rfc/rfc8190); state of
//! 2025-10-09), also those that the registries call globally reachable: they are for protocols, and have no receivers
//! of webhooks.
//!
//! An IPv6 address can stand for an IPv4 address, to which a translator or tunnel forwards. Those forms
//! are refused whole, also if they hold a good address. An ISATAP address is like any other but for its last 64
//! bits, so there the IPv4 address is judged, too.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::LazyLock;

use ipnet::IpNet;

/// Networks, what they are for, and where it is said. The first that has an address is named in the error.
const SPECIAL: &[(&str, &str, &str)] = &[
    ("0.0.0.0/8", "this network", "RFC 791, RFC 1122"),
    ("10.0.0.0/8", "private", "RFC 1918"),
    // Has Alibaba Cloud's metadata service at 100.100.100.200.
    ("100.64.0.0/10", "shared by carriers", "RFC 6598"),
    ("127.0.0.0/8", "loopback", "RFC 1122"),
    // Has the metadata services of most clouds at 169.254.169.254.
    ("169.254.0.0/16", "link-local", "RFC 3927"),
    ("172.16.0.0/12", "private", "RFC 1918"),
    // Has 192.0.0.0/29 (RFC 7335), .8 (RFC 7600), .9 (RFC 7723), .10 (RFC 8155), .170 and .171 (RFC 8880), and Oracle
    // Cloud's metadata service at .192.
    ("192.0.0.0/24", "for protocols", "RFC 6890"),
    ("192.0.2.0/24", "documentation", "RFC 5737"),
    ("192.31.196.0/24", "AS112", "RFC 7535"),
    ("192.52.193.0/24", "AMT", "RFC 7450"),
    // Has 192.88.99.2 (RFC 6751).
    ("192.88.99.0/24", "6to4 relays", "RFC 7526"),
    ("192.168.0.0/16", "private", "RFC 1918"),
    ("192.175.48.0/24", "AS112", "RFC 7534"),
    ("198.18.0.0/15", "benchmarks", "RFC 2544"),
    ("198.51.100.0/24", "documentation", "RFC 5737"),
    ("203.0.113.0/24", "documentation", "RFC 5737"),
    ("224.0.0.0/4", "multicast", "RFC 5771"),
    // Has the broadcast address 255.255.255.255 (RFC 919).
    ("240.0.0.0/4", "reserved", "RFC 1112"),
    // A public address, but inside of Azure it is the machine's own host.
    ("168.63.129.16/32", "Azure's WireServer", "Azure's documentation"),
    ("::1/128", "loopback", "RFC 4291"),
    ("::/128", "the unspecified address", "RFC 4291"),
    ("::/96", "IPv4-compatible", "RFC 4291"),
    ("::ffff:0:0/96", "IPv4-mapped", "RFC 4291"),
    ("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765"),
    ("64:ff9b::/96", "NAT64", "RFC 6052"),
    ("64:ff9b:1::/48", "NAT64", "RFC 8215"),
    ("100::/64", "discarded", "RFC 6666"),
    ("100:0:0:1::/64", "a dummy prefix", "RFC 9780"),
    // Has Teredo 2001::/32 (RFC 4380), 2001:1::1 to ::3 (RFC 7723, 8155, 9665), benchmarks 2001:2::/48 (RFC 5180), AMT
    // 2001:3::/32 (RFC 7450), AS112 2001:4:112::/48 (RFC 7535), ORCHID 2001:10::/28 and 2001:20::/28 (RFC 4843, 7343), and
    // DRIP 2001:30::/28 (RFC 9374).
    ("2001::/23", "for protocols", "RFC 2928"),
    ("2001:db8::/32", "documentation", "RFC 3849"),
    ("2002::/16", "6to4", "RFC 3056"),
    ("2620:4f:8000::/48", "AS112", "RFC 7534"),
    ("3fff::/20", "documentation", "RFC 9637"),
    ("5f00::/16", "segment routing", "RFC 9602"),
    // Has the metadata services of AWS at fd00:ec2::254, and of Google Cloud at fd20:ce::254.
    ("fc00::/7", "unique local", "RFC 4193"),
    ("fe80::/10", "link-local", "RFC 4291"),
    ("fec0::/10", "site-local", "RFC 3879"),
    ("ff00::/8", "multicast", "RFC 4291"),
];

/// A line of the table.
struct Special {
    network: IpNet,
    name: &'static str,
    rfc: &'static str,
}

static TABLE: LazyLock<Vec<Special>> = LazyLock::new(|| {
    let line = |&(network, name, rfc): &(&str, _, _)| {
        let network = network.parse().expect("a network");
        Special { network, name, rfc }
    };
    SPECIAL.iter().map(line).collect()
});

/// The only addresses of IPv6 that hosts on the internet have.
static GLOBAL: LazyLock<IpNet> = LazyLock::new(|| "2000::/3".parse().expect("a network"));

/// An address and port that may be connected to. Only [`judge`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reachable(SocketAddr);

impl Reachable {
    /// The address and port. An address of IPv6 has no scope.
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

/// The operator's changes to the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRules {
    /// Networks that may be called although they are in the table. Plain http is only for those with a port
    /// ([`UrlRules`](crate::UrlRules)).
    pub allow: Vec<Allowed>,
    /// More networks that must not be called, such as the public addresses of the operator's own network. They win over `allow`.
    pub refuse: Vec<IpNet>,
}

impl AddressRules {
    /// Whether `allow` has the address and port.
    fn allows(&self, address: SocketAddr) -> bool {
        self.allow.iter().any(|allowed| allowed.has(address))
    }

    /// Whether `allow` has the address with just this port.
    pub(crate) fn allows_port(&self, address: SocketAddr) -> bool {
        self.allow.iter().any(|allowed| allowed.port.is_some() && allowed.has(address))
    }
}

/// A network that may be called, at one port or at all.
///
/// ```
/// use c2c_delivery::Allowed;
///
/// for text in ["127.0.0.1:8443", "10.0.0.0/8", "10.0.0.0/8:8443", "fd00::/8", "[::1]:8443", "[fd00::/8]:8443"] {
///     assert_eq!(text.parse::<Allowed>()?.to_string(), text);
/// }
/// # Ok::<(), c2c_delivery::AllowedError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The network.
    pub network: IpNet,
    /// The port, if not all.
    pub port: Option<u16>,
}

/// The text is not a network with or without a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an address or a network, with a port or without: 127.0.0.1:8443, 10.0.0.0/8, [fd00::/8]:8443"
)]
pub struct AllowedError;

impl Allowed {
    fn has(&self, address: SocketAddr) -> bool {
        self.network.contains(&address.ip()) && self.port.is_none_or(|port| port == address.port())
    }
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        if let Ok(network) = network(text) {
            return Ok(Self { network, port: None });
        }
        let (rest, port) = text.rsplit_once(':').ok_or(AllowedError)?;
        let bracketed = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let network = network(bracketed.unwrap_or(rest))?;
        let is_ipv6 = matches!(network, IpNet::V6(_));
        let port = port.parse().ok().filter(|&port| port != 0).ok_or(AllowedError)?;
        let is_clear = is_ipv6 == bracketed.is_some();
        is_clear.then_some(Self { network, port: Some(port) }).ok_or(AllowedError)
    }
}

fn network(text: &str) -> Result<IpNet, AllowedError> {
    let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| address.into()));
    network.map_err(|_| AllowedError)
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = match self.network {
            network if network.prefix_len() == network.max_prefix_len() => {
                network.addr().to_string()
            }
            network => network.to_string(),
        };
        match (self.port, self.network) {
            (None, _) => formatter.write_str(&network),
            (Some(port), IpNet::V4(_)) => write!(formatter, "{network}:{port}"),
            (Some(port), IpNet::V6(_)) => write!(formatter, "[{network}]:{port}"),
        }
    }
}

/// The address must not be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} must not be called: {because}")]
pub struct AddressRefused {
    /// The address.
    pub address: IpAddr,
    /// The reason.
    pub because: AddressFault,
}

/// The reason why an address must not be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressFault {
    /// It is in a network that is special.
    #[error("it is in {network}, which is special ({name}, {rfc})")]
    Special {
        /// The network.
        network: IpNet,
        /// Its purpose.
        name: &'static str,
        /// Where that is said.
        rfc: &'static str,
    },
    /// It is an IPv6 address that no host on the internet has.
    #[error("it is not in 2000::/3, and no host on the internet has such an address (RFC 4291)")]
    NotGlobal,
    /// The operator refuses it.
    #[error("it is in {network}, which the operator of this server refuses")]
    Operator {
        /// The network.
        network: IpNet,
    },
    /// It leads to an IPv4 address that must not be called.
    #[error("it leads to {address} (ISATAP, RFC 5214), and {because}")]
    Isatap {
        /// The IPv4 address.
        address: Ipv4Addr,
        /// The reason why that must not be called.
        because: Box<AddressFault>,
    },
}

/// Decides whether the server may connect to an address.
///
/// If a name has several addresses, and one of them is refused, none must be called: else a name could be
/// made that leads elsewhere from time to time.
pub fn judge(address: SocketAddr, rules: &AddressRules) -> Result<Reachable, AddressRefused> {
    // Without the scope that an address of IPv6 may have.
    let address = SocketAddr::new(address.ip(), address.port());
    match check(address, rules) {
        Ok(()) => Ok(Reachable(address)),
        Err(because) => Err(AddressRefused { address: address.ip(), because }),
    }
}

fn check(address: SocketAddr, rules: &AddressRules) -> Result<(), AddressFault> {
    let ip = address.ip();
    // A socket calls the IPv4 address for it, so `::/0` must not allow it.
    let is_mapped = matches!(ip, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    if let Some(&network) = rules.refuse.iter().find(|network| network.contains(&ip)) {
        return Err(AddressFault::Operator { network });
    }
    if rules.allows(address) && !is_mapped {
        return Ok(());
    }
    if let Some(&Special { network, name, rfc }) =
        TABLE.iter().find(|special| special.network.contains(&ip))
    {
        return Err(AddressFault::Special { network, name, rfc });
    }
    let IpAddr::V6(v6) = ip else { return Ok(()) };
    if !GLOBAL.contains(&ip) {
        return Err(AddressFault::NotGlobal);
    }
    let Some(v4) = isatap(v6) else { return Ok(()) };
    check(SocketAddr::new(v4.into(), address.port()), rules)
        .map_err(|because| AddressFault::Isatap { address: v4, because: Box::new(because) })
}

/// The IPv4 address in the interface identifier, by
/// [RFC 5214 §6.1](https://www.rfc-editor.org/rfc/rfc5214#section-6.1): `0:5efe:a.b.c.d`, or `200:5efe:a.b.c.d` if it is
/// globally unique.
fn isatap(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., flags, 0x5efe, high, low] = address.segments() else { return None };
    let [[a, b], [c, d]] = [high, low].map(u16::to_be_bytes);
    // The other bits of the flags are for individual and group identifiers.
    (flags & !0x0300 == 0).then_some(Ipv4Addr::new(a, b, c, d))
}
