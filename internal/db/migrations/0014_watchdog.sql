-- +goose Up
CREATE TABLE watchdog (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  looked_at BIGINT  NOT NULL DEFAULT 0,
  next_at   BIGINT  NOT NULL, -- when to look again
  clean     INTEGER NOT NULL DEFAULT 0, -- looks without a finding in a row
  incident  BIGINT  NOT NULL DEFAULT 0, -- the open one about findings; 0: none
  findings  TEXT    NOT NULL DEFAULT '[]' -- JSON
);
INSERT INTO watchdog (id, next_at) VALUES (1, 1);
