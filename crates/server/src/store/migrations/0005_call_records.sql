-- Calls that have ended. `record` is JSON; the other columns are what is searched by. Times are milliseconds.
CREATE TABLE call_records (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT NOT NULL,
    to_number TEXT NOT NULL,
    to_address_id TEXT NOT NULL,
    status TEXT NOT NULL,
    record TEXT NOT NULL
);

CREATE INDEX call_records_by_time ON call_records (project_id, started_ms, id);
CREATE INDEX call_records_by_end ON call_records (ended_ms);
