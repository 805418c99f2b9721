-- +goose Up

-- One row per incident. Times are microseconds since 1970 UTC, 0 = not happened.
-- steps is the input of the clocks (JSON); trail is the head of the chain over
-- the timeline's digests; salt makes the digests in the evidence log erasable.
CREATE TABLE incident (
    id              INTEGER  NOT NULL PRIMARY KEY, -- SQLite: the row's own number
    version         BIGINT   NOT NULL,
    revision        BIGINT   NOT NULL,
    title           TEXT     NOT NULL,
    summary         TEXT     NOT NULL,
    state           TEXT     NOT NULL,
    is_open         BOOLEAN  NOT NULL,
    priority        SMALLINT NOT NULL,
    impact          SMALLINT NOT NULL,
    urgency         SMALLINT NOT NULL,
    priority_why    TEXT     NOT NULL,
    alert_priority  SMALLINT NOT NULL,
    service         TEXT     NOT NULL,
    team            TEXT     NOT NULL,
    tier            SMALLINT NOT NULL,
    origin          TEXT     NOT NULL,
    reporter        BIGINT   NOT NULL,
    rule            TEXT     NOT NULL,
    group_key       TEXT     NOT NULL,
    restricted      BOOLEAN  NOT NULL,
    waiting         TEXT     NOT NULL,
    how             TEXT     NOT NULL,
    reason          TEXT     NOT NULL,
    merged_into     BIGINT   NOT NULL,
    parent          BIGINT   NOT NULL,
    war_room        TEXT     NOT NULL,
    commander       BIGINT   NOT NULL,
    operations      BIGINT   NOT NULL,
    communications  BIGINT   NOT NULL,
    scribe          BIGINT   NOT NULL,
    started_at      BIGINT   NOT NULL,
    triggered_at    BIGINT   NOT NULL,
    acknowledged_at BIGINT   NOT NULL,
    mitigated_at    BIGINT   NOT NULL,
    resolved_at     BIGINT   NOT NULL,
    closed_at       BIGINT   NOT NULL,
    updated_at      BIGINT   NOT NULL,
    reopened        INTEGER  NOT NULL,
    reassigned      INTEGER  NOT NULL,
    alerts          INTEGER  NOT NULL,
    alerts_firing   INTEGER  NOT NULL,
    last_alert_at   BIGINT   NOT NULL,
    auto_resolve    BOOLEAN  NOT NULL,
    updates         INTEGER  NOT NULL,
    persistent      TEXT     NOT NULL,
    next_at         BIGINT   NOT NULL,
    matrix          TEXT     NOT NULL,
    steps           TEXT     NOT NULL,
    entries         INTEGER  NOT NULL,
    trail           TEXT     NOT NULL,
    salt            BYTEA    NOT NULL
);
-- only: postgres
ALTER TABLE incident ALTER COLUMN id TYPE BIGINT;

-- Lists read one priority after the other and merge, so each index ends with
-- (priority, triggered_at, id): both orders of a list come from it unsorted.
CREATE INDEX incident_newest    ON incident (priority, triggered_at, id);
CREATE INDEX incident_open      ON incident (priority, triggered_at, id) WHERE is_open = TRUE;
CREATE INDEX incident_state     ON incident (state, priority, triggered_at, id);
CREATE INDEX incident_service   ON incident (service, priority, triggered_at, id) WHERE service <> '';
CREATE INDEX incident_team      ON incident (team, priority, triggered_at, id) WHERE team <> '';
CREATE INDEX incident_commander ON incident (commander, priority, triggered_at, id) WHERE commander > 0;
CREATE INDEX incident_review    ON incident (priority, triggered_at, id) WHERE persistent <> '';
CREATE INDEX incident_due       ON incident (next_at) WHERE next_at > 0;
CREATE INDEX incident_time      ON incident (triggered_at, id);
CREATE INDEX incident_repeat    ON incident (group_key, triggered_at) WHERE group_key <> '';
CREATE INDEX incident_children  ON incident (parent, id) WHERE parent > 0;
CREATE INDEX incident_merged    ON incident (merged_into, id) WHERE merged_into > 0;

-- Which incident gathers the alerts of a grouping key. The primary key is what
-- makes "one open incident per grouping key" true when two processes race: an
-- incident that alerts open is inserted together with its row here.
CREATE TABLE incident_group (
    group_key TEXT   NOT NULL PRIMARY KEY,
    incident  BIGINT NOT NULL REFERENCES incident (id)
);
CREATE INDEX incident_group_incident ON incident_group (incident);

-- The timeline. Rows are only added; erasing a text (personal data) keeps its digest.
CREATE TABLE incident_entry (
    incident BIGINT  NOT NULL REFERENCES incident (id),
    seq      INTEGER NOT NULL,
    at       BIGINT  NOT NULL,
    kind     TEXT    NOT NULL,
    person   BIGINT  NOT NULL,
    subject  BIGINT  NOT NULL,
    tag      TEXT    NOT NULL,
    public   BOOLEAN NOT NULL,
    text     TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    corrects INTEGER NOT NULL,
    erased   BOOLEAN NOT NULL,
    digest   TEXT    NOT NULL,
    PRIMARY KEY (incident, seq)
);

-- Who takes part; holders of a role do, too. triggered_at repeats the
-- incident's, so that a person's list is read in order.
CREATE TABLE incident_person (
    incident     BIGINT NOT NULL REFERENCES incident (id),
    person       BIGINT NOT NULL,
    since        BIGINT NOT NULL,
    triggered_at BIGINT NOT NULL,
    PRIMARY KEY (incident, person)
);
CREATE INDEX incident_person_person ON incident_person (person, triggered_at, incident);

-- Who may see a restricted incident: "person:7", "role:auditor".
CREATE TABLE incident_viewer (
    incident  BIGINT NOT NULL REFERENCES incident (id),
    principal TEXT   NOT NULL,
    PRIMARY KEY (incident, principal)
);

CREATE TABLE incident_link (
    incident BIGINT NOT NULL REFERENCES incident (id),
    kind     TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    title    TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    rule     TEXT   NOT NULL,
    person   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (incident, kind, target)
);
CREATE INDEX incident_link_target ON incident_link (kind, target, incident);

-- Words of titles, for search by prefix. Bytes, because PostgreSQL's text
-- order depends on the locale and a prefix range must not.
-- only: sqlite
CREATE TABLE incident_word (
    word     BYTEA  NOT NULL,
    incident BIGINT NOT NULL,
    PRIMARY KEY (word, incident)
) WITHOUT ROWID;
-- only: postgres
CREATE TABLE incident_word (
    word     BYTEA  NOT NULL,
    incident BIGINT NOT NULL,
    PRIMARY KEY (word, incident)
);
CREATE INDEX incident_word_incident ON incident_word (incident, word);

-- Versions of priority matrices; only added. retired_at = 0 marks the one in use.
CREATE TABLE priority_matrix (
    name       TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    spec       TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE UNIQUE INDEX priority_matrix_current ON priority_matrix (name) WHERE retired_at = 0;
