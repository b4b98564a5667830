-- Where a project's events are sent. `events` is a JSON array of filters. `secret` must be known to sign with, so it is kept as it is; after
-- it was changed the one before it is kept until `previous_until`. Times that end in `_ms` are milliseconds.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    delivered_ms BIGINT,
    error_ms BIGINT,
    error_status BIGINT,
    error_reason TEXT,
    UNIQUE (project_id, name)
);

-- What waits to be delivered, in the order of `position`, and what was given up (`given_up_ms`). What was delivered is not kept.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    -- What age is counted from: the event, or the wish to deliver it once more.
    since_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    given_up_ms BIGINT,
    status BIGINT,
    reason TEXT
);

CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, given_up_ms, position);
CREATE INDEX webhook_deliveries_given_up ON webhook_deliveries (given_up_ms);
