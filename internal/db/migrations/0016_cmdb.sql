-- +goose Up

-- Configuration items as worked out from their observations. attributes is
-- {name: value}, identifiers ["scheme=value", …], origins {name: [observation,
-- how many sources differ]}, where "" is all that have no line of their own.
-- Times are microseconds since 1970 UTC, 0 = never.
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
-- only: postgres
ALTER TABLE ci ALTER COLUMN word TYPE TEXT COLLATE "C";
CREATE INDEX ci_by_kind ON ci (kind, word, id);
CREATE INDEX ci_by_word ON ci (word, id);
CREATE INDEX ci_due ON ci (next_at) WHERE next_at > 0;
CREATE INDEX ci_conflicts ON ci (id) WHERE conflicts > 0;
CREATE INDEX ci_away ON ci (id, state) WHERE state <> 'present'; -- what the graph reads at the start
CREATE INDEX ci_by_team ON ci (team, word, id) WHERE team <> '';
CREATE INDEX ci_stale ON ci (id) WHERE state = 'stale';
CREATE INDEX ci_created ON ci (created_at, id);

-- By what names systems know an item. Two items may share one: that is what
-- proposals are about. The other way round is ci.identifiers.
-- only: sqlite
CREATE TABLE ci_identifier (
  scheme TEXT    NOT NULL,
  value  TEXT    NOT NULL,
  item   INTEGER NOT NULL,
  PRIMARY KEY (scheme, value, item)
) WITHOUT ROWID;
-- only: postgres
CREATE TABLE ci_identifier (
  scheme TEXT    NOT NULL,
  value  TEXT    NOT NULL,
  item   INTEGER NOT NULL,
  PRIMARY KEY (scheme, value, item)
);

-- Whoever changes items or relations locks the one row first, so that two who
-- meet the same new thing at once do not make two items of it (PostgreSQL;
-- SQLite has one writer). moves counts how often people moved observations from
-- one item to another.
CREATE TABLE ci_lock (
  id    INTEGER NOT NULL PRIMARY KEY,
  moves BIGINT  NOT NULL
);
INSERT INTO ci_lock (id, moves) VALUES (1, 0);

-- Where observations come from: a source and the part of the world it looks
-- at. What a complete run saw unchanged is not written again: its observations
-- that are not absent were last seen at complete_at.
CREATE TABLE ci_origin (
  id          INTEGER NOT NULL PRIMARY KEY,
  source      TEXT    NOT NULL,
  scope       TEXT    NOT NULL,
  run         BIGINT  NOT NULL, -- that is under way; 0 = none
  complete_at BIGINT  NOT NULL, -- when the last complete run began
  seen_at     BIGINT  NOT NULL  -- when it last reported anything
);
CREATE UNIQUE INDEX ci_origin_name ON ci_origin (source, scope);

-- What each origin said of each item. body is the JSON of cmdb.Seen; digest
-- is of the body, so that "seen again, nothing new" writes nothing.
-- pinned: a person said to which item it belongs.
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
-- only: postgres
ALTER TABLE ci_observation ALTER COLUMN id TYPE BIGINT;
-- only: postgres
ALTER TABLE ci_observation ALTER COLUMN name TYPE TEXT COLLATE "C";
CREATE UNIQUE INDEX ci_observation_key ON ci_observation (origin, name);
CREATE INDEX ci_observation_item ON ci_observation (item);

-- Relations between items, present and over.
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
-- only: postgres
ALTER TABLE ci_relation ALTER COLUMN id TYPE BIGINT;
CREATE UNIQUE INDEX ci_relation_ends ON ci_relation (from_item, to_item, kind);
CREATE INDEX ci_relation_to ON ci_relation (to_item);
CREATE INDEX ci_relation_due ON ci_relation (next_at) WHERE next_at > 0;
CREATE INDEX ci_relation_group ON ci_relation (id, grp) WHERE grp <> '';
CREATE INDEX ci_relation_since ON ci_relation (since, id);

-- What each origin said of each relation. from_end and to_end are "key:…" of
-- the same origin, "scheme=value" or "[kind]scheme=value".
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
-- only: postgres
ALTER TABLE ci_sighting ALTER COLUMN id TYPE BIGINT;
-- only: postgres
ALTER TABLE ci_sighting ALTER COLUMN from_end TYPE TEXT COLLATE "C";
-- only: postgres
ALTER TABLE ci_sighting ALTER COLUMN to_end TYPE TEXT COLLATE "C";
CREATE UNIQUE INDEX ci_sighting_ends ON ci_sighting (origin, from_end, to_end, kind);
CREATE INDEX ci_sighting_relation ON ci_sighting (relation, id);
CREATE INDEX ci_sighting_from ON ci_sighting (from_end) WHERE relation = 0;
CREATE INDEX ci_sighting_to ON ci_sighting (to_end) WHERE relation = 0;

-- What items and relations were before; since..until is half open.
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
CREATE INDEX ci_relation_past_until ON ci_relation_past (until, relation);
CREATE INDEX ci_relation_past_group ON ci_relation_past (relation, until, grp) WHERE grp <> '';

-- Runs of sources. counts, remarks and diff are JSON.
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

-- Records of a run that are checked and not yet applied, compressed: items,
-- then relations, then what a complete run did not see.
CREATE TABLE ci_stage (
  run   BIGINT  NOT NULL,
  chunk INTEGER NOT NULL,
  body  BYTEA   NOT NULL,
  PRIMARY KEY (run, chunk)
);

-- What each transaction changed in the graph, packed, so that the graphs in
-- memory of all replicas follow.
CREATE TABLE ci_delta (
  id   BIGINT NOT NULL PRIMARY KEY,
  at   BIGINT NOT NULL,
  body BYTEA  NOT NULL
);
CREATE INDEX ci_delta_at ON ci_delta (at);

-- Pairs that may be one and the same.
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
CREATE UNIQUE INDEX ci_proposal_pair ON ci_proposal (a, b);
CREATE INDEX ci_proposal_open ON ci_proposal (id) WHERE state = 'open';
CREATE INDEX ci_proposal_b ON ci_proposal (b);

-- Merges and splits by hand, so that they can be undone. moves is JSON: which
-- observation went from which item to which.
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

-- Kinds of items that the organisation adds or gives a schema, the rules of
-- reconciliation, and sources that run on a schedule; spec is JSON.
CREATE TABLE ci_kind (
  name       TEXT   NOT NULL PRIMARY KEY,
  spec       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
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

-- Named points in the graph's history. The evidence entry signs the digest.
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

-- What people decided on differences from a baseline. form is the digest of
-- what they saw: another form asks anew. at: the baseline means this item or
-- relation as it was then (accepted), 0 for explained ones.
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
