package doraweb

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is the measures of a period.
type ShowPage struct {
	web.Page
	Tabs   []web.Tab
	Asked  *Asked
	Choice web.HTML
	Empty  *web.Empty
	Notice *web.Notice
	Report *dora.Report
	Row    web.HTML
	Trend  *Trend
	By     []web.Tab
	What   string // of the table: Service or Team
	Parts  []PartRow
	More   int
	Covers []Cover
	Levels []Level
	Also   []web.Def
	Means  []Meaning
	Ledger string
	Step   *stepLine
}

// Cover is one half of link coverage.
type Cover struct {
	Label, Value, Note string
	Share              float64
	None               bool
}

// Level is one level of maturity.
type Level struct {
	Name    string
	Current bool
}

// Meaning is a definition with its source.
type Meaning struct{ dora.Definition }

var showPage = web.Parse(files, "show.html", ShowPage{})

const mostParts = 20

// Show handles GET /changes/measures.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	page := &ShowPage{Page: p.Shell.Page(r, "Measures", nav), Tabs: p.tabs(measuresPath)}
	page.Crumbs = crumbs
	var err error
	if page.Asked, err = p.read(r, page.V, measuresPath); err != nil {
		return err
	}
	a, status := page.Asked, http.StatusOK
	report, err := p.Dora.Report(r.Context(), a.Query)
	if err != nil && a.refused(err) {
		status = http.StatusUnprocessableEntity
		report, err = p.Dora.Report(r.Context(), a.Query)
	}
	if err != nil {
		return err
	}
	page.Report, page.Sub, page.Ledger = &report, a.Who(), a.to(ledgerPath)
	if page.Choice, err = barPage.Fragment(a); err != nil {
		return err
	}
	for _, d := range dora.Definitions {
		page.Means = append(page.Means, Meaning{d})
	}
	if report.Since.IsZero() {
		page.Empty = &web.Empty{Icon: "chart-bar", Title: "Nothing is measured yet", Text: "Figures come by themselves once pipelines tell what they deploy. Deployments of the past can be taken in from a CSV file: evenkeel change import deployments.csv.", Button: &web.Button{Title: "Connect a pipeline…", Path: "/integrations"}}
		return p.Shell.RenderStatus(w, r, status, showPage, page)
	}
	if err := page.parts(p, r); err != nil {
		return err
	}
	if page.Row, err = a.row(&report); err != nil {
		return err
	}
	page.Trend = a.chart(&report)
	page.side()
	return p.Shell.RenderStatus(w, r, status, showPage, page)
}

// parts fills in who the figures are made of.
func (p *ShowPage) parts(pages *Pages, r *http.Request) error {
	a := p.Asked
	by := cmp.Or(r.URL.Query().Get("by"), "service")
	if !slices.Contains([]string{"service", "team"}, by) {
		return badBy(by)
	}
	list, all, err := pages.Dora.Parts(r.Context(), a.Query, by, mostParts)
	if err != nil {
		return err
	}
	for _, x := range list {
		p.Parts = append(p.Parts, a.part(x, by))
	}
	p.More = all - len(list)
	p.What = map[string]string{"service": "Service", "team": "Team"}[by]
	p.By = []web.Tab{{Title: "By service", Path: a.to(measuresPath), Current: by == "service"}, {Title: "By team", Path: a.to(measuresPath, "by", "team"), Current: by == "team"}}
	return nil
}

// side fills in coverage, maturity and what else is worth a look.
func (p *ShowPage) side() {
	f, r, a := p.Report.Figures, p.Report, p.Asked
	cover := func(label, none string, x dora.Rate) {
		c := Cover{Label: label, Value: "no data", Note: none, None: true}
		if x.Of > 0 {
			c = Cover{Label: label, Value: rate(x), Note: of(x), Share: x.Share * 100}
		}
		p.Covers = append(p.Covers, c)
	}
	cover("Deployments whose outcome something said", "no deployment", f.OutcomeKnown)
	cover("Incidents whose cause is confirmed", "no incident, or incidents are not in use", f.Linked)
	if f.OutcomeKnown.Of >= 20 && f.OutcomeKnown.Share < 0.5 {
		p.Notice = &web.Notice{Fact: fmt.Sprintf("Of %.0f %% of deployments nothing said how they went.", 100-f.OutcomeKnown.Share*100), Effect: "They may have failed unseen, so the failure rate may be too low.", Buttons: []web.Button{{Title: "Which ones", Path: a.records(dora.NoOutcome), Small: true}}}
	}
	for _, l := range dora.Levels {
		p.Levels = append(p.Levels, Level{l, l == r.Maturity.Level})
	}
	also := func(term, text, figure string, n int) {
		d := web.Def{Term: term, Text: text}
		if n > 0 {
			d.Path = a.records(figure)
		}
		p.Also = append(p.Also, d)
	}
	also("Most in one day", web.Count(f.Busiest), dora.Deployments, 0)
	also("Brought something new", web.Count(f.New)+" of "+web.Count(f.Deployments), dora.LeadTime, f.New)
	also("Confirmed to have caused an incident", web.Count(f.Caused), dora.Failures, f.Caused)
	also("Failed, recovery unknown", web.Count(f.Unrecovered), dora.Unrecovered, f.Unrecovered)
	also("Began without being allowed", web.Count(f.Bypassed), dora.Bypassed, f.Bypassed)
	p.Also = append(p.Also, web.Def{Term: "Waited for approvals", Text: hours(f.Waited), Path: p.Ledger})
	if len(r.Ledger) > 0 {
		p.Step = line(r.Ledger[0])
	}
}
