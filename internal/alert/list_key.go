package alert

// The sort key gives every list of alerts one order, which is also one index:
// firing before resolved, firing ones by severity and then newest first,
// resolved ones newest first. A filter by status or by severity of firing
// alerts is a range of the key, so a page costs the same in a table of any
// size.
const (
	keyBase     = int64(1e16) // above any time in microseconds before the year 2286
	keyResolved = 9 * keyBase
)

// sortKey of an alert; at is when its episode opened, or when it resolved.
func sortKey(firing bool, severity int8, at int64) int64 {
	if firing {
		return int64(severity)*keyBase + keyBase - at
	}
	return keyResolved + keyBase - at
}

// withSeverity changes the severity part of a firing alert's key.
func withSeverity(k int64, severity int8) int64 {
	return int64(severity)*keyBase + k%keyBase
}
