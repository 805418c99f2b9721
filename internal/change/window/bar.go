package window

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// Bar is a change on the time line.
type Bar struct {
	ID          int64
	Title       string
	Type        string
	Kind        string
	Purpose     string
	State       string
	Outcome     string // of the decision
	RiskLevel   string
	Team        string
	Environment string
	Services    []string // the first is the main one
	Span                 // from its start, or its planned one; a running one ends when it is thought to
	Planned     bool     // it has not begun
	Over        bool     // it has ended
	Bypass      bool
}

// usualLength is how long a change takes of which nobody said it; the same as
// the gate assumes.
const usualLength = time.Hour

// Ref is the change's key.
func (b Bar) Ref() ref.Ref { return ref.N(ref.Change, b.ID) }

// Key is "CHG-77".
func (b Bar) Key() string { return b.Ref().String() }

// moments are the times of a change as stored.
type moments struct{ plannedFrom, plannedTo, started, verifyUntil, ended time.Time }

// place sets where a bar is on the time line.
func (b *Bar) place(m moments, at time.Time) {
	b.Planned, b.Over = m.started.IsZero(), !m.ended.IsZero()
	switch {
	case b.Over && !b.Planned:
		b.Span = Span{m.started, m.ended}
	case b.Planned:
		b.Span = Span{m.plannedFrom, m.plannedTo}
	default:
		b.Span = Span{m.started, m.started.Add(usualLength)}
		for _, t := range []time.Time{m.plannedTo, m.verifyUntil} {
			if b.State == "verifying" && t.Equal(m.verifyUntil) && !t.IsZero() || t.After(b.To) {
				b.To = t
			}
		}
		if !b.To.After(at) { // it takes longer than thought, and is still there
			b.To = at.Add(time.Minute)
		}
	}
	if !b.To.After(b.From) {
		b.To = b.From.Add(usualLength)
		if b.Over {
			b.To = b.From.Add(time.Minute)
		}
	}
}
