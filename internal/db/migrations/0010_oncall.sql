-- +goose Up

-- One row. version grows with every change of a schedule or cover, people with
-- every change of who can be on call; compiled schedules are kept by them.
CREATE TABLE oncall_state (
  id      INTEGER NOT NULL PRIMARY KEY,
  version BIGINT  NOT NULL,
  people  BIGINT  NOT NULL
);
INSERT INTO oncall_state (id, version, people) VALUES (1, 0, 0);

-- Schedules. spec is the JSON of oncall.Spec with people by key (USR-17).
-- deleted_at is 0 while it is in use; seq is the state's version that wrote it.
CREATE TABLE oncall_schedule (
  name       TEXT   NOT NULL PRIMARY KEY,
  team       TEXT   NOT NULL,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  seq        BIGINT NOT NULL
);
-- only: postgres
ALTER TABLE oncall_schedule ALTER COLUMN name TYPE TEXT COLLATE "C";
CREATE INDEX oncall_schedule_team ON oncall_schedule (team, name);
CREATE INDEX oncall_schedule_seq ON oncall_schedule (seq);

-- Overrides, swaps and absences; schedule is '' for an absence. reason can be
-- personal: the digest is salted, and both go when the person is erased.
CREATE TABLE oncall_cover (
  id         BIGINT NOT NULL PRIMARY KEY,
  kind       TEXT   NOT NULL CHECK (kind IN ('override', 'swap', 'absence')),
  schedule   TEXT   NOT NULL,
  person     BIGINT NOT NULL, -- who comes; 0 for an absence
  instead    BIGINT NOT NULL, -- whose shifts, who is away; 0 = everybody's
  from_at    BIGINT NOT NULL,
  to_at      BIGINT NOT NULL,
  reason     TEXT   NOT NULL,
  by_person  BIGINT NOT NULL,
  salt       BYTEA  NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  seq        BIGINT NOT NULL,
  CHECK (from_at < to_at)
);
CREATE INDEX oncall_cover_time ON oncall_cover (schedule, to_at, id);
CREATE INDEX oncall_cover_seq ON oncall_cover (seq);
CREATE INDEX oncall_cover_person ON oncall_cover (person, to_at);
CREATE INDEX oncall_cover_instead ON oncall_cover (instead, to_at);

-- Offered swaps; numbered like covers. to_person 0: anybody. covers is a JSON
-- list of the covers that came of it.
CREATE TABLE oncall_offer (
  id          BIGINT NOT NULL PRIMARY KEY,
  schedule    TEXT   NOT NULL,
  person      BIGINT NOT NULL,
  to_person   BIGINT NOT NULL,
  from_at     BIGINT NOT NULL,
  until_at    BIGINT NOT NULL,
  return_from BIGINT NOT NULL,
  return_to   BIGINT NOT NULL,
  note        TEXT   NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'withdrawn')),
  taker       BIGINT NOT NULL,
  covers      TEXT   NOT NULL,
  salt        BYTEA  NOT NULL,
  version     BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE INDEX oncall_offer_open ON oncall_offer (state, until_at, id);
CREATE INDEX oncall_offer_person ON oncall_offer (person, until_at);

-- Secrets of calendar feeds: one for each person and schedule ('' = the
-- person's own shifts). hash is the SHA-256 of the secret.
CREATE TABLE oncall_feed (
  person     BIGINT NOT NULL,
  schedule   TEXT   NOT NULL,
  hash       BYTEA  NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person, schedule)
);
CREATE UNIQUE INDEX oncall_feed_hash ON oncall_feed (hash);
