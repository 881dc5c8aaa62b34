//! The operator's settings for deliveries to customers' servers.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use c2c_delivery::{AddressRules, Allowed, UrlRules};
use clap::Args;
use ipnet::IpNet;

use crate::network::network;

/// Deliveries of events to customers' servers.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Integrations")]
pub struct DeliverySettings {
    /// File with the keys that protect secrets of integrations in the database: lines of 32 bytes in base64, made by
    /// `c2c-server secrets new-key`. Only its owner may read it [default with SQLite: secrets.key in the data
    /// directory, made when the first endpoint is added]
    #[arg(
        id = "secrets_key_file",
        long = "secrets-key-file",
        env = "C2C_SECRETS_KEY_FILE",
        value_name = "FILE"
    )]
    pub(crate) key_file: Option<PathBuf>,

    /// The same keys themselves, on lines; only from the environment or the configuration file
    #[arg(
        id = "secrets_key",
        long = "secrets-key",
        env = "C2C_SECRETS_KEY",
        value_name = "KEYS",
        hide = true,
        hide_env_values = true
    )]
    key: Option<KeyText>,

    /// Network of your own in which endpoints may be, such as 10.1.0.0/16 or 127.0.0.1/32:8443; repeat it for more. All
    /// networks that are not public are refused otherwise. One with a port allows that port, and http there, too
    #[arg(
        id = "delivery_allow",
        long = "delivery-allow",
        env = "C2C_DELIVERY_ALLOW",
        value_name = "NETWORK[:PORT]",
        value_delimiter = ','
    )]
    allow: Vec<Allowed>,

    /// Network in which no endpoint may be although it is public, such as your own servers'; repeat it for more
    #[arg(
        id = "delivery_refuse",
        long = "delivery-refuse",
        env = "C2C_DELIVERY_REFUSE",
        value_name = "NETWORK",
        value_delimiter = ',',
        value_parser = network
    )]
    refuse: Vec<IpNet>,

    /// Port beside 443 that endpoints may have; repeat it for more
    #[arg(
        id = "delivery_port",
        long = "delivery-port",
        env = "C2C_DELIVERY_PORT",
        value_name = "PORT",
        value_delimiter = ','
    )]
    ports: Vec<u16>,

    /// Name server to ask for endpoints' addresses [default: the system's]
    #[arg(
        id = "delivery_name_server",
        long = "delivery-name-server",
        env = "C2C_DELIVERY_NAME_SERVER",
        value_name = "ADDRESS:PORT"
    )]
    pub(crate) name_server: Option<SocketAddr>,

    /// No command line or environment has it.
    #[arg(skip)]
    vendors: Option<SocketAddr>,
}

impl DeliverySettings {
    /// Sends the events for vendors by http to this address instead, which must be one that is allowed: for tests with
    /// stand-ins.
    pub fn send_vendors_to(&mut self, address: SocketAddr) {
        self.vendors = Some(address);
    }

    pub(crate) fn vendors(&self) -> Option<SocketAddr> {
        self.vendors
    }

    /// The keys from the environment.
    pub(crate) fn key_text(&self) -> Option<&str> {
        self.key.as_ref().map(|KeyText(text)| text.as_str())
    }

    /// Where endpoints may be.
    pub(crate) fn rules(&self) -> UrlRules {
        let addresses = AddressRules { allow: self.allow.clone(), refuse: self.refuse.clone() };
        UrlRules { ports: self.ports.clone(), addresses }
    }
}

/// Keys as text. No error or log shows it.
#[derive(Clone)]
struct KeyText(String);

impl FromStr for KeyText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyText(…)")
    }
}
