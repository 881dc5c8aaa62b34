//! The address of the client behind a proxy, which a client cannot forge.
//!
//! A proxy opens its own connections to the server and names its client in a header. Any client can
//! send that header, too. So it counts only if both hold:
//!
//! 1. The connection comes from one of the operator's proxies (`--proxies`).
//! 2. The operator has named the header that these proxies write (`--client-address-header`).
//!
//! Each proxy names the address it was called from, on the right of those that it received. So the
//! list is read from the right, and the first address that is not a proxy's is the client's: all on
//! its left may be the client's invention. If that address cannot be read, the connection's own
//! address counts: a request is never attributed to an address that no proxy has vouched for.

use std::net::{IpAddr, SocketAddr};

use clap::ValueEnum;
use hyper::Request;
use hyper::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

/// The most addresses that are read of one header: more proxies than any deployment has in a row.
const HOPS_MAX: usize = 16;
/// The longest header line that is read, in bytes.
const LINE_BYTES_MAX: usize = 2048;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which the proxies name their client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AddressHeader {
    /// `X-Forwarded-For`, a list of addresses
    XForwardedFor,
    /// `Forwarded`, whose elements have a parameter `for` (RFC 7239)
    Forwarded,
}

/// The address of the client that a request comes from, as an extension of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The proxies whose word counts, and the header that they write.
#[derive(Debug)]
pub(crate) struct Proxies {
    networks: Vec<IpNet>,
    header: Option<AddressHeader>,
}

impl Proxies {
    pub(crate) fn new(networks: &[IpNet], header: Option<AddressHeader>) -> Self {
        Self { networks: networks.to_vec(), header }
    }

    /// Adds the client's address to a request that came over a connection from `peer`.
    pub(crate) fn identify<B>(&self, peer: IpAddr, request: &mut Request<B>) {
        let address = self.client_address(peer, request.headers());
        request.extensions_mut().insert(address);
    }

    fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let peer = peer.to_canonical();
        let named = match self.header {
            Some(header) if self.contain(peer) => self.named(header, headers),
            _ => None,
        };
        ClientAddress(named.unwrap_or(peer))
    }

    /// The address that a header names; `None` if it cannot be read.
    fn named(&self, header: AddressHeader, headers: &HeaderMap) -> Option<IpAddr> {
        // Several lines are one list (RFC 9110, section 5.3).
        let lines = |name| headers.get_all(name).iter().rev().map(HeaderValue::as_bytes);
        match header {
            AddressHeader::XForwardedFor => {
                let texts =
                    lines(X_FORWARDED_FOR).flat_map(|line| line.rsplit(|&byte| byte == b','));
                self.client_of(texts.map(|text| node(std::str::from_utf8(text).ok()?)))
            }
            // An element never spans two lines.
            AddressHeader::Forwarded => self.client_of(lines(FORWARDED).flat_map(|line| {
                let elements = elements(line).unwrap_or_else(|| vec![None]);
                elements.into_iter().rev()
            })),
        }
    }

    /// Of addresses from the right to the left, the first that is not a proxy's, or the last if all
    /// are. `None` if one up to there cannot be read.
    fn client_of(&self, addresses: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let mut last = None;
        for (hops, address) in addresses.enumerate() {
            let address = address.filter(|_| hops < HOPS_MAX)?;
            if !self.contain(address) {
                return Some(address);
            }
            last = Some(address);
        }
        last
    }

    /// Whether an address is that of a proxy.
    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// The addresses of the elements of a `Forwarded` line (RFC 7239, section 4), each `None` if it cannot
/// be read. `None` if the line cannot be divided into elements.
fn elements(line: &[u8]) -> Option<Vec<Option<IpAddr>>> {
    let mut rest = std::str::from_utf8(line).ok().filter(|line| line.len() <= LINE_BYTES_MAX)?;
    let mut addresses = Vec::new();
    // The parameter `for` of the element.
    let mut named = None;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (name, (value, after)) = (trim(name), value(after)?);
        if !is_token(name) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && named.replace(node(&value)).is_some() {
            return None;
        }
        let Some(separator) = after.bytes().next() else {
            addresses.push(named.flatten());
            return Some(addresses);
        };
        match separator {
            b';' => {}
            b',' => addresses.push(named.take().flatten()),
            _ => return None,
        }
        rest = &after[1..];
    }
}

