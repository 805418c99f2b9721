package risk

import (
	"math"
	"slices"
	"strconv"

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
