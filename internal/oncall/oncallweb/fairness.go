package oncallweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// FairPage is who carried how much of a schedule.
type FairPage struct {
	web.Page
	Tabs    []web.Tab
	Rows    []fairRow
	Pages   bool // it is known how many pages there were
	Span    string
	Notice  *web.Notice
	Average string
	Ahead   bool
}

// fairRow is one person; each figure is a bar of the column's scale.
type fairRow struct {
	Person web.Person
	You    bool
	Cells  []fairCell
}

type fairCell struct {
	Label, Text, W, Tone string
}

var fairPage = web.Parse(files, "fairness.html", FairPage{})

// Fairness handles GET /oncall/schedules/{name}/fairness.
func (p *Pages) Fairness(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := p.Oncall.Get(ctx, r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &FairPage{Page: p.Shell.Page(r, "Fairness", nav)}
	page.Crumbs = crumbsOf(s)
	n := 90
	if text := r.URL.Query().Get("days"); text != "" {
		if n, err = strconv.Atoi(text); err != nil || n == 0 || n < -366 || n > 366 {
			return errs.BadField("days", text, "use a number of days from 1 to 366; below 0 looks ahead")
		}
	}
	from, to := page.V.Now.Add(-time.Duration(n)*24*time.Hour), page.V.Now
	if n < 0 {
		from, to = to, from
	}
	in := span{from: from, to: to, loc: zoneOf(s.Spec.Zone)}
	page.Span = in.title()
	loads, err := p.Oncall.Fairness(ctx, s.Name, from, to)
	if err != nil {
		return err
	}
	var ids []int64
	for _, l := range loads {
		ids = append(ids, l.Person)
		page.Pages = page.Pages || l.Pages >= 0 && n > 0
	}
	who, err := p.names(ctx, nil, nil, ids...)
	if err != nil {
		return err
	}
	path := s.Ref().Path() + "/fairness?days="
	for _, t := range []struct {
		n     int
		title string
	}{{28, "4 weeks"}, {90, "90 days"}, {365, "Year"}, {-90, "Next 90 days"}} {
		page.Tabs = append(page.Tabs, web.Tab{Title: t.title, Path: path + strconv.Itoa(t.n), Current: t.n == n})
	}
	page.Ahead = n < 0
	page.rows(loads, who)
	return p.Shell.Render(w, r, fairPage, page)
}

func (page *FairPage) rows(loads []oncall.Load, who whos) {
	var most oncall.Load
	var sum time.Duration
	for _, l := range loads {
		most.Time, most.Nights = max(most.Time, l.Time), max(most.Nights, l.Nights)
		most.Weekends, most.Pages = max(most.Weekends, l.Weekends), max(most.Pages, l.Pages)
		sum += l.Time
	}
	if len(loads) == 0 {
		return
	}
	mean := sum / time.Duration(len(loads))
	page.Average = hours(mean.Round(time.Hour))
	part := func(a, b int64) string { return pct(100 * float64(a) / float64(max(b, 1))) }
	for _, l := range loads {
		row := fairRow{Person: who.person(l.Person), You: l.Person == page.V.Actor.Person && l.Person != 0}
		tone := "accent"
		if mean > 0 && l.Time > mean*3/2 {
			tone = "amber"
		}
		row.Cells = []fairCell{
			{"Hours", hours(l.Time.Round(time.Hour)), part(int64(l.Time), int64(most.Time)), tone},
			{"Nights", strconv.Itoa(l.Nights), part(int64(l.Nights), int64(most.Nights)), "violet"},
			{"Weekends", strconv.Itoa(l.Weekends), part(int64(l.Weekends), int64(most.Weekends)), "green"},
		}
		if page.Pages {
			row.Cells = append(row.Cells, fairCell{"Pages", strconv.Itoa(max(l.Pages, 0)), part(int64(max(l.Pages, 0)), int64(most.Pages)), "orange"})
		}
		page.Rows = append(page.Rows, row)
	}
	if first := loads[0]; len(loads) > 1 && mean > 0 && first.Time > mean*3/2 {
		page.Notice = &web.Notice{Icon: "users", Fact: who.person(first.Person).Name + map[bool]string{false: " carried ", true: " will carry "}[page.Ahead] + hours(first.Time.Round(time.Hour)) + ".", Effect: "That is " + strconv.FormatFloat(float64(first.Time)/float64(mean), 'f', 1, 64) + " times the mean of " + page.Average + "."}
	}
}
