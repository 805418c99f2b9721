package cmdb

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Regroup is a merge or a split that somebody made.
type Regroup struct {
	ID     int64
	Verb   string // "merge", "split"
	Item   int64  // that kept its number
	Other  int64  // merged into it, or split off
	Note   string
	Actor  string
	Person int64
	At     time.Time
	Undone time.Time // zero: it stands
	moves  []obsMove
}

// obsMove is one observation that went from one item to the other.
type obsMove struct {
	Observation int64 `json:"observation"`
	From        int64 `json:"from"`
	To          int64 `json:"to"`
	Pinned      bool  `json:"pinned,omitempty"` // it was, before
}

func (g Regroup) digest() string {
	return evidence.Digest(nil, []any{g.ID, g.Verb, g.Item, g.Other, g.moves, !g.Undone.IsZero()})
}
