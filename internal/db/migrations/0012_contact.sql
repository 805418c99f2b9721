-- +goose Up

-- How people are reached: their methods, the rules by which these are used,
-- and what the outbox needs for messages that follow each other.

-- A way to reach a person. address is sealed: a number, an address, a push
-- subscription. code is the salted digest of a code that was sent to prove it.
CREATE TABLE contact_method (
    id           BIGINT PRIMARY KEY,
    person       BIGINT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('email', 'sms', 'voice', 'webpush', 'ntfy')),
    label        TEXT NOT NULL,
    address      BYTEA NOT NULL,
    verified_at  BIGINT NOT NULL DEFAULT 0,
    code         TEXT NOT NULL DEFAULT '',
    code_sent_at BIGINT NOT NULL DEFAULT 0,
    code_tries   INTEGER NOT NULL DEFAULT 0,
    codes_sent   INTEGER NOT NULL DEFAULT 0,
    good_at      BIGINT NOT NULL DEFAULT 0,
    bad_at       BIGINT NOT NULL DEFAULT 0,
    answer       TEXT NOT NULL DEFAULT '',
    failures     INTEGER NOT NULL DEFAULT 0,
    version      BIGINT NOT NULL,
    salt         BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX contact_method_person ON contact_method (person, id);

-- A person's rules. Each priority has legs in order, a line each: "email",
-- "120 sms" (seconds after the notice), "300 voice/Work phone", "channel:ops";
-- NULL takes those of another. test_at is when the next self-test is due, 0 =
-- none is wanted.
CREATE TABLE contact_rule (
    person     BIGINT PRIMARY KEY,
    p1         TEXT NOT NULL,
    p2         TEXT,
    p3         TEXT,
    p4         TEXT,
    other      TEXT NOT NULL,
    zone       TEXT NOT NULL DEFAULT '',
    quiet_from TEXT NOT NULL DEFAULT '',
    quiet_to   TEXT NOT NULL DEFAULT '',
    test_clock TEXT NOT NULL DEFAULT '',
    test_at    BIGINT NOT NULL DEFAULT 0,
    tested_at  BIGINT NOT NULL DEFAULT 0,
    version    BIGINT NOT NULL,
    salt       BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX contact_rule_test ON contact_rule (test_at) WHERE test_at > 0;

-- What people chose before stays in force: what is urgent by P1's legs, which
-- the other priorities take when they wake somebody, and the rest by "other".
INSERT INTO contact_rule (person, p1, other, version, salt, updated_at)
    SELECT person, REPLACE(urgent, ' ', '
'), REPLACE(other, ' ', '
'), version, '', updated_at FROM notify_preference;

-- Messages can be canceled, and stand in lines: dest's legs, one after the
-- other. gather is until when a message waits to go together with others of
-- its dest; carrier is the message that went for it. cancel says why it is not
-- wanted any more.
-- only: postgres
ALTER TABLE notify_message DROP CONSTRAINT notify_message_state_check;
-- only: postgres
ALTER TABLE notify_message ADD CONSTRAINT notify_message_state_check CHECK (state IN ('queued', 'sending', 'sent', 'dead', 'canceled'));
-- only: postgres
ALTER TABLE notify_message ADD COLUMN priority TEXT NOT NULL DEFAULT '', ADD COLUMN leg INTEGER NOT NULL DEFAULT 0, ADD COLUMN after_us BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN gather BIGINT NOT NULL DEFAULT 0, ADD COLUMN carrier BIGINT NOT NULL DEFAULT 0, ADD COLUMN cancel TEXT NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE notify_attempt ADD COLUMN answer TEXT NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE notify_channel DROP CONSTRAINT notify_channel_kind_check;
-- only: postgres
ALTER TABLE notify_channel ADD CONSTRAINT notify_channel_kind_check CHECK (kind IN ('email', 'slack', 'webhook', 'ntfy', 'teams'));

-- SQLite cannot change a CHECK, so the tables are made anew. Attempts go first
-- and come back last: dropping their messages would take them along.
-- only: sqlite
CREATE TABLE notify_attempt_kept AS SELECT message, n, at, outcome, error, latency_us FROM notify_attempt;
-- only: sqlite
DROP TABLE notify_attempt;
-- only: sqlite
CREATE TABLE notify_message_new (
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
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead', 'canceled')),
    queued_at   BIGINT NOT NULL,
    promised_at BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    paced       BOOLEAN NOT NULL DEFAULT FALSE,
    lease       TEXT NOT NULL DEFAULT '',
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    priority    TEXT NOT NULL DEFAULT '',
    leg         INTEGER NOT NULL DEFAULT 0,
    after_us    BIGINT NOT NULL DEFAULT 0,
    gather      BIGINT NOT NULL DEFAULT 0,
    carrier     BIGINT NOT NULL DEFAULT 0,
    cancel      TEXT NOT NULL DEFAULT '',
    UNIQUE (key, dest)
);
-- only: sqlite
INSERT INTO notify_message_new (id, key, dest, via, record, reason, team, person, urgent, restricted, title, body, facts, salt, state, queued_at, promised_at, due_at, expires_at, ended_at, paced, lease, attempts, error)
    SELECT id, key, dest, via, record, reason, team, person, urgent, restricted, title, body, facts, salt, state, queued_at, promised_at, due_at, expires_at, ended_at, paced, lease, attempts, error FROM notify_message;
-- only: sqlite
DROP TABLE notify_message;
-- only: sqlite
ALTER TABLE notify_message_new RENAME TO notify_message;
-- only: sqlite
CREATE INDEX notify_message_due ON notify_message (urgent, due_at) WHERE state IN ('queued', 'sending');
-- only: sqlite
CREATE INDEX notify_message_promised ON notify_message (urgent, promised_at) WHERE state IN ('queued', 'sending');
-- only: sqlite
CREATE INDEX notify_message_state ON notify_message (state, id);
-- only: sqlite
CREATE INDEX notify_message_record ON notify_message (record, id);
-- only: sqlite
CREATE TABLE notify_attempt (
    message    BIGINT NOT NULL REFERENCES notify_message (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    at         BIGINT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('sent', 'failed', 'refused', 'unknown')),
    error      TEXT NOT NULL DEFAULT '',
    latency_us BIGINT NOT NULL,
    answer     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (message, n)
);
-- only: sqlite
INSERT INTO notify_attempt (message, n, at, outcome, error, latency_us) SELECT message, n, at, outcome, error, latency_us FROM notify_attempt_kept;
-- only: sqlite
DROP TABLE notify_attempt_kept;
-- only: sqlite
CREATE TABLE notify_channel_new (
    name       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('email', 'slack', 'webhook', 'ntfy', 'teams')),
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
-- only: sqlite
INSERT INTO notify_channel_new (name, kind, team, urgency, enabled, addresses, per_minute, url, secret, version, salt, created_at, updated_at)
    SELECT name, kind, team, urgency, enabled, addresses, per_minute, url, secret, version, salt, created_at, updated_at FROM notify_channel;
-- only: sqlite
DROP TABLE notify_channel;
-- only: sqlite
ALTER TABLE notify_channel_new RENAME TO notify_channel;
-- only: sqlite
CREATE INDEX notify_channel_team ON notify_channel (team, name);

-- What went lately to a dest, what is on its way, and what gathers for it.
-- Their conditions leave state out, so that no planner takes its index instead.
CREATE INDEX notify_message_went ON notify_message (dest, ended_at) WHERE ended_at > 0;
CREATE INDEX notify_message_goes ON notify_message (dest) WHERE paced = TRUE;
CREATE INDEX notify_message_gather ON notify_message (dest, urgent, carrier, id) WHERE gather > 0;
