-- +goose Up

-- One row per change. Times are microseconds since 1970 UTC, 0 = not happened.
-- salt makes the digests in the evidence log erasable (author, texts).
CREATE TABLE change (
    id             BIGINT   NOT NULL PRIMARY KEY,
    version        BIGINT   NOT NULL,
    title          TEXT     NOT NULL,
    summary        TEXT     NOT NULL,
    type           TEXT     NOT NULL,
    kind           TEXT     NOT NULL,
    purpose        TEXT     NOT NULL,
    state          TEXT     NOT NULL,
    is_open        BOOLEAN  NOT NULL,
    model          TEXT     NOT NULL,
    service        TEXT     NOT NULL, -- the main one
    services       TEXT     NOT NULL, -- all, JSON
    team           TEXT     NOT NULL, -- that owned the main service when it was made
    environment    TEXT     NOT NULL,
    repository     TEXT     NOT NULL,
    commit_sha     TEXT     NOT NULL,
    branch         TEXT     NOT NULL,
    pull_request   TEXT     NOT NULL,
    artefact       TEXT     NOT NULL,
    previous       TEXT     NOT NULL,
    link           TEXT     NOT NULL,
    author         TEXT     NOT NULL,
    author_person  BIGINT   NOT NULL,
    source         TEXT     NOT NULL,
    rollback_plan  TEXT     NOT NULL,
    rollback_ref   TEXT     NOT NULL,
    rollback_of    BIGINT   NOT NULL,
    returns        BOOLEAN  NOT NULL,
    taken_back_by  BIGINT   NOT NULL,
    decision       BIGINT   NOT NULL,
    outcome        TEXT     NOT NULL, -- of the decision
    risk           SMALLINT NOT NULL, -- -1: unknown
    risk_level     TEXT     NOT NULL,
    bypass         BOOLEAN  NOT NULL,
    waited         BIGINT   NOT NULL, -- microseconds
    created_at     BIGINT   NOT NULL,
    committed_at   BIGINT   NOT NULL,
    assessed_at    BIGINT   NOT NULL,
    requested_at   BIGINT   NOT NULL,
    approved_at    BIGINT   NOT NULL,
    planned_from   BIGINT   NOT NULL,
    planned_to     BIGINT   NOT NULL,
    started_at     BIGINT   NOT NULL,
    deployed_at    BIGINT   NOT NULL,
    verify_until   BIGINT   NOT NULL,
    ended_at       BIGINT   NOT NULL,
    recovered_at   BIGINT   NOT NULL,
    rework         BOOLEAN  NOT NULL,
    outcome_by     TEXT     NOT NULL,
    outcome_person BIGINT   NOT NULL,
    outcome_reason TEXT     NOT NULL,
    review_due     BIGINT   NOT NULL,
    reviewed_at    BIGINT   NOT NULL,
    review_by      BIGINT   NOT NULL,
    review         TEXT     NOT NULL,
    caused         INTEGER  NOT NULL, -- incidents of which it is confirmed to be the cause
    expires_at     BIGINT   NOT NULL, -- the first of its approvals
    recheck_at     BIGINT   NOT NULL, -- policy is asked again
    next_at        BIGINT   NOT NULL, -- the first of all that is due
    told           BIGINT   NOT NULL, -- reminders that went out, a set of bits
    entries        INTEGER  NOT NULL,
    trail          TEXT     NOT NULL, -- head of the chain over the entries' digests
    salt           BYTEA    NOT NULL
);

-- Lists: newest first, by state, service, team. The time line asks by started
-- or planned time.
CREATE INDEX change_by_open ON change (id) WHERE is_open = TRUE;
CREATE INDEX change_by_state ON change (state, id);
CREATE INDEX change_by_team ON change (team, id) WHERE team <> '';
CREATE INDEX change_by_started ON change (started_at, id) WHERE started_at > 0;
CREATE INDEX change_by_planned ON change (planned_from, id) WHERE planned_from > 0;
CREATE INDEX change_by_due ON change (next_at) WHERE next_at > 0;
CREATE INDEX change_by_review ON change (id) WHERE review_due > 0 AND reviewed_at = 0;
CREATE INDEX change_by_bypass ON change (id) WHERE bypass = TRUE;
CREATE INDEX change_by_bad    ON change (id) WHERE (state IN ('failed', 'rolled back') OR caused > 0);
CREATE INDEX change_by_commit ON change (commit_sha, id) WHERE commit_sha <> '';
CREATE INDEX change_by_model ON change (model, id) WHERE model <> '';
CREATE INDEX change_by_author ON change (author_person, id) WHERE author_person > 0;
-- What ran where: the artefacts of a service that succeeded.
CREATE INDEX change_ran     ON change (service, environment, artefact, ended_at) WHERE state = 'succeeded';
-- What runs there now: the one deployed last.
CREATE INDEX change_runs    ON change (service, environment, deployed_at) WHERE deployed_at > 0;
-- Failed, and nobody said that users are served well again.
CREATE INDEX change_unrecovered ON change (service, environment, id) WHERE recovered_at = 0 AND state = 'failed';
-- Asked twice, a gate finds the same change: one that is open for a service,
-- environment and commit.
CREATE UNIQUE INDEX change_one_open ON change (service, environment, commit_sha, kind) WHERE is_open = TRUE AND commit_sha <> '';

