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
CREATE INDEX alert_due ON alert (next_at) WHERE next_at > 0;
CREATE INDEX alert_flapping ON alert (flapping_until, id) WHERE flapping_until > 0;
CREATE INDEX alert_integration ON alert (integration_id, sort_key, id);
CREATE INDEX alert_list ON alert (sort_key, id);
CREATE INDEX alert_service ON alert (service, sort_key, id);
CREATE INDEX alert_silence ON alert (silence_id, id) WHERE silence_id > 0;
CREATE INDEX alert_silenced ON alert (sort_key, id) WHERE silence_id > 0;
CREATE INDEX alert_unrouted ON alert (sort_key, id) WHERE unrouted = TRUE AND status = 'firing';
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
CREATE INDEX alert_episode_closed ON alert_episode (closed_at) WHERE incident_id = 0 AND closed_at > 0;
CREATE INDEX alert_episode_incident ON alert_episode (incident_id, id) WHERE incident_id > 0;
CREATE INDEX alert_episode_of ON alert_episode (alert_id, id);
CREATE TABLE alert_policy (
  id      INTEGER PRIMARY KEY,
  version BIGINT  NOT NULL
);
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
CREATE INDEX alert_rule_position ON alert_rule (position, id);
CREATE TABLE auth_guess (
  id       TEXT   NOT NULL PRIMARY KEY,
  failed   BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  until_at BIGINT NOT NULL
);
CREATE INDEX auth_guess_last ON auth_guess (last_at);
CREATE TABLE auth_link (
  hash       BYTEA  NOT NULL PRIMARY KEY,
  purpose    TEXT   NOT NULL,
  person     BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX auth_link_expiry ON auth_link (expires_at);
CREATE INDEX auth_link_person ON auth_link (purpose, person);
CREATE TABLE auth_session (
  id         TEXT   NOT NULL PRIMARY KEY,
  hash       BYTEA  NOT NULL,
  person     BIGINT NOT NULL REFERENCES person (id),
  address    TEXT   NOT NULL,
  agent      TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX auth_session_expiry ON auth_session (expires_at);
CREATE UNIQUE INDEX auth_session_hash ON auth_session (hash);
CREATE INDEX auth_session_person ON auth_session (person, id);
CREATE INDEX auth_session_seen ON auth_session (seen_at);
CREATE TABLE auth_token (
  id         BIGINT NOT NULL PRIMARY KEY,
  hash       BYTEA  NOT NULL,
  name       TEXT   NOT NULL,
  person     BIGINT NOT NULL,
  role       TEXT   NOT NULL,
  scopes     TEXT   NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX auth_token_hash ON auth_token (hash);
CREATE INDEX auth_token_person ON auth_token (person, id);
CREATE TABLE calendar (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
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
CREATE INDEX change_by_author ON change (author_person, id) WHERE author_person > 0;
CREATE INDEX change_by_bad    ON change (id) WHERE (state IN ('failed', 'rolled back') OR caused > 0);
CREATE INDEX change_by_bypass ON change (id) WHERE bypass = TRUE;
CREATE INDEX change_by_commit ON change (commit_sha, id) WHERE commit_sha <> '';
CREATE INDEX change_by_due ON change (next_at) WHERE next_at > 0;
CREATE INDEX change_by_model ON change (model, id) WHERE model <> '';
CREATE INDEX change_by_open ON change (id) WHERE is_open = TRUE;
CREATE INDEX change_by_planned ON change (planned_from, id) WHERE planned_from > 0;
CREATE INDEX change_by_review ON change (id) WHERE review_due > 0 AND reviewed_at = 0;
CREATE INDEX change_by_started ON change (started_at, id) WHERE started_at > 0;
CREATE INDEX change_by_state ON change (state, id);
CREATE INDEX change_by_team ON change (team, id) WHERE team <> '';
CREATE UNIQUE INDEX change_one_open ON change (service, environment, commit_sha, kind) WHERE is_open = TRUE AND commit_sha <> '';
CREATE INDEX change_ran     ON change (service, environment, artefact, ended_at) WHERE state = 'succeeded';
CREATE INDEX change_runs    ON change (service, environment, deployed_at) WHERE deployed_at > 0;
CREATE INDEX change_unrecovered ON change (service, environment, id) WHERE recovered_at = 0 AND state = 'failed';
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
CREATE INDEX change_approval_expiry  ON change_approval (expires_at) WHERE state = 'waiting';
CREATE INDEX change_approval_of      ON change_approval (change_id, id);
CREATE INDEX change_approval_rule ON change_approval (rule, decided_at, id) WHERE decided_at > 0;
CREATE INDEX change_approval_waiting ON change_approval (who, id) WHERE state = 'waiting';
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
CREATE INDEX change_cause_confirmed ON change_cause (at, incident_id, change_id) WHERE state = 'confirmed';
CREATE INDEX change_cause_of        ON change_cause (change_id, incident_id);
CREATE TABLE change_commit (
    repository TEXT   NOT NULL,
    commit_sha TEXT   NOT NULL,
    kind       TEXT   NOT NULL, -- push | pull | review | tests | scan | build | deployed | plan
    key        TEXT   NOT NULL, -- pull request's number, reviewer, suite, tool, environment
    at         BIGINT NOT NULL, -- as the sender says
    data       TEXT   NOT NULL, -- JSON
    PRIMARY KEY (commit_sha, kind, key, repository)
);
CREATE INDEX change_commit_of ON change_commit (repository, kind, key);
CREATE TABLE change_credential (
    name       TEXT   NOT NULL PRIMARY KEY, -- of the integration
    has        TEXT   NOT NULL,             -- JSON
    sealed     BYTEA  NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
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
CREATE INDEX change_decision_gate ON change_decision (id) WHERE mode = 'gate';
CREATE INDEX change_decision_of   ON change_decision (change_id, id);
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
CREATE TABLE change_delivery (
    source   TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX change_delivery_at ON change_delivery (at);
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
CREATE TABLE change_external (
    source    TEXT   NOT NULL, -- the integration, or "gate"
    key       TEXT   NOT NULL, -- "deployment:harbour/checkout:4711"
    change_id BIGINT NOT NULL,
    PRIMARY KEY (source, key)
);
CREATE INDEX change_external_of ON change_external (change_id);
CREATE TABLE change_feed (
    person     BIGINT NOT NULL,
    team       TEXT   NOT NULL,
    service    TEXT   NOT NULL,
    hash       BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (person, team, service)
);
CREATE UNIQUE INDEX change_feed_hash ON change_feed (hash);
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
CREATE TABLE "change_past" (
    kind      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    changes   BIGINT NOT NULL,
    failed    BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    proven_at BIGINT NOT NULL, -- a rollback by itself last worked
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE change_practice (
    name       TEXT   PRIMARY KEY,
    spec       TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE change_report (
    source  TEXT   NOT NULL,
    key     TEXT   NOT NULL, -- as in change_external
    phase   TEXT   NOT NULL, -- created | waiting | started | succeeded | failed | canceled | rolled back
    at      BIGINT NOT NULL, -- first time that it was so
    last_at BIGINT NOT NULL, -- latest time
    data    TEXT   NOT NULL, -- what was told then, JSON
    PRIMARY KEY (source, key, phase)
);
CREATE TABLE change_repository (
    repository TEXT NOT NULL, -- lower case
    path       TEXT NOT NULL, -- '' or a folder of a monorepo
    service    TEXT NOT NULL,
    PRIMARY KEY (repository, path, service)
);
CREATE TABLE "change_service" (
    service   TEXT    NOT NULL,
    change_id BIGINT  NOT NULL,
    is_open   BOOLEAN NOT NULL, -- as the change's
    from_at   BIGINT  NOT NULL, -- started, or else planned, or else made
    on_way    BOOLEAN NOT NULL DEFAULT FALSE, -- open, and started or planned
    PRIMARY KEY (service, change_id)
) WITHOUT ROWID;
CREATE INDEX change_service_of   ON change_service (change_id);
CREATE INDEX change_service_open ON change_service (service, change_id) WHERE is_open = TRUE;
CREATE INDEX change_service_time ON change_service (service, from_at, change_id);
CREATE INDEX change_service_way  ON change_service (service, change_id) WHERE on_way = TRUE;
CREATE TABLE "change_stamp" (
    service TEXT   NOT NULL PRIMARY KEY,
    n       BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE change_verification (
    change_id BIGINT  NOT NULL PRIMARY KEY,
    service   TEXT    NOT NULL,
    from_at   BIGINT  NOT NULL, -- the rollout began
    to_at     BIGINT  NOT NULL, -- it was complete
    until_at  BIGINT  NOT NULL, -- verification ends
    looked_at BIGINT  NOT NULL,
    looks     INTEGER NOT NULL,
    done      BOOLEAN NOT NULL,
    verdict   TEXT    NOT NULL, -- healthy | unhealthy | inconclusive | no data; '' before the first look
    reason    TEXT    NOT NULL,
    result    TEXT    NOT NULL, -- JSON: figures and series of each metric
    next_at   BIGINT  NOT NULL,
    error     TEXT    NOT NULL  -- of the last look at sources
);
CREATE INDEX change_verification_due ON change_verification (next_at) WHERE next_at > 0;
CREATE INDEX change_verification_service ON change_verification (service, to_at);
CREATE TABLE change_window (
    name       TEXT   PRIMARY KEY,
    kind       TEXT   NOT NULL,
    spec       TEXT   NOT NULL, -- JSON
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX change_window_by_kind ON change_window (kind, name);
CREATE TABLE change_window_stamp (
    id BIGINT PRIMARY KEY, -- 1
    n  BIGINT NOT NULL
);
CREATE TABLE "change_word" (
    word      BYTEA  NOT NULL,
    change_id BIGINT NOT NULL,
    PRIMARY KEY (word, change_id)
) WITHOUT ROWID;
CREATE TABLE ci (
  id          INTEGER NOT NULL PRIMARY KEY, -- SQLite: the row's own number
  kind        TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  word        TEXT    NOT NULL, -- the name in lower case, for lists and look-up by prefix
  env         TEXT    NOT NULL,
  team        TEXT    NOT NULL,
  state       TEXT    NOT NULL,
  attributes  TEXT    NOT NULL,
  identifiers TEXT    NOT NULL,
  origins     TEXT    NOT NULL,
  conflicts   INTEGER NOT NULL,
  merged_into INTEGER NOT NULL,
  first_seen  BIGINT  NOT NULL,
  last_seen   BIGINT  NOT NULL,
  next_at     BIGINT  NOT NULL,
  version     BIGINT  NOT NULL,
  created_at  BIGINT  NOT NULL,
  updated_at  BIGINT  NOT NULL  -- since when it is as it is; earlier forms are in ci_past
);
CREATE INDEX ci_away ON ci (id, state) WHERE state <> 'present';
CREATE INDEX ci_by_kind ON ci (kind, word, id);
CREATE INDEX ci_by_team ON ci (team, word, id) WHERE team <> '';
CREATE INDEX ci_by_word ON ci (word, id);
CREATE INDEX ci_conflicts ON ci (id) WHERE conflicts > 0;
CREATE INDEX ci_created ON ci (created_at, id);
CREATE INDEX ci_due ON ci (next_at) WHERE next_at > 0;
CREATE INDEX ci_stale ON ci (id) WHERE state = 'stale';
CREATE TABLE ci_baseline (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL, -- title, part (all, or a service and what it needs), whether drift raises an alert
  at         BIGINT NOT NULL,
  base       TEXT   NOT NULL, -- digest over all items and relations of the part at the time
  digest     TEXT   NOT NULL, -- base and the differences accepted since
  items      BIGINT NOT NULL,
  relations  BIGINT NOT NULL,
  drift      BIGINT NOT NULL, -- differences at the last look
  looked_at  BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX ci_baseline_due ON ci_baseline (next_at) WHERE next_at > 0;
CREATE TABLE ci_delta (
  id   BIGINT NOT NULL PRIMARY KEY,
  at   BIGINT NOT NULL,
  body BYTEA  NOT NULL
);
CREATE INDEX ci_delta_at ON ci_delta (at);
CREATE TABLE ci_discovery (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  sealed     TEXT   NOT NULL, -- secrets by name, each sealed, base64; JSON
  run        BIGINT NOT NULL, -- the last one; 0 = none yet
  error      TEXT   NOT NULL, -- of the last run, '' = it went well
  failures   BIGINT NOT NULL, -- in a row
  busy       BIGINT NOT NULL, -- until when a process has it in hand; 0 = nobody has
  last_at    BIGINT NOT NULL, -- when it ran last
  next_at    BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX ci_discovery_due ON ci_discovery (next_at) WHERE next_at > 0;
CREATE TABLE ci_drift (
  baseline   TEXT   NOT NULL,
  what       TEXT   NOT NULL, -- "item:12", "relation:7"
  verb       TEXT   NOT NULL, -- accepted | explained
  form       TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  note       TEXT   NOT NULL,
  actor      TEXT   NOT NULL,
  person     BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  PRIMARY KEY (baseline, what)
);
CREATE TABLE ci_identifier (
  scheme TEXT    NOT NULL,
  value  TEXT    NOT NULL,
  item   INTEGER NOT NULL,
  PRIMARY KEY (scheme, value, item)
) WITHOUT ROWID;
CREATE TABLE ci_kind (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE ci_lock (
  id    INTEGER NOT NULL PRIMARY KEY,
  moves BIGINT  NOT NULL
);
CREATE TABLE ci_observation (
  id         INTEGER NOT NULL PRIMARY KEY,
  origin     INTEGER NOT NULL,
  name       TEXT    NOT NULL, -- the source's key
  item       INTEGER NOT NULL,
  pinned     BOOLEAN NOT NULL,
  body       TEXT    NOT NULL,
  digest     TEXT    NOT NULL,
  run        BIGINT  NOT NULL, -- that last changed it; 0 = none
  first_seen BIGINT  NOT NULL,
  last_seen  BIGINT  NOT NULL,
  absent_at  BIGINT  NOT NULL  -- since when a complete run does not see it; 0 = seen
);
CREATE INDEX ci_observation_item ON ci_observation (item);
CREATE UNIQUE INDEX ci_observation_key ON ci_observation (origin, name);
CREATE TABLE ci_origin (
  id          INTEGER NOT NULL PRIMARY KEY,
  source      TEXT    NOT NULL,
  scope       TEXT    NOT NULL,
  run         BIGINT  NOT NULL, -- that is under way; 0 = none
  complete_at BIGINT  NOT NULL, -- when the last complete run began
  seen_at     BIGINT  NOT NULL  -- when it last reported anything
);
CREATE UNIQUE INDEX ci_origin_name ON ci_origin (source, scope);
CREATE TABLE ci_past (
  item       INTEGER NOT NULL,
  until      BIGINT  NOT NULL,
  since      BIGINT  NOT NULL,
  kind       TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  attributes TEXT    NOT NULL,
  PRIMARY KEY (item, until)
);
CREATE INDEX ci_past_until ON ci_past (until, item);
CREATE TABLE ci_proposal (
  id         BIGINT  NOT NULL PRIMARY KEY,
  a          INTEGER NOT NULL, -- a < b
  b          INTEGER NOT NULL,
  why        TEXT    NOT NULL,
  state      TEXT    NOT NULL, -- open | merged | refused
  actor      TEXT    NOT NULL,
  person     BIGINT  NOT NULL,
  created_at BIGINT  NOT NULL,
  decided_at BIGINT  NOT NULL
);
CREATE INDEX ci_proposal_b ON ci_proposal (b);
CREATE INDEX ci_proposal_open ON ci_proposal (id) WHERE state = 'open';
CREATE UNIQUE INDEX ci_proposal_pair ON ci_proposal (a, b);
CREATE TABLE ci_regroup (
  id        BIGINT  NOT NULL PRIMARY KEY,
  verb      TEXT    NOT NULL, -- merge | split
  item      INTEGER NOT NULL,
  other     INTEGER NOT NULL,
  moves     TEXT    NOT NULL,
  note      TEXT    NOT NULL,
  actor     TEXT    NOT NULL,
  person    BIGINT  NOT NULL,
  at        BIGINT  NOT NULL,
  undone_at BIGINT  NOT NULL
);
CREATE INDEX ci_regroup_item ON ci_regroup (item, id);
CREATE TABLE ci_relation (
  id         INTEGER  NOT NULL PRIMARY KEY,
  from_item  INTEGER  NOT NULL,
  to_item    INTEGER  NOT NULL,
  kind       SMALLINT NOT NULL, -- position in cmdb.RelationKinds
  hard       BOOLEAN  NOT NULL,
  grp        TEXT     NOT NULL, -- redundancy group among the needs of the needing end; '' = alone
  need       INTEGER  NOT NULL,
  provenance SMALLINT NOT NULL,
  flow       TEXT     NOT NULL, -- JSON of cmdb.Flow or ''
  state      TEXT     NOT NULL, -- present | stale | retired
  since      BIGINT   NOT NULL, -- of the present form; earlier forms are in ci_relation_past
  last_seen  BIGINT   NOT NULL,
  next_at    BIGINT   NOT NULL,
  revision   BIGINT   NOT NULL,
  updated_at BIGINT   NOT NULL
);
CREATE INDEX ci_relation_due ON ci_relation (next_at) WHERE next_at > 0;
CREATE UNIQUE INDEX ci_relation_ends ON ci_relation (from_item, to_item, kind);
CREATE INDEX ci_relation_group ON ci_relation (id, grp) WHERE grp <> '';
CREATE INDEX ci_relation_since ON ci_relation (since, id);
CREATE INDEX ci_relation_to ON ci_relation (to_item);
CREATE TABLE ci_relation_past (
  relation   BIGINT   NOT NULL,
  until      BIGINT   NOT NULL,
  since      BIGINT   NOT NULL,
  from_item  INTEGER  NOT NULL,
  to_item    INTEGER  NOT NULL,
  kind       SMALLINT NOT NULL,
  hard       BOOLEAN  NOT NULL,
  grp        TEXT     NOT NULL,
  need       INTEGER  NOT NULL,
  provenance SMALLINT NOT NULL,
  PRIMARY KEY (relation, until)
);
CREATE INDEX ci_relation_past_group ON ci_relation_past (relation, until, grp) WHERE grp <> '';
CREATE INDEX ci_relation_past_until ON ci_relation_past (until, relation);
CREATE TABLE ci_rules (
  name       TEXT   NOT NULL PRIMARY KEY, -- 'default'
  spec       TEXT   NOT NULL,
  reached    BIGINT NOT NULL, -- of the replay: all items up to this one are worked out by these rules
  last_item  BIGINT NOT NULL, -- the newest item when the replay began
  changed    BIGINT NOT NULL, -- items that the replay changed so far
  next_at    BIGINT NOT NULL, -- when the replay goes on; 0 = it is done
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX ci_rules_due ON ci_rules (next_at) WHERE next_at > 0;
CREATE TABLE ci_run (
  id          BIGINT  NOT NULL PRIMARY KEY,
  source      TEXT    NOT NULL,
  scope       TEXT    NOT NULL,
  complete    BOOLEAN NOT NULL,
  dry         BOOLEAN NOT NULL,
  provenance  SMALLINT NOT NULL,
  state       TEXT    NOT NULL, -- reading | asking | applying | applied | refused | failed | dry
  why         TEXT    NOT NULL, -- in words, of asking, refused and failed
  actor       TEXT    NOT NULL,
  person      BIGINT  NOT NULL,
  counts      TEXT    NOT NULL,
  remarks     TEXT    NOT NULL,
  diff        TEXT    NOT NULL,
  chunk       INTEGER NOT NULL, -- the next one to apply
  started_at  BIGINT  NOT NULL,
  finished_at BIGINT  NOT NULL,
  next_at     BIGINT  NOT NULL  -- when others may take it over
);
CREATE INDEX ci_run_due ON ci_run (next_at) WHERE next_at > 0;
CREATE INDEX ci_run_source ON ci_run (source, id);
CREATE TABLE ci_sighting (
  id         INTEGER  NOT NULL PRIMARY KEY,
  origin     INTEGER  NOT NULL,
  from_end   TEXT     NOT NULL,
  to_end     TEXT     NOT NULL,
  kind       SMALLINT NOT NULL,
  relation   BIGINT   NOT NULL, -- 0 = dangling, -1 = from an item to itself
  strength   TEXT     NOT NULL, -- '' = not said
  grp        TEXT     NOT NULL,
  need       INTEGER  NOT NULL,
  provenance SMALLINT NOT NULL,
  flow       TEXT     NOT NULL, -- JSON of cmdb.Flow or ''
  run        BIGINT   NOT NULL, -- that last changed it; 0 = none
  first_seen BIGINT   NOT NULL,
  last_seen  BIGINT   NOT NULL,
  absent_at  BIGINT   NOT NULL
);
CREATE UNIQUE INDEX ci_sighting_ends ON ci_sighting (origin, from_end, to_end, kind);
CREATE INDEX ci_sighting_from ON ci_sighting (from_end) WHERE relation = 0;
CREATE INDEX ci_sighting_relation ON ci_sighting (relation, id);
CREATE INDEX ci_sighting_to ON ci_sighting (to_end) WHERE relation = 0;
CREATE TABLE ci_stage (
  run   BIGINT  NOT NULL,
  chunk INTEGER NOT NULL,
  body  BYTEA   NOT NULL,
  PRIMARY KEY (run, chunk)
);
CREATE TABLE code_apply (
  id         BIGINT  NOT NULL PRIMARY KEY,
  at         BIGINT  NOT NULL,
  actor      TEXT    NOT NULL,
  person     BIGINT  NOT NULL,
  source     TEXT    NOT NULL,
  git_commit TEXT    NOT NULL,
  created    INTEGER NOT NULL,
  changed    INTEGER NOT NULL,
  adopted    INTEGER NOT NULL,
  removed    INTEGER NOT NULL
);
CREATE TABLE code_managed (
  kind       TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  source     TEXT   NOT NULL,
  git_commit TEXT   NOT NULL,
  applied_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
);
CREATE TABLE contact_method (
    id           BIGINT PRIMARY KEY,
    person       BIGINT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('email', 'sms', 'voice', 'webpush', 'ntfy')),
    label        TEXT NOT NULL,
    address      BYTEA NOT NULL,
    verified_at  BIGINT NOT NULL DEFAULT 0,
    code         TEXT NOT NULL DEFAULT '',
    code_sent_at BIGINT NOT NULL DEFAULT 0,
    code_tries   INTEGER NOT NULL DEFAULT 0,
    codes_sent   INTEGER NOT NULL DEFAULT 0,
    good_at      BIGINT NOT NULL DEFAULT 0,
    bad_at       BIGINT NOT NULL DEFAULT 0,
    answer       TEXT NOT NULL DEFAULT '',
    failures     INTEGER NOT NULL DEFAULT 0,
    version      BIGINT NOT NULL,
    salt         BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX contact_method_person ON contact_method (person, id);
CREATE TABLE contact_rule (
    person     BIGINT PRIMARY KEY,
    p1         TEXT NOT NULL,
    p2         TEXT,
    p3         TEXT,
    p4         TEXT,
    other      TEXT NOT NULL,
    zone       TEXT NOT NULL DEFAULT '',
    quiet_from TEXT NOT NULL DEFAULT '',
    quiet_to   TEXT NOT NULL DEFAULT '',
    test_clock TEXT NOT NULL DEFAULT '',
    test_at    BIGINT NOT NULL DEFAULT 0,
    tested_at  BIGINT NOT NULL DEFAULT 0,
    version    BIGINT NOT NULL,
    salt       BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX contact_rule_test ON contact_rule (test_at) WHERE test_at > 0;
CREATE TABLE counter (
    kind TEXT PRIMARY KEY,
    n    BIGINT NOT NULL
);
CREATE TABLE dora_clock (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    open BIGINT  NOT NULL
);
CREATE TABLE dora_day (
    day    BIGINT NOT NULL PRIMARY KEY, -- from 1970
    n      BIGINT NOT NULL,
    sealed BIGINT NOT NULL,
    due    BIGINT NOT NULL, -- when to seal it; 0: it is sealed
    data   BYTEA  NOT NULL
);
CREATE INDEX dora_day_due ON dora_day (due) WHERE due > 0;
CREATE TABLE dora_fact (
    change_id   BIGINT   NOT NULL PRIMARY KEY,
    at          BIGINT   NOT NULL, -- complete, or else ended
    flags       INTEGER  NOT NULL,
    lead        BIGINT   NOT NULL, -- microseconds; -1: unknown
    recovery    BIGINT   NOT NULL, -- microseconds; -1: unknown
    risk        SMALLINT NOT NULL, -- -1: unknown
    service     TEXT     NOT NULL, -- the main one
    others      TEXT     NOT NULL, -- further ones, JSON; '' when there are none
    team        TEXT     NOT NULL,
    environment TEXT     NOT NULL,
    kind        TEXT     NOT NULL,
    steps       TEXT     NOT NULL  -- approval steps, JSON; '' when there are none
);
CREATE INDEX dora_fact_at     ON dora_fact (at, change_id);
CREATE INDEX dora_fact_failed ON dora_fact (at, change_id) WHERE (flags & 4) <> 0;
CREATE INDEX dora_fact_rework ON dora_fact (at, change_id) WHERE (flags & 16) <> 0;
CREATE INDEX dora_fact_team   ON dora_fact (team, at, change_id);
CREATE TABLE dora_service (
    service   TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    change_id BIGINT NOT NULL,
    PRIMARY KEY (service, at, change_id)
);
CREATE INDEX dora_service_of ON dora_service (change_id);
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
CREATE TABLE escalation_nested (
    policy TEXT NOT NULL,
    inner_policy TEXT NOT NULL,
    PRIMARY KEY (policy, inner_policy)
);
CREATE INDEX escalation_nested_inner ON escalation_nested (inner_policy, policy);
CREATE TABLE escalation_plan (
    id   TEXT PRIMARY KEY,
    plan TEXT NOT NULL -- JSON
);
CREATE TABLE escalation_policy (
    name       TEXT   PRIMARY KEY,
    spec       TEXT   NOT NULL, -- JSON, people by key
    version    BIGINT NOT NULL,
    turns      BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
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
CREATE TABLE escalation_serves (
    kind   TEXT NOT NULL CHECK (kind IN ('service', 'team')),
    name   TEXT NOT NULL,
    policy TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX escalation_serves_policy ON escalation_serves (policy);
CREATE TABLE evidence (
    leaf_id BIGINT PRIMARY KEY,
    idx     BIGINT,
    at      BIGINT NOT NULL,
    record  TEXT   NOT NULL,
    version BIGINT NOT NULL,
    action  TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    entry   BYTEA  NOT NULL
);
CREATE UNIQUE INDEX evidence_idx ON evidence (idx);
CREATE INDEX evidence_record ON evidence (record, leaf_id);
CREATE TABLE evidence_check (
    id      BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    took_us BIGINT NOT NULL,
    whole   BOOLEAN NOT NULL, -- all entries and records, not only what is new
    ok      BOOLEAN NOT NULL,
    size    BIGINT NOT NULL,
    root    TEXT   NOT NULL,
    report  TEXT   NOT NULL   -- JSON
);
CREATE INDEX evidence_check_whole ON evidence_check (whole, id);
CREATE TABLE evidence_checkpoint (
    size  BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    root  TEXT   NOT NULL,
    at    BIGINT NOT NULL,
    note  TEXT   NOT NULL,
    tail  BYTEA,
    PRIMARY KEY (size, epoch)
);
CREATE INDEX evidence_checkpoint_tail ON evidence_checkpoint (size) WHERE tail IS NOT NULL;
CREATE TABLE evidence_epoch (
    epoch      BIGINT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    root       TEXT   NOT NULL,
    key        TEXT   NOT NULL, -- verifier key that its checkpoints are signed with
    reason     TEXT   NOT NULL
);
CREATE TABLE evidence_head (
    id   INTEGER PRIMARY KEY,
    size BIGINT NOT NULL
);
CREATE TABLE evidence_publish (
    target   TEXT PRIMARY KEY,
    size     BIGINT NOT NULL DEFAULT 0, -- of the last checkpoint published
    at       BIGINT NOT NULL DEFAULT 0, -- when it was
    error    TEXT   NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0, -- since then
    next_at  BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE evidence_tile (
    level INTEGER NOT NULL,
    n     BIGINT  NOT NULL,
    data  BYTEA   NOT NULL,
    PRIMARY KEY (level, n)
);
CREATE TABLE health_clock (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  next_at BIGINT  NOT NULL
);
CREATE TABLE health_report (
  team    TEXT    NOT NULL,
  month   TEXT    NOT NULL,
  sent_at BIGINT  NOT NULL,
  pages   INTEGER NOT NULL,
  told    BOOLEAN NOT NULL, -- FALSE: there was nothing to say
  PRIMARY KEY (team, month)
);
CREATE TABLE idempotency (
    actor   TEXT   NOT NULL,
    key     TEXT   NOT NULL,
    request BYTEA  NOT NULL,
    status  INTEGER NOT NULL,
    header  TEXT   NOT NULL,
    body    BYTEA  NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
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
CREATE INDEX incident_children  ON incident (parent, id) WHERE parent > 0;
CREATE INDEX incident_commander ON incident (commander, priority, triggered_at, id) WHERE commander > 0;
CREATE INDEX incident_due       ON incident (next_at) WHERE next_at > 0;
CREATE INDEX incident_merged    ON incident (merged_into, id) WHERE merged_into > 0;
CREATE INDEX incident_newest    ON incident (priority, triggered_at, id);
CREATE INDEX incident_open      ON incident (priority, triggered_at, id) WHERE is_open = TRUE;
CREATE INDEX incident_open_service ON incident (service, priority, id) WHERE is_open = TRUE AND service <> '';
CREATE INDEX incident_repeat    ON incident (group_key, triggered_at) WHERE group_key <> '';
CREATE INDEX incident_review    ON incident (priority, triggered_at, id) WHERE persistent <> '';
CREATE INDEX incident_service   ON incident (service, priority, triggered_at, id) WHERE service <> '';
CREATE INDEX incident_state     ON incident (state, priority, triggered_at, id);
CREATE INDEX incident_team      ON incident (team, priority, triggered_at, id) WHERE team <> '';
CREATE INDEX incident_time      ON incident (triggered_at, id);
CREATE INDEX incident_triggered ON incident (triggered_at, id);
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
CREATE TABLE incident_group (
    group_key TEXT   NOT NULL PRIMARY KEY,
    incident  BIGINT NOT NULL REFERENCES incident (id)
);
CREATE INDEX incident_group_incident ON incident_group (incident);
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
CREATE TABLE incident_person (
    incident     BIGINT NOT NULL REFERENCES incident (id),
    person       BIGINT NOT NULL,
    since        BIGINT NOT NULL,
    triggered_at BIGINT NOT NULL,
    PRIMARY KEY (incident, person)
);
CREATE INDEX incident_person_person ON incident_person (person, triggered_at, incident);
CREATE TABLE incident_viewer (
    incident  BIGINT NOT NULL REFERENCES incident (id),
    principal TEXT   NOT NULL,
    PRIMARY KEY (incident, principal)
);
CREATE TABLE incident_word (
    word     BYTEA  NOT NULL,
    incident BIGINT NOT NULL,
    PRIMARY KEY (word, incident)
) WITHOUT ROWID;
CREATE INDEX incident_word_incident ON incident_word (incident, word);
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
CREATE TABLE integration_state (
  integration_id BIGINT  PRIMARY KEY REFERENCES integration (id) ON DELETE CASCADE,
  seen_at        BIGINT  NOT NULL DEFAULT 0, -- last accepted events, to the minute
  beat_at        BIGINT  NOT NULL DEFAULT 0, -- last heartbeat
  silent         BOOLEAN NOT NULL DEFAULT FALSE,
  next_at        BIGINT  NOT NULL DEFAULT 0  -- when silence becomes an alert
);
CREATE INDEX integration_state_due ON integration_state (next_at) WHERE next_at > 0;
CREATE TABLE integration_token (
  hash           BYTEA  PRIMARY KEY,
  integration_id BIGINT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  created_at     BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL DEFAULT 0
, sealed BYTEA);
CREATE INDEX integration_token_of ON integration_token (integration_id);
CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder TEXT   NOT NULL,
    token  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);
CREATE TABLE notify_attempt (
    message    BIGINT NOT NULL REFERENCES notify_message (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    at         BIGINT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('sent', 'failed', 'refused', 'unknown')),
    error      TEXT NOT NULL DEFAULT '',
    latency_us BIGINT NOT NULL,
    answer     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (message, n)
);
CREATE TABLE "notify_channel" (
    name       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('email', 'slack', 'webhook', 'ntfy', 'teams')),
    team       TEXT NOT NULL,
    urgency    TEXT NOT NULL CHECK (urgency IN ('all', 'urgent', 'quiet')),
    enabled    BOOLEAN NOT NULL,
    addresses  TEXT NOT NULL,
    per_minute INTEGER NOT NULL,
    url        BYTEA,
    secret     BYTEA,
    version    BIGINT NOT NULL,
    salt       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX notify_channel_team ON notify_channel (team, name);
CREATE TABLE notify_link (
    hash       BYTEA PRIMARY KEY,
    message    BIGINT NOT NULL DEFAULT 0,
    person     BIGINT NOT NULL,
    record     TEXT NOT NULL,
    verb       TEXT NOT NULL,
    label      TEXT NOT NULL,
    restricted BOOLEAN NOT NULL,
    sealed     BYTEA,
    expires_at BIGINT NOT NULL,
    held_until BIGINT NOT NULL DEFAULT 0,
    used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notify_link_expires ON notify_link (expires_at);
CREATE INDEX notify_link_message ON notify_link (message);
CREATE TABLE "notify_message" (
    id          BIGINT PRIMARY KEY,
    key         TEXT NOT NULL,
    dest        TEXT NOT NULL,
    via         TEXT NOT NULL,
    record      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    team        TEXT NOT NULL DEFAULT '',
    person      BIGINT NOT NULL DEFAULT 0,
    urgent      BOOLEAN NOT NULL,
    restricted  BOOLEAN NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    facts       TEXT NOT NULL,
    salt        BYTEA NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead', 'canceled')),
    queued_at   BIGINT NOT NULL,
    promised_at BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    paced       BOOLEAN NOT NULL DEFAULT FALSE,
    lease       TEXT NOT NULL DEFAULT '',
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    priority    TEXT NOT NULL DEFAULT '',
    leg         INTEGER NOT NULL DEFAULT 0,
    after_us    BIGINT NOT NULL DEFAULT 0,
    gather      BIGINT NOT NULL DEFAULT 0,
    carrier     BIGINT NOT NULL DEFAULT 0,
    cancel      TEXT NOT NULL DEFAULT '',
    UNIQUE (key, dest)
);
CREATE INDEX notify_message_due ON notify_message (urgent, due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX notify_message_gather ON notify_message (dest, urgent, carrier, id) WHERE gather > 0;
CREATE INDEX notify_message_goes ON notify_message (dest) WHERE paced = TRUE;
CREATE INDEX notify_message_pages ON notify_message (person, queued_at) WHERE urgent = TRUE;
CREATE INDEX notify_message_promised ON notify_message (urgent, promised_at) WHERE state IN ('queued', 'sending');
CREATE INDEX notify_message_record ON notify_message (record, id);
CREATE INDEX notify_message_state ON notify_message (state, id);
CREATE INDEX notify_message_went ON notify_message (dest, ended_at) WHERE ended_at > 0;
CREATE TABLE notify_preference (
    person     BIGINT PRIMARY KEY,
    urgent     TEXT NOT NULL,
    other      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE notify_via (
    via          TEXT PRIMARY KEY,
    good_at      BIGINT NOT NULL DEFAULT 0,
    bad_at       BIGINT NOT NULL DEFAULT 0,
    error        TEXT NOT NULL DEFAULT '',
    failures     INTEGER NOT NULL DEFAULT 0,
    urgent_free  BIGINT NOT NULL DEFAULT 0,
    all_free     BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE oncall_cover (
  id         BIGINT NOT NULL PRIMARY KEY,
  kind       TEXT   NOT NULL CHECK (kind IN ('override', 'swap', 'absence')),
  schedule   TEXT   NOT NULL,
  person     BIGINT NOT NULL, -- who comes; 0 for an absence
  instead    BIGINT NOT NULL, -- whose shifts, who is away; 0 = everybody's
  from_at    BIGINT NOT NULL,
  to_at      BIGINT NOT NULL,
  reason     TEXT   NOT NULL,
  by_person  BIGINT NOT NULL,
  salt       BYTEA  NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  seq        BIGINT NOT NULL,
  CHECK (from_at < to_at)
);
CREATE INDEX oncall_cover_instead ON oncall_cover (instead, to_at);
CREATE INDEX oncall_cover_person ON oncall_cover (person, to_at);
CREATE INDEX oncall_cover_seq ON oncall_cover (seq);
CREATE INDEX oncall_cover_time ON oncall_cover (schedule, to_at, id);
CREATE TABLE oncall_feed (
  person     BIGINT NOT NULL,
  schedule   TEXT   NOT NULL,
  hash       BYTEA  NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person, schedule)
);
CREATE UNIQUE INDEX oncall_feed_hash ON oncall_feed (hash);
CREATE TABLE oncall_offer (
  id          BIGINT NOT NULL PRIMARY KEY,
  schedule    TEXT   NOT NULL,
  person      BIGINT NOT NULL,
  to_person   BIGINT NOT NULL,
  from_at     BIGINT NOT NULL,
  until_at    BIGINT NOT NULL,
  return_from BIGINT NOT NULL,
  return_to   BIGINT NOT NULL,
  note        TEXT   NOT NULL,
  state       TEXT   NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'withdrawn')),
  taker       BIGINT NOT NULL,
  covers      TEXT   NOT NULL,
  salt        BYTEA  NOT NULL,
  version     BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE INDEX oncall_offer_open ON oncall_offer (state, until_at, id);
CREATE INDEX oncall_offer_person ON oncall_offer (person, until_at);
CREATE TABLE oncall_schedule (
  name       TEXT   NOT NULL PRIMARY KEY,
  team       TEXT   NOT NULL,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  seq        BIGINT NOT NULL
);
CREATE INDEX oncall_schedule_seq ON oncall_schedule (seq);
CREATE INDEX oncall_schedule_team ON oncall_schedule (team, name);
CREATE TABLE oncall_state (
  id      INTEGER NOT NULL PRIMARY KEY,
  version BIGINT  NOT NULL,
  people  BIGINT  NOT NULL
);
CREATE TABLE person (
  id          BIGINT NOT NULL PRIMARY KEY,
  handle      TEXT   NOT NULL,
  display     TEXT   NOT NULL,
  email       TEXT   NOT NULL,
  role        TEXT   NOT NULL,
  zone        TEXT   NOT NULL,
  vocabulary  TEXT   NOT NULL,
  theme       TEXT   NOT NULL,
  salt        BYTEA  NOT NULL,
  password    TEXT   NOT NULL,
  password_at BIGINT NOT NULL,
  version     BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  disabled_at BIGINT NOT NULL,
  erased_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX person_email ON person (email) WHERE email <> '';
CREATE UNIQUE INDEX person_handle ON person (handle);
CREATE INDEX person_role ON person (role, handle);
CREATE TABLE policy_version (
    id           BIGINT  NOT NULL PRIMARY KEY,
    version      BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    modules      TEXT    NOT NULL, -- JSON: file name to Rego
    digest       TEXT    NOT NULL, -- of the modules
    tests        INTEGER NOT NULL, -- rules named test_ that passed
    note         TEXT    NOT NULL, -- what it is for, by who made it
    reason       TEXT    NOT NULL, -- of the last change of state
    commit_sha   TEXT    NOT NULL, -- that it was applied from
    made_by      BIGINT  NOT NULL, -- person; 0: a token, or everything as code
    decided_by   BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    decided_at   BIGINT  NOT NULL,
    activated_at BIGINT  NOT NULL, -- last time
    salt         BYTEA   NOT NULL  -- of the digest: note and reason are people's texts
);
CREATE UNIQUE INDEX policy_version_active ON policy_version (state) WHERE state = 'active';
CREATE UNIQUE INDEX policy_version_shadow ON policy_version (state) WHERE state = 'shadow';
CREATE TABLE priority_matrix (
    name       TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    spec       TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE UNIQUE INDEX priority_matrix_current ON priority_matrix (name) WHERE retired_at = 0;
CREATE TABLE retention_sweep (
    policy  TEXT PRIMARY KEY,
    last_at BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    dropped BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX retention_sweep_next ON retention_sweep (next_at);
CREATE TABLE risk_model (
    id         BIGINT  NOT NULL PRIMARY KEY,
    weights    TEXT    NOT NULL, -- JSON
    report     TEXT    NOT NULL, -- JSON: on what history it stands, and how good it is
    parent     BIGINT  NOT NULL, -- the weights that it was compared with; 0: those that come with the program
    state      TEXT    NOT NULL,
    in_use     BOOLEAN NOT NULL, -- none is: those that come with the program are
    version    BIGINT  NOT NULL,
    made_by    BIGINT  NOT NULL, -- person; 0: a job
    decided_by BIGINT  NOT NULL,
    reason     TEXT    NOT NULL, -- of the last decision
    created_at BIGINT  NOT NULL,
    decided_at BIGINT  NOT NULL,
    salt       BYTEA   NOT NULL  -- of the digest: the reason is a person's text
);
CREATE UNIQUE INDEX risk_model_in_use ON risk_model (in_use) WHERE in_use = TRUE;
CREATE TABLE scorecard (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
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
CREATE TABLE scorecard_round (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  next_at BIGINT NOT NULL,
  after   TEXT   NOT NULL DEFAULT '',
  turn    BIGINT NOT NULL DEFAULT 0
);
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
CREATE TABLE service (
  name       TEXT    NOT NULL PRIMARY KEY,
  title      TEXT    NOT NULL,
  team       TEXT    NOT NULL REFERENCES team (name),
  tier       INTEGER NOT NULL,
  lifecycle  TEXT    NOT NULL,
  promise    TEXT    NOT NULL,
  links      TEXT    NOT NULL,
  version    BIGINT  NOT NULL,
  created_at BIGINT  NOT NULL,
  updated_at BIGINT  NOT NULL
, portfolio TEXT NOT NULL DEFAULT '{}');
CREATE INDEX service_lifecycle ON service (lifecycle, name);
CREATE INDEX service_team ON service (team, name);
CREATE INDEX service_tier ON service (tier, name);
CREATE TABLE service_word (
  word    TEXT    NOT NULL PRIMARY KEY,
  service TEXT    NOT NULL REFERENCES service (name),
  own     BOOLEAN NOT NULL
);
CREATE INDEX service_word_service ON service_word (service, word);
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
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
CREATE INDEX silence_due ON silence (next_at) WHERE next_at > 0;
CREATE INDEX silence_ends ON silence (ends_at, id);
CREATE TABLE team (
  name        TEXT   NOT NULL PRIMARY KEY,
  title       TEXT   NOT NULL,
  description TEXT   NOT NULL,
  calendar    TEXT   NOT NULL,
  war_room    TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE TABLE team_member (
  team   TEXT   NOT NULL REFERENCES team (name),
  person BIGINT NOT NULL REFERENCES person (id),
  role   TEXT   NOT NULL,
  PRIMARY KEY (team, person)
);
CREATE INDEX team_member_person ON team_member (person, team);
CREATE TABLE watchdog (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  looked_at BIGINT  NOT NULL DEFAULT 0,
  next_at   BIGINT  NOT NULL, -- when to look again
  clean     INTEGER NOT NULL DEFAULT 0, -- looks without a finding in a row
  incident  BIGINT  NOT NULL DEFAULT 0, -- the open one about findings; 0: none
  findings  TEXT    NOT NULL DEFAULT '[]' -- JSON
);
