package verify

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// interim is by how much smaller a p must be at a look before the end.
const interim = 10

// far stands for a change from nothing to something, which is no share.
const far = 99

// Judge compares readings after a deployment with those before. final is the
// look at the end.
func Judge(p Plan, series []Series, alerts []Alert, overlaps []Overlap, at time.Time, final bool) Result {
	r := Result{Plan: p, At: at, Alerts: alerts, Overlaps: overlaps, Rows: []Row{}}
	tests := 0
	for _, s := range series {
		row := sum(p, overlaps, s, at)
		if row.Test != "" {
			tests++
		}
		r.Rows = append(r.Rows, row)
	}
	for i := range r.Rows {
		r.Rows[i].decide(tests, final)
	}
	r.conclude()
	return r
}

// sum sorts a metric's readings into before and after and tests them.
func sum(p Plan, overlaps []Overlap, s Series, at time.Time) Row {
	row := Row{Metric: s.Metric, Chance: 1, Values: make([]*float64, p.minutes())}
	for _, pt := range s.Points {
		n, ok := p.place(pt.At)
		if !ok || pt.At.After(at) || math.IsNaN(pt.Value) || math.IsInf(pt.Value, 0) {
			continue
		}
		v := short(pt.Value)
		row.Values[n] = &v
	}
	var before, after []float64
	var beforeAt, afterAt []int
	shares := true
	for n, v := range row.Values {
		if v == nil {
			continue
		}
		switch phase(p, overlaps, n) {
		case Before:
			before, beforeAt = append(before, *v), append(beforeAt, n)
		case After:
			after, afterAt = append(after, *v), append(afterAt, n)
		default:
			continue
		}
		shares = shares && (*v == 0 || *v == 1)
	}
	row.Before, row.After = figure(before), figure(after)
	switch {
	case s.Failed != "":
		row.Why = s.Failed
		return row
	case len(before) < LeastBefore:
		row.Why = fmt.Sprintf("%d readings before, %d are needed", len(before), LeastBefore)
		return row
	case len(after) < LeastAfter:
		row.Why = fmt.Sprintf("%d readings after, %d are needed", len(after), LeastAfter)
		return row
	}
	worse := row.After.Mean - row.Before.Mean
	if s.Lower {
		worse = -worse
	}
	alike := kinship(before, beforeAt, after, afterAt)
	if shares {
		row.Test, row.Change = "share", worse
		row.Chance = widen(Fisher(bad(before, s.Lower), len(before), bad(after, s.Lower), len(after)), alike)
		return row
	}
	row.Test = "rank"
	t := MannWhitney(before, after)
	if row.Chance = t.Greater; s.Lower {
		row.Chance = t.Less
	}
	row.Chance = widen(row.Chance, alike)
	switch base := math.Abs(row.Before.Mean); {
	case base > 0:
		row.Change = min(max(worse/base, -far), far)
	case worse != 0:
		row.Change = math.Copysign(far, worse)
	}
	return row
}

// bad counts the bad ones among readings that are only good or bad.
func bad(values []float64, lower bool) (n int) {
	for _, v := range values {
		if (v == 0) == lower {
			n++
		}
	}
	return n
}

// short keeps six digits: the rest is noise and takes room for ever.
func short(v float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	if out := math.Round(v*scale) / scale; !math.IsNaN(out) && !math.IsInf(out, 0) {
		return out
	}
	return v
}

// figure sums readings up; quantiles by nearest rank.
func figure(values []float64) Figure {
	if len(values) == 0 {
		return Figure{}
	}
	f := Figure{N: len(values)}
	s := slices.Sorted(slices.Values(values))
	for _, v := range s {
		f.Mean += v / float64(len(s))
	}
	f.Mean = short(f.Mean)
	nearest := func(q float64) float64 { return s[min(max(int(math.Ceil(q*float64(len(s))))-1, 0), len(s)-1)] }
	f.Low, f.High = nearest(0.025), nearest(0.975)
	return f
}

// unsure is the p below which a difference that matters, and is not proven,
// makes a verdict inconclusive.
const unsure = 0.05

// decide is the verdict of one metric among tests that were made: each bears its
// part of the risk of a false alarm (Bonferroni).
func (r *Row) decide(tests int, final bool) {
	if r.Test == "" {
		r.Verdict = NoData
		return
	}
	limit := r.P / float64(max(tests, 1))
	if !final {
		limit /= interim
	}
	moved := fmt.Sprintf("%s before, %s after", text(r.Before.Mean), text(r.After.Mean))
	switch {
	case r.Change >= r.Effect && r.Chance <= limit:
		r.Verdict, r.Why = Unhealthy, fmt.Sprintf("%s, p %s", moved, chance(r.Chance))
	case r.Change >= r.Effect && r.Chance <= unsure:
		r.Verdict, r.Why = Inconclusive, fmt.Sprintf("%s, which may be chance (p %s, the limit is %s)", moved, chance(r.Chance), text(limit))
	case r.Chance <= limit:
		r.Verdict, r.Why = Healthy, fmt.Sprintf("%s: less than %.0f %% worse", moved, 100*r.Effect)
	default:
		r.Verdict, r.Why = Healthy, fmt.Sprintf("%s, no significant difference (p %s)", moved, chance(r.Chance))
	}
}

func chance(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return "= " + fmt.Sprintf("%.2g", p)
}

// conclude is the verdict of all.
func (r *Result) conclude() {
	var worse, doubt, known []string
	for _, a := range r.Alerts {
		if a.Bad() {
			worse = append(worse, fmt.Sprintf("%s (%s) began on %s at %s UTC", a.Text, a.Severity, a.Service, a.At.UTC().Format("15:04")))
		}
	}
	least := 1.0
	for _, row := range r.Rows {
		switch row.Verdict {
		case Unhealthy:
			worse = append(worse, row.Name+": "+row.Why)
		case Inconclusive:
			doubt = append(doubt, row.Name+": "+row.Why)
		case Healthy:
			known = append(known, row.Name)
			least = min(least, row.Chance)
		}
	}
	switch {
	case len(worse) > 0:
		r.Verdict, r.Reason = Unhealthy, several(worse)
	case len(doubt) > 0:
		r.Verdict, r.Reason = Inconclusive, several(doubt)
	case len(known) > 0:
		r.Verdict, r.Reason = Healthy, fmt.Sprintf("No significant difference in %s (p %s)", strings.Join(known[:min(len(known), 3)], ", "), chance(least))
		if more := len(known) - 3; more > 0 {
			r.Reason = fmt.Sprintf("No significant difference in %s and %d more (p %s)", strings.Join(known[:3], ", "), more, chance(least))
		}
	default:
		r.Verdict, r.Reason = NoData, "Nothing was measured that could be compared"
		if len(r.Rows) > 0 {
			r.Reason = r.Rows[0].Name + ": " + r.Rows[0].Why
		}
	}
}

// several joins sentences; long lists are cut, because the reason of an outcome
// is read in one glance.
func several(list []string) string {
	if len(list) > 3 {
		return strings.Join(list[:3], "; ") + fmt.Sprintf("; and %d more", len(list)-3)
	}
	return strings.Join(list, "; ")
}
