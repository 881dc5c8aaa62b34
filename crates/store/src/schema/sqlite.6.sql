-- Who has access: API tokens, sign-in links, sessions, and the log of their changes. Secrets are stored as their
-- SHA-256 in hexadecimal digits. `apps` is a JSON array of ids, or NULL for all.

ALTER TABLE audit ADD COLUMN credential TEXT; -- token:ID or session:ID
ALTER TABLE audit ADD COLUMN address TEXT; -- the client's IP address

CREATE TABLE token (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    apps TEXT,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE sign_in_link (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    apps TEXT,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    apps TEXT,
    began_at INTEGER NOT NULL,
    address TEXT, -- the client's when it began
    used_at INTEGER NOT NULL, -- to the minute
    idle_ms INTEGER NOT NULL, -- it ends when it was not used for so long
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE access_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    credential TEXT,
    address TEXT,
    action TEXT NOT NULL -- a JSON object
) STRICT;

ALTER TABLE app ADD COLUMN approval INTEGER NOT NULL DEFAULT 0; -- 1: one who changed the draft cannot publish it

-- Who has changed the draft since it was last published. No reference to `app`: an older server removes an app
-- without these rows.
CREATE TABLE draft_author (
    app_id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (app_id, name)
) STRICT;
-- The last one is known of each draft that was changed.
INSERT INTO draft_author (app_id, name) SELECT app_id, saved_by FROM draft WHERE version > 1;
