//! Requests that work for long, also if their client has left: so many of an app at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use c2c_names::AppId;
use hyper::StatusCode;

use super::failure::Failure;

/// The most requests of one kind and app that are at work at once, on each server. Each works for as long as it may, and
/// events that come in wait for each of its steps. Two: one whose client has left, and the one that its person sends next.
const MAX: usize = 2;

/// How many requests of a kind are at work, by app. An app without any is not in it.
#[derive(Debug)]
pub(super) struct AtWork {
    numbers: Mutex<HashMap<AppId, usize>>,
    kind: Kind,
}

/// Such requests.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Replays,
    Deletions,
}

/// The place of a request that is at work, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    all: Arc<AtWork>,
    app: AppId,
}

impl AtWork {
    pub(super) fn new(kind: Kind) -> Arc<Self> {
        Arc::new(Self { numbers: Mutex::default(), kind })
    }

    /// A place for one more request of an app. Fails if all are taken.
    pub(super) fn place(self: &Arc<Self>, app: &AppId) -> Result<Place, Failure> {
        let mut numbers = self.numbers();
        let number = numbers.entry(app.clone()).or_default();
        if *number >= MAX {
            return Err(self.kind.too_many(app));
        }
        *number += 1;
        Ok(Place { all: Arc::clone(self), app: app.clone() })
    }

    fn numbers(&self) -> MutexGuard<'_, HashMap<AppId, usize>> {
        self.numbers.lock().expect("counting does not panic")
    }
}

impl Kind {
    fn too_many(self, app: &AppId) -> Failure {
        let (code, kind) = match self {
            Self::Replays => ("too-many-replays", "replays"),
            Self::Deletions => ("too-many-deletions", "deletions of events"),
        };
        let detail = format!(
            "the app {app} has {MAX} {kind} at work, which is the most; try again when one of them has ended"
        );
        Failure::new(StatusCode::CONFLICT, code, detail)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut numbers = self.all.numbers();
        if let Some(number) = numbers.get_mut(&self.app) {
            *number -= 1;
            if *number == 0 {
                numbers.remove(&self.app);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_app_has_its_places() {
        let (one, other): (AppId, AppId) =
            ("one".parse().expect("an id"), "other".parse().expect("an id"));
        let all = AtWork::new(Kind::Replays);
        let mut places: Vec<_> = (0..MAX).filter_map(|_| all.place(&one).ok()).collect();
        assert_eq!(places.len(), MAX);
        assert!(all.place(&one).is_err() && all.place(&other).is_ok());
        places.pop();
        places.extend(all.place(&one));
        assert!(places.len() == MAX && all.place(&one).is_err());
        drop(places);
        assert!(all.numbers().is_empty(), "{all:?}");
    }
}
