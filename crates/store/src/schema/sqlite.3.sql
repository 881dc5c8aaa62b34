-- Drafts, numbered revisions with their history, one live and one staged revision, and the audit log.
-- Times are milliseconds since the Unix epoch. Snippets are bytes of UTF-8, since PostgreSQL's text
-- cannot hold U+0000.

ALTER TABLE revision RENAME TO old_revision;
ALTER TABLE app RENAME TO old_app;

CREATE TABLE app (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    parent_origins TEXT NOT NULL, -- a JSON array
    jar TEXT NOT NULL,
    staging INTEGER NOT NULL, -- 1: the app has a staging environment
    settings_version INTEGER NOT NULL CHECK (settings_version > 0),
    newest INTEGER NOT NULL CHECK (newest >= 0), -- the greatest revision number; 0: none yet
    live INTEGER CHECK (live BETWEEN 1 AND newest),
    staged INTEGER CHECK (staged BETWEEN 1 AND newest),
    off_at INTEGER,
    off_by TEXT,
    off_reason TEXT,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE INDEX app_by_name ON app (name, id);
CREATE INDEX app_deleted ON app (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE draft (
    app_id TEXT PRIMARY KEY REFERENCES app (id),
    version INTEGER NOT NULL CHECK (version > 0),
    saved_at INTEGER NOT NULL,
    saved_by TEXT NOT NULL,
    head BLOB NOT NULL,
    body_end BLOB NOT NULL
) STRICT;

CREATE TABLE revision (
    app_id TEXT NOT NULL REFERENCES app (id),
    number INTEGER NOT NULL CHECK (number > 0),
    created_at INTEGER NOT NULL,
    author TEXT NOT NULL,
    note TEXT NOT NULL,
    copy_of INTEGER, -- the older revision with the same content that it brought back
    catalogue TEXT NOT NULL,
    diagnostics TEXT NOT NULL, -- a JSON array
    head BLOB NOT NULL,
    body_end BLOB NOT NULL,
    PRIMARY KEY (app_id, number)
) STRICT;

CREATE TABLE plan (
    app_id TEXT NOT NULL REFERENCES app (id),
    task TEXT NOT NULL, -- publish | switch-back
    at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    planned_by TEXT NOT NULL,
    PRIMARY KEY (app_id, task)
) STRICT;
CREATE INDEX plan_due ON plan (at);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL, -- also of apps that are no longer there
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    visible INTEGER NOT NULL, -- 1: servers have to read the app again
    action TEXT NOT NULL -- a JSON object
) STRICT;
CREATE INDEX audit_by_app ON audit (app_id, seq);

-- One row: the number of the last audit entry. Its lock orders all writes, so that a reader who has seen
-- number n has seen all before it.
CREATE TABLE clock (seq INTEGER NOT NULL) STRICT;
INSERT INTO clock (seq) VALUES (0);

-- Names could have control characters, which are now rejected. They become spaces; U+0000, which `replace`
-- cannot find, ends the name; the id takes the place of an empty name.
WITH RECURSIVE clean (app_id, text, code) AS (
    SELECT id, format('%s', name), 1 FROM old_app
    WHERE instr(name, char(0))
        OR name GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
    UNION ALL
    SELECT app_id, replace(text, char(code), ' '), CASE code WHEN 31 THEN 127 ELSE code + 1 END
    FROM clean WHERE code < 160
)
UPDATE old_app SET name = COALESCE(NULLIF(trim(text), ''), id)
FROM clean WHERE app_id = id AND code = 160;

-- Every save was published. What was saved last becomes the draft, too.
INSERT INTO app
SELECT id, name, parent_origins, jar, 0, 1, newest, NULLIF(newest, 0), NULL, NULL, NULL, NULL,
    unixepoch('now') * 1000, NULL
FROM (
    SELECT *, (SELECT COALESCE(MAX(number), 0) FROM old_revision WHERE app_id = id) AS newest
    FROM old_app
);
INSERT INTO revision
SELECT app_id, number, CAST(ROUND(unixepoch(created_at, 'subsec') * 1000) AS INTEGER), 'unknown', '', NULL,
    '', '[]', CAST(head AS BLOB), CAST(body_end AS BLOB)
FROM old_revision;
INSERT INTO draft
SELECT id, 1, COALESCE(created_at, unixepoch('now') * 1000), 'unknown', COALESCE(head, X''), COALESCE(body_end, X'')
FROM (SELECT app.id, revision.* FROM app LEFT JOIN revision ON app_id = id AND number = newest);
INSERT INTO audit
SELECT ROW_NUMBER() OVER (ORDER BY id), id, unixepoch('now') * 1000, 'unknown', 1,
    json_object(
        'action', 'imported',
        'settings', json_object('name', name, 'parentOrigins', json(parent_origins), 'jar', jar, 'staging', json('false')),
        'newest', newest, 'live', live, 'staged', NULL, 'off', json('false')
    )
FROM app;
UPDATE clock SET seq = (SELECT COUNT(*) FROM audit);

DROP TABLE old_revision;
DROP TABLE old_app;
