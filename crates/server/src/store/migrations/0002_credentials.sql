-- What has been revoked. `kind` is token (id: its jti), subscriber, button (id: the click-to-call resource) or project. Of the last
-- three, tokens issued up to and in the second `up_to` are dead.
CREATE TABLE revocations (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    up_to BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX revocations_by_time ON revocations (created_ms);

-- The key that an unbound token was first bound to.
CREATE TABLE token_bindings (
    jti TEXT PRIMARY KEY,
    jkt TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Proofs of possession that were used, where several servers share the store.
CREATE TABLE used_proofs (
    hash TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX used_proofs_by_expiry ON used_proofs (expires_at);
