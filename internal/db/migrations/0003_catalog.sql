-- +goose Up

-- Services. links is a JSON list of {kind, title, url}. updated_at moves with
-- version.
CREATE TABLE services (
  name       TEXT    NOT NULL PRIMARY KEY,
  title      TEXT    NOT NULL,
  team       TEXT    NOT NULL REFERENCES teams (name),
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
ALTER TABLE services ALTER COLUMN name TYPE TEXT COLLATE "C";
CREATE INDEX services_team ON services (team, name);
CREATE INDEX services_tier ON services (tier, name);
CREATE INDEX services_lifecycle ON services (lifecycle, name);

-- Every word that means a service: its name (own = TRUE) and its aliases, in
-- lower case. One key for both, so that no two services can claim a word.
CREATE TABLE service_words (
  word    TEXT    NOT NULL PRIMARY KEY,
  service TEXT    NOT NULL REFERENCES services (name),
  own     BOOLEAN NOT NULL
);
-- only: postgres
ALTER TABLE service_words ALTER COLUMN word TYPE TEXT COLLATE "C";
CREATE INDEX service_words_service ON service_words (service, word);

-- Business calendars; spec is the JSON of calendar.Spec.
CREATE TABLE calendars (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- only: postgres
ALTER TABLE calendars ALTER COLUMN name TYPE TEXT COLLATE "C";

-- What is managed in git. kind is the prefix of the record's key.
CREATE TABLE managed (
  kind       TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  source     TEXT   NOT NULL,
  git_commit TEXT   NOT NULL,
  applied_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
);
-- only: postgres
ALTER TABLE managed ALTER COLUMN name TYPE TEXT COLLATE "C";

-- The row that applies lock, so that they take turns.
INSERT INTO managed (kind, name, source, git_commit, applied_at) VALUES ('', '', '', '', 0);

-- Applies that changed something.
CREATE TABLE applies (
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
