-- +goose Up

-- Versions of the weights of the risk score. Weights and report never change;
-- state does, by a person: proposed | used (in force now or once) | declined.
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

-- How a service fared after a change was deployed, compared with before. One
-- row per change that was verified; next_at is 0 when it is over.
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
-- Other changes on the same service while one is verified: their readings overlap.
CREATE INDEX change_verification_service ON change_verification (service, to_at);
