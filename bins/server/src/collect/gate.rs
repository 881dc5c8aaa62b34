//! How much may come in: of one client, and for one app. One app's flood takes nothing from the others, and a flood from
//! pages takes nothing from its backends.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use c2c_names::AppId;
use governor::Quota;

use crate::client::Client;
use crate::rate::Rate;
use crate::settings::Limits;

/// The limits, with who has used how much of them.
#[derive(Debug)]
pub(super) struct Gate {
    batches: Rate<Option<Client>>,
    events: Rate<Option<Client>>,
    /// From pages.
    apps: Rate<AppId>,
    /// From backends.
    verified: Rate<AppId>,
    /// Events that were turned away since the last look, by app. Only apps that take events are in it.
    turned_away: Mutex<HashMap<AppId, u32>>,
}

impl Gate {
    pub(super) fn new(limits: &Limits) -> Self {
        let quota = |per_second, burst| Quota::per_second(per_second).allow_burst(burst);
        let limits = &limits.collect;
        Self {
            batches: Rate::new(quota(
                limits.client_batches_per_second,
                limits.client_batches_burst,
            )),
            events: Rate::new(quota(limits.client_events_per_second, limits.client_events_burst)),
            apps: Rate::new(quota(limits.app_events_per_second, limits.app_events_burst)),
            verified: Rate::new(quota(limits.app_events_per_second, limits.app_events_burst)),
            turned_away: Mutex::default(),
        }
    }

    /// Counts a batch before it is read. The error is how long the client has to wait.
    pub(super) fn batch(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        self.batches.count(&address.map(Client::at))
    }

    /// Counts the events of a batch. The error is how long to wait.
    pub(super) fn events(
        &self,
        address: Option<IpAddr>,
        app: &AppId,
        number: usize,
    ) -> Result<(), Duration> {
        let Some(number) = u32::try_from(number).ok().and_then(NonZeroU32::new) else {
            return Ok(());
        };
        self.events.count_many(&address.map(Client::at), number)?;
        self.apps.count_many(app, number)
    }

    /// Counts events of a backend, which shows a token. Anyone can send those of pages, so they are counted apart.
    pub(super) fn verified(&self, app: &AppId, number: usize) -> Result<(), Duration> {
        let number = u32::try_from(number).ok().and_then(NonZeroU32::new);
        number.map_or(Ok(()), |number| self.verified.count_many(app, number))
    }

    /// Notes events that were turned away. The sender keeps them, and may send them again.
    pub(super) fn turn_away(&self, app: &AppId, number: u32) {
        let mut all = self.turned_away.lock().expect("counting does not panic");
        let sum = all.entry(app.clone()).or_default();
        *sum = sum.saturating_add(number);
    }

    /// Takes what was turned away since the last time.
    pub(super) fn take_turned_away(&self) -> HashMap<AppId, u32> {
        std::mem::take(&mut *self.turned_away.lock().expect("counting does not panic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::CollectLimits;

    fn one_event_for_an_app() -> Gate {
        let (app_events_per_second, app_events_burst) = (NonZeroU32::MIN, NonZeroU32::MIN);
        let collect =
            CollectLimits { app_events_per_second, app_events_burst, ..CollectLimits::default() };
        Gate::new(&Limits { collect, ..Limits::default() })
    }

    #[test]
    fn pages_and_backends_take_nothing_from_each_other() {
        let app: AppId = "demo".parse().expect("an id");
        let gate = one_event_for_an_app();
        assert_eq!(gate.events(None, &app, 1), Ok(()));
        assert!(gate.events(None, &app, 1).is_err(), "pages have no more");
        assert_eq!(gate.verified(&app, 1), Ok(()));
        assert!(gate.verified(&app, 1).is_err(), "backends have no more");

        let gate = one_event_for_an_app();
        assert_eq!(gate.verified(&app, 1), Ok(()));
        assert_eq!(gate.events(None, &app, 1), Ok(()));
    }
}
