-- As `tally`, with words that servers of version 8 cannot read: attempts that failed, and events for endpoints that had
-- not agreed. A server leaves words out of this table that it does not know.
CREATE TABLE later_tally (
    app_id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (app_id, endpoint_id, day, outcome, reason)
) STRICT, WITHOUT ROWID;
