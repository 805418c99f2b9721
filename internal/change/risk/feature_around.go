package risk

import (
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
)

// around is what else goes on.
func (r *reader) around(in *fact.Input) {
	switch c := &in.Collisions.Value; in.Collisions.State {
	case fact.Unknown:
		r.say(Collision, unknownPart, "Collisions are unknown")
	case fact.Value:
		free := 1.0
		for i := range c.List {
			if c.List[i].Relation == "same" {
				free *= 0.5
			} else {
				free *= 0.7
			}
		}
		if len(c.List) > 0 && r.put(Collision, 1-free) {
			r.str("Collision with ").str(c.List[0].Change)
			if more := len(c.List) - 1 + c.Cut; more > 0 {
				r.str(" and ").num(more).str(" more")
			}
			r.done()
		}
	}
	switch l := in.Incidents.Value.List; in.Incidents.State {
	case fact.Unknown:
		r.say(Incident, unknownPart, "Open incidents are unknown")
	case fact.Value:
		worst, at := 0.0, -1
		for i := range l {
			x := byPriority[min(max(l[i].Priority, 1), 4)-1]
			if l[i].Relation != "same" {
				x *= 0.7
			}
			if x > worst {
				worst, at = x, i
			}
		}
		if r.put(Incident, worst) {
			r.str(l[at].Key).str(" (P").num(l[at].Priority).str(") open on ").str(l[at].Service).done()
		}
	}
	switch b := &in.Budget.Value; in.Budget.State {
	case fact.Unknown:
		r.say(Budget, unknownPart, "Error budget is unknown")
	case fact.Value:
		if r.put(Budget, min(max((0.5-b.Left)/0.5, 0), 1)) {
			if b.Left <= 0 {
				r.str("Error budget spent").done()
			} else {
				r.str("Error budget: ").num(int(math.Round(100 * b.Left))).str(" % left").done()
			}
		}
	}
}

var byPriority = [...]float64{1, 0.8, 0.4, 0.2}

// odds is how much more (or less) than habitual a history fails.
func odds(h *fact.History) float64 {
	if h.Changes <= 0 || math.IsNaN(h.Rate) {
		return 0
	}
	return min(max(logit(min(max(h.Rate, 1e-4), 1-1e-4))-habitualOdds, -1.5), 2)
}

var habitualOdds = logit(habitual)

func (r *reader) past(in *fact.Input) {
	tell := func(f Factor, h *fact.Of[fact.History], whose string) {
		if h.State == fact.Value && r.put(f, odds(&h.Value)) {
			r.str(whose).num(h.Value.Failed).str(" of ").count(h.Value.Changes, "change failed", "changes failed").done()
		}
	}
	tell(ServicePast, &in.History, "Services: ")
	tell(ModelPast, &in.ModelPast, "Model: ")
	tell(AuthorPast, &in.AuthorPast, "Author: ")
	if in.AuthorPast.State == fact.Value {
		n := max(in.AuthorPast.Value.Changes, 0)
		if x := math.Exp(-float64(n) / 4); x > 0.01 && r.put(Newcomer, x) {
			if n == 0 {
				r.str("Author's first change here").done()
			} else {
				r.str("Author made ").count(n, "change", "changes").str(" here before").done()
			}
		}
	}
}

func (r *reader) checks(in *fact.Input) {
	switch t := &in.Tests.Value; {
	case in.Tests.State == fact.Unknown:
		r.say(TestsFailed, unknownPart, "No tests are known of this commit")
	case in.Tests.State != fact.Value:
	case t.Failed > 0:
		if r.put(TestsFailed, min(0.5+5*float64(t.Failed)/float64(max(t.Total, t.Failed)), 1)) {
			r.num(t.Failed).str(" of ").count(max(t.Total, t.Failed), "test fails", "tests fail").done()
		}
	case t.Passed > 0:
		if r.put(TestsPassed, 1) {
			r.count(t.Passed, "test", "tests").str(" passed, none failed").done()
		}
	}
	if s := &in.Scans.Value; in.Scans.State == fact.Value && r.put(ScanErrors, part(s.Errors, 5)) {
		r.count(s.Errors, "error", "errors").str(" found by scanners").done()
	}
	if v := &in.Reviews.Value; in.Reviews.State == fact.Value {
		if v.Approved > 0 && r.put(Approved, 1-math.Exp2(-float64(v.Approved))) {
			r.str("Reviewed by ").count(v.Approved, "peer", "peers").done()
		}
		if v.ChangesRequested > 0 && r.put(ChangesAsked, 1) {
			r.count(v.ChangesRequested, "reviewer", "reviewers").str(" asked for changes").done()
		}
	}
}

// fresh is how long a proof of an automated rollback counts in full.
const fresh = 90 * 24 * time.Hour

func (r *reader) rollback(in *fact.Input) {
	if in.Rollback.State != fact.Value {
		return
	}
	b := &in.Rollback.Value
	switch {
	case b.Automated && !b.Proven.IsZero() && in.Now.Sub(b.Proven) <= fresh:
		if r.put(RollbackReady, 1) {
			r.str("Rollback automated, last proven ")
			r.buf = b.Proven.AppendFormat(r.buf, "2 Jan 2006")
			r.done()
		}
	case b.Automated:
		r.say(RollbackReady, 0.6, "Rollback automated")
	case b.Plan:
		r.say(RollbackReady, 0.3, "Rollback planned")
	}
	if b.Returns {
		r.say(Returns, 1, "Returns to what ran before")
	}
}
