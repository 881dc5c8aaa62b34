//! The part of the web that a browser reaches.

use crate::collector::Collector;
use crate::way::Way;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach<'a> {
    /// This machine, and the hosts that the collector stands in for.
    Collector(&'a Collector),
    /// One deployment, and this machine.
    Deployment(&'a Way),
    /// Everything that the machine reaches.
    Web,
}

impl Reach<'_> {
    /// The port of the proxy for all hosts but this machine's.
    pub(crate) fn proxy_port(self) -> Option<u16> {
        match self {
            Self::Collector(collector) => Some(collector.proxy_port()),
            Self::Deployment(way) => Some(way.proxy_port),
            Self::Web => None,
        }
    }

    /// Whether certificates are accepted that the machine does not trust. Chromium can be given the
    /// collector's key instead.
    pub(crate) fn accepts_certificates(self, is_chromium: bool) -> bool {
        match self {
            Self::Collector(_) => !is_chromium,
            Self::Deployment(way) => way.roots.is_some(),
            Self::Web => false,
        }
    }

    pub(crate) fn collector(&self) -> Option<&Collector> {
        match self {
            Self::Collector(collector) => Some(collector),
            _ => None,
        }
    }
}
