package incident

import (
	"fmt"
	"strings"
)

// Priority is P1 (complete outage) to P4 (cosmetic). Zero is "not set".
type Priority int8

// The four priorities; the table with their targets is in matrix.go.
const (
	P1 Priority = 1
	P2 Priority = 2
	P3 Priority = 3
	P4 Priority = 4
)

// Priorities lists all, worst first.
var Priorities = []Priority{P1, P2, P3, P4}

func (p Priority) String() string {
	if p < P1 || p > P4 {
		return ""
	}
	return fmt.Sprintf("P%d", int(p))
}

// Word is the priority's name: Critical, High, Medium, Low.
func (p Priority) Word() string {
	if p < P1 || p > P4 {
		return ""
	}
	return [...]string{"Critical", "High", "Medium", "Low"}[p-1]
}

// MarshalText writes "P1".
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "P1" or "1"; empty is not set.
func (p *Priority) UnmarshalText(b []byte) error {
	s := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(string(b))), "P")
	switch s {
	case "":
		*p = 0
	case "1", "2", "3", "4":
		*p = Priority(s[0] - '0')
	default:
		return fmt.Errorf("%q is no priority; use P1, P2, P3 or P4", string(b))
	}
	return nil
}

// Level is a step of impact or urgency.
type Level int8

// The levels, worst first. Zero is "not said" and counts as Medium.
const (
	High   Level = 1
	Medium Level = 2
	Low    Level = 3
)

// Levels lists all, worst first.
var Levels = []Level{High, Medium, Low}

func (l Level) String() string {
	if l < High || l > Low {
		return ""
	}
	return [...]string{"high", "medium", "low"}[l-1]
}

// MarshalText writes "high", "medium" or "low".
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads "high", "medium" or "low"; empty is not said.
func (l *Level) UnmarshalText(b []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(b))) {
	case "":
		*l = 0
	case "high":
		*l = High
	case "medium":
		*l = Medium
	case "low":
		*l = Low
	default:
		return fmt.Errorf("%q is no level; use high, medium or low", string(b))
	}
	return nil
}
