package oncallweb

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// miniWeek is the next seven days in one line.
type miniWeek struct {
	Says string
	Bars []bar
	Days []string // where midnights are
}

// holeRow is a lack in coverage.
type holeRow struct {
	Title, Path, Text, Names string
	Times                    []string // the first three
	N, More                  int      // how many there are, and how many of them are not in Times
	Kind                     oncall.HoleKind
	Uncovered                bool
	Fix                      string // path of the form that mends the first
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

const holesAhead = 14 * 24 * time.Hour

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

// mini draws a week in one line of 8 pixels' height.
func mini(s span, duties []oncall.Duty, who whos, n oncall.Now, holes []oncall.Hole) *miniWeek {
	if len(duties) == 0 {
		return nil
	}
	own := slices.DeleteFunc(slices.Clone(holes), func(h oncall.Hole) bool { return h.Schedule != n.Schedule })
	var ids []int64
	for _, d := range duties {
		ids = append(ids, d.People...)
	}
	l := &Lanes{span: s, who: who}
	hues, m := huesOf(ids), &miniWeek{}
	add := func(b bar, from, until time.Time) {
		if b.Title += " " + when(from, until, s.loc); l.place(&b, from, until) {
			m.Bars = append(m.Bars, b)
		}
	}
	for _, d := range duties {
		if !d.Gap() {
			add(bar{Hue: (hues[d.People[0]]-1)%8 + 1, Title: who.names(d.People)}, d.From, d.Until)
			continue
		}
		for _, part := range partsOf(d, own, who) {
			add(bar{Gap: true, Quiet: part.Planned, Title: "nobody"}, part.From, part.Until)
		}
	}
	s.eachDay(func(from, _ time.Time) { m.Days = append(m.Days, pct(s.x(from))) })
	l.say(n.Title+", seven days", duties)
	m.Says = l.Says
	return m
}

func (page *NowPage) holes(list []oncall.Hole, who whos, team string) {
	list = slices.DeleteFunc(list, func(h oncall.Hole) bool { return team != "" && h.Team != team })
	for _, row := range rowsOf(list, who, page.V.Loc) {
		if !row.Uncovered || row.Kind == oncall.HolePlanned {
			page.Known = append(page.Known, row)
		} else {
			page.Holes = append(page.Holes, row)
		}
	}
}

// rowsOf puts holes of one schedule and one reason into one row.
func rowsOf(list []oncall.Hole, who whos, loc *time.Location) (out []holeRow) {
	index := map[string]int{}
	for _, h := range list {
		row := holeRow{Title: h.Title, Path: pathOf(h.Schedule), Text: sentence(h.Text), Names: who.names(h.People), Kind: h.Kind, Uncovered: h.Uncovered(), N: 1}
		key := h.Schedule + " " + string(h.Kind) + " " + row.Names + " " + strconv.FormatBool(row.Uncovered)
		if h.Kind != oncall.HoleBroken && row.Uncovered {
			row.Fix = coverPath(h.Schedule, h.From, h.Until)
		}
		i, there := index[key]
		if !there {
			i, index[key] = len(out), len(out)
			out = append(out, row)
		} else {
			out[i].N++
		}
		switch {
		case h.From.IsZero() && h.Until.IsZero():
		case len(out[i].Times) < 3:
			out[i].Times = append(out[i].Times, when(h.From, h.Until, loc))
		default:
			out[i].More++
		}
	}
	return out
}

// layerName is a layer's own name; made-up ones say nothing.
func layerName(s string) string {
	if rest, ok := strings.CutPrefix(s, "layer "); ok && strings.Trim(rest, "0123456789") == "" {
		return ""
	}
	return s
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// coverPath is the override form, filled in.
func coverPath(schedule string, from, until time.Time) string {
	q := url.Values{}
	if !from.IsZero() {
		q.Set("from", from.UTC().Format(time.RFC3339))
	}
	if !until.IsZero() {
		q.Set("to", until.UTC().Format(time.RFC3339))
	}
	if len(q) == 0 {
		return pathOf(schedule) + "/cover"
	}
	return pathOf(schedule) + "/cover?" + q.Encode()
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
