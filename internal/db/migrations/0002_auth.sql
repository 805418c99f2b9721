-- +goose Up

-- People. disabled_at and erased_at are 0 while neither happened. password is
-- a PHC string, '' for none. handle and email are lower case.
CREATE TABLE people (
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

-- Handles are ASCII and listed by prefix: compare bytes, as SQLite does, not
-- by the server's language.
-- only: postgres
ALTER TABLE people ALTER COLUMN handle TYPE TEXT COLLATE "C";

CREATE UNIQUE INDEX people_handle ON people (handle);
CREATE UNIQUE INDEX people_email ON people (email) WHERE email <> '';
CREATE INDEX people_role ON people (role, handle);

-- Browser sessions; hash is the SHA-256 of the cookie.
CREATE TABLE auth_sessions (
  id         TEXT   NOT NULL PRIMARY KEY,
  hash       BYTEA  NOT NULL,
  person     BIGINT NOT NULL REFERENCES people (id),
  address    TEXT   NOT NULL,
  agent      TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX auth_sessions_hash ON auth_sessions (hash);
CREATE INDEX auth_sessions_person ON auth_sessions (person, id);
CREATE INDEX auth_sessions_expiry ON auth_sessions (expires_at);
CREATE INDEX auth_sessions_seen ON auth_sessions (seen_at);

-- One-time links: the first start's ('setup', person 0) and those that set a
-- password ('password'). Used = deleted.
CREATE TABLE auth_links (
  hash       BYTEA  NOT NULL PRIMARY KEY,
  purpose    TEXT   NOT NULL,
  person     BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX auth_links_person ON auth_links (purpose, person);
CREATE INDEX auth_links_expiry ON auth_links (expires_at);

-- API tokens; person 0 is a machine's token. scopes is a space-separated list,
-- '' for all of the role. revoked_at 0: valid until expires_at.
CREATE TABLE auth_tokens (
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
CREATE UNIQUE INDEX auth_tokens_hash ON auth_tokens (hash);
CREATE INDEX auth_tokens_person ON auth_tokens (person, id);

-- Counts of failed sign-ins by account and by address.
CREATE TABLE auth_guesses (
  id       TEXT   NOT NULL PRIMARY KEY,
  failed   BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  until_at BIGINT NOT NULL
);
CREATE INDEX auth_guesses_last ON auth_guesses (last_at);

-- Teams own services and are told about their incidents.
CREATE TABLE teams (
  name        TEXT   NOT NULL PRIMARY KEY,
  title       TEXT   NOT NULL,
  description TEXT   NOT NULL,
  calendar    TEXT   NOT NULL,
  war_room    TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
-- only: postgres
ALTER TABLE teams ALTER COLUMN name TYPE TEXT COLLATE "C";

CREATE TABLE team_members (
  team   TEXT   NOT NULL REFERENCES teams (name),
  person BIGINT NOT NULL REFERENCES people (id),
  role   TEXT   NOT NULL,
  PRIMARY KEY (team, person)
);
-- only: postgres
ALTER TABLE team_members ALTER COLUMN team TYPE TEXT COLLATE "C";

CREATE INDEX team_members_person ON team_members (person, team);
