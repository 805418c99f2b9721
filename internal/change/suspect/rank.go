package suspect

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// MaxListed is how many suspects a list names.
const MaxListed = 10

// List is what a ranking found.
type List struct {
	Suspects []Suspect // likeliest first
	Cut      int       // candidates that are not listed
}

// Rank orders candidates. Those that cannot have been it are left out. It is a
// pure function; equal points go to the later change, then to the higher number.
func Rank(i Incident, candidates []Candidate) List {
	var all []Suspect
	odds := 1.0 // of "none of these"
	for _, c := range candidates {
		list, ok := reasons(i, c)
		if !ok {
			continue
		}
		s := Suspect{Candidate: c, Points: base, Reasons: list}
		for _, r := range list {
			s.Points += r.Points
		}
		slices.SortStableFunc(s.Reasons, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)) })
		odds += math.Exp(s.Points)
		all = append(all, s)
	}
	for n := range all {
		all[n].Score = int(math.Round(100 * math.Exp(all[n].Points) / odds))
	}
	slices.SortFunc(all, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), b.Started.Compare(a.Started), cmp.Compare(b.Change, a.Change))
	})
	shown := min(len(all), MaxListed)
	return List{all[:shown:shown], len(all) - shown}
}

// AsOf is a candidate as it stood at a time: what happened to it later is not
// known yet.
func (c Candidate) AsOf(t time.Time) Candidate {
	if c.TakenBack.After(t) {
		c.TakenBack, c.TakenBackBy = time.Time{}, 0
	}
	if c.Deployed.After(t) {
		c.Deployed = time.Time{}
	}
	if c.Ended.After(t) {
		c.Ended = time.Time{}
		c.State = "verifying"
		if c.Deployed.IsZero() {
			c.State = "in progress"
		}
	}
	return c
}

// Latest orders candidates by time alone, the newest before the incident
// first: what a responder without a ranking would look at. It is the baseline
// that a ranking must beat.
func Latest(i Incident, candidates []Candidate) []int64 {
	var fit []Candidate
	for _, c := range candidates {
		if _, ok := timing(i, c); ok {
			fit = append(fit, c)
		}
	}
	slices.SortFunc(fit, func(a, b Candidate) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Change, a.Change))
	})
	out := make([]int64, len(fit))
	for n, c := range fit {
		out[n] = c.Change
	}
	return out
}

// PlaceOf is the place of a change on a list, from 1; 0 when it is not there.
func PlaceOf(list []int64, change int64) int { return slices.Index(list, change) + 1 }

// Changes are the numbers of a list's suspects.
func (l List) Changes() []int64 {
	out := make([]int64, len(l.Suspects))
	for n, s := range l.Suspects {
		out[n] = s.Change
	}
	return out
}
