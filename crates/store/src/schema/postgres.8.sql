-- The schema of sqlite.8.sql, which explains it.

CREATE TABLE collect (
    app_id TEXT COLLATE "C" PRIMARY KEY,
    born BIGINT NOT NULL,
    mode TEXT NOT NULL,
    body_days BIGINT NOT NULL,
    meta_days BIGINT NOT NULL,
    search_keys TEXT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE endpoint (
    id TEXT COLLATE "C" PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    target BYTEA NOT NULL,
    target_key TEXT NOT NULL,
    format TEXT NOT NULL,
    filter TEXT NOT NULL,
    consents TEXT NOT NULL,
    mapping TEXT NOT NULL,
    in_flight_max BIGINT NOT NULL,
    rate_per_minute BIGINT,
    version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_at BIGINT NOT NULL,
    state_reason TEXT NOT NULL,
    agreed TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL
);
CREATE INDEX endpoint_by_app ON endpoint (app_id, id);

CREATE TABLE endpoint_secret (
    endpoint_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    scheme TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    sealed_key TEXT NOT NULL,
    public TEXT,
    made_at BIGINT NOT NULL,
    ends_at BIGINT,
    PRIMARY KEY (endpoint_id, id)
);

CREATE TABLE endpoint_health (
    endpoint_id TEXT COLLATE "C" PRIMARY KEY,
    failures BIGINT NOT NULL,
    failing_since BIGINT,
    blocked_until BIGINT NOT NULL,
    succeeded_at BIGINT,
    failed_at BIGINT,
    last_result TEXT
);

CREATE TABLE event (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    verified BIGINT NOT NULL,
    name TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    consent TEXT NOT NULL,
    marks TEXT,
    body BYTEA,
    hit BYTEA
);
CREATE UNIQUE INDEX event_once ON event (app_id, id, verified);
CREATE INDEX event_by_app ON event (app_id, received_at);
CREATE INDEX event_with_body ON event (app_id, received_at) WHERE body IS NOT NULL;

CREATE TABLE event_key (
    app_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (app_id, key, digest, seq)
);
CREATE INDEX event_key_by_event ON event_key (seq);

CREATE TABLE outbox (
    endpoint_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    round BIGINT NOT NULL,
    since BIGINT NOT NULL,
    holder TEXT COLLATE "C",
    PRIMARY KEY (endpoint_id, seq)
);
CREATE INDEX outbox_due ON outbox (endpoint_id, at, seq);
CREATE INDEX outbox_leased ON outbox (endpoint_id, at) WHERE holder IS NOT NULL;

CREATE TABLE ended (
    endpoint_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    round BIGINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    status BIGINT,
    took_ms BIGINT,
    PRIMARY KEY (endpoint_id, seq)
);
CREATE INDEX ended_by_outcome ON ended (endpoint_id, outcome, seq);

CREATE TABLE attempt (
    endpoint_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    at BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    result TEXT NOT NULL,
    status BIGINT,
    address TEXT,
    answer BYTEA,
    PRIMARY KEY (endpoint_id, seq, attempt)
);

CREATE TABLE tally (
    app_id TEXT COLLATE "C" NOT NULL,
    endpoint_id TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (app_id, endpoint_id, day, outcome, reason)
);

CREATE TABLE event_token (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    app_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX event_token_by_app ON event_token (app_id);

-- Rows of `outbox` live for seconds.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