/// A token or a quoted string at the beginning of a text, and the text after it and white space (RFC
/// 9110, sections 5.6.2 and 5.6.4).
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let token = trim(&text[..end]);
        return is_token(token).then(|| (token.to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    loop {
        match characters.next()?.1 {
            '"' => return Some((value, trim(characters.as_str()))),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
}

/// The address of a node: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or
/// `[2001:db8::1]:4711`. `None` for `unknown` and for obfuscated names.
fn node(text: &str) -> Option<IpAddr> {
    let text = trim(text);
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let address = text.parse().ok().or_else(in_brackets).or_else(with_port)?;
    Some(address.to_canonical())
}

fn is_token(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

/// Without white space around it.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::AddressHeader::{Forwarded, XForwardedFor};
    use super::{AddressHeader, ClientAddress, HOPS_MAX, LINE_BYTES_MAX, Proxies};

    const PROXY: &str = "10.0.0.1";
    const STRANGER: &str = "198.51.100.9";
    const CLIENT: &str = "203.0.113.7";

    /// The client of a request with these header lines over a connection from `peer`.
    fn client(header: Option<AddressHeader>, peer: &str, lines: &[(&str, &str)]) -> String {
        let networks = ["10.0.0.0/8", "127.0.0.1/32", "2001:db8:ff::/48"];
        let networks = networks.map(|network| network.parse().expect("a network"));
        let mut request = Request::new(());
        for (name, value) in lines {
            let name: hyper::header::HeaderName = name.parse().expect("a name");
            request.headers_mut().append(name, value.parse().expect("a value"));
        }
        let peer = peer.parse().expect("an address");
        Proxies::new(&networks, header).identify(peer, &mut request);
        request.extensions().get::<ClientAddress>().expect("it is there").0.to_string()
    }

    #[track_caller]
    fn check(header: AddressHeader, lines: &[&str], expected: &str) {
        let name = if header == XForwardedFor { "x-forwarded-for" } else { "forwarded" };
        let lines: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
        assert_eq!(client(Some(header), PROXY, &lines), expected, "{lines:?}");
        // From a client that is not a proxy, nothing counts.
        assert_eq!(client(Some(header), STRANGER, &lines), STRANGER, "{lines:?}");
        // Nor if the operator has not named the header, or has named the other one.
        let other = if header == XForwardedFor { Forwarded } else { XForwardedFor };
        assert_eq!(client(None, PROXY, &lines), PROXY, "{lines:?}");
        assert_eq!(client(Some(other), PROXY, &lines), PROXY, "{lines:?}");
    }

    #[test]
    fn a_proxy_names_its_client() {
        check(XForwardedFor, &[CLIENT], CLIENT);
        check(XForwardedFor, &["2001:db8::7"], "2001:db8::7");
        check(XForwardedFor, &["::ffff:203.0.113.7"], CLIENT);
        check(XForwardedFor, &["203.0.113.7:4711"], CLIENT);
        check(XForwardedFor, &["[2001:db8::7]:4711"], "2001:db8::7");
        check(Forwarded, &["for=203.0.113.7"], CLIENT);
        check(Forwarded, &["For=\"203.0.113.7:4711\";proto=https ; by=_x"], CLIENT);
        check(Forwarded, &["proto=https;for=\"[2001:db8::7]\""], "2001:db8::7");
        check(Forwarded, &["for=\"[2001:db8::7]:4711\""], "2001:db8::7");
        check(Forwarded, &["for=\"203.0.113\\.7\""], CLIENT);
        check(XForwardedFor, &["évil, 203.0.113.7"], CLIENT);
    }

    #[test]
    fn a_proxy_on_a_dual_stack_listener_is_a_proxy() {
        let lines = [("x-forwarded-for", CLIENT)];
        assert_eq!(client(Some(XForwardedFor), "::ffff:10.0.0.1", &lines), CLIENT);
        assert_eq!(client(Some(XForwardedFor), "::ffff:198.51.100.9", &lines), STRANGER);
    }

    #[test]
    fn the_right_most_address_that_is_no_proxys_counts() {
        check(XForwardedFor, &["192.0.2.1, 192.0.2.2, 203.0.113.7"], CLIENT);
        check(XForwardedFor, &["192.0.2.1,203.0.113.7\t,10.9.9.9 , 10.0.0.2"], CLIENT);
        check(XForwardedFor, &["192.0.2.1", "203.0.113.7", "10.0.0.2,2001:db8:ff::1"], CLIENT);
        check(XForwardedFor, &["rubbish, 203.0.113.7"], CLIENT);
        check(XForwardedFor, &["10.0.0.4, 10.0.0.3"], "10.0.0.4");
        check(Forwarded, &["for=192.0.2.1, for=203.0.113.7, for=10.0.0.2"], CLIENT);
        check(Forwarded, &["for=192.0.2.1", "for=203.0.113.7;by=10.0.0.1", "for=10.0.0.2"], CLIENT);
        check(Forwarded, &["for=192.0.2.1;x=\"a,b;for=192.0.2.2\", for=203.0.113.7"], CLIENT);
    }

    #[test]
    fn an_address_that_cannot_be_read_leads_to_the_peer() {
        for text in [
            "",
            " ",
            ",",
            "unknown",
            "203.0.113",
            "203.0.113.7, ",
            "203.0.113.7 10.0.0.2",
            "192.0.2.1, 203.0.113.7.",
            "203.0.113.7, _hidden",
            "203.0.113.7, unknown, 10.0.0.2",
            "[203.0.113.7]",
            "[2001:db8::7",
            "2001:db8::7]",
            "203.0.113.7:",
            "203.0.113.7:70000",
            "0313.0.0.1",
            "\"203.0.113.7\"",
            "203.0.113.7;10.0.0.2",
            "fe80::1%eth0",
            "évil",
        ] {
            check(XForwardedFor, &[text], PROXY);
        }
        for text in [
            "",
            ",",
            "for",
            "for=",
            "=203.0.113.7",
            "for=203.0.113.7,",
            "for=203.0.113.7;",
            "for=unknown",
            "for=_hidden",
            "by=203.0.113.7",
            "for=203.0.113.7;for=192.0.2.1",
            "for=\"203.0.113.7",
            "for=203.0.113.7, for=\"10.0.0.2",
            "for=[2001:db8::7]",
            "for=\"203.0.113.7\"x",
            "for=\"203.0.113.7\\",
            "f or=203.0.113.7",
            "for=203.0.113.7:4711",
            "for=203.0.113.7, by=10.0.0.1",
            "203.0.113.7",
        ] {
            check(Forwarded, &[text], PROXY);
        }
    }

    /// A client sends the beginning of a quoted string, and a proxy that appends continues it.
    #[test]
    fn an_open_quote_hides_no_address() {
        let forged = "for=192.0.2.1;x=\"";
        check(Forwarded, &[&format!("{forged}, for=203.0.113.7")], PROXY);
        check(Forwarded, &[&format!("{forged}, for=\"[2001:db8::7]\"")], PROXY);
        check(Forwarded, &[&format!("{forged}, for=\"203.0.113.7\";x=\"")], PROXY);
        check(Forwarded, &[forged, "for=203.0.113.7"], CLIENT);
    }

    #[test]
    fn long_lists_are_not_read() {
        let proxies = |count: usize| vec!["10.0.0.2"; count].join(", ");
        check(XForwardedFor, &[&format!("{CLIENT}, {}", proxies(HOPS_MAX - 1))], CLIENT);
        check(XForwardedFor, &[&format!("{CLIENT}, {}", proxies(HOPS_MAX))], PROXY);
        let long = "192.0.2.1, ".repeat(LINE_BYTES_MAX / 11 + 1) + CLIENT;
        check(XForwardedFor, &[&long], CLIENT);
        let long = "for=192.0.2.1, ".repeat(LINE_BYTES_MAX / 15 + 1) + "for=203.0.113.7";
        check(Forwarded, &[&long], PROXY);
        check(Forwarded, &[&long, "for=203.0.113.7"], CLIENT);
    }
}
