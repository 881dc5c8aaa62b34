-- The schema of sqlite.5.sql, which explains it.

CREATE TABLE preview_link (
    id TEXT COLLATE "C" PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX preview_link_by_app ON preview_link (app_id, made_at);

CREATE TABLE preview_ticket (
    secret_hash TEXT COLLATE "C" PRIMARY KEY,
    link_id TEXT COLLATE "C" NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX preview_ticket_by_link ON preview_ticket (link_id);