-- Every service of every change, for lists and suspects of a service.
CREATE TABLE change_service (
    service   TEXT    NOT NULL,
    change_id BIGINT  NOT NULL,
    is_open   BOOLEAN NOT NULL, -- as the change's
    from_at   BIGINT  NOT NULL, -- started, or else planned, or else made
    PRIMARY KEY (service, change_id)
);
CREATE INDEX change_service_open ON change_service (service, change_id) WHERE is_open = TRUE;
CREATE INDEX change_service_time ON change_service (service, from_at, change_id);
CREATE INDEX change_service_of   ON change_service (change_id);

-- The words of titles, lower case, UTF-8, for finding a change.
CREATE TABLE change_word (
    word      BYTEA  NOT NULL,
    change_id BIGINT NOT NULL,
    PRIMARY KEY (word, change_id)
);

-- By which names pipelines know a change: a deployment's number, a run.
CREATE TABLE change_external (
    source    TEXT   NOT NULL, -- the integration, or "gate"
    key       TEXT   NOT NULL, -- "deployment:harbour/checkout:4711"
    change_id BIGINT NOT NULL,
    PRIMARY KEY (source, key)
);
CREATE INDEX change_external_of ON change_external (change_id);

-- What happened to a change, in words; append-only.
CREATE TABLE change_entry (
    change_id BIGINT  NOT NULL,
    n         INTEGER NOT NULL, -- 1, 2 …
    at        BIGINT  NOT NULL,
    kind      TEXT    NOT NULL, -- state | decision | approval | pipeline | health | note | incident | edit
    actor     TEXT    NOT NULL,
    person    BIGINT  NOT NULL,
    text      TEXT    NOT NULL,
    detail    TEXT    NOT NULL,
    erased    BOOLEAN NOT NULL, -- the texts were removed (personal data)
    digest    TEXT    NOT NULL, -- salted, of the entry as it was written
    PRIMARY KEY (change_id, n)
);

-- Each answer of policy with what it stood on. Rows never change; those of
-- shadow policies and of dry runs do not decide.
CREATE TABLE change_decision (
    id         BIGINT NOT NULL PRIMARY KEY,
    change_id  BIGINT NOT NULL, -- 0: a dry run without a change
    at         BIGINT NOT NULL,
    mode       TEXT   NOT NULL, -- gate | start | shadow | dry run
    policy     BIGINT NOT NULL, -- POLICY-n; 0: the one that comes with the program
    weights    BIGINT NOT NULL, -- RISK-n; 0: those that come with the program
    windows    BIGINT NOT NULL, -- the stamp of the windows
    settings   BIGINT NOT NULL, -- version of the settings
    outcome    TEXT   NOT NULL,
    risk       SMALLINT NOT NULL,
    input      TEXT   NOT NULL, -- fact.Input, JSON
    result     TEXT   NOT NULL, -- policy.Decision, JSON
    took       BIGINT NOT NULL  -- microseconds
);
CREATE INDEX change_decision_of   ON change_decision (change_id, id);
CREATE INDEX change_decision_gate ON change_decision (id) WHERE mode = 'gate';

-- One approval that is needed, was given, refused, or expired. n > 1 approvals
-- of one review are n rows. person 0 while it waits.
CREATE TABLE change_approval (
    id          BIGINT  NOT NULL PRIMARY KEY,
    change_id   BIGINT  NOT NULL,
    decision_id BIGINT  NOT NULL,
    rule        TEXT    NOT NULL,
    who         TEXT    NOT NULL, -- policy.Review.Who
    state       TEXT    NOT NULL, -- waiting | approved | rejected | expired | withdrawn
    asked_at    BIGINT  NOT NULL,
    decided_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL,
    person      BIGINT  NOT NULL,
    on_behalf   BIGINT  NOT NULL, -- whose delegate the person was
    outside     TEXT    NOT NULL, -- an approver whom we do not know: a code reviewer's login
    via         TEXT    NOT NULL, -- page | api | link | review
    commit_sha  TEXT    NOT NULL, -- what was approved
    reason      TEXT    NOT NULL,
    salt        BYTEA   NOT NULL
);
CREATE INDEX change_approval_of      ON change_approval (change_id, id);
CREATE INDEX change_approval_waiting ON change_approval (who, id) WHERE state = 'waiting';
CREATE INDEX change_approval_expiry  ON change_approval (expires_at) WHERE state = 'waiting';

