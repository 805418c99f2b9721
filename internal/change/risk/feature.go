package risk

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
)

// Features returns a change in numbers.
func Features(in *fact.Input) Vector {
	var r reader
	r.read(in)
	return r.x
}

// reader turns facts into numbers and, if words is set, into words. All words
// are written into one buffer, so that a score costs three allocations.
type reader struct {
	x        Vector
	words    bool
	buf      []byte
	cur      Factor
	from, to [Count]int
}

// put sets a number and reports whether words are wanted; they follow, and end
// with done.
func (r *reader) put(f Factor, x float64) bool {
	if x == 0 || math.IsNaN(x) {
		return false
	}
	r.x[f] = min(max(x, -2), 2)
	r.cur, r.from[f] = f, len(r.buf)
	return r.words
}

func (r *reader) str(s string) *reader { r.buf = append(r.buf, s...); return r }
func (r *reader) done()                { r.to[r.cur] = len(r.buf) }

// num writes a number with commas: 1,284.
func (r *reader) num(n int) *reader {
	from := len(r.buf)
	r.buf = strconv.AppendInt(r.buf, int64(n), 10)
	for at := len(r.buf) - 3; at > from && r.buf[at-1] != '-'; at -= 3 {
		r.buf = slices.Insert(r.buf, at, ',')
	}
	return r
}

// count writes "1 file", "2 files".
func (r *reader) count(n int, one, many string) *reader {
	if n == 1 {
		return r.str("1 ").str(one)
	}
	return r.num(n).str(" ").str(many)
}

// say puts a number whose words are fixed.
func (r *reader) say(f Factor, x float64, what string) {
	if r.put(f, x) {
		r.str(what).done()
	}
}

func (r *reader) read(in *fact.Input) {
	r.services(in)
	r.size(in)
	r.subject(in)
	r.around(in)
	r.past(in)
	r.checks(in)
	r.rollback(in)
}

// part is log2(1+n) ÷ whole, at most 1; numbers below 0 count as none.
func part(n int, whole float64) float64 {
	return min(math.Log2(1+float64(max(n, 0)))/whole, 1)
}

var byTier = [...]float64{1, 0.6, 0.25, 0}

func (r *reader) services(in *fact.Input) {
	tier := len(byTier)
	if in.Services.State == fact.Value {
		for _, s := range in.Services.Value {
			tier = min(tier, max(s.Tier, 0))
		}
	}
	switch {
	case tier < len(byTier):
		if r.put(Tier, byTier[tier]) {
			r.str("Tier ").num(tier).str(" service").done()
		}
	case in.Services.State != fact.NotAdopted:
		r.say(Tier, byTier[1], "Services are unknown")
	}
	switch b := &in.Blast.Value; in.Blast.State {
	case fact.Unknown:
		r.say(Boundaries, unknownPart, "What breaks with it is unknown")
	case fact.Value:
		if r.put(Boundaries, part(b.Boundaries, 4)) {
			r.count(b.Boundaries, "service boundary crossed", "service boundaries crossed").done()
		}
		if r.put(Teams, part(b.Teams, 3)) {
			r.count(b.Teams, "other team hit", "other teams hit").done()
		}
		worst := max(b.WorstTier, 0)
		if tier < len(byTier) && worst < tier && r.put(Reach, float64(tier-worst)/3) {
			r.str("Reaches a tier ").num(worst).str(" service").done()
		}
	}
}

func (r *reader) size(in *fact.Input) {
	switch s := &in.Size.Value; in.Size.State {
	case fact.Unknown:
		r.say(Size, unknownPart, "Size is unknown")
	case fact.Value:
		lines := min(math.Log10(1+float64(max(s.Lines, 0)))/4, 1)
		if r.put(Size, (lines+part(s.Files, 8))/2) {
			r.count(s.Lines, "line", "lines").str(" in ").count(s.Files, "file", "files").done()
		}
		if r.put(Resources, part(s.Resources, 8)) {
			r.count(s.Resources, "resource", "resources").str(" of infrastructure").done()
		}
		if r.put(Destroyed, part(s.Destroyed, 4)) {
			r.count(s.Destroyed, "resource", "resources").str(" deleted or replaced").done()
		}
	}
	switch {
	case in.Schema.State == fact.Unknown:
		r.say(SchemaChange, unknownPart, "Whether the database schema changes is unknown")
	case in.Schema.State == fact.Value && in.Schema.Value:
		r.say(SchemaChange, 1, "Database schema changes")
	}
}

func (r *reader) subject(in *fact.Input) {
	switch in.Change.Kind {
	case "config":
		r.say(ConfigChange, 1, "Configuration change")
	case "infrastructure":
		r.say(InfrastructureChange, 1, "Infrastructure change")
	case "flag":
		r.say(FlagChange, 1, "Feature flag")
	}
	if in.Change.Purpose == "fix" {
		r.say(FixChange, 1, "Mends a fault")
	}
	if in.Change.Type == "emergency" {
		r.say(Emergency, 1, "Emergency change")
	}
	if m := &in.Model.Value; in.Model.State == fact.Value && m.PreApproved && m.InScope && r.put(PreApproved, 1) {
		r.str("Pre-approved model ").str(m.Name).done()
	}
	if in.Clock.State == fact.Value {
		if !in.Clock.Value.Business {
			r.say(OutOfHours, 1, "Outside business hours")
		}
		if in.Clock.Value.LastDay {
			r.say(LastDay, 1, "Last afternoon before free days")
		}
	}
}

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
