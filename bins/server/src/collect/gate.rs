//! How much may come in: of one client, and for one app. One app's flood takes nothing from the others.

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
    apps: Rate<AppId>,
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

    /// Counts events of a backend, which shows a token.
    pub(super) fn verified(&self, app: &AppId, number: usize) -> Result<(), Duration> {
        let number = u32::try_from(number).ok().and_then(NonZeroU32::new);
        number.map_or(Ok(()), |number| self.apps.count_many(app, number))
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
