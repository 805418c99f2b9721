package scorecard

// StandingsSQL is a query, for its plan.
var StandingsSQL = standingsSQL
