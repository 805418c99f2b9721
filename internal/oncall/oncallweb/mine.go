package oncallweb

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// MinePage is one's own on-call.
type MinePage struct {
	web.Page
	Tabs      []web.Tab
	Mine      *MineLine
	Week      *miniWeek
	Span      string
	Shifts    []shiftRow
	Later     []shiftRow // the rest of them
	More      int        // not shown
	Offers    []offerRow // to the viewer
	Given     []offerRow // by the viewer
	Absences  []coverRow
	Form      *web.Form // of the absence
	From, To  web.Field
	Person    web.Field // only for those who may speak for others
	Handles   []oncall.Who
	Reason    web.Field
	Schedules []web.Option // that have feeds
	Link      string       // of the feed just made; shown this once
	LinkOf    string
	Empty     web.Empty
	InZone    string
}

// shiftRow is one of the viewer's shifts.
type shiftRow struct {
	Title, Path, When, With, Layer, Swap string
	Long                                 string
	Now                                  bool
	At                                   time.Time
}

var minePage = web.Parse(files, "mine.html", MinePage{})

// Respond reports whether the viewer may swap and be away.
func (p *MinePage) Respond() bool { return p.V.May(actor.Respond) }

func (p *Pages) minePage(r *http.Request, form *web.Form) (*MinePage, error) {
	ctx := r.Context()
	page := &MinePage{Page: p.Shell.Page(r, "My shifts", nav), Tabs: p.tabs(mine), Form: form}
	page.Crumbs, page.Live = crumbs[:1], "*"
	now, loc, me := page.V.Now, page.V.Loc, page.V.Actor.Person
	page.InZone = loc.String()
	page.Empty = web.Empty{Icon: "calendar", Title: "You are not on call in the next two months", Text: "When a schedule names you, your shifts stand here, and your calendar can follow them."}
	if me == 0 {
		page.Empty = web.Empty{Icon: "user", Title: "Nobody in person", Text: "Shifts belong to people; this credential is a machine's."}
		return page, nil
	}
	shifts, err := p.Oncall.Mine(ctx, now, now.Add(aheadOf))
	if err != nil {
		return nil, err
	}
	offers, err := p.Oncall.Swaps(ctx)
	if err != nil {
		return nil, err
	}
	named, _, err := p.Oncall.WhoNow(ctx, oncall.Filter{Person: me}, "", 50)
	if err != nil {
		return nil, err
	}
	covers, err := p.absences(r, named, me, now)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, o := range offers {
		ids = append(ids, o.Person, o.To)
	}
	duties := make([]oncall.Duty, len(shifts))
	for i, s := range shifts {
		duties[i] = s.Duty
	}
	who, err := p.names(ctx, duties, covers, ids...)
	if err != nil {
		return nil, err
	}
	page.shifts(shifts, who)
	titles := map[string]string{}
	for _, n := range named {
		titles[n.Schedule] = n.Title
		page.Schedules = append(page.Schedules, web.Option{Value: n.Schedule, Title: n.Title})
	}
	for _, o := range offers {
		title := titles[o.Schedule]
		if title == "" { // a schedule that the viewer is not in yet
			title = o.Schedule
			if s, err := p.Oncall.Get(ctx, o.Schedule); err == nil {
				title = s.Title()
			}
		}
		if row := rowOfOffer(o, title, who, page.V); row.Own {
			page.Given = append(page.Given, row)
		} else {
			page.Offers = append(page.Offers, row)
		}
	}
	for _, c := range covers {
		page.Absences = append(page.Absences, rowOfCover(c, who, page.V, loc))
	}
	if page.Mine, err = p.mineLine(r, page.V); err != nil {
		return nil, err
	}
	if page.V.May(actor.Configure) {
		page.Person = form.Input("person", "Who").Limit(64).Say("you").Help("A handle, if it is somebody else.")
		page.Handles, err = p.suggest(ctx)
	}
	page.From = form.Input("from", "From").As("datetime-local").Need()
	page.To = form.Input("to", "To").As("datetime-local").Need()
	page.Reason = form.Input("reason", "Reason").Limit(300).Say("holiday").Help("Others see it.")
	return page, err
}

