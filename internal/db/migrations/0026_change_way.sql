-- +goose Up

-- What is on its way or planned on a service, asked by every gate about all
-- services around a change: nearly all open changes only wait to be allowed.
--
-- On SQLite the small tables that a gate reads and writes are stored in the
-- order of their keys: a look-up reads one page instead of two, a new row goes
-- to one tree less.
-- only: postgres
ALTER TABLE change_service ADD COLUMN on_way BOOLEAN NOT NULL DEFAULT FALSE;
-- only: postgres
UPDATE change_service SET on_way = TRUE WHERE is_open = TRUE AND change_id IN (SELECT id FROM change WHERE is_open = TRUE AND (started_at > 0 OR planned_from > 0));
-- only: sqlite
CREATE TABLE change_service_new (
    service   TEXT    NOT NULL,
    change_id BIGINT  NOT NULL,
    is_open   BOOLEAN NOT NULL, -- as the change's
    from_at   BIGINT  NOT NULL, -- started, or else planned, or else made
    on_way    BOOLEAN NOT NULL DEFAULT FALSE, -- open, and started or planned
    PRIMARY KEY (service, change_id)
) WITHOUT ROWID;
-- only: sqlite
INSERT INTO change_service_new (service, change_id, is_open, from_at, on_way)
    SELECT s.service, s.change_id, s.is_open, s.from_at, COALESCE(s.is_open = TRUE AND (c.started_at > 0 OR c.planned_from > 0), FALSE) FROM change_service s LEFT JOIN change c ON c.id = s.change_id;
-- only: sqlite
DROP TABLE change_service;
-- only: sqlite
ALTER TABLE change_service_new RENAME TO change_service;
-- only: sqlite
CREATE INDEX change_service_open ON change_service (service, change_id) WHERE is_open = TRUE;
-- only: sqlite
CREATE INDEX change_service_time ON change_service (service, from_at, change_id);
-- only: sqlite
CREATE INDEX change_service_of   ON change_service (change_id);
CREATE INDEX change_service_way  ON change_service (service, change_id) WHERE on_way = TRUE;

-- only: sqlite
CREATE TABLE change_word_new (
    word      BYTEA  NOT NULL,
    change_id BIGINT NOT NULL,
    PRIMARY KEY (word, change_id)
) WITHOUT ROWID;
-- only: sqlite
INSERT INTO change_word_new (word, change_id) SELECT word, change_id FROM change_word;
-- only: sqlite
DROP TABLE change_word;
-- only: sqlite
ALTER TABLE change_word_new RENAME TO change_word;

-- only: sqlite
CREATE TABLE change_stamp_new (
    service TEXT   NOT NULL PRIMARY KEY,
    n       BIGINT NOT NULL
) WITHOUT ROWID;
-- only: sqlite
INSERT INTO change_stamp_new (service, n) SELECT service, n FROM change_stamp;
-- only: sqlite
DROP TABLE change_stamp;
-- only: sqlite
ALTER TABLE change_stamp_new RENAME TO change_stamp;

-- only: sqlite
CREATE TABLE change_past_new (
    kind      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    changes   BIGINT NOT NULL,
    failed    BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    proven_at BIGINT NOT NULL, -- a rollback by itself last worked
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
-- only: sqlite
INSERT INTO change_past_new (kind, name, changes, failed, last_at, proven_at) SELECT kind, name, changes, failed, last_at, proven_at FROM change_past;
-- only: sqlite
DROP TABLE change_past;
-- only: sqlite
ALTER TABLE change_past_new RENAME TO change_past;
