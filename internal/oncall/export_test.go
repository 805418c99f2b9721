package oncall

// For tests of query plans.
const (
	ListSQL          = listSQL
	ListTeamSQL      = listTeamSQL
	ChangedSQL       = changedSQL
	ChangedCoversSQL = changedCoversSQL
	CoversSinceSQL   = coversSinceSQL
	CoversTimeSQL    = coversTimeSQL
	CoversOfSQL      = coversOfSQL
	CoversBySQL      = coversBySQL
	OpenOffersSQL    = openOffersSQL
	OffersOfSQL      = offersOfSQL
	FeedSQL          = feedSQL
)

// Gapless is the quick look that spares most schedules the search for holes.
func Gapless(r *Rota, from, to int64) bool { return r.gapless(from, to) }
