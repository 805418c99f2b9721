-- +goose Up
-- Numbers of records: the 1042 of INC-1042. PostgreSQL uses sequences and
-- reads this table only after a restore.
CREATE TABLE counter (
    kind TEXT PRIMARY KEY,
    n    BIGINT NOT NULL
);

-- Facts about this installation.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The tamper-evident log; see internal/evidence. idx is NULL until sequenced.
CREATE TABLE evidence (
    leaf_id BIGINT PRIMARY KEY,
    idx     BIGINT,
    at      BIGINT NOT NULL,
    record  TEXT   NOT NULL,
    version BIGINT NOT NULL,
    action  TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    entry   BYTEA  NOT NULL
);
CREATE UNIQUE INDEX evidence_idx ON evidence (idx);
CREATE INDEX evidence_record ON evidence (record, leaf_id);
-- only: postgres
CREATE INDEX evidence_unsequenced ON evidence (leaf_id) WHERE idx IS NULL;

CREATE TABLE evidence_tile (
    level INTEGER NOT NULL,
    n     BIGINT  NOT NULL,
    data  BYTEA   NOT NULL,
    PRIMARY KEY (level, n)
);
CREATE TABLE evidence_head (
    id   INTEGER PRIMARY KEY,
    size BIGINT NOT NULL
);
INSERT INTO evidence_head (id, size) VALUES (1, 0);

-- Work that one of several replicas does; token fences a holder that slept.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder TEXT   NOT NULL,
    token  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);

-- Answers to repeated POSTs with the same Idempotency-Key.
CREATE TABLE idempotency (
    actor   TEXT   NOT NULL,
    key     TEXT   NOT NULL,
    request BYTEA  NOT NULL,
    status  INTEGER NOT NULL,
    header  TEXT   NOT NULL,
    body    BYTEA  NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
