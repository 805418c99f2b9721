package suspect

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 3, 2, 14, 32, 0, 0, time.UTC)

func incident() Incident {
	return Incident{ID: 7, Services: []string{"checkout"}, Began: began, Open: true}
}

// candidate is a deployment of checkout that went live so long before.
func candidate(id int64, before time.Duration) Candidate {
	at := began.Add(-before)
	return Candidate{Change: id, Kind: "deploy", Type: "normal", State: "verifying", Services: []string{"checkout"}, Service: "checkout",
		Place: Place{Relation: Same, Hard: true}, Risk: -1, Lines: -1, Started: at.Add(-2 * time.Minute), Deployed: at}
}

func with(c Candidate, f func(*Candidate)) Candidate { f(&c); return c }

// Each line is a question to which a responder would have one answer: the
// first is more suspect than the second.
func TestWhatIsMoreSuspect(t *testing.T) {
	near := candidate(1, 10*time.Minute)
	for name, pair := range map[string][2]Candidate{
		"later":                                 {near, candidate(2, 3*time.Hour)},
		"same service":                          {near, with(near, func(c *Candidate) { c.Change, c.Place = 2, Place{Needs, 1, true, ""} })},
		"nearer":                                {with(near, func(c *Candidate) { c.Place = Place{Needs, 1, true, ""} }), with(near, func(c *Candidate) { c.Place = Place{Needs, 2, true, ""} })},
		"hard need":                             {with(near, func(c *Candidate) { c.Place = Place{Needs, 1, true, ""} }), with(near, func(c *Candidate) { c.Place = Place{Needs, 1, false, ""} })},
		"needed before needer":                  {with(near, func(c *Candidate) { c.Place = Place{Needs, 1, false, ""} }), with(near, func(c *Candidate) { c.Place = Place{NeededBy, 1, true, ""} })},
		"known place":                           {near, with(near, func(c *Candidate) { c.Place = Place{} })},
		"schema":                                {with(near, func(c *Candidate) { c.Kind = "schema" }), near},
		"risk":                                  {with(near, func(c *Candidate) { c.Risk = 80 }), with(near, func(c *Candidate) { c.Risk = 20 })},
		"size":                                  {with(near, func(c *Candidate) { c.Lines = 3000 }), with(near, func(c *Candidate) { c.Lines = 3 })},
		"failed":                                {with(near, func(c *Candidate) { c.State = "failed" }), near},
		"taken back":                            {with(near, func(c *Candidate) { c.State = "rolled back" }), with(near, func(c *Candidate) { c.State = "failed" })},
		"not yet healthy":                       {near, with(near, func(c *Candidate) { c.State, c.Ended = "succeeded", began.Add(-time.Minute) })},
		"around the gate":                       {with(near, func(c *Candidate) { c.Bypass = true }), near},
		"new rather than back":                  {near, with(near, func(c *Candidate) { c.Returns = true })},
		"before, not after":                     {near, candidate(2, -6*time.Minute)},
		"destroyed":                             {with(near, func(c *Candidate) { c.Destroyed = 2 }), near},
		"same service yesterday, or a need now": {with(near, func(c *Candidate) { c.Place = Place{Needs, 1, true, ""} }), candidate(2, 26*time.Hour)},
	} {
		a, b := pair[0], pair[1]
		a.Change, b.Change = 1, 2
		l := Rank(incident(), []Candidate{b, a})
		if len(l.Suspects) != 2 || l.Suspects[0].Change != 1 || l.Suspects[0].Points <= l.Suspects[1].Points {
			t.Errorf("%s: %v", name, words(l))
		}
	}
}

func words(l List) (out []string) {
	for _, s := range l.Suspects {
		out = append(out, fmt.Sprintf("CHG-%d %d %.2f %v", s.Change, s.Score, s.Points, s.Reasons))
	}
	return out
}

func TestWhatCannotHaveBeen(t *testing.T) {
	planned := candidate(1, 0)
	planned.Started, planned.Deployed = time.Time{}, time.Time{}
	for name, c := range map[string]Candidate{
		"started later": candidate(1, -20*time.Minute), "three days ago": candidate(1, 73*time.Hour), "not started": planned,
	} {
		if l := Rank(incident(), []Candidate{c}); len(l.Suspects) != 0 {
			t.Errorf("%s: %v", name, words(l))
		}
	}
	during := candidate(1, -10*time.Minute) // deployed after it began, started before
	during.Started = began.Add(-time.Minute)
	l := Rank(incident(), []Candidate{during})
	if len(l.Suspects) != 1 || !strings.Contains(l.Suspects[0].Reasons[0].Text, "while it was being deployed") {
		t.Error(words(l))
	}
}

