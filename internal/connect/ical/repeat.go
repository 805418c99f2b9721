package ical

import (
	"github.com/evenkeel/evenkeel/internal/recur"
)

// rule reads an RRULE (RFC 5545, 3.3.10); fault is not empty when it is of
// another kind.
func (r *reader) rule(value string, start moment) (out recur.Rule, fault string) {
	out, bad := recur.Parse(value, start.loc)
	if bad != "" {
		return out, "it repeats in a way that is not understood (" + short(bad) + "); write the times out"
	}
	return out, ""
}
