package oncallweb

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
)

// miniWeek is the next seven days in one line.
type miniWeek struct {
	Says string
	Bars []bar
	Days []string // where midnights are
}

// holeRow is a lack in coverage.
type holeRow struct {
	Title, Path, Text, Names string
	Times                    []string // the first three
	N, More                  int      // how many there are, and how many of them are not in Times
	Kind                     oncall.HoleKind
	Uncovered                bool
	Fix                      string // path of the form that mends the first
}

const holesAhead = 14 * 24 * time.Hour

// mini draws a week in one line of 8 pixels' height.
func mini(s span, duties []oncall.Duty, who whos, n oncall.Now, holes []oncall.Hole) *miniWeek {
	if len(duties) == 0 {
		return nil
	}
	own := slices.DeleteFunc(slices.Clone(holes), func(h oncall.Hole) bool { return h.Schedule != n.Schedule })
	var ids []int64
	for _, d := range duties {
		ids = append(ids, d.People...)
	}
	l := &Lanes{span: s, who: who}
	hues, m := huesOf(ids), &miniWeek{}
	add := func(b bar, from, until time.Time) {
		if b.Title += " " + when(from, until, s.loc); l.place(&b, from, until) {
			m.Bars = append(m.Bars, b)
		}
	}
	for _, d := range duties {
		if !d.Gap() {
			add(bar{Hue: (hues[d.People[0]]-1)%8 + 1, Title: who.names(d.People)}, d.From, d.Until)
			continue
		}
		for _, part := range partsOf(d, own, who) {
			add(bar{Gap: true, Quiet: part.Planned, Title: "nobody"}, part.From, part.Until)
		}
	}
	s.eachDay(func(from, _ time.Time) { m.Days = append(m.Days, pct(s.x(from))) })
	l.say(n.Title+", seven days", duties)
	m.Says = l.Says
	return m
}

func (page *NowPage) holes(list []oncall.Hole, who whos, team string) {
	list = slices.DeleteFunc(list, func(h oncall.Hole) bool { return team != "" && h.Team != team })
	for _, row := range rowsOf(list, who, page.V.Loc) {
		if !row.Uncovered || row.Kind == oncall.HolePlanned {
			page.Known = append(page.Known, row)
		} else {
			page.Holes = append(page.Holes, row)
		}
	}
}

// rowsOf puts holes of one schedule and one reason into one row.
func rowsOf(list []oncall.Hole, who whos, loc *time.Location) (out []holeRow) {
	index := map[string]int{}
	for _, h := range list {
		row := holeRow{Title: h.Title, Path: pathOf(h.Schedule), Text: sentence(h.Text), Names: who.names(h.People), Kind: h.Kind, Uncovered: h.Uncovered(), N: 1}
		key := h.Schedule + " " + string(h.Kind) + " " + row.Names + " " + strconv.FormatBool(row.Uncovered)
		if h.Kind != oncall.HoleBroken && row.Uncovered {
			row.Fix = coverPath(h.Schedule, h.From, h.Until)
		}
		i, there := index[key]
		if !there {
			i, index[key] = len(out), len(out)
			out = append(out, row)
		} else {
			out[i].N++
		}
		switch {
		case h.From.IsZero() && h.Until.IsZero():
		case len(out[i].Times) < 3:
			out[i].Times = append(out[i].Times, when(h.From, h.Until, loc))
		default:
			out[i].More++
		}
	}
	return out
}

// layerName is a layer's own name; made-up ones say nothing.
func layerName(s string) string {
	if rest, ok := strings.CutPrefix(s, "layer "); ok && strings.Trim(rest, "0123456789") == "" {
		return ""
	}
	return s
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// coverPath is the override form, filled in.
func coverPath(schedule string, from, until time.Time) string {
	q := url.Values{}
	if !from.IsZero() {
		q.Set("from", from.UTC().Format(time.RFC3339))
	}
	if !until.IsZero() {
		q.Set("to", until.UTC().Format(time.RFC3339))
	}
	if len(q) == 0 {
		return pathOf(schedule) + "/cover"
	}
	return pathOf(schedule) + "/cover?" + q.Encode()
}
