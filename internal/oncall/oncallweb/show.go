package oncallweb

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one schedule with its calendar.
type ShowPage struct {
	web.Page
	Schedule oncall.Schedule
	Notice   *web.Notice
	Ask      *web.Confirm
	On       []web.Person
	You      bool
	OnNote   string
	Until    time.Time
	Next     []web.Person
	NextAt   time.Time
	NextNote string
	Zone     *time.Location
	Calendar template.HTML
	Views    []web.Tab
	Span     string
	Earlier  string
	Later    string
	Today    string // empty: today is in sight
	InZone   string // which zone, in words
	Other    *web.Button
	Duties   web.Table
	Covers   []coverRow
	Layers   []layerRow
	Holes    []holeRow
	Known    []holeRow // planned, or covered by others for now
	Facts    []web.Def
}

// coverRow is an override, swap or absence in a list.
type coverRow struct {
	Key, Path, What, Kind, When, Reason string
	Now, Mine                           bool
	Person                              web.Person
	End                                 string // path to take it back; empty: the viewer may not
}

// layerRow is one rotation in words.
type layerRow struct {
	Name, Every, Hours, Since, How string
	Shifts                         []string
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Edit reports whether the viewer may edit it here.
func (p *ShowPage) Edit() bool { return p.V.May(actor.Configure) && p.Schedule.Managed == "" }

// Respond reports whether the viewer may override.
func (p *ShowPage) Respond() bool { return p.V.May(actor.Respond) }

// Show handles GET /oncall/schedules/{name}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := p.Oncall.Get(ctx, r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, s.Title(), nav), Schedule: s, Zone: zoneOf(s.Spec.Zone)}
	page.Crumbs, page.Live, page.Sub = crumbs, "*", s.Spec.Team
	now, path := page.V.Now, s.Ref().Path()
	span, err := page.span(r)
	if err != nil {
		return err
	}
	d, err := p.gather(r, s, span, now)
	if err != nil {
		return err
	}
	l, err := p.picture(s, span, d, now)
	if err != nil {
		return err
	}
	if page.Respond() {
		l.Cover = path + "/cover"
	}
	if page.Calendar, err = l.draw(); err != nil {
		return err
	}
	page.links(path, span, now)
	page.present(d, now)
	page.table(d, span)
	for _, h := range rowsOf(d.holes, d.who, span.loc) {
		if h.Uncovered && h.Kind != oncall.HolePlanned {
			page.Holes = append(page.Holes, h)
		} else {
			page.Known = append(page.Known, h)
		}
	}
	for _, c := range d.coming {
		page.Covers = append(page.Covers, rowOfCover(c, d.who, page.V, span.loc))
	}
	page.layers(d.who)
	page.Facts = []web.Def{{Term: "Name", Text: s.Name}, {Term: "Team", Text: teamOr(s.Spec.Team)}, {Term: "Zone", Text: s.Spec.Zone, Sub: hm(now, page.Zone) + " there now"},
		{Term: "Changed", HTML: page.V.Time(s.Updated), Sub: fmt.Sprintf("version %d", s.Version)}}
	if s.Spec.Team != "" {
		page.Facts[1].Path = "/teams/" + url.PathEscape(s.Spec.Team)
	}
	if r.URL.Query().Get("delete") != "" && page.Edit() {
		page.Ask = &web.Confirm{Path: path + "/delete", Title: "Delete the schedule " + s.Title() + "?", Text: "Nobody is on call by it any more. A schedule that an escalation policy uses cannot be deleted. What it was stays on record.", Button: "Delete", Danger: true, Cancel: path}
	}
	return p.Shell.Render(w, r, showPage, page)
}

// Delete handles POST /oncall/schedules/{name}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	if err := p.Oncall.Delete(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, base, "The schedule is deleted")
}

// span reads which time the calendar shows.
func (p *ShowPage) span(r *http.Request) (span, error) {
	q := r.URL.Query()
	loc := p.Zone
	p.InZone = p.Schedule.Spec.Zone
	if q.Get("zone") == "mine" {
		loc, p.InZone = p.V.Loc, p.V.Loc.String()
	}
	view := cmp.Or(q.Get("view"), "week")
	if !slices.Contains([]string{"day", "week", "month"}, view) {
		return span{}, errs.BadField("view", view, "use day, week or month")
	}
	at := p.V.Now.In(loc)
	y, m, d := at.Date()
	date := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	if s := q.Get("date"); s != "" {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil || t.Year() < 1971 || t.Year() > 2198 {
			return span{}, errs.BadField("date", s, "use a date like 2026-12-24")
		}
		date = t
	}
	return spanOf(view, date, loc), nil
}

