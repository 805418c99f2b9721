-- +goose Up

-- People. disabled_at and erased_at are 0 while neither happened. password is
-- a PHC string, '' for none. handle and email are lower case.
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

-- Handles are ASCII and listed by prefix: compare bytes, as SQLite does, not
-- by the server's language.
-- only: postgres
ALTER TABLE person ALTER COLUMN handle TYPE TEXT COLLATE "C";

CREATE UNIQUE INDEX person_handle ON person (handle);
CREATE UNIQUE INDEX person_email ON person (email) WHERE email <> '';
CREATE INDEX person_role ON person (role, handle);

-- Browser sessions; hash is the SHA-256 of the cookie.
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
CREATE UNIQUE INDEX auth_session_hash ON auth_session (hash);
CREATE INDEX auth_session_person ON auth_session (person, id);
CREATE INDEX auth_session_expiry ON auth_session (expires_at);
CREATE INDEX auth_session_seen ON auth_session (seen_at);

-- One-time links: the first start's ('setup', person 0) and those that set a
-- password ('password'). Used = deleted.
CREATE TABLE auth_link (
  hash       BYTEA  NOT NULL PRIMARY KEY,
  purpose    TEXT   NOT NULL,
  person     BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX auth_link_person ON auth_link (purpose, person);
CREATE INDEX auth_link_expiry ON auth_link (expires_at);

-- API tokens; person 0 is a machine's token. scopes is a space-separated list,
-- '' for all of the role. revoked_at 0: valid until expires_at.
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

-- Counts of failed sign-ins by account and by address.
CREATE TABLE auth_guess (
  id       TEXT   NOT NULL PRIMARY KEY,
  failed   BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  until_at BIGINT NOT NULL
);
CREATE INDEX auth_guess_last ON auth_guess (last_at);

-- Teams own services and are told about their incidents.
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
-- only: postgres
ALTER TABLE team ALTER COLUMN name TYPE TEXT COLLATE "C";

CREATE TABLE team_member (
  team   TEXT   NOT NULL REFERENCES team (name),
  person BIGINT NOT NULL REFERENCES person (id),
  role   TEXT   NOT NULL,
  PRIMARY KEY (team, person)
);
-- only: postgres
ALTER TABLE team_member ALTER COLUMN team TYPE TEXT COLLATE "C";

CREATE INDEX team_member_person ON team_member (person, team);
