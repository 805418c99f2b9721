package window

// Queries whose plans are tested.
var (
	ListSQL     = listSQL
	OpenSQL     = openSQL("IN ($2, $3)")
	ListKindSQL = listKindSQL
	FeedSQL     = feedSQL
	StartedSQL  = "SELECT " + barColumns + startedSQL + " ORDER BY c.started_at, c.id LIMIT $4"
	QuietSQL    = "SELECT " + barColumns + startedSQL + " AND " + notable + " ORDER BY c.started_at, c.id LIMIT $4"
	HiddenSQL   = "SELECT c.id" + startedSQL + " AND NOT " + notable + " LIMIT $4"
	RunningSQL  = "SELECT " + barColumns + runningSQL + " ORDER BY c.id LIMIT $2"
	PlannedSQL  = "SELECT " + barColumns + plannedSQL + " ORDER BY c.planned_from, c.id LIMIT $4"
	OfSQL       = "SELECT " + barColumns + ofSQL + " ORDER BY s.from_at, s.change_id LIMIT $5"
)
