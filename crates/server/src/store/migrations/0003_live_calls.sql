-- Legs of calls that go on, so that a server that was restarted lets their clients take them up again. `record` is JSON.
CREATE TABLE live_calls (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    subscriber_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    run TEXT NOT NULL,
    record TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, subscriber_id, call_id)
);
