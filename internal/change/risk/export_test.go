package risk

// Query is a list query with arguments, for a look at its plan.
type Query struct {
	SQL  string
	Args []any
}

// Queries are all that read more than one row.
var Queries = []Query{
	{olderSQL, []any{100, 10}},
	{completedSQL, []any{"succeeded", 100}},
	{outcomesSQL, []any{"succeeded", 100}},
}
