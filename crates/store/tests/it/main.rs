//! The conformance suite of the store: each test runs on SQLite and on PostgreSQL.

mod access; // tokens, sign-in links, sessions
mod approval; // a second person publishes
mod apps; // creation, lists and settings
mod archive; // apps as files
mod assertions; // texts of another system that begin one session
mod atomic; // each use case changes everything or nothing
mod changes; // the audit log, as a log and as the list of changes that servers follow
mod concurrency; // two editors and a publisher at the same time
mod documents; // compiled documents
mod drafts; // versions, conflicts, sizes and characters
mod engines; // the two engines, and the tests that run on both
mod interleavings; // two editors and a publisher in turn, against a model
mod jobs; // work that one of several servers does
mod lifetime; // the end of an app: deleted, brought back, purged
mod migration; // a database of an older version
mod opening; // addresses, new databases, several servers at once
mod outbox; // events on their way to customers' servers
mod people; // two editors and a publisher: their acts, and what they saw
mod plans; // publications and returns at a later time
mod preview_links; // links that show a draft, and the tickets of its document
mod publication; // revisions: published, staged, rolled back
mod races; // eight tasks of two servers do the same thing, and one succeeds
mod random; // property tests whose cases are apps of one store
mod serving; // the switch that takes an app's code away from its visitors
mod session_room; // too many sessions
mod steps; // use cases in one line, for tests of the one that follows
mod subjects; // people with one name, and people with several
