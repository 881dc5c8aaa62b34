-- The schema of sqlite.6.sql, which explains it.

ALTER TABLE audit ADD COLUMN credential TEXT;
ALTER TABLE audit ADD COLUMN address TEXT;

CREATE TABLE token (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    apps TEXT,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE sign_in_link (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    apps TEXT,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE session (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    apps TEXT,
    began_at BIGINT NOT NULL,
    address TEXT,
    used_at BIGINT NOT NULL,
    idle_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE access_log (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    credential TEXT,
    address TEXT,
    action TEXT NOT NULL
);

ALTER TABLE app ADD COLUMN approval BIGINT NOT NULL DEFAULT 0;

CREATE TABLE draft_author (
    app_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (app_id, name)
);
INSERT INTO draft_author (app_id, name) SELECT app_id, saved_by FROM draft WHERE version > 1;
