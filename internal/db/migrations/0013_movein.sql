-- +goose Up

-- Senders that sign (Grafana's webhook) need not send their token: it is kept
-- sealed, so that their signatures can be checked. NULL for all others.
ALTER TABLE integration_token ADD COLUMN sealed BYTEA;
