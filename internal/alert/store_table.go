package alert

import "github.com/evenkeel/evenkeel/internal/db"

// What a batch changes in alerts and episodes that exist.
var (
	statesTable = db.NewUpdate("alert", "id BIGINT", "status TEXT", "severity BIGINT", "sort_key BIGINT", "service TEXT", "team TEXT", "rule TEXT",
		"unrouted BOOLEAN", "quiet BOOLEAN", "silence_id BIGINT", "episode_id BIGINT", "started_at BIGINT", "ended_at BIGINT", "closed_at BIGINT",
		"ended_by TEXT", "event_at BIGINT", "acked_at BIGINT", "next_at BIGINT", "count BIGINT", "total BIGINT", "last_seen BIGINT",
		"flips BYTEA", "flapping_until BIGINT", "recent BYTEA", "version BIGINT")
	repeatsTable  = db.NewUpdate("alert", "id BIGINT", "ended_at BIGINT", "event_at BIGINT", "next_at BIGINT", "count BIGINT", "total BIGINT", "last_seen BIGINT", "recent BYTEA")
	contentsTable = db.NewUpdate("alert", "id BIGINT", "summary TEXT", "source TEXT", "labels TEXT", "annotations TEXT", "links TEXT", "details TEXT", "content BIGINT")
	endsTable     = db.NewUpdate("alert_episode", "id BIGINT", "severity BIGINT", "ended_at BIGINT", "closed_at BIGINT", "ended_by TEXT", "count BIGINT")
	routesTable   = db.NewUpdate("alert_episode", "id BIGINT", "service TEXT", "rule TEXT", "group_key TEXT", "group_text TEXT", "silence_id BIGINT")
	linksTable    = db.NewUpdate("alert_episode", "id BIGINT", "incident_id BIGINT")
)
