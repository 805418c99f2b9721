package oncall

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/timetext"
)

// Days names the days of the week in order.
var Days = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

type interval struct{ from, to int64 } // seconds of the week, from < to

// compileWindows joins the windows of each zone to edges of the week. Windows
// that together are the whole week restrict nothing.
func compileWindows(at string, specs []WindowSpec, zone *clock, bad *errs.Fields) []windows {
	if len(specs) > maxWindows {
		bad.Add(at, strconv.Itoa(len(specs)), "use at most 50 windows")
		return nil
	}
	var order []*clock
	byZone := map[*clock][]interval{}
	for i, w := range specs {
		field := fmt.Sprintf("%s[%d]", at, i)
		c := zone
		if w.Zone != "" {
			c = compileZone(field+".zone", w.Zone, bad)
		}
		from, ok := timetext.Clock(w.From)
		if !ok || from == daySeconds {
			bad.Add(field+".from", w.From, "use a local time like 08:00")
		}
		to, ok2 := timetext.Clock(w.To)
		if !ok2 {
			bad.Add(field+".to", w.To, "use a local time like 20:00 or 24:00")
		}
		if to <= from {
			to += daySeconds
		}
		if len(byZone[c]) == 0 {
			order = append(order, c)
		}
		for _, d := range w.days(field, bad) {
			byZone[c] = append(byZone[c], interval{d*daySeconds + from, d*daySeconds + to})
		}
	}
	var out []windows
	for _, c := range order {
		w, always := joined(byZone[c])
		if always {
			return nil
		}
		w.clock = c
		out = append(out, w)
	}
	return out
}

func (w WindowSpec) days(field string, bad *errs.Fields) (out []int64) {
	for i, d := range w.Days {
		n := slices.Index(Days[:], strings.ToLower(d))
		switch {
		case n < 0:
			bad.Add(fmt.Sprintf("%s.days[%d]", field, i), d, "use mon, tue, wed, thu, fri, sat or sun")
		case !slices.Contains(out, int64(n)):
			out = append(out, int64(n))
		}
	}
	if len(w.Days) == 0 {
		out = []int64{0, 1, 2, 3, 4, 5, 6}
	}
	return out
}

// joined turns intervals into edges; always: they leave no hole.
func joined(list []interval) (w windows, always bool) {
	var parts []interval
	for _, iv := range list { // cut at the end of the week
		if iv.to > weekSeconds {
			parts = append(parts, interval{0, iv.to - weekSeconds})
			iv.to = weekSeconds
		}
		parts = append(parts, iv)
	}
	slices.SortFunc(parts, func(a, b interval) int { return int(a.from - b.from) })
	var merged []interval
	for _, p := range parts {
		if n := len(merged); n > 0 && p.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, p.to)
		} else {
			merged = append(merged, p)
		}
	}
	if len(merged) == 1 && merged[0] == (interval{0, weekSeconds}) {
		return windows{}, true
	}
	for _, m := range merged {
		if m.from > 0 {
			w.edges = append(w.edges, m.from)
		}
		if m.to < weekSeconds {
			w.edges = append(w.edges, m.to)
		}
	}
	last := len(merged) - 1
	if last >= 0 && merged[0].from == 0 {
		w.begin = true
		if merged[last].to < weekSeconds { // Monday 00:00 is an edge
			w.edges = slices.Insert(w.edges, 0, 0)
			w.begin = false
		}
	} else if last >= 0 && merged[last].to == weekSeconds {
		w.edges = slices.Insert(w.edges, 0, 0) // closes at Monday 00:00
		w.begin = true
	}
	return w, false
}
