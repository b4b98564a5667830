-- Things that hang on a resource and go with it, such as the SIP endpoints of a subscriber. `details` is the kind's own object.
CREATE TABLE attachments (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, kind, name)
);

CREATE INDEX attachments_by_resource ON attachments (resource_id, kind, name);
