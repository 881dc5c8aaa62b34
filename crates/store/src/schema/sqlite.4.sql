-- Compiled documents, and work that one of several servers does.

CREATE TABLE document (
    -- Servers that do not know this table delete apps, too.
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL CHECK (revision >= 0), -- 0: no code
    sandbox BLOB NOT NULL, -- the fingerprint of whatever else went into the document
    made_at INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (app_id, revision, sandbox)
) STRICT;

CREATE TABLE job (
    name TEXT PRIMARY KEY,
    position TEXT NOT NULL, -- how far it is
    until INTEGER NOT NULL -- a server has it until then
) STRICT;
