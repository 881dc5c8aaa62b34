//! Connection limits of one door: its places, and the choice of the connection that gives way.
//!
//! A client can open connections and send nothing, or half a request. That costs it nothing and
//! takes the places until the timeout. To spare other clients that wait, the server closes a
//! connection when it needs a place: the one on which it has waited longest for a request's head.
//! An honest client usually loses an idle connection this way, and opens another for its next
//! request.
//!
//! 1. If a client is at its limit, its own longest-waiting connection is closed. If none waits, its
//!    new connection is closed. Other clients notice nothing.
//! 2. If the door has no free place, the longest-waiting connection of all is closed. If none waits,
//!    the server is busy with all of them, and the new one waits for a place.
//!
//! A proxy carries the connections of many clients, so rule 1 does not apply to proxies.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::activity::Activity;
use crate::client::Client;

/// How often a connection without a place looks again for one that is waiting. The end of a
/// response does not wake it, since that would cost time on every request.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The places of one door.
#[derive(Debug)]
pub(crate) struct Places {
    /// Free places. A place becomes free when its connection's descriptor is closed.
    free: Arc<Semaphore>,
    count: usize,
    per_client_max: usize,
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

/// A connection's place, held until dropped.
#[derive(Debug)]
pub(crate) struct Place {
    /// Activity on the connection.
    pub(crate) activity: Arc<Activity>,
    door: Arc<Places>,
    client: Client,
    number: u64,
    leave: Arc<Notify>,
    /// The last field, so that the place becomes free only after all other state is gone.
    _permit: OwnedSemaphorePermit,
}

/// The connections that have a place and have not been asked to leave.
#[derive(Debug, Default)]
struct Taken {
    by: HashMap<Client, HashMap<u64, Connection>>,
    next: u64,
}

#[derive(Debug)]
struct Connection {
    activity: Arc<Activity>,
    leave: Arc<Notify>,
}

/// The per-client limit's decision about a new connection.
enum Admission {
    /// The client is below its limit.
    Granted,
    /// Another connection of the client was asked to leave.
    GrantedForAnother,
    /// None of the client's connections is waiting.
    Refused,
}

impl Places {
    /// Creates `connections_max` places. A client gets at most `per_client_max`, and never more
    /// than a quarter of the places; addresses in `proxies` are exempt.
    pub(crate) fn new(connections_max: usize, per_client_max: usize, proxies: &[IpNet]) -> Self {
        Self {
            free: Arc::new(Semaphore::new(connections_max)),
            count: connections_max,
            per_client_max: per_client_max.min(connections_max.div_ceil(4)),
            proxies: proxies.to_vec(),
            taken: Mutex::default(),
        }
    }

    /// The number of places.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The number of places that connections have.
    pub(crate) fn taken_count(&self) -> usize {
        self.count - self.free.available_permits()
    }

    /// Waits for a place for a connection from this address. Returns `None` if the client has too
    /// many connections.
    pub(crate) async fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let client = Client::at(address);
        let mut leaving = match self.admit(client, address.to_canonical()) {
            Admission::Granted => false,
            Admission::GrantedForAnother => true,
            Admission::Refused => return None,
        };
        loop {
            // If one of the client's own connections is leaving, no other client has to give way.
            if !leaving {
                if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                    return Some(self.hold(client, permit));
                }
                self.taken().dismiss_longest_waiting();
            }
            leaving = false;
            let permit = Arc::clone(&self.free).acquire_owned();
            if let Ok(permit) = tokio::time::timeout(LOOK_AGAIN, permit).await {
                return Some(self.hold(client, permit.expect("the semaphore is never closed")));
            }
        }
    }

    fn admit(&self, client: Client, address: IpAddr) -> Admission {
        if self.proxies.iter().any(|proxies| proxies.contains(&address)) {
            return Admission::Granted;
        }
        let mut taken = self.taken();
        if taken.by.get(&client).map_or(0, HashMap::len) < self.per_client_max {
            Admission::Granted
        } else if taken.dismiss_longest_waiting_of(client) {
            Admission::GrantedForAnother
        } else {
            Admission::Refused
        }
    }

    fn hold(self: &Arc<Self>, client: Client, permit: OwnedSemaphorePermit) -> Place {
        let (activity, leave) = (Arc::new(Activity::new()), Arc::new(Notify::new()));
        let connection = Connection { activity: Arc::clone(&activity), leave: Arc::clone(&leave) };
        let mut taken = self.taken();
        let number = taken.next;
        taken.next += 1;
        taken.by.entry(client).or_default().insert(number, connection);
        Place { activity, door: Arc::clone(self), client, number, leave, _permit: permit }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().expect("counting does not panic")
    }
}

impl Taken {
    /// Asks the longest-waiting connection of all to leave, if any is waiting.
    fn dismiss_longest_waiting(&mut self) {
        let connections = self.by.iter().flat_map(|(&client, connections)| {
            connections.iter().map(move |(&number, connection)| (client, number, connection))
        });
        let waiting = connections.filter_map(|(client, number, connection)| {
            Some((connection.activity.waiting_since()?, client, number))
        });
        if let Some((_, client, number)) = waiting.min_by_key(|&(since, ..)| since) {
            self.dismiss(client, number);
        }
    }

    /// Asks a client's longest-waiting connection to leave. Returns whether one was waiting.
    fn dismiss_longest_waiting_of(&mut self, client: Client) -> bool {
        let connections = self.by.get(&client).into_iter().flatten();
        let waiting = connections.filter_map(|(&number, connection)| {
            Some((connection.activity.waiting_since()?, number))
        });
        let longest = waiting.min();
        longest.is_some_and(|(_, number)| self.dismiss(client, number))
    }

    fn dismiss(&mut self, client: Client, number: u64) -> bool {
        let connection = self.remove(client, number);
        connection.inspect(|connection| connection.leave.notify_one()).is_some()
    }

    fn remove(&mut self, client: Client, number: u64) -> Option<Connection> {
        let connections = self.by.get_mut(&client)?;
        let removed = connections.remove(&number);
        if connections.is_empty() {
            self.by.remove(&client);
        }
        removed
    }
}

impl Place {
    /// Resolves when another connection needs this place.
    pub(crate) async fn is_needed(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.taken().remove(self.client, self.number);
    }
}
