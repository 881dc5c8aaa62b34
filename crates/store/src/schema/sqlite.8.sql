-- Events on their way to customers' servers. No references to `app`: an older server removes an app without these rows,
-- and a newer one then removes them. An app with the same id may have been created by then; `born` tells them apart.

-- The apps that take events. Everything below belongs to a row of this table.
CREATE TABLE collect (
    app_id TEXT PRIMARY KEY,
    born INTEGER NOT NULL, -- the app's created_at
    mode TEXT NOT NULL, -- refuse, mark, off
    body_days INTEGER NOT NULL,
    meta_days INTEGER NOT NULL,
    search_keys TEXT NOT NULL, -- a JSON array of the keys of the context by whose value events can be deleted
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE endpoint (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    kind TEXT NOT NULL, -- webhook, ga4, meta
    name TEXT NOT NULL,
    host TEXT NOT NULL, -- it is shown and logged; the address may hold a secret
    target BLOB NOT NULL, -- sealed; empty once the endpoint is removed
    target_key TEXT NOT NULL, -- the id of the key that sealed it
    format TEXT NOT NULL, -- standard, cloudevents
    filter TEXT NOT NULL, -- a JSON array of events' names, or ["*"]
    consents TEXT NOT NULL, -- a JSON array: events with another consent are suppressed
    mapping TEXT NOT NULL, -- JSON
    in_flight_max INTEGER NOT NULL,
    rate_per_minute INTEGER, -- the endpoint's own wish
    version INTEGER NOT NULL,
    state TEXT NOT NULL, -- asked, active, paused, disabled, removed
    state_at INTEGER NOT NULL,
    state_reason TEXT NOT NULL,
    agreed TEXT NOT NULL, -- handshake, challenge, skipped, no
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL
) STRICT;
CREATE INDEX endpoint_by_app ON endpoint (app_id, id);

CREATE TABLE endpoint_secret (
    endpoint_id TEXT NOT NULL,
    id TEXT NOT NULL,
    scheme TEXT NOT NULL, -- v1, v1a
    sealed BLOB NOT NULL,
    sealed_key TEXT NOT NULL,
    public TEXT, -- the public key of v1a
    made_at INTEGER NOT NULL,
    ends_at INTEGER, -- NULL: current
    PRIMARY KEY (endpoint_id, id)
) STRICT;

-- Apart from `endpoint`, since it is written after attempts, and since a server that takes work of an endpoint locks it.
CREATE TABLE endpoint_health (
    endpoint_id TEXT PRIMARY KEY,
    failures INTEGER NOT NULL, -- since the last success
    failing_since INTEGER,
    blocked_until INTEGER NOT NULL, -- nothing is sent before; 0: at once
    succeeded_at INTEGER,
    failed_at INTEGER,
    last_result TEXT
) STRICT;

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    id TEXT NOT NULL, -- the envelope's
    verified INTEGER NOT NULL, -- 1: a backend sent it, with a token; an event of a page with the same id is another one
    name TEXT NOT NULL,
    happened_at INTEGER NOT NULL, -- by the visitor's clock
    received_at INTEGER NOT NULL,
    consent TEXT NOT NULL, -- granted, not-asked, unknown
    marks TEXT, -- JSON: findings of the catalogue
    body BLOB, -- the envelope; NULL once it is too old, or was deleted on request
    hit BLOB -- the client's address, program and page, where an endpoint needs them
) STRICT;
CREATE UNIQUE INDEX event_once ON event (app_id, id, verified);
CREATE INDEX event_by_app ON event (app_id, received_at);
CREATE INDEX event_with_body ON event (app_id, received_at) WHERE body IS NOT NULL;

-- Where events with a value in their context are. The digest needs a key that is not in the database.
CREATE TABLE event_key (
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (app_id, key, digest, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_key_by_event ON event_key (seq);

-- Open work only: a walk over the endpoints would otherwise read all that has ended.
CREATE TABLE outbox (
    endpoint_id TEXT NOT NULL,
    seq INTEGER NOT NULL, -- the event's
    at INTEGER NOT NULL, -- it cannot be taken before: its time, or the end of the lease
    attempt INTEGER NOT NULL, -- the number of times it was taken: a result counts for the last one only
    tries INTEGER NOT NULL, -- the place in the schedule
    round INTEGER NOT NULL, -- how often it was replayed
    since INTEGER NOT NULL, -- the begin of the round
    holder TEXT, -- the server that has taken it, while it has
    PRIMARY KEY (endpoint_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (endpoint_id, at, seq);
CREATE INDEX outbox_leased ON outbox (endpoint_id, at) WHERE holder IS NOT NULL;

CREATE TABLE ended (
    endpoint_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    round INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    status INTEGER,
    took_ms INTEGER,
    PRIMARY KEY (endpoint_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_by_outcome ON ended (endpoint_id, outcome, seq);

-- Attempts worth keeping: those that failed.
CREATE TABLE attempt (
    endpoint_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    result TEXT NOT NULL,
    status INTEGER,
    address TEXT,
    answer BLOB, -- the begin of the body
    PRIMARY KEY (endpoint_id, seq, attempt)
) STRICT, WITHOUT ROWID;

-- How many events and deliveries came to what.
CREATE TABLE tally (
    app_id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL, -- '': what came in
    day INTEGER NOT NULL, -- since the epoch; 0: all that are long ago
    outcome TEXT NOT NULL, -- accepted, known; how a delivery ended
    reason TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (app_id, endpoint_id, day, outcome, reason)
) STRICT, WITHOUT ROWID;

-- Secrets with which backends send events, and do nothing else. Not in `token`, where an older server would take one for
-- the token of a publisher.
CREATE TABLE event_token (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,
    name TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER -- to the minute
) STRICT;
CREATE INDEX event_token_by_app ON event_token (app_id);
