package oncallweb

import (
	"cmp"
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

// NowPage says who is on call for everything.
type NowPage struct {
	web.Page
	Tabs   []web.Tab
	Mine   *MineLine
	Filter web.Filter
	Rows   []nowRow
	Pager  web.Pager
	Empty  web.Empty
	Holes  []holeRow
	Known  []holeRow // planned, or covered by others for now
	Ahead  string    // how far holes were looked for
	Turn   time.Time // when the first of them hands over, and the page looks again
}

// nowRow is one schedule at this moment.
type nowRow struct {
	Name, Title, Path, Team, Fault string
	People                         []web.Person
	Layer                          string
	Cover                          string // path of the cover that put them in
	Until                          time.Time
	Next                           []web.Person
	At                             time.Time
	Week                           *miniWeek
	You                            bool
}

// MineLine says where the viewer stands.
type MineLine struct {
	On      bool
	Titles  string
	Until   time.Time
	Next    time.Time
	NextFor string
	Offers  int
}

var nowPage = web.Parse(files, "now.html", NowPage{})

// Now handles GET /oncall.
func (p *Pages) Now(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	page := &NowPage{Page: p.Shell.Page(r, "On call", nav), Tabs: p.tabs(top), Ahead: "14 days"}
	page.Live = "*"
	f := page.filter(r)
	list, more, err := p.Oncall.WhoNow(ctx, f, r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	now := page.V.Now
	week := days(now, 7, page.V.Loc)
	coming := make([][]oncall.Duty, len(list))
	next := make([]oncall.Duty, len(list))
	var all []oncall.Duty
	for i, n := range list {
		if n.Fault == "" {
			if coming[i], err = p.Oncall.Shifts(ctx, n.Schedule, week.from, week.to); errs.Is(err, errs.NotFound) {
				err = nil // deleted meanwhile
			}
			if err != nil {
				return err
			}
			next[i], _ = n.Next()
		}
		all = append(append(append(all, n.Duty), coming[i]...), next[i])
	}
	holes, err := p.Oncall.Holes(ctx, week.from, now.Add(holesAhead))
	if err != nil {
		return err
	}
	var lacking []int64
	for _, h := range holes {
		lacking = append(lacking, h.People...)
	}
	who, err := p.names(ctx, all, nil, lacking...)
	if err != nil {
		return err
	}
	for i, n := range list {
		row := nowRow{Name: n.Schedule, Title: n.Title, Path: pathOf(n.Schedule), Team: n.Team, Fault: n.Fault, People: who.people(n.People), Layer: layerName(n.Layer), Until: n.Stay(),
			Next: who.people(next[i].People), At: next[i].From, You: page.V.Actor.Person != 0 && n.Has(page.V.Actor.Person)}
		if n.Cover != 0 {
			row.Cover = oncall.Cover{ID: n.Cover}.Ref().Path()
		}
		row.Week = mini(week, coming[i], who, n, holes)
		page.Rows = append(page.Rows, row)
		if page.Turn.IsZero() || !row.Until.IsZero() && row.Until.Before(page.Turn) {
			page.Turn = row.Until
		}
	}
	if more {
		q := url.Values{"after": {list[len(list)-1].Schedule}}
		for _, t := range page.Filter.Tokens {
			q.Add("q", t.Key+":"+t.Value)
		}
		page.Pager = web.Pager{Older: top + "?" + q.Encode(), Shown: web.Plural(len(list), "schedule", "schedules") + " shown, by name"}
	}
	page.holes(slices.DeleteFunc(holes, func(h oncall.Hole) bool { return !h.Until.IsZero() && !h.Until.After(now) }), who, f.Team)
	if page.Mine, err = p.mineLine(r, page.V); err != nil {
		return err
	}
	page.Empty = p.empty(page.V)
	if f.Team != "" {
		page.Empty = web.Empty{Icon: "users", Title: "No schedule of this team", Text: "Team " + f.Team + " owns no on-call schedule.", Button: &web.Button{Title: "All schedules", Path: top}}
	}
	return p.Shell.Render(w, r, nowPage, page)
}

// filter reads the token bar: a team, with or without "team:" before it.
func (page *NowPage) filter(r *http.Request) (f oncall.Filter) {
	page.Filter = web.Filter{Path: top, Hint: "team:payments"}
	for _, q := range r.URL.Query()["q"] {
		if q = strings.TrimSpace(q); q == "" {
			continue
		}
		key, value, ok := strings.Cut(q, ":")
		if !ok {
			key, value = "team", q
		}
		if key != "team" {
			page.Filter.Value, page.Filter.Fault = q, "Write team: and the name of a team"
			continue
		}
		f.Team = strings.ToLower(strings.TrimSpace(value))
	}
	if f.Team != "" {
		page.Filter.Tokens = []web.Token{{Key: "team", Value: f.Team, Without: top}}
	}
	return f
}

// mineLine says where the viewer stands; nil for those who are no person.
func (p *Pages) mineLine(r *http.Request, v *web.View) (*MineLine, error) {
	if v.Actor.Person == 0 {
		return nil, nil //nolint:nilnil // a machine is never on call
	}
	var shifts []oncall.Shift
	for _, far := range []time.Duration{holesAhead, aheadOf} { // the farther look only when nothing is near
		var err error
		if shifts, err = p.Oncall.Mine(r.Context(), v.Now, v.Now.Add(far)); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(shifts, func(s oncall.Shift) bool { return s.From.After(v.Now) }) {
			break
		}
	}
	offers, err := p.Oncall.Swaps(r.Context())
	if err != nil {
		return nil, err
	}
	m := &MineLine{}
	for _, o := range offers {
		if o.Person != v.Actor.Person {
			m.Offers++
		}
	}
	var titles []string
	for _, s := range shifts {
		if !s.From.After(v.Now) {
			m.On = true
			titles = append(titles, s.Title)
			if m.Until.IsZero() || !s.Until.IsZero() && s.Until.Before(m.Until) {
				m.Until = s.Until
			}
		} else if m.Next.IsZero() {
			m.Next, m.NextFor = s.From, s.Title
		}
	}
	m.Titles = strings.Join(titles, ", ")
	return m, nil
}

// empty teaches what a schedule is to somebody who has none yet.
func (p *Pages) empty(v *web.View) web.Empty {
	e := web.Empty{Icon: "calendar", Title: "No on-call schedule yet",
		Text: "A schedule says who is paged at any hour: people in turn, in layers, in your time zone. Name a few people and when they hand over; you see the coming weeks before it is saved."}
	if v.May(actor.Configure) {
		e.Button = &web.Button{Title: "Make a schedule…", Path: base + "/new", Icon: "plus", Tone: "primary"}
	} else {
		e.Text += " A manager can make one."
	}
	return e
}

// teamOr is a team, or words for none.
func teamOr(team string) string { return cmp.Or(team, "no team") }
