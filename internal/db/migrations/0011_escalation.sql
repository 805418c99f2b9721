-- +goose Up

-- Escalation policies: who is told, in which order, until somebody
-- acknowledges. turns counts ladders, for steps that go round robin.
CREATE TABLE escalation_policy (
    name       TEXT   PRIMARY KEY,
    spec       TEXT   NOT NULL, -- JSON, people by key
    version    BIGINT NOT NULL,
    turns      BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Whom a policy serves: a service or a team has at most one.
CREATE TABLE escalation_serves (
    kind   TEXT NOT NULL CHECK (kind IN ('service', 'team')),
    name   TEXT NOT NULL,
    policy TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX escalation_serves_policy ON escalation_serves (policy);

-- Which policies name which others, to find circles and what an edit reaches.
CREATE TABLE escalation_nested (
    policy TEXT NOT NULL,
    inner_policy TEXT NOT NULL,
    PRIMARY KEY (policy, inner_policy)
);
CREATE INDEX escalation_nested_inner ON escalation_nested (inner_policy, policy);

-- What ladders climb by: a policy with those it names written out, as it was
-- when the first ladder began. id is a digest of the content; rows never change.
CREATE TABLE escalation_plan (
    id   TEXT PRIMARY KEY,
    plan TEXT NOT NULL -- JSON
);

-- One ladder for each incident that a policy serves. Everything it will do
-- follows from this row, so a crash loses nothing. next_at is 0 only when done.
CREATE TABLE escalation_ladder (
    incident    BIGINT  PRIMARY KEY,
    version     BIGINT  NOT NULL,
    policy      TEXT    NOT NULL,
    plan        TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('climbing', 'reminding', 'acknowledged', 'snoozed', 'done')),
    run         INTEGER NOT NULL, -- 1, 2 …: begun so often
    round       INTEGER NOT NULL, -- 0, 1 …: of the policy's repeats
    step        INTEGER NOT NULL, -- the next one, from 0
    turn        BIGINT  NOT NULL, -- for round robin
    began_at    BIGINT  NOT NULL,
    round_at    BIGINT  NOT NULL, -- when this round began
    told_at     BIGINT  NOT NULL, -- when the round last told somebody; 0 = not yet
    acked_at    BIGINT  NOT NULL,
    nudged_at   BIGINT  NOT NULL, -- when those who acknowledged were reminded
    reminders   INTEGER NOT NULL, -- sent since the last round was over
    next_at     BIGINT  NOT NULL,
    cause       TEXT    NOT NULL,
    by_person   BIGINT  NOT NULL, -- who snoozed it
    CHECK ((state = 'done') = (next_at = 0))
);
CREATE INDEX escalation_ladder_next ON escalation_ladder (next_at) WHERE next_at > 0;
CREATE INDEX escalation_ladder_plan ON escalation_ladder (plan);

-- What ladders did. The key holds two replicas from firing one step twice.
CREATE TABLE escalation_fired (
    incident BIGINT  NOT NULL,
    run      INTEGER NOT NULL,
    round    INTEGER NOT NULL,
    step     INTEGER NOT NULL, -- -1: a reminder after the last round or to those who acknowledged
    kind     TEXT    NOT NULL, -- tell, skip, empty, remind, nudge
    due_at   BIGINT  NOT NULL,
    at       BIGINT  NOT NULL,
    people   TEXT    NOT NULL, -- JSON, ids
    channels TEXT    NOT NULL, -- JSON, names
    why      TEXT    NOT NULL,
    PRIMARY KEY (incident, run, round, step)
);
CREATE INDEX escalation_fired_at ON escalation_fired (at);

-- People who were asked to help, or to take over, and what they said.
CREATE TABLE escalation_request (
    incident    BIGINT  NOT NULL,
    person      BIGINT  NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('help', 'handover')),
    state       TEXT    NOT NULL CHECK (state IN ('asked', 'accepted', 'declined', 'silent', 'over')),
    asked_by    BIGINT  NOT NULL,
    asked_at    BIGINT  NOT NULL,
    answered_at BIGINT  NOT NULL,
    reminders   INTEGER NOT NULL,
    round       INTEGER NOT NULL, -- asked so often, for the messages' keys
    next_at     BIGINT  NOT NULL,
    note        TEXT    NOT NULL,
    PRIMARY KEY (incident, person)
);
CREATE INDEX escalation_request_next ON escalation_request (next_at) WHERE next_at > 0;
CREATE INDEX escalation_request_person ON escalation_request (person, state);
