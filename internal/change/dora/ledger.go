package dora

import (
	"cmp"
	"slices"
	"time"
)

// Step is one line of the approval ledger: what an approval step cost, and
// whether changes that went through it fail less often than others of equal
// risk that did not.
//
// Equal risk means: within the same tenth of the score, 0–9, 10–19 …; changes
// whose risk is unknown are compared with each other. The rates are weighted
// alike (Mantel and Haenszel 1959), so that their difference is the common one;
// its interval is Sato's (Biometrics 45, 1989), good for few large and for many
// small groups. This is what was observed, not an experiment: what a reviewer
// knows beyond the score, and what a review stopped, are not in it. What was
// stopped is shown beside it (Rejected).
type Step struct {
	Rule, Who string
	Changes   int // that went through it
	Approved  int
	Rejected  int
	Expired   int // nobody decided in time; or withdrawn, because it was asked anew
	Waited    time.Duration
	Wait      Spread

	With, Without Rate // all completed changes, whatever their risk

	// At equal risk: changes that have others to be compared with.
	EqualWith, EqualWithout       int
	RateWith, RateWithout         float64
	Difference                    float64 // RateWith − RateWithout: below 0, fewer failures with the step
	DifferenceLow, DifferenceHigh float64 // its 95 % interval, from and to
	Verdict                       Verdict
	Says                          string
}

// Verdict says whether a step helps.
type Verdict string

// The verdicts.
const (
	Helps     Verdict = "fewer failures"
	NoBenefit Verdict = "no measurable benefit"
	Worse     Verdict = "more failures"
	TooLittle Verdict = "too little data"
)

// When a comparison says something: this many changes on either side, and,
// before "no measurable benefit" is said, an interval that is not wider than
// this to either side. A wide interval around nothing means that nobody knows.
const (
	leastCompared = 30
	widest        = 0.05
)

// noRisk is the group of changes whose risk is unknown.
const noRisk = 10

func groupOf(risk int8) int {
	if risk < 0 {
		return noRisk
	}
	return min(int(risk)/10, 9)
}

// side is changes and the failed ones of them.
type side struct{ n, failed int }

// ledger adds up approval steps.
type ledger struct {
	all   [noRisk + 1]side
	steps map[[2]string]*tally

	near               map[[2]uint32]*tally // by words of the columns at hand
	approved, rejected uint32               // words of them; none when there is no such
}

const noWord = ^uint32(0)

type tally struct {
	changes, approved, rejected, expired int
	waits                                []int64
	with                                 [noRisk + 1]side
}

func newLedger() *ledger {
	return &ledger{steps: map[[2]string]*tally{}, near: map[[2]uint32]*tally{}}
}

// begin turns to other columns.
func (l *ledger) begin(c *columns) {
	clear(l.near)
	l.approved, l.rejected = noWord, noWord
	if len(c.steps) == 0 {
		return
	}
	if n, ok := c.words.find("approved"); ok {
		l.approved = n
	}
	if n, ok := c.words.find("rejected"); ok {
		l.rejected = n
	}
}

func (l *ledger) tally(c *columns, s step) *tally {
	if t := l.near[[2]uint32{s.rule, s.who}]; t != nil {
		return t
	}
	key := [2]string{c.words.at(s.rule), c.words.at(s.who)}
	t := l.steps[key]
	if t == nil {
		t = &tally{}
		l.steps[key] = t
	}
	l.near[[2]uint32{s.rule, s.who}] = t
	return t
}

func (l *ledger) take(c *columns, i int, steps []step) {
	counts := c.flags[i]&(reached|completed) == reached|completed
	group, bad := groupOf(c.risk[i]), one(c.flags[i], failed)
	if counts {
		l.all[group].n++
		l.all[group].failed += bad
	}
	for _, s := range steps {
		t := l.tally(c, s)
		t.changes++
		t.waits = append(t.waits, s.waited)
		switch s.state {
		case l.approved:
			t.approved++
			if counts {
				t.with[group].n++
				t.with[group].failed += bad
			}
		case l.rejected:
			t.rejected++
		default:
			t.expired++
		}
	}
}

// list ends the ledger: the step that took the most time first.
func (l *ledger) list() []Step {
	out := make([]Step, 0, len(l.steps))
	for key, t := range l.steps {
		s := Step{Rule: key[0], Who: key[1], Changes: t.changes, Approved: t.approved, Rejected: t.rejected, Expired: t.expired}
		for _, w := range t.waits {
			s.Waited += micros(w)
		}
		s.Wait = spreadOf(t.waits)
		var strata []stratum
		var with, without side
		for g, x := range t.with {
			rest := side{l.all[g].n - x.n, l.all[g].failed - x.failed}
			with, without = side{with.n + x.n, with.failed + x.failed}, side{without.n + rest.n, without.failed + rest.failed}
			strata = append(strata, stratum{x, rest})
		}
		s.With, s.Without = rateOf(with.failed, with.n), rateOf(without.failed, without.n)
		s.compare(strata)
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Step) int {
		return cmp.Or(cmp.Compare(b.Waited, a.Waited), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Who, b.Who))
	})
	return out
}
