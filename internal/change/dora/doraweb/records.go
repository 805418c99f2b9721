package doraweb

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage is the records behind a figure.
type ListPage struct {
	web.Page
	Says    string
	Means   string
	All     string // address of the figures
	Figures []web.Tab
	Table   web.Table
	Pager   web.Pager
	Empty   web.Empty
}

var listPage = web.Parse(files, "list.html", ListPage{})

const listed = 50

// behind are the figures that have records, in order.
var behind = []struct{ name, title, means string }{
	{dora.Deployments, "Deployments", "Changes that reached users."},
	{dora.LeadTime, "With a lead time", "Deployments that brought something new, from their oldest commit."},
	{dora.NoLeadTime, "Without one", "Returns and repeats bring nothing new; of others the time of the commit is unknown."},
	{dora.Completed, "Completed", "Their outcome is decided."},
	{dora.Failures, "Failures", "Failed, rolled back, or confirmed to have caused an incident."},
	{dora.Recovered, "Recovered", "Failed, and it is known when users were served well again."},
	{dora.Unrecovered, "Not recovered", "Failed, and it is not known when users were served well again."},
	{dora.Rework, "Rework", "Unplanned deployments to mend what users noticed."},
	{dora.NoOutcome, "Outcome unknown", "Nothing said how they went: they may have failed unseen."},
	{dora.Bypassed, "Bypassed", "Began without being allowed."},
}

// Records handles GET /changes/measures/records.
func (p *Pages) Records(w http.ResponseWriter, r *http.Request) error {
	page := &ListPage{Page: p.Shell.Page(r, "Records", nav)}
	a, err := p.read(r, page.V, measuresPath)
	if err != nil {
		return err
	}
	figure := cmp.Or(r.URL.Query().Get("figure"), dora.Deployments)
	list, next, err := p.Dora.Records(r.Context(), a.Query, figure, r.URL.Query().Get("cursor"), listed)
	if err != nil {
		return err
	}
	page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: "Measures", Path: a.to(measuresPath)})
	page.All = a.to(measuresPath)
	for _, f := range behind {
		page.Figures = append(page.Figures, web.Tab{Title: f.title, Path: a.records(f.name), Current: f.name == figure})
		if f.name == figure {
			page.Title, page.Means = f.title, f.means
		}
	}
	page.Says = "Of " + a.Who() + ", " + a.title()
	last := web.Column{Title: "Lead time", Width: 110, Right: true}
	if figure == dora.Failures || figure == dora.Recovered || figure == dora.Unrecovered {
		last = web.Column{Title: "Recovery", Width: 110, Right: true}
	}
	page.Table = web.Table{Label: page.Title, V: page.V, Columns: []web.Column{{Title: "Complete", Width: 140, Phone: true}, {Title: "Change", Phone: true}, {Title: "Service", Width: 150}, {Title: "State", Width: 120, Phone: true}, {Title: "Outcome said by", Width: 150}, {Title: "Risk", Width: 60, Right: true}, last}}
	for _, x := range list {
		d := x.Lead
		if last.Title == "Recovery" {
			d = x.Recovery
		}
		took, risk := web.Cell{Text: "no data"}, web.Cell{Text: "no data"}
		if d >= 0 {
			took = web.Cell{Text: web.Dur(d)}
		}
		if x.Risk >= 0 {
			risk.Text = strconv.Itoa(x.Risk)
		}
		said := web.Cell{Text: cmp.Or(x.OutcomeBy, "nothing"), Sub: x.OutcomeReason}
		state := web.Cell{Tag: &web.Tag{Text: x.State}}
		switch {
		case x.Caused:
			state.Tag, state.Sub = &web.Tag{Text: x.State, Tone: "red"}, "caused an incident"
		case x.Failed:
			state.Tag = &web.Tag{Text: x.State, Tone: "red"}
		case x.Rework:
			state.Sub = "rework"
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{At: x.At}, {Key: x.Ref().String(), Text: x.Title, Path: x.Ref().Path()}, {Text: x.Service}, state, said, risk, took}})
	}
	page.Empty = web.Empty{Icon: "git-pull-request", Title: "None", Text: "No change of this kind in this time.", Button: &web.Button{Title: "The figures", Path: page.All}}
	if next != "" {
		page.Pager = web.Pager{Older: a.records(figure, "cursor", next), Shown: web.Plural(len(list), "change", "changes") + " shown, newest first"}
	}
	return p.Shell.Render(w, r, listPage, page)
}

