-- +goose Up

-- Freezes, change windows, maintenance and release trains, as people wrote
-- them. Times are microseconds since 1970 UTC.
CREATE TABLE change_window (
    name       TEXT   PRIMARY KEY,
    kind       TEXT   NOT NULL,
    spec       TEXT   NOT NULL, -- JSON
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX change_window_by_kind ON change_window (kind, name);

-- A number that grows with every edit of a window, by which replicas and
-- decisions tell one set of windows from another.
CREATE TABLE change_window_stamp (
    id BIGINT PRIMARY KEY, -- 1
    n  BIGINT NOT NULL
);
INSERT INTO change_window_stamp (id, n) VALUES (1, 0);

-- Secrets of calendar feeds: one for each person and choice of a team and a
-- service ('' = all). hash is the SHA-256 of the secret.
CREATE TABLE change_feed (
    person     BIGINT NOT NULL,
    team       TEXT   NOT NULL,
    service    TEXT   NOT NULL,
    hash       BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (person, team, service)
);
CREATE UNIQUE INDEX change_feed_hash ON change_feed (hash);
