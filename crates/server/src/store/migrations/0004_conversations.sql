-- Conversations: the set of their members makes them what they are, and their id. Times are milliseconds here.
CREATE TABLE conversations (
    id TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (project_id, id)
);

-- `owner_id` is whom the address leads to: a subscriber, or a resource that reads nothing; of a guest, who has no address, the id.
-- An address that is deleted stays a member, so that the others keep what was said.
CREATE TABLE conversation_members (
    project_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    address_id TEXT NOT NULL,
    reads BOOLEAN NOT NULL,
    PRIMARY KEY (project_id, conversation_id, owner_id, address_id),
    FOREIGN KEY (project_id, conversation_id) REFERENCES conversations (project_id, id) ON DELETE CASCADE
);

CREATE INDEX conversation_members_by_owner ON conversation_members (project_id, owner_id);

-- `sent_ms` grows within a conversation, and no two are equal. `client_id` is the name a client gave its message, if it did.
CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    sent_ms BIGINT NOT NULL,
    subtype TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_owner_id TEXT NOT NULL,
    from_address_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    client_id TEXT,
    text TEXT,
    details TEXT NOT NULL,
    UNIQUE (project_id, conversation_id, sent_ms),
    UNIQUE (project_id, conversation_id, from_owner_id, client_id),
    FOREIGN KEY (project_id, conversation_id) REFERENCES conversations (project_id, id) ON DELETE CASCADE
);
