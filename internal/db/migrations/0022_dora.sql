-- +goose Up

-- One change as far as it is measured; made of its row, its approvals and its
-- confirmed incidents in the transaction that changes them, and whole again by a
-- rebuild. flags is a set of bits, see fact.go: 1 reached users, 2 outcome
-- decided, 4 failed, 8 caused an incident, 16 rework, 32 brings something new,
-- 64 lead time known, 128 recovery known, 256 something said how it went,
-- 512 bypassed the gate.
CREATE TABLE dora_fact (
    change_id   BIGINT   NOT NULL PRIMARY KEY,
    at          BIGINT   NOT NULL, -- complete, or else ended
    flags       INTEGER  NOT NULL,
    lead        BIGINT   NOT NULL, -- microseconds; -1: unknown
    recovery    BIGINT   NOT NULL, -- microseconds; -1: unknown
    risk        SMALLINT NOT NULL, -- -1: unknown
    service     TEXT     NOT NULL, -- the main one
    others      TEXT     NOT NULL, -- further ones, JSON; '' when there are none
    team        TEXT     NOT NULL,
    environment TEXT     NOT NULL,
    kind        TEXT     NOT NULL,
    steps       TEXT     NOT NULL  -- approval steps, JSON; '' when there are none
);
CREATE INDEX dora_fact_at     ON dora_fact (at, change_id);
CREATE INDEX dora_fact_team   ON dora_fact (team, at, change_id);
CREATE INDEX dora_fact_failed ON dora_fact (at, change_id) WHERE (flags & 4) <> 0;
CREATE INDEX dora_fact_rework ON dora_fact (at, change_id) WHERE (flags & 16) <> 0;

-- The records behind a service's figures.
CREATE TABLE dora_service (
    service   TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    change_id BIGINT NOT NULL,
    PRIMARY KEY (service, at, change_id)
);
CREATE INDEX dora_service_of ON dora_service (change_id);

-- The facts of a UTC day that is over, packed by columns. n grows with each
-- later change to the day; data holds if sealed = n.
CREATE TABLE dora_day (
    day    BIGINT NOT NULL PRIMARY KEY, -- from 1970
    n      BIGINT NOT NULL,
    sealed BIGINT NOT NULL,
    due    BIGINT NOT NULL, -- when to seal it; 0: it is sealed
    data   BYTEA  NOT NULL
);
CREATE INDEX dora_day_due ON dora_day (due) WHERE due > 0;
-- only: postgres
ALTER TABLE dora_day ALTER COLUMN data SET STORAGE EXTERNAL;

-- One row: the first day that may still be written to without saying so.
CREATE TABLE dora_clock (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    open BIGINT  NOT NULL
);
INSERT INTO dora_clock (id, open) VALUES (1, 0);

-- What went through an approval step.
CREATE INDEX change_approval_rule ON change_approval (rule, decided_at, id) WHERE decided_at > 0;
