-- +goose Up

-- Which change is suspected of an incident, or is its cause (caused_by). Only
-- confirmed ones count anywhere. place and latest are the places at which it was
-- first listed, by the ranking and by time alone: what the ranking is measured by.
CREATE TABLE change_cause (
    incident_id BIGINT   NOT NULL,
    change_id   BIGINT   NOT NULL,
    state       TEXT     NOT NULL, -- suggested | confirmed | rejected
    rule        TEXT     NOT NULL, -- ranked | taken back | person: who says the state
    person      BIGINT   NOT NULL, -- 0: a rule
    at          BIGINT   NOT NULL, -- of the state
    note        TEXT     NOT NULL, -- a person's reason
    rank        SMALLINT NOT NULL, -- on the list now, from 1; 0: not on it
    score       SMALLINT NOT NULL, -- 0 to 100
    relation    TEXT     NOT NULL, -- same | needs | needed by | shares
    steps       SMALLINT NOT NULL,
    reasons     TEXT     NOT NULL, -- JSON
    listed_at   BIGINT   NOT NULL, -- first; 0: never
    place       SMALLINT NOT NULL,
    latest      SMALLINT NOT NULL,
    salt        BYTEA    NOT NULL, -- of digests in the evidence log
    PRIMARY KEY (incident_id, change_id)
);
CREATE INDEX change_cause_of        ON change_cause (change_id, incident_id);
CREATE INDEX change_cause_confirmed ON change_cause (at, incident_id, change_id) WHERE state = 'confirmed';

-- When suspects of an incident are looked for again.
CREATE TABLE change_look (
    incident_id BIGINT   NOT NULL PRIMARY KEY,
    service     TEXT     NOT NULL, -- the main one that broke
    began_at    BIGINT   NOT NULL,
    looks       SMALLINT NOT NULL, -- how often it was looked for by plan
    turn        BIGINT   NOT NULL, -- grows with every write, so that two replicas do not do one look
    next_at     BIGINT   NOT NULL  -- 0: not any more
);
CREATE INDEX change_look_due     ON change_look (next_at) WHERE next_at > 0;
CREATE INDEX change_look_service ON change_look (service, began_at);
