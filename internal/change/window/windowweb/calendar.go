package windowweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/web"
)

// CalendarPage is the change calendar.
type CalendarPage struct {
	web.Page
	Tabs    []web.Tab
	Teams   []web.Option
	Team    string
	Service string
	Every   string // address without the choice of a service
	Fault   string
	Day     string // the first one, for forms
	Length  int
	All     bool
	Figures web.HTML
	Notice  *web.Notice
	More    []Look // further warnings

	Span                   string
	Earlier, Later, Today_ string
	Views                  []web.Tab
	Counts                 string
	Routine                *web.Tab // shows or hides what is routine
	Cut                    bool
	Picture                *Picture
	Agenda                 []AgendaDay
	Entries, Past          int  // of the list; those of days before today
	Trains, Inside         bool // the legend needs these kinds
	Empty                  *web.Empty
}

// Look is a warning that is not the page's notice.
type Look struct {
	Fact, Effect string
	Path, Key    string
	Move         *web.Button
}

var calendarPage = web.Parse(files, "calendar.html", CalendarPage{})

// lengths are how many days the calendar shows.
var lengths = []struct {
	days  int
	title string
}{{7, "Week"}, {14, "2 weeks"}, {28, "4 weeks"}}

// Calendar handles GET /changes/calendar.
func (p *Pages) Calendar(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := &CalendarPage{Page: p.Shell.Page(r, "Calendar", nav), Tabs: p.tabs(calendarPath), Team: q.Get("team"), Service: q.Get("service"), All: q.Get("all") != ""}
	page.Crumbs, page.Live = crumbs, "*"
	var err error
	if page.Teams, err = p.teams(r, page.Team); err != nil {
		return err
	}
	from, status := page.when(q), http.StatusOK
	if page.Fault != "" {
		status = http.StatusUnprocessableEntity
	}
	to := from.AddDate(0, 0, page.Length)
	view, err := p.Windows.Calendar(r.Context(), from, to, window.Filter{Team: page.Team, Service: page.Service, Quiet: !page.All})
	if err != nil {
		return err
	}
	if p.Figures != nil {
		if page.Figures, err = p.Figures(r.Context(), page.V); err != nil {
			return err
		}
	}
	page.head(from, &view)
	page.warnings(&view, p.Move != nil && page.V.May(actor.Respond))
	page.Picture = draw(&view, page.V, page.Length)
	page.Picture.Says = "Changes from " + from.Format("Monday 2") + " to " + to.AddDate(0, 0, -1).Format("Monday 2 January") + " by service; the same is in the list below"
	page.Agenda, page.Entries = agenda(&view, page.V)
	for _, o := range view.Windows {
		page.Trains = page.Trains || o.Window.Spec.Kind == window.Train
		page.Inside = page.Inside || o.Window.Spec.Kind == window.Change
	}
	for _, day := range page.Agenda {
		if day.Past {
			page.Past += len(day.Lines)
		}
	}
	page.empty(&view)
	return p.Shell.RenderStatus(w, r, status, calendarPage, page)
}

// when reads the first day and the length.
func (p *CalendarPage) when(q url.Values) time.Time {
	p.Length = 7
	if n, err := strconv.Atoi(q.Get("days")); err == nil && (n == 14 || n == 28) {
		p.Length = n
	}
	now := p.V.Now.In(p.V.Loc)
	at := now
	if day := q.Get("from"); day != "" {
		t, err := time.ParseInLocation(time.DateOnly, day, p.V.Loc)
		if err == nil && (t.Year() < 1971 || t.Year() > 2190) {
			err = strconv.ErrRange
		}
		if err == nil {
			at = t
		} else {
			p.Fault = "“" + short(day, 40) + "” is no day: give one like " + now.Format(time.DateOnly)
		}
	}
	monday := time.Date(at.Year(), at.Month(), at.Day()-(int(at.Weekday())+6)%7, 0, 0, 0, 0, p.V.Loc)
	p.Day = monday.Format(time.DateOnly)
	return monday
}

// to is an address of the calendar.
func (p *CalendarPage) to(from string, days int, all bool) string {
	v := url.Values{}
	add := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	add("from", from)
	add("team", p.Team)
	add("service", p.Service)
	if days != 7 {
		add("days", strconv.Itoa(days))
	}
	if all {
		add("all", "1")
	}
	if len(v) == 0 {
		return calendarPath
	}
	return calendarPath + "?" + v.Encode()
}

func (p *CalendarPage) head(from time.Time, v *window.View) {
	last := from.AddDate(0, 0, p.Length-1)
	switch {
	case from.Month() == last.Month():
		p.Span = from.Format("2–") + last.Format("2 January 2006")
	case from.Year() == last.Year():
		p.Span = from.Format("2 January – ") + last.Format("2 January 2006")
	default:
		p.Span = from.Format("2 January 2006 – ") + last.Format("2 January 2006")
	}
	p.Earlier = p.to(from.AddDate(0, 0, -p.Length).Format(time.DateOnly), p.Length, p.All)
	p.Later = p.to(from.AddDate(0, 0, p.Length).Format(time.DateOnly), p.Length, p.All)
	if v.Now.Before(v.From) || !v.Now.Before(v.To) {
		p.Today_ = p.to("", p.Length, p.All)
	}
	day := p.Day
	if p.Today_ == "" && p.Length == 7 {
		day = ""
	}
	for _, l := range lengths {
		p.Views = append(p.Views, web.Tab{Title: l.title, Path: p.to(day, l.days, p.All), Current: l.days == p.Length})
	}
	seen := map[int64]bool{}
	for _, l := range v.Lanes {
		for _, b := range l.Bars {
			seen[b.ID] = true
		}
	}
	p.Counts = web.Plural(len(seen), "change", "changes")
	p.Cut = v.Cut
	switch {
	case p.All:
		p.Routine = &web.Tab{Title: "Hide routine ones", Path: p.to(day, p.Length, false)}
	case v.Hidden > 0:
		p.Counts += ", " + web.Count(v.Hidden) + " routine hidden"
		p.Routine = &web.Tab{Title: "Show", Path: p.to(day, p.Length, true)}
	}
	if p.Service != "" {
		every := *p
		every.Service = ""
		p.Every = every.to(day, p.Length, p.All)
	}
}

