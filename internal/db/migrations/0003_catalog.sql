-- +goose Up

-- Services. links is a JSON list of {kind, title, url}. updated_at moves with
-- version.
CREATE TABLE service (
  name       TEXT    NOT NULL PRIMARY KEY,
  title      TEXT    NOT NULL,
  team       TEXT    NOT NULL REFERENCES team (name),
  tier       INTEGER NOT NULL,
  lifecycle  TEXT    NOT NULL,
  promise    TEXT    NOT NULL,
  links      TEXT    NOT NULL,
  version    BIGINT  NOT NULL,
  created_at BIGINT  NOT NULL,
  updated_at BIGINT  NOT NULL
);
-- Names are ASCII and listed by prefix: compare bytes, as SQLite does.
-- only: postgres
ALTER TABLE service ALTER COLUMN name TYPE TEXT COLLATE "C";
CREATE INDEX service_team ON service (team, name);
CREATE INDEX service_tier ON service (tier, name);
CREATE INDEX service_lifecycle ON service (lifecycle, name);

-- Every word that means a service: its name (own = TRUE) and its aliases, in
-- lower case. One key for both, so that no two services can claim a word.
CREATE TABLE service_word (
  word    TEXT    NOT NULL PRIMARY KEY,
  service TEXT    NOT NULL REFERENCES service (name),
  own     BOOLEAN NOT NULL
);
-- only: postgres
ALTER TABLE service_word ALTER COLUMN word TYPE TEXT COLLATE "C";
CREATE INDEX service_word_service ON service_word (service, word);

-- Business calendars; spec is the JSON of calendar.Spec.
CREATE TABLE calendar (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- only: postgres
ALTER TABLE calendar ALTER COLUMN name TYPE TEXT COLLATE "C";

-- What is managed in git. kind is the prefix of the record's key.
CREATE TABLE code_managed (
  kind       TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  source     TEXT   NOT NULL,
  git_commit TEXT   NOT NULL,
  applied_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
);
-- only: postgres
ALTER TABLE code_managed ALTER COLUMN name TYPE TEXT COLLATE "C";

-- The row that applies lock, so that they take turns.
INSERT INTO code_managed (kind, name, source, git_commit, applied_at) VALUES ('', '', '', '', 0);

-- Applies that changed something.
CREATE TABLE code_apply (
  id         BIGINT  NOT NULL PRIMARY KEY,
  at         BIGINT  NOT NULL,
  actor      TEXT    NOT NULL,
  person     BIGINT  NOT NULL,
  source     TEXT    NOT NULL,
  git_commit TEXT    NOT NULL,
  created    INTEGER NOT NULL,
  changed    INTEGER NOT NULL,
  adopted    INTEGER NOT NULL,
  removed    INTEGER NOT NULL
);
