-- +goose Up

-- Epochs of the evidence log. The first begins with the log, a further one
-- with every restore from a backup. size and root are the log's before it.
CREATE TABLE evidence_epoch (
    epoch      BIGINT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    root       TEXT   NOT NULL,
    key        TEXT   NOT NULL, -- verifier key that its checkpoints are signed with
    reason     TEXT   NOT NULL
);

-- Signed checkpoints. tail holds, for the newest one only, the leaf hashes of
-- the tile that was unfinished when it was signed.
CREATE TABLE evidence_checkpoint (
    size  BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    root  TEXT   NOT NULL,
    at    BIGINT NOT NULL,
    note  TEXT   NOT NULL,
    tail  BYTEA,
    PRIMARY KEY (size, epoch)
);
CREATE INDEX evidence_checkpoint_tail ON evidence_checkpoint (size) WHERE tail IS NOT NULL;

-- Where checkpoints are published, and how that goes.
CREATE TABLE evidence_publish (
    target   TEXT PRIMARY KEY,
    size     BIGINT NOT NULL DEFAULT 0, -- of the last checkpoint published
    at       BIGINT NOT NULL DEFAULT 0, -- when it was
    error    TEXT   NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0, -- since then
    next_at  BIGINT NOT NULL DEFAULT 0
);

-- Checks of the log, newest last; old ones are swept.
CREATE TABLE evidence_check (
    id      BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    took_us BIGINT NOT NULL,
    whole   BOOLEAN NOT NULL, -- all entries and records, not only what is new
    ok      BOOLEAN NOT NULL,
    size    BIGINT NOT NULL,
    root    TEXT   NOT NULL,
    report  TEXT   NOT NULL   -- JSON
);
CREATE INDEX evidence_check_whole ON evidence_check (whole, id);

-- Retention: when each policy sweeps next and what it has dropped.
CREATE TABLE retention_sweep (
    policy  TEXT PRIMARY KEY,
    last_at BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    dropped BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX retention_sweep_next ON retention_sweep (next_at);
