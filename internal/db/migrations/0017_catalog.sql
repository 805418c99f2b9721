-- +goose Up

-- The portfolio: what a service is for, who answers for what, what it costs
-- and what it needs, as JSON of catalog.Portfolio. People stand in it as
-- USR-17, never by name.
ALTER TABLE service ADD COLUMN portfolio TEXT NOT NULL DEFAULT '{}';

-- Scorecards that were written here; spec is the JSON of scorecard.Spec.
-- Those that come with the program stand in the program.
CREATE TABLE scorecard (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- only: postgres
ALTER TABLE scorecard ALTER COLUMN name TYPE TEXT COLLATE "C";

-- How a service stands by a scorecard that applies to it. level: 0 none,
-- 1 bronze, 2 silver, 3 gold; checks is the JSON of the results.
CREATE TABLE scorecard_state (
  service TEXT    NOT NULL,
  card    TEXT    NOT NULL,
  level   INTEGER NOT NULL,
  passed  INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  checks  TEXT    NOT NULL,
  at      BIGINT  NOT NULL,
  PRIMARY KEY (service, card)
);
-- only: postgres
ALTER TABLE scorecard_state ALTER COLUMN service TYPE TEXT COLLATE "C";

-- One result a day, for trends. day counts from 1970-01-01, UTC.
CREATE TABLE scorecard_result (
  service TEXT    NOT NULL,
  card    TEXT    NOT NULL,
  day     INTEGER NOT NULL,
  level   INTEGER NOT NULL,
  passed  INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  PRIMARY KEY (service, card, day)
);
CREATE INDEX scorecard_result_day ON scorecard_result (day);

-- When services are measured next, and after which service the round goes on.
CREATE TABLE scorecard_round (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  next_at BIGINT NOT NULL,
  after   TEXT   NOT NULL DEFAULT '',
  turn    BIGINT NOT NULL DEFAULT 0
);
INSERT INTO scorecard_round (id, next_at) VALUES (1, 1);
