package oncall

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// HoleKind is why nobody, or somebody less, is on call.
type HoleKind string

// The kinds of holes.
const (
	HolePlanned HoleKind = "planned" // the layers have nobody then
	HoleAway    HoleKind = "away"    // who would be on call is away
	HoleGone    HoleKind = "gone"    // somebody of the schedule is disabled or erased
	HoleBroken  HoleKind = "broken"  // the schedule cannot be computed
)

// Hole is a lack in a schedule's coverage.
type Hole struct {
	Schedule string
	Title    string
	Team     string
	Kind     HoleKind
	From     time.Time // zero: always
	Until    time.Time // zero: for ever
	People   []int64   // who is away or gone
	Covered  bool      // somebody else is on call, but the schedule needs an edit all the same
	Text     string    // one sentence without names
}

// Uncovered reports whether nobody is on call in the hole.
func (h Hole) Uncovered() bool { return !h.Covered }

// maxHoles bounds an answer; the earliest holes of each schedule are in it.
const (
	maxHoles     = 500
	holesOfOne   = 20
	holesAtOnce  = 62 * 24 * time.Hour
	plannedAfter = "the layers have nobody on call then"
)

// Holes returns the coverage holes of all schedules from one time to another,
// at most 62 days and 500 holes, those that were not planned first. Planned
// ones are hours that a schedule's restrictions leave out.
func (s *Service) Holes(ctx context.Context, from, to time.Time) (out []Hole, err error) {
	_, err = actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.holes", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) { out, err = s.HolesIn(q, from, to); return err })
	return out, errs.Wrap("oncall.holes", err)
}

// HolesIn is Holes inside a transaction or snapshot; it checks no permission.
func (s *Service) HolesIn(q db.Querier, from, to time.Time) ([]Hole, error) {
	b, err := s.Schedules(q)
	if err != nil {
		return nil, err
	}
	from, to = from.UTC().Truncate(time.Minute), to.UTC().Truncate(time.Minute)
	if to.Sub(from) > holesAtOnce {
		to = from.Add(holesAtOnce)
	}
	asked := holesAsked{b, from, to}
	if last := s.cache.holes.Load(); last != nil && last.asked == asked {
		return slices.Clone(last.found), nil
	}
	out := b.holes(from, to)
	if _, ok := q.(*db.Tx); !ok { // a transaction's book may never come to be
		s.cache.holes.Store(&holesFound{asked, out})
	}
	return slices.Clone(out), nil
}

// holesAsked is one question after holes. The Now page asks the same one again
// and again: its answer is kept until a schedule, a cover, somebody or the
// minute changes.
type holesAsked struct {
	book     *Book
	from, to time.Time
}

type holesFound struct {
	asked holesAsked
	found []Hole
}

func (b *Book) holes(from, to time.Time) []Hole {
	var out []Hole
	for _, name := range b.names {
		out = append(out, b.entries[name].holes(b, from, to)...)
	}
	slices.SortStableFunc(out, func(a, b Hole) int { return rank(a) - rank(b) })
	return out[:min(len(out), maxHoles)]
}

func rank(h Hole) int {
	switch {
	case h.Kind == HolePlanned:
		return 2
	case h.Covered:
		return 1
	}
	return 0
}

func (e *entry) holes(b *Book, from, to time.Time) (out []Hole) {
	h := Hole{Schedule: e.schedule.Name, Title: e.schedule.Title(), Team: e.schedule.Spec.Team}
	if e.rota == nil {
		h.Kind, h.Text = HoleBroken, "this schedule cannot be computed, so nobody is on call; edit it"
		return []Hole{h}
	}
	var gone []int64
	for _, p := range e.base.people {
		if b.gone[p] {
			gone = append(gone, p)
		}
	}
	var duties []Duty
	if !e.rota.gapless(from.Unix(), to.Unix()) {
		duties, _ = e.rota.between(from, to, maxDuties) // the earliest matter
	}
	for _, d := range duties {
		if !d.Gap() {
			continue
		}
		a, z := clip(d, from, to)
		out = append(out, e.parts(h, d, a, z)...)
		if len(out) >= holesOfOne {
			out = out[:holesOfOne]
			break
		}
	}
	if len(gone) > 0 && !slices.ContainsFunc(out, func(h Hole) bool { return h.Kind == HoleGone }) {
		h.Kind, h.People, h.Covered, h.Text = HoleGone, gone, true, "somebody in the layers can no longer be paged; others cover for now, edit the schedule"
		out = append(out, h)
	}
	return out
}

// gapless reports, for a reason that is quick to see, that somebody is always on
// call from one time to another: nobody is away, and a layer without
// restriction runs all the time with everybody there. False says nothing.
func (r *Rota) gapless(from, to int64) bool {
	for _, c := range r.covers {
		if c.Kind == Absence && c.From.Unix() < to && c.To.Unix() > from {
			return false
		}
	}
	for _, l := range r.layers {
		if len(l.only) == 0 && l.open <= from && to <= l.shut && (r.gone == nil || l.complete(r.gone)) {
			return true
		}
	}
	return false
}

// complete reports whether nobody of the layer is gone.
func (l *layer) complete(gone map[int64]bool) bool {
	for _, s := range l.shifts {
		for _, p := range s {
			if gone[p] {
				return false
			}
		}
	}
	return true
}

// parts cuts a gap into what was planned and what was not, by what the layers
// would have without covers and with everybody there.
func (e *entry) parts(h Hole, gap Duty, from, to time.Time) (out []Hole) {
	planned, _ := e.base.between(from, to, maxDuties)
	for _, d := range planned {
		n := h
		a, z := clip(d, from, to)
		n.From, n.Until = a, z
		if a.Equal(from) {
			n.From = gap.From
		}
		if z.Equal(to) {
			n.Until = gap.Until
		}
		n.Kind, n.Text = HolePlanned, plannedAfter
		for _, p := range d.People {
			n.People = append(n.People, p)
			if n.Kind != HoleGone {
				n.Kind, n.Text = HoleAway, "who would be on call is away and nobody stands in; put somebody in"
			}
			if e.rota.gone[p] {
				n.Kind, n.Text = HoleGone, "who would be on call can no longer be paged; edit the schedule or put somebody in"
			}
		}
		if k := len(out) - 1; k >= 0 && out[k].Kind == n.Kind && slices.Equal(out[k].People, n.People) {
			out[k].Until = n.Until
			continue
		}
		out = append(out, n)
	}
	return out
}
