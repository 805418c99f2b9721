-- +goose Up

-- What woke people is read by person and time.
CREATE INDEX notify_message_pages ON notify_message (person, queued_at) WHERE urgent = TRUE;

-- Which team was sent the report about which month ("2026-10").
CREATE TABLE health_report (
  team    TEXT    NOT NULL,
  month   TEXT    NOT NULL,
  sent_at BIGINT  NOT NULL,
  pages   INTEGER NOT NULL,
  told    BOOLEAN NOT NULL, -- FALSE: there was nothing to say
  PRIMARY KEY (team, month)
);

-- One row: when to look next whether a team's report is due.
CREATE TABLE health_clock (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  next_at BIGINT  NOT NULL
);
INSERT INTO health_clock (id, next_at) VALUES (1, 1);
