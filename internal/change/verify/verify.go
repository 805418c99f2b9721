// Package verify says whether a service fares worse since a change was deployed,
// and ends the verification of the change with that.
//
// What is real here. Figures of the service are read minute by minute: before
// the rollout began, while it went on, and after it was complete, until the
// time that settings give it. Each figure's minutes after are compared with
// those before: by Mann and Whitney's rank test when they are measured, by
// Fisher's exact test when they are only good or bad (a probe). A figure is
// worse when chance hardly explains it (p of the metric, by default 0.01,
// shared among the metrics) and when it matters (by default a tenth worse).
// Alerts that began after the deployment say so without any arithmetic.
//
// Invariants:
//   - Judge is a pure function of readings, alerts and the plan.
//   - Minutes in which another change was under way on the same service, or on
//     one around it, are marked and left out: they would be blamed on this one.
//   - Too few readings are no data, and no data is no verdict: what the
//     pipeline said about its deployment stands then, and the record says why.
//   - Looking often finds something often. A look before the end counts only at
//     a tenth of the metric's p (Haybittle, British Journal of Radiology 44,
//     1971; Peto and others, British Journal of Cancer 34, 1976), so that the
//     last look keeps nearly its whole p.
//   - A minute is much like the one before. The tests suppose that it is not, so
//     their p is widened by how alike the minutes are (kinship.go).
//   - It is a comparison with before, not a proof of cause; and a difference must
//     also be large enough to matter.
//
// How. A reaction to the change's events opens a verification (store.go); due
// work looks every minute (watch.go) and may end it early when the service is
// unhealthy; at the end the practice of changes asks Conclude. Sources are
// interfaces that app wires: metrics (connect/promquery), alerts.
package verify

import (
	"fmt"
	"math"
	"time"
)

// Verdict is what a comparison says.
type Verdict string

// The verdicts.
const (
	Healthy      Verdict = "healthy"      // no worse than before, as far as can be told
	Unhealthy    Verdict = "unhealthy"    // worse, by more than chance and by enough to matter
	Inconclusive Verdict = "inconclusive" // it looks worse, and may be chance
	NoData       Verdict = "no data"      // too few readings before or after
)

// Step is the time from one reading to the next.
const Step = time.Minute

// Least numbers of readings for a comparison. With 5 after 10 the smallest
// possible p is 0.0003: below, no difference could ever count.
const (
	LeastBefore = 10
	LeastAfter  = 5
)

// Plan is when what is compared.
type Plan struct {
	From     time.Time `json:"from"`     // readings before begin
	Start    time.Time `json:"start"`    // the rollout began
	Deployed time.Time `json:"deployed"` // it was complete
	Until    time.Time `json:"until"`    // readings after end
}

// Longest is how much of the time before, of the rollout, and of the time after
// is looked at: a chart of more than three days of minutes is nothing to read.
const Longest = 24 * time.Hour

// NewPlan compares the time after a deployment with as long before, at least an
// hour: the past is cheap, and more of it says better what is usual. Each part
// is at most Longest.
func NewPlan(start, deployed, until time.Time) Plan {
	if start.IsZero() || start.After(deployed) {
		start = deployed
	}
	start, deployed, until = start.UTC().Truncate(Step), ceil(deployed.UTC()), until.UTC().Truncate(Step)
	if old := deployed.Add(-Longest); start.Before(old) {
		start = old
	}
	if last := deployed.Add(Longest); until.After(last) {
		until = last
	}
	return Plan{From: start.Add(-max(until.Sub(deployed), time.Hour)), Start: start, Deployed: deployed, Until: until}
}

func ceil(t time.Time) time.Time {
	if c := t.Truncate(Step); c.Before(t) {
		return c.Add(Step)
	} else {
		return c
	}
}

// minutes is how many readings there are room for.
func (p Plan) minutes() int { return max(int(p.Until.Sub(p.From)/Step), 0) }

