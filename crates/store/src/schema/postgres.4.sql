-- The schema of sqlite.4.sql, which explains it.

CREATE TABLE document (
    app_id TEXT COLLATE "C" NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL CHECK (revision >= 0),
    sandbox BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (app_id, revision, sandbox)
);
-- They are compressed already.
ALTER TABLE document ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE job (
    name TEXT COLLATE "C" PRIMARY KEY,
    position TEXT NOT NULL,
    until BIGINT NOT NULL
);
