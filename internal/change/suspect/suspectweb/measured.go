package suspectweb

import (
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// MeasuredPage says how suspects are scored, and how good that was.
type MeasuredPage struct {
	web.Page
	Measure suspect.Measure
	Enough  bool
	Need    int
	Figures []figure
	Weights []suspect.Weight
	Known   web.Table
}

type figure struct{ Label, Value, Note string }

var measuredPage = web.Parse(files, "measured.html", MeasuredPage{})

// Measured shows it.
func (p *Pages) Measured(w http.ResponseWriter, r *http.Request) error {
	m, rows, err := p.Suspects.Measured(r.Context())
	if err != nil {
		return err
	}
	page := &MeasuredPage{Page: p.Shell.Page(r, "How suspects are scored", "changes"), Measure: m, Enough: m.Incidents >= suspect.Enough, Need: suspect.Enough, Weights: suspect.Weights()}
	page.Crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}}
	share := func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
	page.Figures = []figure{
		{"Mean reciprocal rank", fmt.Sprintf("%.2f", m.MRR), fmt.Sprintf("newest change first: %.2f", m.LatestMRR)},
		{"The first was the cause", share(m.First), "of incidents with a known cause"},
		{"One of the first three was", share(m.Three), "of incidents with a known cause"},
		{"Not on the list", web.Count(m.Missed), "of " + web.Plural(m.Incidents, "incident", "incidents") + " with a known cause"},
	}
	page.Known = web.Table{Label: "Incidents with a known cause", V: page.V, Columns: []web.Column{{Title: "Incident", Phone: true}, {Title: "Cause", Phone: true, Width: 110}, {Title: "Place", Width: 80, Right: true}, {Title: "By time alone", Width: 120, Right: true}, {Title: "Said by", Width: 120}}}
	place := func(n int) string {
		if n == 0 {
			return "not listed"
		}
		return fmt.Sprint(n)
	}
	for _, c := range rows {
		change := ref.N(ref.Change, c.Edge.Change)
		page.Known.Rows = append(page.Known.Rows, web.Row{Cells: []web.Cell{{Text: c.Incident.Title, Path: ref.N(ref.Incident, c.Incident.ID).Path(), Sub: ref.N(ref.Incident, c.Incident.ID).String()},
			{Text: change.String(), Path: change.Path()}, {Text: place(c.Edge.Place)}, {Text: place(c.Edge.Latest)}, {Text: string(c.Edge.Rule)}}})
	}
	return p.Shell.Render(w, r, measuredPage, page)
}
