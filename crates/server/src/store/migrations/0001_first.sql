-- Times are seconds since 1970. Ids are UUIDs in text form. Hashes are base64url. JSON is text.
-- Only types and clauses that SQLite and PostgreSQL share.

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE project_tokens (
    hash TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);

CREATE INDEX project_tokens_by_project ON project_tokens (project_id);

-- Whatever a project owns. `details` is the kind's own object.
CREATE TABLE resources (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, kind, name)
);

CREATE INDEX resources_by_name ON resources (project_id, name, id);

-- What a subscriber is found by, and what must not leave the store.
CREATE TABLE subscribers (
    id TEXT PRIMARY KEY REFERENCES resources (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    reference TEXT NOT NULL,
    email TEXT,
    password_hash TEXT,
    UNIQUE (project_id, reference)
);

CREATE INDEX subscribers_by_email ON subscribers (email);

CREATE TABLE embed_tokens (
    hash TEXT PRIMARY KEY,
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE
);

CREATE INDEX embed_tokens_by_resource ON embed_tokens (resource_id);

-- `name` is the context path, `slug` its last part.
CREATE TABLE addresses (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    display_name TEXT NOT NULL,
    locked BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, name)
);

CREATE INDEX addresses_by_slug ON addresses (project_id, slug);
CREATE INDEX addresses_by_resource ON addresses (resource_id);

-- Chains of refresh tokens: `generation` is the place in force.
CREATE TABLE refresh_families (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL
);

CREATE INDEX refresh_families_by_expiry ON refresh_families (expires_at);

-- What the server remembers about itself.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
