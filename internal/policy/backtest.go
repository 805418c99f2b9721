package policy

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"
)

// Past is a decision of the past with what came of it.
type Past struct {
	Change string        // "CHG-77"
	Title  string        //
	At     time.Time     // of the decision
	Input  []byte        // JSON, as it was kept with the decision
	Old    Decision      // what was decided then
	Waited time.Duration // from the request for approval to the last one that was needed; 0: nobody waited
	Failed bool          // the change failed, was rolled back, or caused an incident
}

// MaxDifferences bounds the list of a Report; the counts are of all.
const MaxDifferences = 500

// Report says what a policy would have decided differently.
type Report struct {
	N         int          `json:"n"`         // decisions that were replayed
	Changed   int          `json:"changed"`   // that come out differently
	Different []Difference `json:"different"` // failed changes first, then in the order in which they came; at most MaxDifferences

	Before map[Outcome]int `json:"before"` // how many of each outcome there were
	After  map[Outcome]int `json:"after"`  // … there would be

	ReviewsBefore  int `json:"reviews_before"`  // approvals by people
	ReviewsAdded   int `json:"reviews_added"`   //
	ReviewsRemoved int `json:"reviews_removed"` //

	// Waiting that would not have been, and waiting that would have come. What
	// is saved was measured. What is added is an estimate: the median wait of
	// the replayed changes that people approved, for each change that would
	// have been asked about and was not; zero when nobody ever waited.
	HoursSaved float64       `json:"hours_saved"`
	HoursAdded float64       `json:"hours_added"`
	TypicalFor time.Duration `json:"typical_wait"`

	Failures    int    `json:"failures"`              // of the replayed changes
	Caught      int    `json:"caught"`                // failed ones that somebody would have looked at, or that would have been stopped, and were not
	LetThrough  int    `json:"let_through"`           // failed ones that were looked at, or stopped, and would not have been
	Unexplained int    `json:"unexplained"`           // the policy gave no clear answer
	FirstFault  string `json:"first_fault,omitempty"` // why, of the first of these

	Took time.Duration `json:"took"`
}

// Difference is one decision that comes out differently.
type Difference struct {
	Change string        `json:"change"`
	Title  string        `json:"title"`
	At     time.Time     `json:"at"`
	Old    Decision      `json:"old"`
	New    Decision      `json:"new"`
	Waited time.Duration `json:"waited"`
	Failed bool          `json:"failed"`

	n int
}

// Stricter compares two decisions: above 0 when a asks for more than b, below
// when it asks for less, 0 when for as much: by outcome, then by how many
// people.
func Stricter(a, b Decision) int {
	rank := []Outcome{Allow, NeedsReview, Deny}
	return cmp.Or(slices.Index(rank, a.Outcome)-slices.Index(rank, b.Outcome), a.People()-b.People())
}

// People is how many approvals a decision asks for.
func (d Decision) People() (n int) {
	for _, r := range d.Reviews {
		n += r.Count
	}
	return n
}

// same reports whether two decisions ask for the same; their words may differ.
func same(a, b Decision) bool {
	key := func(r Review) Review { r.Rule = ""; return r }
	x, y := make([]Review, len(a.Reviews)), make([]Review, len(b.Reviews))
	for i, r := range a.Reviews {
		x[i] = key(r)
	}
	for i, r := range b.Reviews {
		y[i] = key(r)
	}
	return a.Outcome == b.Outcome && slices.Equal(merge(x), merge(y))
}

// Backtest replays decisions of the past through a policy. It is pure: what was
// known then stands in each input.
func Backtest(ctx context.Context, c *Compiled, past iter.Seq2[Past, error]) (Report, error) {
	began := time.Now()
	r := Report{Before: map[Outcome]int{}, After: map[Outcome]int{}}
	var waits []time.Duration
	var saved time.Duration
	asked, fault := 0, -1
	cases := func(yield func(Case, error) bool) {
		for p, err := range past {
			if !yield(Case{Input: stored(p.Input), Of: p}, err) {
				return
			}
		}
	}
	err := Trial(ctx, c, cases, func(x Case, d Decision) error {
		p := x.Of.(Past)
		r.N++
		r.Before[p.Old.Outcome]++
		r.After[d.Outcome]++
		r.ReviewsBefore += p.Old.People()
		if p.Failed {
			r.Failures++
		}
		if d.Failed != "" {
			if r.Unexplained++; fault < 0 || x.N < fault {
				fault, r.FirstFault = x.N, d.Failed
			}
		}
		if p.Old.Outcome == NeedsReview && p.Waited > 0 {
			waits = append(waits, p.Waited)
		}
		if same(p.Old, d) {
			return nil
		}
		r.Changed++
		if n := d.People() - p.Old.People(); n > 0 {
			r.ReviewsAdded += n
		} else {
			r.ReviewsRemoved -= n
		}
		switch {
		case p.Old.Outcome == NeedsReview && d.Outcome == Allow:
			saved += p.Waited
		case p.Old.Outcome == Allow && d.Outcome == NeedsReview:
			asked++
		}
		if p.Failed && p.Old.Outcome != d.Outcome {
			if Stricter(d, p.Old) > 0 {
				r.Caught++
			} else {
				r.LetThrough++
			}
		}
		r.Different = append(r.Different, Difference{p.Change, p.Title, p.At, p.Old, d, p.Waited, p.Failed, x.N})
		if len(r.Different) >= 4*MaxDifferences {
			r.cut()
		}
		return nil
	})
	r.cut()
	r.HoursSaved = saved.Hours()
	if slices.Sort(waits); len(waits) > 0 {
		r.TypicalFor = waits[(len(waits)-1)/2] // nearest rank
		r.HoursAdded = r.TypicalFor.Hours() * float64(asked)
	}
	r.Took = time.Since(began)
	return r, err
}

func (r *Report) cut() {
	slices.SortFunc(r.Different, func(a, b Difference) int {
		if a.Failed != b.Failed {
			if a.Failed {
				return -1
			}
			return 1
		}
		return a.n - b.n
	})
	r.Different = r.Different[:min(len(r.Different), MaxDifferences)]
}
