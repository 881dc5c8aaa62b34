-- Who people are beside their names, and the assertions that were used.

-- The id of a person at an issuer, as JSON: {"issuer":"https://login.example","id":"42"}; "issuer" is null if the maker of
-- a link or token has given the id. NULL: only the name is known.
ALTER TABLE token ADD COLUMN subject TEXT;
ALTER TABLE sign_in_link ADD COLUMN subject TEXT;
ALTER TABLE session ADD COLUMN subject TEXT;

-- The subjects of the authors in `draft_author`, as there; '' for none. An older server knows and removes authors by
-- their names only, so a row counts only beside one of `draft_author`.
CREATE TABLE draft_author_subject (
    app_id TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (app_id, name, subject)
) STRICT;

-- Assertions that have begun a session. Each is kept for longer than any server takes it for valid.
CREATE TABLE used_assertion (
    issuer TEXT NOT NULL,
    id TEXT NOT NULL, -- jti
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (issuer, id)
) STRICT;
CREATE INDEX used_assertion_by_end ON used_assertion (kept_until);
