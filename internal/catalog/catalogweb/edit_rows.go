package catalogweb

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/web"
)

// rows is a part of the form in which each line is one thing: a link, a
// dependency, an activity. An empty first field drops the line.
type rows struct {
	ID, Title, Help, Kind string // Kind: of the grid, "links"
	Lines                 []line
}

type line struct {
	N     int
	Cells []cell
	Fault string
}

// cell is one field of a line. Options make it a choice.
type cell struct {
	Name, ID, Label, Kind, Value, Say string
	Max                               int
	Options                           []web.Option
	Bad                               bool
}

// spareRows is how many empty lines the form offers; "More lines" adds as many.
const spareRows = 2

// lines builds the lines of a part from what the form holds. head is the field
// that decides whether a line counts, place the list that faults name; the
// service counts only the lines that count.
func lines(form *web.Form, head, place string, make func(n int, at func(name string) string) []cell) (out []line, filled int) {
	for i, v := range form.Values[head] {
		if strings.TrimSpace(v) != "" {
			filled = i + 1
		}
	}
	counted := 0
	for i := range filled + spareRows {
		at := func(name string) string {
			if list := form.Values[name]; i < len(list) && i < filled {
				return list[i]
			}
			return ""
		}
		l := line{N: i + 1, Cells: make(i+1, at)}
		if strings.TrimSpace(at(head)) != "" {
			var faults []string
			for _, f := range form.Faults {
				if field, ok := strings.CutPrefix(f.Name, fmt.Sprintf("%s[%d].", place, counted)); ok {
					faults = append(faults, field+": "+f.Remedy)
				}
			}
			l.Fault = strings.Join(faults, "; ")
			counted++
		}
		if l.Fault != "" {
			l.Cells[0].Bad = true
		}
		out = append(out, l)
	}
	return out, filled
}

func linkRows(form *web.Form) rows {
	r := rows{ID: "links", Kind: "links", Title: "Links and runbooks", Help: "Leave an address empty to drop the line. The day is that on which somebody last read a runbook and found it right."}
	r.Lines, _ = lines(form, "link_url", "links", func(n int, at func(string) string) []cell {
		kind := at("link_kind")
		if kind == "" {
			kind = string(catalog.Runbook)
		}
		var kinds []web.Option
		for _, k := range catalog.LinkKinds {
			kinds = append(kinds, web.Option{Value: string(k), Title: string(k), Chosen: string(k) == kind})
		}
		return []cell{
			{Name: "link_url", ID: fmt.Sprintf("link-url-%d", n), Label: fmt.Sprintf("Address of link %d", n), Kind: "url", Value: at("link_url"), Say: "https://wiki.example.org/checkout", Max: 2000},
			{Name: "link_title", ID: fmt.Sprintf("link-title-%d", n), Label: fmt.Sprintf("Title of link %d", n), Kind: "text", Value: at("link_title"), Say: "Title", Max: 100},
			{Name: "link_kind", ID: fmt.Sprintf("link-kind-%d", n), Label: fmt.Sprintf("Kind of link %d", n), Options: kinds},
			{Name: "link_checked", ID: fmt.Sprintf("link-checked-%d", n), Label: fmt.Sprintf("Day on which link %d was read", n), Kind: "date", Value: at("link_checked")},
		}
	})
	return r
}

func needRows(form *web.Form) rows {
	r := rows{ID: "needs", Kind: "needs", Title: "Dependencies", Help: "A service by name, or an item as kind:name, like database:orders. Hard: without it this is down. Those of one group stand in for each other."}
	r.Lines, _ = lines(form, "need_on", "depends_on", func(n int, at func(string) string) []cell {
		strength := at("need_strength")
		return []cell{
			{Name: "need_on", ID: fmt.Sprintf("need-on-%d", n), Label: fmt.Sprintf("What dependency %d is on", n), Kind: "text", Value: at("need_on"), Say: "payments", Max: 300},
			{Name: "need_strength", ID: fmt.Sprintf("need-strength-%d", n), Label: fmt.Sprintf("Strength of dependency %d", n), Options: []web.Option{{Value: "hard", Title: "hard"}, {Value: "soft", Title: "soft", Chosen: strength == "soft"}}},
			{Name: "need_group", ID: fmt.Sprintf("need-group-%d", n), Label: fmt.Sprintf("Group of dependency %d", n), Kind: "text", Value: at("need_group"), Say: "Group", Max: 63},
			{Name: "need_count", ID: fmt.Sprintf("need-count-%d", n), Label: fmt.Sprintf("How many of the group of dependency %d are needed", n), Kind: "number", Value: at("need_count"), Say: "Need"},
			{Name: "need_why", ID: fmt.Sprintf("need-why-%d", n), Label: fmt.Sprintf("What dependency %d is for", n), Kind: "text", Value: at("need_why"), Say: "What for", Max: 500},
		}
	})
	return r
}

func raciRows(form *web.Form) (rows, bool) {
	r := rows{ID: "raci", Kind: "raci", Title: "Who answers for what", Help: "Handles, or team:name, with commas. Exactly one is accountable."}
	var filled int
	r.Lines, filled = lines(form, "raci_activity", "raci", func(n int, at func(string) string) []cell {
		c := []cell{{Name: "raci_activity", Label: "Activity", Say: "Releases", Max: 100}, {Name: "raci_accountable", Label: "Accountable", Say: "Accountable", Max: 70}, {Name: "raci_responsible", Label: "Responsible", Say: "Responsible", Max: 500},
			{Name: "raci_consulted", Label: "Consulted", Say: "Consulted", Max: 500}, {Name: "raci_informed", Label: "Informed", Say: "Informed", Max: 500}}
		for i := range c {
			c[i].ID, c[i].Kind, c[i].Value = fmt.Sprintf("%s-%d", strings.ReplaceAll(c[i].Name, "_", "-"), n), "text", at(c[i].Name)
			c[i].Label = fmt.Sprintf("%s of line %d", c[i].Label, n)
		}
		return c
	})
	return r, filled > 0
}
