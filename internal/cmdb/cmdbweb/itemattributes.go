package cmdbweb

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// attrRow is an attribute: what holds, who said so, and what others say.
type attrRow struct {
	Name, Value string
	By          string
	At          time.Time
	Differ      bool // sources do not agree
	Others      []opinion
}

// opinion is what one source says of an attribute.
type opinion struct {
	Value, By string
	Last      time.Time
	Used      bool
	Gone      bool // the source does not see the item any more
}

// attributes pairs what holds of an item with what each source says. Its own
// fields come first where sources differ on them.
func attributes(d cmdb.Detail, v *web.View) []attrRow {
	opinions := map[string][]opinion{}
	for _, o := range d.Observations {
		say := func(name, value string) {
			if value == "" {
				return
			}
			origin := d.Origins[name]
			opinions[name] = append(opinions[name], opinion{Value: value, By: from(o.Source, o.Scope), Last: o.LastSeen, Gone: !o.AbsentAt.IsZero(), Used: origin.Source == o.Source && origin.Scope == o.Scope})
		}
		say("name", o.Seen.Name)
		say("env", o.Seen.Env)
		say("team", o.Seen.Team)
		for name, raw := range o.Seen.Attributes {
			say(name, valueText(raw))
		}
	}
	var out []attrRow
	add := func(name, value string, always bool) {
		row := attrRow{Name: name, Value: value, Others: opinions[name]}
		if o, ok := d.Origins[name]; ok {
			row.By, row.At = from(o.Source, o.Scope), o.At
		}
		for i, x := range row.Others {
			if row.By == "" && x.Value == value && !x.Gone { // the item's own fields have no origin
				row.By, row.At = x.By, x.Last
			}
			row.Others[i].Used = x.Used || x.Value == value
			row.Differ = row.Differ || x.Value != value && !x.Gone
		}
		slices.SortStableFunc(row.Others, func(a, b opinion) int { return one(b.Used) - one(a.Used) })
		if always || row.Differ {
			out = append(out, row)
		}
	}
	add("name", d.Name, false)
	add("env", d.Env, false)
	add("team", d.Team, false)
	names := make([]string, 0, len(d.Attributes))
	for name := range d.Attributes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for _, name := range names {
		add(name, valueText(d.Attributes[name]), true)
	}
	return out
}

// obsRow is what one source says of an item.
type obsRow struct {
	ID          int64
	By, Key     string
	Name        string
	First, Last time.Time
	Absent      time.Time
	Run         string
	RunPath     string
	Pinned      bool
}

func observations(d cmdb.Detail) (out []obsRow) {
	for _, o := range d.Observations {
		row := obsRow{ID: o.ID, By: from(o.Source, o.Scope), Key: o.Seen.Key, Name: o.Seen.Name, First: o.FirstSeen, Last: o.LastSeen, Absent: o.AbsentAt, Pinned: o.Pinned}
		if o.Run != 0 {
			run := ref.N(ref.Run, o.Run)
			row.Run, row.RunPath = run.String(), run.Path()
		}
		out = append(out, row)
	}
	return out
}
