-- Links that show the draft of an app to their holders, and the one-use addresses of its document. Secrets are
-- stored as their SHA-256 in hexadecimal digits. No reference to `app`: an older server deletes an app without
-- these rows, which end by themselves.

CREATE TABLE preview_link (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX preview_link_by_app ON preview_link (app_id, made_at);

CREATE TABLE preview_ticket (
    secret_hash TEXT PRIMARY KEY,
    link_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX preview_ticket_by_link ON preview_ticket (link_id);
