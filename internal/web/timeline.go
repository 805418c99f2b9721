package web

import (
	"html/template"
	"time"
)

// Timeline is what happened, newest or oldest first as the page gives it.
// Runs of three or more routine machine entries fold into one line.
type Timeline struct {
	V     *View
	Items []Moment
}

// Moment is one entry. People's entries have a Person and Say; machine entries
// an Icon; public updates a Public text.
type Moment struct {
	ID      string // anchor
	At      time.Time
	Person  *Person
	Icon    string        // for machine entries
	Tone    string        // node colour: red, violet, accent, green, amber, ""
	Head    template.HTML // one line; names in <b>
	Sub     string        // small line below
	Say     string        // what a person wrote
	Public  string        // a text that went outside
	Tags    []Tag
	Before  string   // the earlier text of a corrected entry
	Edited  string   // "corrected by Mara at 18:50"
	Menu    []Button // correct…, pin
	Routine bool
	Folded  []Moment // filled by Fold
}

// Fold joins runs of three or more routine entries.
func (t Timeline) Fold() Timeline {
	var out []Moment
	for i := 0; i < len(t.Items); {
		j := i
		for j < len(t.Items) && t.Items[j].Routine {
			j++
		}
		if j-i >= 3 {
			out = append(out, Moment{Folded: t.Items[i:j], Icon: "dots"})
			i = j
			continue
		}
		out = append(out, t.Items[i])
		i++
	}
	t.Items = out
	return t
}

// Day reports whether entry i starts a new day in the viewer's zone, so that a
// day heading stands before it.
func (t Timeline) Day(i int) string {
	day := func(m Moment) string {
		if len(m.Folded) > 0 {
			m = m.Folded[0]
		}
		return m.At.In(t.V.Loc).Format("Monday 2 January")
	}
	d := day(t.Items[i])
	if i > 0 && day(t.Items[i-1]) == d || i == 0 && d == t.V.Now.In(t.V.Loc).Format("Monday 2 January") {
		return ""
	}
	return d
}

// One pairs a moment with the view for the "moment" template.
func (t Timeline) One(m Moment) OneMoment { return OneMoment{t.V, m} }

// OneMoment is the argument of the "moment" template.
type OneMoment struct {
	V *View
	M Moment
}
