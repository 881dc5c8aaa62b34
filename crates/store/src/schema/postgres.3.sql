-- The schema of sqlite.3.sql, which explains it. Text is compared by bytes there, too.

CREATE TABLE app (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    parent_origins TEXT NOT NULL,
    jar TEXT NOT NULL,
    staging BIGINT NOT NULL,
    settings_version BIGINT NOT NULL CHECK (settings_version > 0),
    newest BIGINT NOT NULL CHECK (newest >= 0),
    live BIGINT CHECK (live BETWEEN 1 AND newest),
    staged BIGINT CHECK (staged BETWEEN 1 AND newest),
    off_at BIGINT,
    off_by TEXT,
    off_reason TEXT,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX app_by_name ON app (name, id);
CREATE INDEX app_deleted ON app (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE draft (
    app_id TEXT COLLATE "C" PRIMARY KEY REFERENCES app (id),
    version BIGINT NOT NULL CHECK (version > 0),
    saved_at BIGINT NOT NULL,
    saved_by TEXT NOT NULL,
    head BYTEA NOT NULL,
    body_end BYTEA NOT NULL
);

CREATE TABLE revision (
    app_id TEXT COLLATE "C" NOT NULL REFERENCES app (id),
    number BIGINT NOT NULL CHECK (number > 0),
    created_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    note TEXT NOT NULL,
    copy_of BIGINT,
    catalogue TEXT NOT NULL,
    diagnostics TEXT NOT NULL,
    head BYTEA NOT NULL,
    body_end BYTEA NOT NULL,
    PRIMARY KEY (app_id, number)
);

CREATE TABLE plan (
    app_id TEXT COLLATE "C" NOT NULL REFERENCES app (id),
    task TEXT NOT NULL,
    at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    planned_by TEXT NOT NULL,
    PRIMARY KEY (app_id, task)
);
CREATE INDEX plan_due ON plan (at);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    visible BIGINT NOT NULL,
    action TEXT NOT NULL
);
CREATE INDEX audit_by_app ON audit (app_id, seq);

CREATE TABLE clock (seq BIGINT NOT NULL);
INSERT INTO clock (seq) VALUES (0);
