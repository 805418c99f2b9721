package alert

import "time"

// SilenceKind is why alerts are held back.
type SilenceKind string

// The kinds of silences.
const (
	Mute        SilenceKind = "silence"     // a person knows and does not want to hear it
	Maintenance SilenceKind = "maintenance" // planned work on a service
)

// Silence holds matching alerts back from incidents and messages while it
// lasts. They are stored and shown; what still fires at its end is routed.
type Silence struct {
	ID       int64
	Kind     SilenceKind
	Matchers []Matcher
	StartsAt time.Time
	EndsAt   time.Time
	AuthorID int64 // person; 0: the system
	Comment  string
	Created  time.Time
	Expired  time.Time // when a person ended it early; zero: not
	Version  int64
}

// SilenceState is where a silence is in its life.
type SilenceState string

// The states of a silence, by time alone.
const (
	SilencePending SilenceState = "pending"
	SilenceActive  SilenceState = "active"
	SilenceOver    SilenceState = "over"
)

// State is the silence's state at a time.
func (s *Silence) State(now time.Time) SilenceState {
	switch {
	case !now.Before(s.EndsAt):
		return SilenceOver
	case now.Before(s.StartsAt):
		return SilencePending
	}
	return SilenceActive
}

// maxSilence is the longest silence: longer ones hide what should be repaired
// or deleted.
const maxSilence = 90 * 24 * time.Hour

// silencedBy returns the first active silence that matches, or nil.
func silencedBy(silences []*Silence, s *subject, now time.Time) *Silence {
	for _, sil := range silences {
		if sil.State(now) == SilenceActive && matchAll(sil.Matchers, s) < 0 {
			return sil
		}
	}
	return nil
}