// absences are the viewer's own, as the schedules know them that name them.
func (p *Pages) absences(r *http.Request, named []oncall.Now, me int64, now time.Time) (out []oncall.Cover, err error) {
	if len(named) == 0 {
		return nil, nil
	}
	list, err := p.Oncall.Covers(r.Context(), named[0].Schedule, now, now.Add(366*24*time.Hour))
	for _, c := range list {
		if c.Kind == oncall.Absence && c.Instead == me {
			out = append(out, c)
		}
	}
	return out, err
}

// shifts lists them and draws the next four weeks.
func (page *MinePage) shifts(list []oncall.Shift, who whos) {
	now, loc, me := page.V.Now, page.V.Loc, page.V.Actor.Person
	in := days(now, 28, loc)
	page.Span = in.title()
	l := &Lanes{span: in, who: who}
	page.Week = &miniWeek{}
	for _, s := range list {
		row := shiftRow{Title: s.Title, Path: pathOf(s.Schedule), When: when(s.From, s.Until, loc), Layer: layerName(s.Layer), Now: !s.From.After(now), At: s.From}
		if !s.From.IsZero() && !s.Until.IsZero() {
			row.Long = hours(s.Until.Sub(s.From))
		}
		var others []string
		for _, id := range s.People {
			if id != me {
				others = append(others, who.person(id).Name)
			}
		}
		row.With = strings.Join(others, ", ")
		if page.Respond() {
			row.Swap = swapPath(s)
		}
		switch {
		case len(page.Shifts) < 10:
			page.Shifts = append(page.Shifts, row)
		case len(page.Later) < 90:
			page.Later = append(page.Later, row)
		default:
			page.More++
		}
		b := bar{Hue: 1, Title: s.Title + ", " + row.When}
		if len(page.Week.Bars) < 200 && l.place(&b, s.From, s.Until) {
			page.Week.Bars = append(page.Week.Bars, b)
		}
	}
	in.eachDay(func(from, _ time.Time) {
		if from.In(loc).Weekday() == time.Monday || from.Equal(in.from) {
			page.Week.Days = append(page.Week.Days, pct(in.x(from)))
		}
	})
	page.Week.Says = "Your shifts, " + page.Span
}

// Mine handles GET /oncall/mine.
func (p *Pages) Mine(w http.ResponseWriter, r *http.Request) error {
	page, err := p.minePage(r, &web.Form{Values: url.Values{}})
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, minePage, page)
}

// DoMine handles POST /oncall/mine: what the pressed button says. The page that
// answers stands at the page's own address, where it can refresh itself.
func (p *Pages) DoMine(w http.ResponseWriter, r *http.Request) error {
	switch do := web.NewForm(r).Get("do"); do {
	case "away":
		return p.addAbsence(w, r)
	case "feed":
		return p.makeFeed(w, r)
	case "end":
		return p.endFeed(w, r)
	default:
		return errs.BadField("do", do, "use away, feed or end")
	}
}

func (p *Pages) addAbsence(w http.ResponseWriter, r *http.Request) error {
	form, loc := web.NewForm(r), p.Shell.View(r).Loc
	c, err := p.Oncall.Absence(r.Context(), oncall.NewAbsence{Person: form.Get("person"), From: instantOf(form, "from", loc), To: instantOf(form, "to", loc), Reason: form.Get("reason")})
	if form.Refused(err) {
		page, err := p.minePage(r, form)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, minePage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, mine+"#away", "Noted as "+c.Ref().String()+": off every schedule then. Where nobody stands in, the page Now warns")
}

// makeFeed answers with the page and not by a redirect, because the link is
// shown this once.
func (p *Pages) makeFeed(w http.ResponseWriter, r *http.Request) error {
	schedule := web.NewForm(r).Get("schedule")
	secret, err := p.Oncall.FeedToken(r.Context(), schedule)
	if err != nil {
		return err
	}
	page, err := p.minePage(r, &web.Form{Values: url.Values{}})
	if err != nil {
		return err
	}
	page.Link, page.LinkOf = p.URL+"/oncall/feeds/"+secret+".ics", "your own shifts"
	for _, o := range page.Schedules {
		if o.Value == schedule {
			page.LinkOf = o.Title
		}
	}
	return p.Shell.Render(w, r, minePage, page)
}

func (p *Pages) endFeed(w http.ResponseWriter, r *http.Request) error {
	err := p.Oncall.RevokeFeed(r.Context(), web.NewForm(r).Get("schedule"))
	if errs.Is(err, errs.NotFound) {
		return web.Redirect(w, r, mine+"#feeds", "There was no such link")
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, mine+"#feeds", "The link no longer works")
}
