//! The books of the senders, of the server and of the receivers, side by side.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::route::Route;
use crate::client::Client;

/// The time between two pages of deliveries, so that the API's limit for one client is kept.
const PAUSE: Duration = Duration::from_millis(25);

/// The server's account of an app's only endpoint.
struct Account {
    accepted: u64,
    pending: u64,
    delivered: u64,
}

/// All numbers at the end.
#[derive(Default)]
pub(super) struct End {
    sent: usize,
    acknowledged: usize,
    /// Events that have arrived.
    events: usize,
    arrivals: u64,
    /// Claims of deliveries, beyond one for each.
    taken_again: u64,
    /// Lines that a killed receiver did not finish.
    torn: usize,
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, acknowledged, events, arrivals, taken_again, torn } = self;
        let duplicates = arrivals - *events as u64;
        write!(
            formatter,
            "{sent} events sent, {acknowledged} acknowledged, {events} delivered with {duplicates} duplicates; {taken_again} \
             times a delivery was taken up again, {torn} requests were half written down"
        )
    }
}

/// Checks what must hold at any time.
pub(super) async fn check_now(server: &Client, routes: &mut [Route]) {
    for route in routes {
        // In this order: what is in the next book must be in those before it.
        let acknowledged = route.ledger.lock().expect("a lock").acknowledged().len() as u64;
        let Account { accepted, delivered, .. } = account(server, route).await;
        let ledger = read_on(route);
        let (sent, arrived) = (ledger.0 as u64, route.arrivals.events.len() as u64);
        assert!(acknowledged <= accepted, "of {acknowledged} acknowledged, {accepted} are there");
        assert!(accepted <= sent, "{accepted} events, and only {sent} were sent");
        assert!(delivered <= arrived, "of {delivered} delivered, {arrived} have arrived");
    }
}

/// Checks what must hold when nothing is on its way any more.
pub(super) async fn check_end(server: &Client, routes: &mut [Route]) -> End {
    let mut end = End::default();
    for route in routes {
        let (sent, acknowledged, given_up) = read_on(route);
        let arrived = &route.arrivals.events;
        let lost: Vec<_> =
            acknowledged.iter().filter(|event| !arrived.contains_key(event)).collect();
        assert!(
            lost.is_empty(),
            "{} acknowledged events are lost, first {:?}",
            lost.len(),
            lost[0]
        );
        for batch in given_up {
            let number = batch.iter().filter(|event| arrived.contains_key(event)).count();
            assert!(number == 0 || number == batch.len(), "a part of {batch:?} was taken");
        }
        let Account { accepted, pending, delivered } = account(server, route).await;
        let number = arrived.len() as u64;
        assert_eq!((pending, delivered, number), (0, accepted, accepted), "{}", route.app);
        end.taken_again += check_deliveries(server, route).await;
        end.sent += sent;
        end.acknowledged += acknowledged.len();
        end.events += arrived.len();
        end.arrivals += route.arrivals.copies();
        end.torn += route.arrivals.torn;
    }
    end
}

/// Reads on in the file of the receiver, and gives what was sent, acknowledged and given up until then.
fn read_on(route: &mut Route) -> (usize, BTreeSet<u64>, Vec<Vec<u64>>) {
    let (id, ledger) = (route.id().to_owned(), route.ledger.clone());
    // Not while senders write in it: an event is there before it is sent, and the file was read before that.
    let ledger = ledger.lock().expect("a lock");
    route.arrivals.read_on(&id, &ledger);
    (ledger.sent(), ledger.acknowledged().clone(), ledger.given_up().to_vec())
}

/// Compares each delivery that the API shows with the receiver's file, and gives how often one was taken up again.
async fn check_deliveries(server: &Client, route: &Route) -> u64 {
    let (mut seen, mut taken_again, mut part) = (BTreeSet::new(), 0, String::new());
    loop {
        let page = server.read(&format!("{}/deliveries?limit=100{part}", route.app)).await;
        for delivery in page["deliveries"].as_array().expect("a list") {
            assert_eq!(delivery["outcome"], "delivered", "{delivery}");
            let number = number(&delivery["event"]);
            let arrived = route.arrivals.events.get(&number).expect("what is delivered is there");
            let attempts = delivery["attempts"].as_u64().expect("a number");
            assert!(arrived.copies <= attempts, "{} copies: {delivery}", arrived.copies);
            assert!(seen.insert(number), "twice: {delivery}");
            taken_again += attempts - 1;
        }
        let Some(next) = page["next"].as_str() else { break };
        part = format!("&before={next}");
        sleep(PAUSE).await;
    }
    assert_eq!(seen.len(), route.arrivals.events.len());
    taken_again
}

/// The number in an event's id.
fn number(id: &Value) -> u64 {
    let digits = id.as_str().and_then(|id| id.rsplit('-').next()).expect("an id");
    u64::from_str_radix(digits, 16).expect("a number")
}

pub(super) async fn pending(server: &Client, route: &Route) -> u64 {
    account(server, route).await.pending
}

/// Reads the account, which balances at any time.
async fn account(server: &Client, route: &Route) -> Account {
    let shown = server.read(&format!("{}/integrations", route.app)).await;
    let none = json!({"accepted": 0, "pending": 0, "ended": []});
    let account = match &shown["accounts"].as_array().expect("a list")[..] {
        [account] => account,
        // Before the first event.
        [] => &none,
        _ => panic!("{shown}"),
    };
    let count = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{shown}"));
    let (accepted, pending) = (count(&account["accepted"]), count(&account["pending"]));
    let ended = account["ended"].as_array().expect("a list");
    assert!(ended.iter().all(|ended| ended["outcome"] == "delivered"), "{shown}");
    let delivered = ended.iter().map(|ended| count(&ended["number"])).sum();
    assert_eq!(accepted, pending + delivered, "{shown}");
    assert_eq!(count(&shown["intake"]["accepted"]), accepted, "{shown}");
    assert_eq!(shown["intake"]["refused"], json!({}), "{shown}");
    Account { accepted, pending, delivered }
}
