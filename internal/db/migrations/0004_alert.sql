-- Alerts: integrations, alerts and their episodes, rules, silences.
-- Times are microseconds since 1970 UTC, 0 = unset.

-- +goose Up
CREATE TABLE integration (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL UNIQUE,
  kind          TEXT    NOT NULL,
  title         TEXT    NOT NULL DEFAULT '',
  service       TEXT    NOT NULL DEFAULT '',
  team          TEXT    NOT NULL DEFAULT '',
  beat_interval BIGINT  NOT NULL DEFAULT 0, -- seconds
  beat_grace    BIGINT  NOT NULL DEFAULT 0, -- seconds
  severity      TEXT    NOT NULL DEFAULT '',
  disabled      BOOLEAN NOT NULL DEFAULT FALSE,
  version       BIGINT  NOT NULL,
  created_at    BIGINT  NOT NULL
);
-- only: postgres
ALTER TABLE integration ALTER COLUMN id TYPE BIGINT;

-- Tokens are stored as SHA-256. A rotated token keeps working until expires_at.
CREATE TABLE integration_token (
  hash           BYTEA  PRIMARY KEY,
  integration_id BIGINT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  created_at     BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX integration_token_of ON integration_token (integration_id);

-- What changes often about an integration, apart from what people edit.
CREATE TABLE integration_state (
  integration_id BIGINT  PRIMARY KEY REFERENCES integration (id) ON DELETE CASCADE,
  seen_at        BIGINT  NOT NULL DEFAULT 0, -- last accepted events, to the minute
  beat_at        BIGINT  NOT NULL DEFAULT 0, -- last heartbeat
  silent         BOOLEAN NOT NULL DEFAULT FALSE,
  next_at        BIGINT  NOT NULL DEFAULT 0  -- when silence becomes an alert
);
CREATE INDEX integration_state_due ON integration_state (next_at) WHERE next_at > 0;

-- One row: every change of integrations, rules or silences counts it up, so
-- that cached policy can be checked inside the deciding transaction.
CREATE TABLE alert_policy (
  id      INTEGER PRIMARY KEY,
  version BIGINT  NOT NULL
);
INSERT INTO alert_policy (id, version) VALUES (1, 1);

CREATE TABLE alert_rule (
  id           INTEGER PRIMARY KEY,
  name         TEXT    NOT NULL UNIQUE,
  description  TEXT    NOT NULL DEFAULT '',
  position     BIGINT  NOT NULL,
  matchers     TEXT    NOT NULL, -- JSON array of texts
  service      TEXT    NOT NULL DEFAULT '',
  team         TEXT    NOT NULL DEFAULT '',
  priority     BIGINT  NOT NULL DEFAULT 0,
  group_by     TEXT    NOT NULL, -- JSON array of texts
  window_s     BIGINT  NOT NULL,
  reopen_s     BIGINT  NOT NULL,
  page         BOOLEAN NOT NULL,
  page_on_join BOOLEAN NOT NULL,
  auto_close   BOOLEAN NOT NULL,
  quiet        BOOLEAN NOT NULL,
  disabled     BOOLEAN NOT NULL,
  version      BIGINT  NOT NULL
);
-- only: postgres
ALTER TABLE alert_rule ALTER COLUMN id TYPE BIGINT;
CREATE INDEX alert_rule_position ON alert_rule (position, id);

CREATE TABLE silence (
  id         INTEGER PRIMARY KEY,
  kind       TEXT   NOT NULL,
  matchers   TEXT   NOT NULL, -- JSON array of texts
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  author_id  BIGINT NOT NULL,
  comment    TEXT   NOT NULL DEFAULT '',
  salt       BYTEA  NOT NULL,
  created_at BIGINT NOT NULL,
  expired_at BIGINT NOT NULL DEFAULT 0,
  next_at    BIGINT NOT NULL DEFAULT 0,      -- its start, then its end, then 0
  version    BIGINT NOT NULL
);
-- only: postgres
ALTER TABLE silence ALTER COLUMN id TYPE BIGINT;
CREATE INDEX silence_due ON silence (next_at) WHERE next_at > 0;
CREATE INDEX silence_ends ON silence (ends_at, id);

-- The identity of an alert and what is known of it now. sort_key orders every
-- list: firing ones first, by severity and newest; then resolved ones, newest
-- first (list.go).
CREATE TABLE alert (
  id             INTEGER PRIMARY KEY,
  integration_id BIGINT  NOT NULL REFERENCES integration (id),
  dedup          TEXT    NOT NULL,
  status         TEXT    NOT NULL,
  severity       BIGINT  NOT NULL, -- 1 critical to 4 info
  sort_key       BIGINT  NOT NULL,
  summary        TEXT    NOT NULL,
  source         TEXT    NOT NULL,
  service        TEXT    NOT NULL,
  team           TEXT    NOT NULL,
  rule           TEXT    NOT NULL, -- name; '' = the catch-all
  unrouted       BOOLEAN NOT NULL,
  quiet          BOOLEAN NOT NULL,
  silence_id     BIGINT  NOT NULL DEFAULT 0,
  episode_id     BIGINT  NOT NULL,
  started_at     BIGINT  NOT NULL,
  ended_at       BIGINT  NOT NULL DEFAULT 0,
  closed_at      BIGINT  NOT NULL DEFAULT 0, -- when we heard of the end
  ended_by       TEXT    NOT NULL DEFAULT '',
  event_at       BIGINT  NOT NULL DEFAULT 0, -- newest time said by a sender without firing identity
  acked_at       BIGINT  NOT NULL DEFAULT 0,
  next_at        BIGINT  NOT NULL DEFAULT 0, -- announced end
  count          BIGINT  NOT NULL,           -- events in the current or last episode
  total          BIGINT  NOT NULL,
  first_seen     BIGINT  NOT NULL,
  last_seen      BIGINT  NOT NULL,
  flips          BYTEA   NOT NULL,
  flapping_until BIGINT  NOT NULL DEFAULT 0,
  recent         BYTEA   NOT NULL,
  content        BIGINT  NOT NULL, -- hash of all a sender told, to see whether a repeat brings news
  labels         TEXT    NOT NULL, -- JSON object
  annotations    TEXT    NOT NULL, -- JSON object
  links          TEXT    NOT NULL, -- JSON array
  details        TEXT    NOT NULL, -- JSON, or ''
  version        BIGINT  NOT NULL,
  UNIQUE (integration_id, dedup)
);
-- only: postgres
ALTER TABLE alert ALTER COLUMN id TYPE BIGINT;
CREATE INDEX alert_list ON alert (sort_key, id);
CREATE INDEX alert_service ON alert (service, sort_key, id);
CREATE INDEX alert_integration ON alert (integration_id, sort_key, id);
CREATE INDEX alert_unrouted ON alert (sort_key, id) WHERE unrouted = TRUE AND status = 'firing';
CREATE INDEX alert_silenced ON alert (sort_key, id) WHERE silence_id > 0;
CREATE INDEX alert_silence ON alert (silence_id, id) WHERE silence_id > 0;
CREATE INDEX alert_flapping ON alert (flapping_until, id) WHERE flapping_until > 0;
CREATE INDEX alert_due ON alert (next_at) WHERE next_at > 0;

CREATE TABLE alert_episode (
  id          INTEGER PRIMARY KEY,
  alert_id    BIGINT NOT NULL,
  severity    BIGINT NOT NULL,
  summary     TEXT   NOT NULL,
  service     TEXT   NOT NULL,
  rule        TEXT   NOT NULL,
  group_key   TEXT   NOT NULL,
  group_text  TEXT   NOT NULL,
  incident_id BIGINT NOT NULL DEFAULT 0,
  silence_id  BIGINT NOT NULL DEFAULT 0,
  started_at  BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL DEFAULT 0,
  opened_at   BIGINT NOT NULL,
  closed_at   BIGINT NOT NULL DEFAULT 0,
  ended_by    TEXT   NOT NULL DEFAULT '',
  count       BIGINT NOT NULL DEFAULT 0
);
-- only: postgres
ALTER TABLE alert_episode ALTER COLUMN id TYPE BIGINT;
CREATE INDEX alert_episode_of ON alert_episode (alert_id, id);
CREATE INDEX alert_episode_incident ON alert_episode (incident_id, id) WHERE incident_id > 0;
-- What retention may forget: ended firings that no incident tells of.
CREATE INDEX alert_episode_closed ON alert_episode (closed_at) WHERE incident_id = 0 AND closed_at > 0;
