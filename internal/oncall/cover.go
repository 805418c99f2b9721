package oncall

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// CoverKind is what a cover is.
type CoverKind string

// The kinds of covers.
const (
	Override CoverKind = "override" // somebody comes instead, by anybody's word
	Swap     CoverKind = "swap"     // somebody took over a shift that was offered
	Absence  CoverKind = "absence"  // somebody is away, from every schedule
)

// Cover changes who is on call for a time. Numbers grow with the order in
// which things were said, and what was said last counts.
type Cover struct {
	ID       int64
	Kind     CoverKind
	Schedule string // empty for an absence
	Person   int64  // who comes; 0 for an absence
	Instead  int64  // whose shifts, who is away; 0: everybody's
	From, To time.Time
	Reason   string
	By       int64 // the person who said so; 0: a machine
	Version  int64
	Created  time.Time
	Removed  time.Time // zero: it counts

	salt []byte
	seq  int64
}

// Ref is the cover's key.
func (c Cover) Ref() ref.Ref { return ref.N(ref.Cover, c.ID) }

// digest is salted: a reason can be personal.
func (c Cover) digest() string {
	return evidence.Digest(c.salt, []any{c.ID, c.Kind, c.Schedule, c.Person, c.Instead, c.From.UnixMicro(), c.To.UnixMicro(), c.Reason, c.By, c.Version,
		c.Created.UnixMicro(), c.Removed.IsZero()})
}

// NewCover is what a person says to put somebody in for others.
type NewCover struct {
	Person   string // who comes: handle or key, "" or "me"
	Instead  string // whose shifts: handle or key; "": everybody's
	From, To time.Time
	Reason   string // at most 300 characters
}

// NewAbsence is what a person says to be away.
type NewAbsence struct {
	Person   string // handle or key; "" or "me"
	From, To time.Time
	Reason   string
}

// SwapState is where an offer stands.
type SwapState string

// The states of an offer.
const (
	Offered   SwapState = "offered"
	Accepted  SwapState = "accepted"
	Declined  SwapState = "declined"
	Withdrawn SwapState = "withdrawn"
)

// NewOffer offers one's own shifts in a time to somebody, or to all. With
// Return times the taker's shifts in those are taken over in exchange.
type NewOffer struct {
	To                   string // handle or key; "": whoever accepts first
	From, Until          time.Time
	ReturnFrom, ReturnTo time.Time // zero: nothing in return
	Note                 string    // at most 300 characters
}

// Offer is an offered swap. Its number is of the same row as covers: COV-7.
type Offer struct {
	ID                   int64
	Schedule             string
	Person               int64 // who offers
	To                   int64 // to whom; 0: anybody
	From, Until          time.Time
	ReturnFrom, ReturnTo time.Time
	Note                 string
	State                SwapState
	Taker                int64 // who accepted or declined; 0: nobody yet
	Covers               []int64
	Version              int64
	Created, Updated     time.Time

	salt []byte
}

// Ref is the offer's key.
func (o Offer) Ref() ref.Ref { return ref.N(ref.Cover, o.ID) }

func (o Offer) digest() string {
	return evidence.Digest(o.salt, []any{o.ID, o.Schedule, o.Person, o.To, o.From.UnixMicro(), o.Until.UnixMicro(), o.ReturnFrom.UnixMicro(),
		o.ReturnTo.UnixMicro(), o.Note, o.State, o.Taker, o.Version, o.Created.UnixMicro()})
}
