-- +goose Up

-- What is open on a service, asked by every gate; and what was going on in a
-- stretch of time, for the change calendar.
CREATE INDEX incident_open_service ON incident (service, priority, id) WHERE is_open = TRUE AND service <> '';
CREATE INDEX incident_triggered ON incident (triggered_at, id);
