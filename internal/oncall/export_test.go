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