// The points of the reasons and the base are the points, every reason says
// something, and the list is bounded, whatever comes in.
func TestPointsAddUp(t *testing.T) {
	var many []Candidate
	for n := range 200 {
		c := candidate(int64(n+1), time.Duration(n*n)*time.Minute)
		c.Place = Place{[]Relation{Same, Needs, NeededBy, Shares, Nowhere}[n%5], n % 4, n%2 == 0, "DB orders"}
		c.Kind = []string{"deploy", "config", "schema", "flag", "infrastructure", "odd"}[n%6]
		c.State = []string{"succeeded", "failed", "rolled back", "in progress"}[n%4]
		c.Risk, c.Lines, c.Destroyed, c.Bypass, c.Returns = n%101-1, n*n-1, n%3, n%2 == 0, n%7 == 0
		many = append(many, c)
	}
	l := Rank(incident(), many)
	if len(l.Suspects) != MaxListed || l.Cut < 10 {
		t.Fatalf("%d listed, %d cut", len(l.Suspects), l.Cut)
	}
	total := 0
	for n, s := range l.Suspects {
		sum, parts := 0.0, 0
		for i, r := range s.Reasons {
			sum += r.Points
			parts += r.Part
			if r.Text == "" || r.Name == "" || i > 0 && r.Name != "start" && math.Abs(r.Points) > math.Abs(s.Reasons[i-1].Points) {
				t.Errorf("%v", s.Reasons)
			}
			if r.Points > 1e-9 && r.Part < 0 || r.Points < -1e-9 && r.Part > 1 && r.Name != "start" {
				t.Errorf("%+v", r)
			}
		}
		if parts != s.Score {
			t.Errorf("%d is not %d: %v", parts, s.Score, s.Reasons)
		}
		if math.Abs(sum-s.Points) > 1e-9 || n > 0 && s.Points > l.Suspects[n-1].Points {
			t.Errorf("%d: %v is not %v", n, sum, s.Points)
		}
		total += s.Score
	}
	if total > 100+MaxListed/2 {
		t.Errorf("scores add up to %d", total)
	}
}

// A lone fresh deployment of the service that broke is a strong suspect, one
// from yesterday is not: a list is never filled for its own sake.
func TestStrength(t *testing.T) {
	for _, c := range []struct {
		before time.Duration
		want   Strength
	}{{5 * time.Minute, Strong}, {3 * time.Hour, Fair}, {30 * time.Hour, Weak}} {
		l := Rank(incident(), []Candidate{candidate(1, c.before)})
		if got := l.Suspects[0].Strength(); got != c.want {
			t.Errorf("%s before: %s (%d), want %s", c.before, got, l.Suspects[0].Score, c.want)
		}
	}
}

func TestRecoveredWhenTakenBack(t *testing.T) {
	i := incident()
	i.Over = began.Add(25 * time.Minute)
	c := candidate(1, 10*time.Minute)
	c.State, c.TakenBackBy, c.TakenBack, c.Ended = "rolled back", 9, began.Add(21*time.Minute), began.Add(21*time.Minute)
	l := Rank(i, []Candidate{c})
	if text := fmt.Sprint(l.Suspects[0].Reasons); !strings.Contains(text, "ended 4 min after that") {
		t.Error(text)
	}
	// When it began, nobody knew that.
	then := c.AsOf(began)
	if then.State != "verifying" || then.TakenBackBy != 0 || !then.Ended.IsZero() {
		t.Errorf("%+v", then)
	}
	if then = c.AsOf(began.Add(-11 * time.Minute)); then.State != "in progress" {
		t.Errorf("%+v", then)
	}
}

func TestMeasureOf(t *testing.T) {
	m := MeasureOf([]Labelled{{1, 11, 1, 2}, {2, 12, 2, 0}, {2, 13, 0, 4}, {3, 14, 0, 1}, {4, 15, 5, 5}})
	if m.Incidents != 4 || m.Missed != 1 || m.First != 0.25 || m.Three != 0.5 || math.Abs(m.MRR-(1+0.5+0+0.2)/4) > 1e-12 || math.Abs(m.LatestMRR-(0.5+0.25+1+0.2)/4) > 1e-12 {
		t.Errorf("%+v", m)
	}
	if m := MeasureOf(nil); m != (Measure{}) {
		t.Errorf("%+v", m)
	}
}
