//! The loop that delivers: claims what is due, sends it, and writes down what came back.
//!
//! One task owns all of it. Requests run beside it, also while it waits for the database; their results are written in
//! groups. A server that dies leaves leases behind, which end by themselves.
//!
//! `under_way` has the requests, `room` says how much may begin, and `books` is the outbox.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use c2c_store::Store;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use super::attempt::Sender;
use super::books::Books;
use super::under_way::UnderWay;
use crate::metrics::METRICS;
use crate::settings::Limits;

/// The least time from the beginning of one look at the database to that of the next: what ends or comes in meanwhile is
/// one group. Requests go on; only an endpoint for which nothing was claimed ahead waits.
const PACE: Duration = Duration::from_millis(10);
/// The time before another try after the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells the loop of what other servers took in, until `stopped` holds true. An announcement can be lost, so it also
/// tells it after each time of `look`.
pub(crate) async fn announce(
    store: Store,
    due: Arc<Notify>,
    look: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut watch = store.watch_deliveries(look);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            () = watch.changed() => due.notify_one(),
        }
    }
}

/// Delivers until `stopped` holds true, and then waits for what is under way.
pub(crate) async fn deliver(
    sender: Arc<Sender>,
    due: Arc<Notify>,
    limits: Box<Limits>,
    mut stopped: watch::Receiver<bool>,
) {
    let (store, delivery) = (sender.store().clone(), limits.delivery);
    let books = Books::new(store, delivery.look, limits.database_timeout);
    let under_way = UnderWay::new(sender, delivery);
    let mut work = Work { books, under_way, is_down: false };
    loop {
        let next = Instant::now() + PACE;
        let look = work.step().await;
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => break,
            () = work.wait(&due, look, next) => {}
        }
    }
    work.finish(limits.drain_timeout).await;
}

/// All deliveries of this server.
struct Work {
    books: Books,
    under_way: UnderWay,
    /// The database failed last.
    is_down: bool,
}

impl Work {
    /// Writes what is done, and begins what is due. Gives the time of the next look.
    async fn step(&mut self) -> Instant {
        let mut results = self.under_way.take_results();
        let mut room = self.under_way.room();
        let claimed = {
            let mut look = pin!(self.books.look(&mut results, &mut room));
            loop {
                tokio::select! {
                    look = &mut look => break look,
                    Some(ended) = self.under_way.ended() => self.under_way.take(ended),
                }
            }
        };
        self.under_way.keep(results);
        // One line when it begins, one when it is over.
        match &claimed {
            Err(error) if !self.is_down => {
                tracing::error!(%error, "deliveries cannot be read or written");
            }
            Ok(_) if self.is_down => tracing::info!("deliveries can be read and written again"),
            _ => {}
        }
        self.is_down = claimed.is_err();
        let wait = match claimed {
            Ok((claimed, wait)) => {
                self.under_way.add(claimed, &room.plans);
                // Those that ended meanwhile.
                if self.under_way.has_results() { Duration::ZERO } else { wait }
            }
            Err(_) => PAUSE,
        };
        METRICS.events.in_flight(self.under_way.number());
        Instant::now() + wait
    }

    /// Waits until `next`, before which no look may begin, and then for a reason to look. The time `look` is one.
    async fn wait(&mut self, due: &Notify, look: Instant, next: Instant) {
        let mut has_ended = false;
        let mut next = pin!(sleep_until(next));
        loop {
            tokio::select! {
                () = &mut next => break,
                Some(ended) = self.under_way.ended() => self.under_way.take(ended),
            }
            has_ended = true;
        }
        if has_ended {
            return;
        }
        tokio::select! {
            () = due.notified() => {}
            () = sleep_until(look) => {}
            Some(ended) = self.under_way.ended() => self.under_way.take(ended),
        }
    }

    /// Waits for what is under way, gives back what takes longer, and writes the results.
    async fn finish(mut self, patience: Duration) {
        let until = Instant::now() + patience;
        // Other servers need not wait for it. If this fails, it is tried again below.
        self.under_way.give_back();
        let mut results = self.under_way.take_results();
        let _ = self.books.write(&mut results).await;
        self.under_way.keep(results);
        let mut results = self.under_way.finish(until).await;
        if let Err(error) = self.books.write(&mut results).await {
            tracing::error!(%error, "deliveries under way are sent again by the next server");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::testing::Site;
    use crate::delivery_limits::DeliveryLimits;

    #[tokio::test]
    async fn a_look_waits_for_its_time_and_for_a_reason() {
        let site = Site::new().await;
        let sender = Sender::new(Arc::clone(&site.integrations), 3, PAUSE);
        let under_way = UnderWay::new(Arc::new(sender), DeliveryLimits::default());
        let books = Books::new(site.store.clone(), PAUSE, PAUSE);
        let (mut work, due) = (Work { books, under_way, is_down: false }, Notify::new());
        let begun = Instant::now();
        let (next, look) = (begun + PACE, begun + PAUSE);
        due.notify_one();
        work.wait(&due, look, next).await;
        assert!((next..look).contains(&Instant::now()), "{:?}", begun.elapsed());
        work.wait(&due, look, next).await;
        assert!(Instant::now() >= look, "{:?}", begun.elapsed());
    }
}
