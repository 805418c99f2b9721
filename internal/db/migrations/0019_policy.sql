-- +goose Up

-- Versions of the policy for changes. Modules never change; state does, by a
-- person: draft | active | shadow | retired. While none is active, the policy
-- that comes with the program is.
CREATE TABLE policy_version (
    id           BIGINT  NOT NULL PRIMARY KEY,
    version      BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    modules      TEXT    NOT NULL, -- JSON: file name to Rego
    digest       TEXT    NOT NULL, -- of the modules
    tests        INTEGER NOT NULL, -- rules named test_ that passed
    note         TEXT    NOT NULL, -- what it is for, by who made it
    reason       TEXT    NOT NULL, -- of the last change of state
    commit_sha   TEXT    NOT NULL, -- that it was applied from
    made_by      BIGINT  NOT NULL, -- person; 0: a token, or everything as code
    decided_by   BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    decided_at   BIGINT  NOT NULL,
    activated_at BIGINT  NOT NULL, -- last time
    salt         BYTEA   NOT NULL  -- of the digest: note and reason are people's texts
);
CREATE UNIQUE INDEX policy_version_active ON policy_version (state) WHERE state = 'active';
CREATE UNIQUE INDEX policy_version_shadow ON policy_version (state) WHERE state = 'shadow';
