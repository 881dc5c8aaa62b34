//! Events on their way to customers' servers.

mod claims; // who gets a delivery, and when
mod endpoints; // endpoints, their states and secrets
mod forgetting; // the end of events: too old, deleted on request, of a purged app
mod ingestion; // events that come in
mod intake; // settings, tokens
mod looking; // lists, traces and replays
mod model; // random operations, against a model
mod plans; // the engines find rows by their indexes
mod settling; // results
mod steps; // use cases in one line
