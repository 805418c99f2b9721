package verify

// Query is a list query with arguments, for a look at its plan.
type Query struct {
	SQL  string
	Args []any
}

// Queries are all that read more than one row.
var Queries = []Query{
	{firstSQL, nil},
	{dueSQL, []any{100, 10}},
	{servicesSQL, []any{7}},
	{othersSQL, []any{"checkout", 1, 2, 7}},
}
