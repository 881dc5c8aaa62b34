-- The schema of sqlite.7.sql, which explains it.

ALTER TABLE token ADD COLUMN subject TEXT COLLATE "C";
ALTER TABLE sign_in_link ADD COLUMN subject TEXT COLLATE "C";
ALTER TABLE session ADD COLUMN subject TEXT COLLATE "C";

CREATE TABLE draft_author_subject (
    app_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (app_id, name, subject)
);

CREATE TABLE used_assertion (
    issuer TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    kept_until BIGINT NOT NULL,
    PRIMARY KEY (issuer, id)
);
CREATE INDEX used_assertion_by_end ON used_assertion (kept_until);
