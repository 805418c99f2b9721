package ascode

// What tests look at from outside.
const (
	ListAppliesSQL = listAppliesSQL
	ListManagedSQL = listManagedSQL
)

// Nearest, Diff and Plain are the pure parts.
var (
	Nearest = nearest
	Diff    = diff
	Plain   = plain
	Schemas = schemas
)
