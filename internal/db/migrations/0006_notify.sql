-- +goose Up

-- A message: one notice for one recipient. dest is the recipient ("person:17",
-- "channel:ops", "nobody:payments"), via what carries it ("email",
-- "channel:ops"): the unit of health and pace. Times are microseconds.
CREATE TABLE notify_message (
    id          BIGINT PRIMARY KEY,
    key         TEXT NOT NULL,
    dest        TEXT NOT NULL,
    via         TEXT NOT NULL,
    record      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    team        TEXT NOT NULL DEFAULT '',
    person      BIGINT NOT NULL DEFAULT 0,
    urgent      BOOLEAN NOT NULL,
    restricted  BOOLEAN NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    facts       TEXT NOT NULL,
    salt        BYTEA NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead')),
    queued_at   BIGINT NOT NULL,
    promised_at BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    paced       BOOLEAN NOT NULL DEFAULT FALSE,
    lease       TEXT NOT NULL DEFAULT '',
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    UNIQUE (key, dest)
);
-- due_at of a message in state sending is the end of its lease.
CREATE INDEX notify_message_due ON notify_message (urgent, due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX notify_message_promised ON notify_message (urgent, promised_at) WHERE state IN ('queued', 'sending');
CREATE INDEX notify_message_state ON notify_message (state, id);
CREATE INDEX notify_message_record ON notify_message (record, id);

CREATE TABLE notify_attempt (
    message    BIGINT NOT NULL REFERENCES notify_message (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    at         BIGINT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('sent', 'failed', 'refused', 'unknown')),
    error      TEXT NOT NULL DEFAULT '',
    latency_us BIGINT NOT NULL,
    PRIMARY KEY (message, n)
);

-- A link acts once, for one person, one record and one verb. The token is
-- stored as SHA-256; sealed holds it encrypted while its message is not sent.
CREATE TABLE notify_link (
    hash       BYTEA PRIMARY KEY,
    message    BIGINT NOT NULL DEFAULT 0,
    person     BIGINT NOT NULL,
    record     TEXT NOT NULL,
    verb       TEXT NOT NULL,
    label      TEXT NOT NULL,
    restricted BOOLEAN NOT NULL,
    sealed     BYTEA,
    expires_at BIGINT NOT NULL,
    held_until BIGINT NOT NULL DEFAULT 0,
    used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notify_link_message ON notify_link (message);
CREATE INDEX notify_link_expires ON notify_link (expires_at);

CREATE TABLE notify_channel (
    name       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('email', 'slack', 'webhook')),
    team       TEXT NOT NULL,
    urgency    TEXT NOT NULL CHECK (urgency IN ('all', 'urgent', 'quiet')),
    enabled    BOOLEAN NOT NULL,
    addresses  TEXT NOT NULL,
    per_minute INTEGER NOT NULL,
    url        BYTEA,
    secret     BYTEA,
    version    BIGINT NOT NULL,
    salt       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX notify_channel_team ON notify_channel (team, name);

-- What delivery knows about a via: its health, and from when it may be used
-- again (the theoretical arrival times of its two lanes).
CREATE TABLE notify_via (
    via          TEXT PRIMARY KEY,
    good_at      BIGINT NOT NULL DEFAULT 0,
    bad_at       BIGINT NOT NULL DEFAULT 0,
    error        TEXT NOT NULL DEFAULT '',
    failures     INTEGER NOT NULL DEFAULT 0,
    urgent_free  BIGINT NOT NULL DEFAULT 0,
    all_free     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE notify_preference (
    person     BIGINT PRIMARY KEY,
    urgent     TEXT NOT NULL,
    other      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