// warnings makes the most urgent warning the notice, and lists the others.
func (p *CalendarPage) warnings(v *window.View, may bool) {
	for i, x := range v.Warnings {
		fact, effect := p.words(x)
		var move *web.Button
		if may && !x.Move.IsZero() && x.Change.Planned && x.Move.After(x.Change.From) {
			to := x.Move.Add(x.Change.To.Sub(x.Change.From))
			q := url.Values{"change": {strconv.FormatInt(x.Change.ID, 10)}, "from": {x.Move.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}, "back": {p.to(p.Day, p.Length, p.All)}}
			move = &web.Button{Title: "Move " + x.Change.Key() + " to " + p.V.Local(x.Move), Path: calendarPath + "/move?" + q.Encode(), Post: true, Small: true}
		}
		if i == 0 {
			p.Notice = &web.Notice{Fact: fact, Effect: effect, Buttons: []web.Button{{Title: "Look at " + x.Change.Key(), Path: x.Change.Ref().Path(), Small: true}}}
			if move != nil {
				p.Notice.Buttons = append(p.Notice.Buttons, *move)
			}
			continue
		}
		p.More = append(p.More, Look{Fact: fact, Effect: effect, Path: x.Change.Ref().Path(), Key: x.Change.Key(), Move: move})
	}
}

// words say what is wrong, and what follows from it.
func (p *CalendarPage) words(x window.Warning) (fact, effect string) {
	when := p.day(x.From)
	switch x.Kind {
	case "collision":
		fact = fmt.Sprintf("Collision %s %s–%s:", when, p.V.HM(x.From), p.V.HM(x.To))
		effect = fmt.Sprintf("%s on %s and %s on %s. ", x.Change.Key(), x.Change.Services[0], x.Other.Key(), x.Other.Services[0])
		why := "Same call path"
		if x.Relation == "same" {
			why = "Same service, " + x.Service
		}
		effect += why + ": neither verdict would hold."
	case "freeze":
		fact = fmt.Sprintf("Freeze %s %s:", when, p.V.HM(x.From))
		effect = fmt.Sprintf("%s on %s is planned into %s, which holds it.", x.Change.Key(), x.Change.Services[0], x.Window.Title())
	default:
		fact = fmt.Sprintf("Outside its window %s %s:", when, p.V.HM(x.Change.From))
		effect = fmt.Sprintf("%s on %s may start only in %s.", x.Change.Key(), x.Change.Services[0], x.Window.Title())
	}
	return fact, effect
}

func (p *CalendarPage) day(t time.Time) string {
	t, now := t.In(p.V.Loc), p.V.Now.In(p.V.Loc)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return "today"
	}
	if t.Format(time.DateOnly) == now.AddDate(0, 0, 1).Format(time.DateOnly) {
		return "tomorrow"
	}
	return t.Format("Mon 2 Jan")
}

func (p *CalendarPage) empty(v *window.View) {
	if len(v.Lanes) > 0 || len(v.Windows) > 0 || len(v.Marks) > 0 {
		return
	}
	p.Empty = &web.Empty{Icon: "calendar", Title: "Nothing in this time", Text: "Changes come by themselves when pipelines ask the gate or tell what they deployed; planned ones stand here from the moment they are announced, beside freezes and maintenance."}
	if v.Hidden > 0 {
		p.Empty.Text = "Only routine changes: low risk, let through by policy, and they went well."
		p.Empty.Button = &web.Button{Title: "Show " + strings.ToLower(web.Plural(v.Hidden, "routine change", "routine changes")), Path: p.Routine.Path}
	} else if p.V.May(actor.Respond) {
		p.Empty.Button = &web.Button{Title: "New change…", Path: "/changes/new"}
	}
}

// Respond reports whether the viewer may plan changes.
func (p *CalendarPage) Respond() bool { return p.V.May(actor.Respond) }

// MoveChange handles POST /changes/calendar/move: a planned change gets
// another time.
func (p *Pages) MoveChange(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.FormValue("change"), 10, 64)
	from, err1 := time.Parse(time.RFC3339, r.FormValue("from"))
	to, err2 := time.Parse(time.RFC3339, r.FormValue("to"))
	if err != nil || err1 != nil || err2 != nil || p.Move == nil {
		return badMove(r.FormValue("change"))
	}
	if err := p.Move(r.Context(), id, from, to); err != nil {
		return err
	}
	back := r.FormValue("back")
	if !strings.HasPrefix(back, calendarPath) {
		back = calendarPath
	}
	return web.Redirect(w, r, back, fmt.Sprintf("CHG-%d is planned for %s", id, p.Shell.View(r).Local(from)))
}
