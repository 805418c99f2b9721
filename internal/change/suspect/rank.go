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
		s.Reasons = append(s.Reasons, Reason{Name: "start", Text: "What every candidate starts with", Points: base})
		odds += math.Exp(s.Points)
		all = append(all, s)
	}
	for n := range all {
		all[n].share(odds)
	}
	slices.SortFunc(all, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), b.Started.Compare(a.Started), cmp.Compare(b.Change, a.Change))
	})
	shown := min(len(all), MaxListed)
	return List{all[:shown:shown], len(all) - shown}
}

// share sets the score, 100 × the share of the odds, and each reason's part of
// it: the start has what it alone would give, the rest is divided in proportion
// to the points. That is the Aumann–Shapley division, because the score depends
// on the reasons only by their sum.
func (s *Suspect) share(odds float64) {
	others := max(odds-math.Exp(s.Points), 1)
	score := func(points float64) float64 { return 100 / (1 + others*math.Exp(-points)) }
	s.Score = int(math.Round(score(s.Points)))
	slope, d := 0.0, s.Points-base
	if math.Abs(d) > 1e-6 {
		slope = (score(s.Points) - score(base)) / d
	} else {
		slope = score(base) * (1 - score(base)/100)
	}
	exact := make([]float64, len(s.Reasons))
	left := s.Score
	for n, r := range s.Reasons {
		if exact[n] = slope * r.Points; r.Name == "start" {
			exact[n] = score(base)
		}
		s.Reasons[n].Part = int(math.Floor(exact[n]))
		left -= s.Reasons[n].Part
	}
	order := make([]int, len(exact)) // the largest remainders are rounded up
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(exact[b]-math.Floor(exact[b]), exact[a]-math.Floor(exact[a]))
	})
	for n := 0; n < left; n++ {
		s.Reasons[order[n%len(order)]].Part++
	}
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