// place is the number of the minute of a time; false when it lies outside.
func (p Plan) place(at time.Time) (int, bool) {
	if at.Before(p.From) || !at.Before(p.Until) {
		return 0, false
	}
	return int(at.Sub(p.From) / Step), true
}

// Metric is what is compared.
type Metric struct {
	Name   string  `json:"name"`
	Lower  bool    `json:"lower"`  // a lower figure is worse
	Effect float64 `json:"effect"` // the share by which it must be worse to count
	P      float64 `json:"p"`      // significance
}

// Point is one reading.
type Point struct {
	At    time.Time
	Value float64
}

// Series is a metric's readings.
type Series struct {
	Metric
	Points []Point
	Failed string // why there are none, in words: the source could not be asked
}

// Overlap is another change in the way.
type Overlap struct {
	Change  string    `json:"change"` // "CHG-316"
	Service string    `json:"service"`
	Same    bool      `json:"same"` // on a service of this change; else on one around it
	From    time.Time `json:"from"`
	To      time.Time `json:"to"` // its rollout was complete; as long as it is under way, the end of the plan
}

// Alert is one that began since the rollout did.
type Alert struct {
	Key      string    `json:"key"` // "ALERT-12"
	Text     string    `json:"text"`
	Severity string    `json:"severity"` // critical, error, warning, info
	Service  string    `json:"service"`
	At       time.Time `json:"at"`
	Ended    time.Time `json:"ended,omitzero"`
}

// Bad reports whether an alert speaks against a deployment by itself: it is
// grave, and goes on. One that ended by itself is shown, and left to the figures.
func (a Alert) Bad() bool {
	return (a.Severity == "critical" || a.Severity == "error") && a.Ended.IsZero()
}

// Figure sums up readings.
type Figure struct {
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"` // 95 of 100 readings lie between
	High float64 `json:"high"`
}

// Row is one metric's comparison.
type Row struct {
	Metric
	Before  Figure     `json:"before"`
	After   Figure     `json:"after"`
	Change  float64    `json:"change"` // share by which it got worse; below 0: better
	Chance  float64    `json:"chance"` // p of its being no worse; 1 without a test
	Test    string     `json:"test"`   // rank, share; empty: none was made
	Verdict Verdict    `json:"verdict"`
	Why     string     `json:"why"`
	Values  []*float64 `json:"values"` // by minute from Plan.From; null: no reading
}

// Result is the whole comparison.
type Result struct {
	Plan     Plan      `json:"plan"`
	At       time.Time `json:"at"` // of the look
	Rows     []Row     `json:"rows"`
	Alerts   []Alert   `json:"alerts,omitempty"`
	Overlaps []Overlap `json:"overlaps,omitempty"`
	Verdict  Verdict   `json:"verdict"`
	Reason   string    `json:"reason"`
}

// Phase says to what part of the comparison a minute belongs.
type Phase int

// The phases.
const (
	Before Phase = iota
	Rollout
	After
	LeftOut // overlapped by another change
)

// Phase returns that of minute n.
func (r Result) Phase(n int) Phase { return phase(r.Plan, r.Overlaps, n) }

// phase decides by the beginning of a minute. Another change on the same
// service makes it another service: only what was read since its rollout says
// what was usual. One on a service around it disturbs while it rolls out. After
// the deployment, whatever begins makes all that follows doubtful.
func phase(p Plan, overlaps []Overlap, n int) Phase {
	at := p.From.Add(time.Duration(n) * Step)
	for _, o := range overlaps {
		switch {
		case !at.Before(p.Deployed):
			if o.To.After(p.Deployed) && !at.Before(o.From.Truncate(Step)) {
				return LeftOut
			}
		case at.Before(p.Start) && o.Same:
			if at.Before(o.To) {
				return LeftOut
			}
		case at.Before(p.Start):
			if !at.Before(o.From.Truncate(Step)) && at.Before(o.To) {
				return LeftOut
			}
		}
	}
	switch {
	case at.Before(p.Start):
		return Before
	case at.Before(p.Deployed):
		return Rollout
	}
	return After
}

// text shows a figure with three digits that matter.
func text(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a >= 1000:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
