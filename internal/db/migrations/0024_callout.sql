-- +goose Up

-- By what Evenkeel may call a pipeline: tokens and keys of an integration,
-- sealed with the key for secrets. has names which there are, never what they
-- hold.
CREATE TABLE change_credential (
    name       TEXT   NOT NULL PRIMARY KEY, -- of the integration
    has        TEXT   NOT NULL,             -- JSON
    sealed     BYTEA  NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