-- Who approves in whose place, and until when.
CREATE TABLE change_delegation (
    id         BIGINT NOT NULL PRIMARY KEY,
    person     BIGINT NOT NULL,
    delegate   BIGINT NOT NULL,
    from_at    BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    reason     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL -- taken back before until_at
);
CREATE INDEX change_delegation_to ON change_delegation (delegate, until_at);

-- Pre-approved models of standard changes.
CREATE TABLE change_model (
    name       TEXT    PRIMARY KEY,
    spec       TEXT    NOT NULL, -- JSON
    version    BIGINT  NOT NULL,
    state      TEXT    NOT NULL, -- approved | withdrawn
    why        TEXT    NOT NULL, -- it was withdrawn
    used       BIGINT  NOT NULL, -- completed changes since it was approved
    failed     BIGINT  NOT NULL,
    since      BIGINT  NOT NULL, -- approved at
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL
);

-- How an organisation works with changes: one row, "default".
CREATE TABLE change_practice (
    name       TEXT   PRIMARY KEY,
    spec       TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- How the changes of a service, a model, an author went, kept in the
-- transaction that ends a change. kind: service | model | author (the salted
-- digest of repository or service and author).
CREATE TABLE change_past (
    kind      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    changes   BIGINT NOT NULL,
    failed    BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    proven_at BIGINT NOT NULL, -- a rollback by itself last worked
    PRIMARY KEY (kind, name)
);

-- A number for each service that grows with what a decision about it stands
-- on: its changes opened, moved or ended. A decision made outside of its
-- transaction holds if the numbers of its services and their neighbours are
-- still the same. The name '' is for what concerns all: policy, windows,
-- weights, settings, models.
CREATE TABLE change_stamp (
    service TEXT   PRIMARY KEY,
    n       BIGINT NOT NULL
);

-- What pipelines told about a commit: pushes, pull requests, reviews, tests,
-- scans, builds, deployments to other environments. The newest of each key
-- counts, whatever order they came in.
CREATE TABLE change_commit (
    repository TEXT   NOT NULL,
    commit_sha TEXT   NOT NULL,
    kind       TEXT   NOT NULL, -- push | pull | review | tests | scan | build | deployed | plan
    key        TEXT   NOT NULL, -- pull request's number, reviewer, suite, tool, environment
    at         BIGINT NOT NULL, -- as the sender says
    data       TEXT   NOT NULL, -- JSON
    PRIMARY KEY (commit_sha, kind, key, repository)
);
-- Does a repository send test reports at all? Who approved earlier commits of a pull request?
CREATE INDEX change_commit_of ON change_commit (repository, kind, key);

-- What a pipeline reported about one deployment, whatever order it came in.
CREATE TABLE change_report (
    source  TEXT   NOT NULL,
    key     TEXT   NOT NULL, -- as in change_external
    phase   TEXT   NOT NULL, -- created | waiting | started | succeeded | failed | canceled | rolled back
    at      BIGINT NOT NULL, -- first time that it was so
    last_at BIGINT NOT NULL, -- latest time
    data    TEXT   NOT NULL, -- what was told then, JSON
    PRIMARY KEY (source, key, phase)
);

-- Deliveries that were taken, so that one that is sent again changes nothing.
CREATE TABLE change_delivery (
    source   TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX change_delivery_at ON change_delivery (at);

-- Where the code of services lives: which services a repository (and a path in
-- it) deploys. Filled from the catalog and by hand.
CREATE TABLE change_repository (
    repository TEXT NOT NULL, -- lower case
    path       TEXT NOT NULL, -- '' or a folder of a monorepo
    service    TEXT NOT NULL,
    PRIMARY KEY (repository, path, service)
);

-- What waits to be told to a pipeline (a callback, a rollback) is an outbox:
-- written with the decision, delivered at least once.
CREATE TABLE change_call (
    id         BIGINT  NOT NULL PRIMARY KEY,
    change_id  BIGINT  NOT NULL,
    kind       TEXT    NOT NULL, -- github-protection | gitlab-approval | gitlab-check | webhook | github-dispatch | gitlab-pipeline | argo-abort
    source     TEXT    NOT NULL, -- the integration whose credentials it uses
    target     TEXT    NOT NULL, -- JSON of the caller's
    ask        TEXT    NOT NULL, -- JSON of a question about no change; empty: none
    why        TEXT    NOT NULL, -- decision | question | rollback
    state      TEXT    NOT NULL, -- waiting | sent | failed
    said       TEXT    NOT NULL, -- the word that was said last: approved | rejected | waiting | rollback
    attempts   INTEGER NOT NULL,
    error      TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    sent_at    BIGINT  NOT NULL,
    next_at    BIGINT  NOT NULL  -- 0: nothing is to be done
);
CREATE INDEX change_call_due ON change_call (next_at) WHERE next_at > 0;
CREATE INDEX change_call_of  ON change_call (change_id, id);
