package incident

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// normal leaves out what says the default, so that equal matrices are equal
// specs and exports are short.
func (spec PriorityMatrixSpec) normal() PriorityMatrixSpec {
	def := DefaultMatrix()
	out := PriorityMatrixSpec{Teams: slices.Clone(spec.Teams)}
	for impact, row := range spec.Impact {
		for urgency, p := range row {
			i, u := levelOf(impact), levelOf(urgency)
			if def.ByImpact[i-1][u-1].String() == p {
				continue
			}
			if out.Impact == nil {
				out.Impact = map[string]map[string]string{}
			}
			if out.Impact[impact] == nil {
				out.Impact[impact] = map[string]string{}
			}
			out.Impact[impact][urgency] = p
		}
	}
	for sev, row := range spec.Severity {
		same := true
		for n, p := range def.BySeverity[sev] {
			same = same && p.String() == row[n]
		}
		if !same {
			if out.Severity == nil {
				out.Severity = map[string][]string{}
			}
			out.Severity[sev] = row
		}
	}
	for name, p := range spec.Priorities {
		was := def.Policy(Priority(name[1] - '0'))
		now := was
		var bad errs.Fields
		p.compile("", &now, &bad)
		q := PolicySpec{
			Response: unless(now.Response == was.Response, now.Response.String()), Resolution: unless(now.Resolution == was.Resolution, now.Resolution.String()),
			Update: unless(now.Update == was.Update, written(now.Update)), Escalate: unless(now.Escalate == was.Escalate, written(now.Escalate)),
			WarRoom: unless(now.WarRoom == was.WarRoom, written(now.WarRoom)), Postmortem: unless(now.Postmortem == was.Postmortem, written(now.Postmortem)),
		}
		if now.Tell != was.Tell {
			q.Tell = p.Tell
			if now.Tell.When != was.Tell.When && p.How != "" && now.Tell.When != TellNone {
				q.How = p.How
			}
		}
		if !slices.Equal(now.Stops, was.Stops) {
			q.WaitStops = p.WaitStops
		}
		if !reflect.DeepEqual(q, PolicySpec{}) {
			if out.Priorities == nil {
				out.Priorities = map[string]PolicySpec{}
			}
			out.Priorities[name] = q
		}
	}
	m, _ := spec.Compile("x", 0) // was checked before; only the values matter here
	out.CloseAfter = unless(m.CloseAfter == def.CloseAfter, written(m.CloseAfter))
	r := ReviewSpec{After: unless(m.ReviewAfter == def.ReviewAfter, m.ReviewAfter.String()), Within: unless(m.ReviewWithin == def.ReviewWithin, written(m.ReviewWithin))}
	if m.ReviewRepeats != def.ReviewRepeats {
		r.Repeats = m.ReviewRepeats
	}
	if r != (ReviewSpec{}) {
		out.Review = &r
	}
	return out
}

func unless(same bool, s string) string {
	if same {
		return ""
	}
	return s
}

func written(d time.Duration) string { return Target{Time: d}.String() }

func sorted[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), cmp.Compare[string])
}

func levelOf(s string) Level {
	for _, l := range Levels {
		if l.String() == s {
			return l
		}
	}
	return 0
}
