//! Limits on how often one caller asks, and on how often one client shows a wrong secret.
//!
//! A right secret is never delayed by the wrong ones of others: behind one address there may be a whole company.
//! Secrets have 244 random bits, so none is found by guessing. The limit shows an attack, and makes it no faster; each
//! guess still costs one look at an index of the database.

use std::net::IpAddr;
use std::time::Duration;

use c2c_access::Credential;
use c2c_store::EventToken;
use governor::Quota;

use super::caller::Caller;
use crate::client::Client;
use crate::rate::Rate;
use crate::settings::Limits;

/// The limits, with who has used how much of them.
#[derive(Debug)]
pub(super) struct Throttle {
    callers: Rate<Credential>,
    guesses: Rate<Option<Client>>,
    sign_ons: Rate<Option<Client>>,
}

impl Throttle {
    pub(super) fn new(limits: &Limits) -> Self {
        let per_second = Quota::per_second(limits.caller_requests_per_second);
        let callers = per_second.allow_burst(limits.caller_requests_burst);
        let guesses = Quota::per_minute(limits.guesses_per_minute);
        let sign_ons = Quota::per_minute(limits.sign_ons_per_minute);
        Self {
            callers: Rate::new(callers),
            guesses: Rate::new(guesses),
            sign_ons: Rate::new(sign_ons),
        }
    }

    /// Counts a request. The error is how long the caller has to wait.
    pub(super) fn caller(&self, caller: &Caller) -> Result<(), Duration> {
        // Without a login, all are one.
        let Some(credential) = caller.actor.credential else { return Ok(()) };
        self.callers.count(&credential)
    }

    /// Counts a request of a backend with events. The error is how long it has to wait.
    pub(super) fn backend(&self, token: &EventToken) -> Result<(), Duration> {
        // Ids are random, so that it has none of the others' requests.
        self.callers.count(&Credential::Token(token.id))
    }

    /// Counts a wrong secret. The error is how long the client has to wait.
    pub(super) fn guess(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        self.guesses.count(&address.map(Client::at))
    }

    /// Counts a step of a sign-in for which the OpenID Connect provider may be asked. The error is how long
    /// the client has to wait.
    pub(super) fn sign_on(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        self.sign_ons.count(&address.map(Client::at))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn throttle() -> Throttle {
        let guesses_per_minute = NonZeroU32::new(3).expect("not zero");
        Throttle::new(&Limits { guesses_per_minute, ..Limits::default() })
    }

    #[test]
    fn a_client_that_guesses_has_to_wait_and_others_have_not() {
        let throttle = throttle();
        let (one, other) = ("192.0.2.1".parse().ok(), "192.0.2.2".parse().ok());
        for _ in 0..3 {
            assert_eq!(throttle.guess(one), Ok(()));
        }
        let wait = throttle.guess(one).expect_err("it has to wait");
        assert!(wait > Duration::from_secs(1) && wait <= Duration::from_secs(20), "{wait:?}");
        assert_eq!(throttle.guess(other), Ok(()));
        assert_eq!(throttle.guess(None), Ok(()));
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let throttle = throttle();
        let outcomes = (0..4).map(|host| throttle.guess(format!("2001:db8::{host}").parse().ok()));
        assert_eq!(outcomes.flatten().count(), 3);
    }
}
