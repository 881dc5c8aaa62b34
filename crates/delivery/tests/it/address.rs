//! The filter of addresses: each line of the registries, embedded addresses, and the operator's rules.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use c2c_delivery::{AddressFault, AddressRules, Allowed, judge};
use ipnet::IpNet;
use proptest::prelude::*;

const VECTORS: &str = include_str!("addresses.txt");

/// `None` if the address is reachable, else the network that it is in, or `ISATAP`.
fn refusal(address: IpAddr, rules: &AddressRules) -> Option<String> {
    match judge(SocketAddr::new(address, 443), rules) {
        Ok(reachable) => {
            assert_eq!(reachable.address(), SocketAddr::new(address, 443));
            None
        }
        Err(refused) => Some(match refused.because {
            AddressFault::Special { network, .. } | AddressFault::Operator { network } => {
                network.to_string()
            }
            AddressFault::NotGlobal => "2000::/3".to_owned(),
            AddressFault::Isatap { .. } => "ISATAP".to_owned(),
            other => panic!("{address}: {other}"),
        }),
    }
}

/// The text of a network, as this library prints it.
fn print(network: &str) -> String {
    network.parse::<IpNet>().expect(network).to_string()
}

#[test]
fn vectors() {
    let rules = AddressRules::default();
    let lines = VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut number = 0;
    for line in lines {
        let words: Vec<_> = line.split(' ').collect();
        let (address, expected) = match words[..] {
            ["reachable", address] => (address, None),
            ["refused", address, "ISATAP"] => (address, Some("ISATAP".to_owned())),
            ["refused", address, network] => (address, Some(print(network))),
            _ => panic!("{line:?}"),
        };
        let address = address.parse().expect(line);
        assert_eq!(refusal(address, &rules), expected, "{line}");
        number += 1;
    }
    assert!(number > 200, "{number} vectors");
}

#[test]
fn a_refusal_says_why() {
    let error = |address: &str| {
        let address = SocketAddr::new(address.parse().expect("an address"), 443);
        judge(address, &AddressRules::default()).expect_err("refused").to_string()
    };
    let private =
        "10.0.0.1 must not be called: it is in 10.0.0.0/8, which is special (private, RFC 1918)";
    assert_eq!(error("10.0.0.1"), private);
    assert!(error("4000::1").contains("is not in 2000::/3"));
    let isatap = error("2606:4700::5efe:10.0.0.1");
    assert!(isatap.contains("leads to 10.0.0.1 (ISATAP, RFC 5214), and it is in 10.0.0.0/8"));
}

#[test]
fn a_scope_is_dropped() {
    let address = SocketAddrV6::new("2606:4700::1".parse().expect("an address"), 443, 1, 2);
    let reachable = judge(address.into(), &AddressRules::default()).expect("reachable");
    assert_eq!(reachable.address(), "[2606:4700::1]:443".parse().expect("an address"));
}

fn rules(allow: &[&str], refuse: &[&str]) -> AddressRules {
    let allow = allow.iter().map(|text| text.parse().expect("allowed")).collect();
    let refuse = refuse.iter().map(|text| text.parse().expect("a network")).collect();
    AddressRules { allow, refuse }
}

fn is_reachable(address: &str, rules: &AddressRules) -> bool {
    judge(address.parse().expect("an address and port"), rules).is_ok()
}

#[test]
fn the_operator_allows_networks_and_ports() {
    let rules = rules(&["127.0.0.2:8443", "10.0.0.0/8", "[::1]:8443", "fd00::/8"], &[]);
    for address in ["127.0.0.2:8443", "10.1.2.3:1", "[::1]:8443", "[fd00::1]:443", "1.1.1.1:443"] {
        assert!(is_reachable(address, &rules), "{address}");
    }
    for address in
        ["127.0.0.2:443", "127.0.0.1:8443", "11.0.0.1:8443", "[::1]:443", "[fc00::1]:443"]
    {
        assert_eq!(is_reachable(address, &rules), address.starts_with("11."), "{address}");
    }
    // An allowed IPv4 address, in another form.
    assert!(!is_reachable("[::ffff:10.1.2.3]:443", &rules));
    assert!(is_reachable("[2606:4700::5efe:10.1.2.3]:443", &rules));
}

#[test]
fn allowing_all_of_ipv6_allows_no_mapped_address() {
    let rules = rules(&["::/0"], &[]);
    assert!(is_reachable("[::1]:443", &rules));
    assert!(!is_reachable("[::ffff:127.0.0.1]:443", &rules));
}

#[test]
fn the_operator_refuses_more_networks() {
    let rules =
        rules(&["1.1.1.0/24", "10.0.0.0/8"], &["1.1.1.1/32", "2606:4700::/32", "10.1.0.0/16"]);
    assert!(is_reachable("1.1.1.2:443", &rules) && is_reachable("10.2.0.1:443", &rules));
    for address in ["1.1.1.1:443", "[2606:4700::1]:443", "10.1.0.1:443"] {
        assert!(!is_reachable(address, &rules), "{address}");
    }
    assert!(!is_reachable("[2a00::5efe:1.1.1.1]:443", &rules));
    let error = judge("1.1.1.1:443".parse().expect("an address"), &rules).expect_err("refused");
    assert!(error.to_string().contains("1.1.1.1/32, which the operator of this server refuses"));
}

#[test]
fn allowed_networks_have_one_reading() {
    for wrong in [
        "",
        "10.0.0.0/33",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:",
        "[10.0.0.1]:80",
        "fd00::/8:80",
        "[::1]",
        "[::1]80",
        "localhost:80",
        "10.0.0.1:80:80",
        " 10.0.0.1",
    ] {
        assert!(wrong.parse::<Allowed>().is_err(), "{wrong:?}");
    }
}

proptest! {
    /// The standard library's own predicates, for what they know.
    #[test]
    fn what_the_standard_library_calls_special_is_refused(bits: u32, tops in 0_usize..12) {
        let top: u32 = [0, 10, 127, 169, 172, 192, 198, 203, 224, 240, 255, 100][tops];
        let v4 = Ipv4Addr::from((top << 24) | (bits & 0x00ff_ffff));
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
            || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
        let reachable = refusal(v4.into(), &AddressRules::default()).is_none();
        prop_assert!(!(special && reachable), "{}", v4);
        prop_assert!(refusal(v4.to_ipv6_mapped().into(), &AddressRules::default()).is_some());
        prop_assert!(refusal(v4.to_ipv6_compatible().into(), &AddressRules::default()).is_some());
    }

    #[test]
    fn only_2000_to_3fff_is_reachable(bits: u128) {
        let v6 = Ipv6Addr::from(bits);
        let special = v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast()
            || v6.is_loopback() || v6.is_unspecified() || v6.segments()[0] >> 13 != 1;
        let reachable = refusal(v6.into(), &AddressRules::default()).is_none();
        prop_assert!(!(special && reachable), "{}", v6);
    }

    #[test]
    fn allowed_prints_back(bits: u128, is_v4: bool, length in 0_u8..=128, port in proptest::option::of(1_u16..)) {
        let address: IpAddr = if is_v4 {
            Ipv4Addr::from(u32::try_from(bits >> 96).expect("32 bits")).into()
        } else {
            Ipv6Addr::from(bits).into()
        };
        let length = if is_v4 { length / 4 } else { length };
        let allowed = Allowed { network: IpNet::new(address, length).expect("a network"), port };
        prop_assert_eq!(allowed.to_string().parse(), Ok(allowed));
    }
}
