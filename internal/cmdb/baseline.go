package cmdb

// Baseline is a named point in the history of the map.
type Baseline struct{ Name string }