// links leads to other times and views.
func (p *ShowPage) links(path string, s span, now time.Time) {
	zone := p.V.Loc.String() == s.loc.String() && p.Schedule.Spec.Zone != s.loc.String()
	to := func(view, date string, mine bool) string {
		q := url.Values{"view": {view}}
		if date != "" {
			q.Set("date", date)
		}
		if mine {
			q.Set("zone", "mine")
		}
		return path + "?" + q.Encode() + "#calendar"
	}
	p.Span, p.Earlier, p.Later = s.title(), to(s.view, s.move(-1), zone), to(s.view, s.move(1), zone)
	here := s.move(0)
	if now.Before(s.from) || !now.Before(s.to) {
		p.Today = to(s.view, "", zone)
	} else {
		here = now.In(s.loc).Format(time.DateOnly)
	}
	for _, v := range []string{"day", "week", "month"} {
		p.Views = append(p.Views, web.Tab{Title: strings.ToUpper(v[:1]) + v[1:], Path: to(v, here, zone), Current: v == s.view})
	}
	if p.V.Loc.String() != p.Schedule.Spec.Zone {
		b := web.Button{Title: "Show in " + p.V.Loc.String(), Path: to(s.view, here, true)}
		if zone {
			b = web.Button{Title: "Show in " + p.Schedule.Spec.Zone, Path: to(s.view, here, false)}
		}
		p.Other = &b
	}
}

// present says who is on call now and then.
func (p *ShowPage) present(d *gathered, now time.Time) {
	i := slices.IndexFunc(d.ahead, func(x oncall.Duty) bool {
		return !x.From.After(now) && (x.Until.IsZero() || x.Until.After(now))
	})
	if i < 0 {
		return
	}
	on := d.ahead[i]
	p.On, p.Until, p.You = d.who.people(on.People), on.Until, p.V.Actor.Person != 0 && on.Has(p.V.Actor.Person)
	switch {
	case on.Gap():
		p.Notice = &web.Notice{Tone: "red", Fact: "Nobody is on call now.", Effect: "Pages of this schedule reach nobody."}
		if !on.Until.IsZero() {
			p.Notice.Effect = "Pages of this schedule reach nobody until " + p.V.Local(on.Until) + "."
		}
		if p.Respond() {
			p.Notice.Buttons = []web.Button{{Title: "Put somebody in…", Path: coverPath(p.Schedule.Name, now, on.Until)}}
		}
	case on.Cover != 0:
		p.OnNote = "stands in, " + oncall.Cover{ID: on.Cover}.Ref().String()
	default:
		p.OnNote = layerName(on.Layer)
	}
	for _, x := range d.ahead[i+1:] {
		if slices.Equal(x.People, on.People) {
			p.Until = x.Until
			continue
		}
		p.Next, p.NextAt, p.NextNote = d.who.people(x.People), x.From, layerName(x.Layer)
		break
	}
}

// table lists the duties of the picture.
func (p *ShowPage) table(d *gathered, s span) {
	p.Duties = web.Table{Label: "Shifts, " + p.Span, V: p.V, Columns: []web.Column{{Title: "When", Phone: true, Width: 290}, {Title: "On call", Phone: true}, {Title: "By", Width: 150}, {Width: 120, Right: true, Phone: true}}}
	for _, x := range d.duties {
		row := web.Row{Cells: []web.Cell{{Text: when(x.From, x.Until, s.loc)}, {Text: d.who.names(x.People)}, {Text: x.Layer}, {}}}
		if x.Gap() {
			row.Cells[1] = web.Cell{Text: "Nobody", Sub: "as planned"}
			for _, part := range d.why(x) {
				if !part.Planned {
					row.Cells[1] = web.Cell{Text: "Nobody", Sub: part.Why, Tone: "red"}
				}
			}
		}
		if x.Cover != 0 {
			c := oncall.Cover{ID: x.Cover}.Ref()
			row.Cells[2] = web.Cell{Text: c.String(), Path: c.Path()}
		}
		if p.Respond() && (x.Until.IsZero() || x.Until.After(p.V.Now)) {
			row.Cells[3].Buttons = []web.Button{{Title: "Override…", Path: coverPath(p.Schedule.Name, x.From, x.Until), Small: true, Tone: "quiet"}}
		}
		p.Duties.Rows = append(p.Duties.Rows, row)
	}
}

func (p *ShowPage) layers(who whos) {
	names := map[string]string{}
	for _, x := range who {
		names[x.Handle] = x.Display
	}
	n := len(p.Schedule.Spec.Layers)
	for i := range n {
		l := p.Schedule.Spec.Layers[n-1-i]
		row := layerRow{Name: cmp.Or(l.Name, fmt.Sprintf("layer %d", n-i)), Every: every(l.Every), Since: strings.Replace(l.Start, "T", " ", 1), Hours: strings.ReplaceAll(windowText(l.Only), "\n", "; ")}
		if l.End != "" {
			row.Since += " to " + strings.Replace(l.End, "T", " ", 1)
		}
		if l.Beside {
			row.How = "together with those below"
		} else if i < n-1 {
			row.How = "replaces those below"
		}
		for _, shift := range l.Shifts {
			var list []string
			for _, h := range shift {
				list = append(list, cmp.Or(names[h], h))
			}
			row.Shifts = append(row.Shifts, strings.Join(list, " and "))
		}
		p.Layers = append(p.Layers, row)
	}
}
