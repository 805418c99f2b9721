package healthweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Incidents handles GET /oncall/health/incidents: those behind the times to
// acknowledge, or behind an alert.
func (p *Pages) Incidents(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ask := health.AskIncidents{Person: q.Get("person"), Rule: q.Get("rule"), Service: q.Get("service"), Alert: q.Get("alert")}
	report, list, next, err := p.Health.IncidentsBehind(r.Context(), q.Get("team"), q.Get("period"), ask, q.Get("cursor"), listed)
	if err != nil {
		return err
	}
	page := &ListPage{Page: p.Shell.Page(r, "Incidents", nav), All: report.Path(), Says: "Incidents of " + report.Title + ", " + report.Period.Title}
	page.Crumbs = back(&report)
	if ask.Person != "" {
		page.Says += ", for which " + ask.Person + " was paged and then acknowledged"
	}
	if ask.Alert != "" {
		page.Says += ", with the alert “" + ask.Alert + "”"
	}
	page.Table = web.Table{Label: page.Says, V: page.V, Columns: []web.Column{{Title: "Triggered", Width: 150, Phone: true}, {Title: "Incident", Phone: true}, {Title: "State", Width: 130}, {Title: "Acknowledged by", Width: 180}, {Title: "After", Width: 110, Right: true, Phone: true}, {Title: "Counts as", Width: 130, Phone: true}}}
	for _, i := range list {
		inc := ref.N(ref.Incident, i.ID)
		by, after := web.Cell{Text: "nobody"}, web.Cell{Text: "–"}
		if i.Acknowledge >= 0 {
			after = web.Cell{Text: web.Dur(i.Acknowledge)}
			by.Text = "a machine"
		}
		if person, ok := report.Name(i.By); ok {
			them := who(person)
			by = web.Cell{Person: &them}
		} else if i.By != 0 {
			by.Text = ref.N(ref.Person, i.By).String()
		}
		tag := web.Tag{Text: "open"}
		switch {
		case i.None:
			tag = web.Tag{Text: "noise: canceled", Tone: "amber"}
		case i.Acted:
			tag = web.Tag{Text: "acted upon", Tone: "green"}
		case i.Over:
			tag = web.Tag{Text: "noise", Tone: "amber"}
		case i.Merged:
			tag = web.Tag{Text: "merged"}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{At: i.Triggered}, {Priority: i.Priority, Key: inc.String(), Text: i.Title, Path: inc.Path()}, {State: i.State}, by, after, {Tag: &tag}}})
	}
	page.Empty = web.Empty{Icon: "heartbeat", Title: "No such incident", Text: "None of this kind was triggered in this time, as far as you may see.", Button: &web.Button{Title: "The figures", Path: report.Path()}}
	if next != "" {
		page.Pager = web.Pager{Older: to("/incidents", &report, "person", ask.Person, "rule", ask.Rule, "service", ask.Service, "alert", ask.Alert, "cursor", next), Shown: web.Plural(len(list), "incident", "incidents") + " shown, newest first"}
	}
	return p.Shell.Render(w, r, listPage, page)
}