// title is the time that is asked for.
func (a *Asked) title() string {
	if a.From != "" {
		return a.Query.From.In(a.view.Loc).Format("2 Jan 2006 15:04") + " to " + a.Query.To.In(a.view.Loc).Format("2 Jan 2006 15:04")
	}
	p, _, err := dora.ParsePeriod(a.Period, a.view.Loc, a.view.Now)
	if err != nil {
		return a.Period
	}
	return p.Title
}

// Approvals handles GET /changes/ledger/approvals.
func (p *Pages) Approvals(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := &ListPage{Page: p.Shell.Page(r, "Approvals", nav)}
	a, err := p.read(r, page.V, ledgerPath)
	if err != nil {
		return err
	}
	rule, who := q.Get("rule"), q.Get("who")
	list, next, err := p.Dora.Approvals(r.Context(), a.Query, rule, who, q.Get("cursor"), listed)
	if err != nil {
		return err
	}
	var ids []int64
	for _, x := range list {
		if x.Person != 0 {
			ids = append(ids, x.Person)
		}
	}
	names := map[int64]string{}
	if p.People != nil && len(ids) > 0 {
		if names, err = p.People(r.Context(), ids); err != nil {
			return err
		}
	}
	page.Title = stepName(dora.Step{Rule: rule}) + ", by " + who
	page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: "Approval ledger", Path: a.to(ledgerPath)})
	page.All, page.Says = a.to(ledgerPath), "Decided in "+a.title()
	page.Means = "The ledger counts an approval to the time of its change, this list to the time of the answer."
	page.Table = web.Table{Label: page.Title, V: page.V, Columns: []web.Column{{Title: "Answered", Width: 140, Phone: true}, {Title: "Change", Phone: true}, {Title: "Answer", Width: 120, Phone: true}, {Title: "By", Width: 190}, {Title: "Through", Width: 110}, {Title: "Risk", Width: 60, Right: true}, {Title: "Waited", Width: 110, Right: true}}}
	tones := map[string]string{"approved": "green", "rejected": "red", "expired": "amber"}
	for _, x := range list {
		by := web.Cell{Text: cmp.Or(x.Outside, "nobody")}
		if name := names[x.Person]; x.Person != 0 && name != "" {
			by = web.Cell{Person: &web.Person{Name: name}}
		} else if x.Person != 0 {
			by.Text = "somebody who has left"
		}
		risk := "no data"
		if x.Risk >= 0 {
			risk = strconv.Itoa(x.Risk)
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{At: x.DecidedAt}, {Key: x.Ref().String(), Text: x.Title, Path: x.Ref().Path()}, {Tag: &web.Tag{Text: x.Answer, Tone: tones[x.Answer]}}, by, {Text: x.Via}, {Text: risk}, {Text: waited(x.Waited)}}})
	}
	page.Empty = web.Empty{Icon: "checklist", Title: "None", Text: "No approval of this step was decided in this time.", Button: &web.Button{Title: "The ledger", Path: page.All}}
	if next != "" {
		page.Pager = web.Pager{Older: a.to(ledgerPath+"/approvals", "rule", rule, "who", who, "cursor", next), Shown: web.Plural(len(list), "approval", "approvals") + " shown, newest first"}
	}
	return p.Shell.Render(w, r, listPage, page)
}

func waited(d time.Duration) string { return web.Dur(d) }

// badBy is the answer to a choice that there is none of.
func badBy(by string) error {
	return errs.BadField("by", by, "choose service or team")
}
