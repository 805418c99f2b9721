package catalog

// Queries, for their plans.
const SearchSQL = searchSQL

var ListSQL = listSQL
