package calendarweb

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one calendar.
type ShowPage struct {
	web.Page
	Calendar calendar.Stored
	Now      string // whether it is open
	Open     bool
	Week     []web.Def
	Examples []web.Def // what targets mean if they began now
	Coming   []calendar.Holiday
	Past     int
	Facts    []web.Def
	Ask      *web.Confirm
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Edit reports whether the viewer may edit it here.
func (p *ShowPage) Edit() bool {
	return p.V.May(actor.Configure) && p.Calendar.Managed == "" && p.Calendar.Name != calendar.Forever
}

// Deletable reports whether there is something to delete.
func (p *ShowPage) Deletable() bool { return p.Edit() && p.Calendar.Version > 0 }

// Show handles GET /settings/calendars/{name}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Calendars.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	compiled, err := calendar.Compile(c.Spec)
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, title(c), "settings"), Calendar: c}
	page.Crumbs, page.Live = crumbs, c.Ref().String()
	page.now(compiled)
	for i, list := range c.Spec.Hours.Week() {
		hours := strings.Join(*list, ", ")
		if hours == "" {
			hours = "closed"
		}
		page.Week = append(page.Week, web.Def{Term: weekday(i), Text: hours})
	}
	today := page.V.Now.In(compiled.Zone()).Format(time.DateOnly)
	for _, h := range c.Spec.Holidays {
		if h.Date >= today {
			page.Coming = append(page.Coming, h)
		} else {
			page.Past++
		}
	}
	page.Facts = []web.Def{{Term: "Name", Text: c.Name}, {Term: "Zone", Text: c.Spec.Zone, Sub: page.V.Now.In(compiled.Zone()).Format("15:04 there now")}, {Term: "Business day", Text: web.Dur(compiled.Day())}}
	if c.Version > 0 {
		page.Facts = append(page.Facts, web.Def{Term: "Changed", HTML: page.V.Time(c.Updated), Sub: fmt.Sprintf("version %d", c.Version)})
	}
	if r.URL.Query().Get("delete") != "" && page.Deletable() {
		page.Ask = &web.Confirm{Path: c.Ref().Path() + "/delete", Title: "Delete the calendar " + title(c) + "?", Text: "A calendar that a team uses cannot be deleted.", Button: "Delete", Danger: true, Cancel: c.Ref().Path()}
		if c.Name == calendar.Business {
			page.Ask.Title, page.Ask.Button, page.Ask.Text = "Put the calendar back as it is built in?", "Put back", "Monday to Friday, 09:00 to 17:00 UTC, without holidays."
		}
	}
	return p.Shell.Render(w, r, showPage, page)
}

// now says what the calendar means at this moment.
func (p *ShowPage) now(c *calendar.Calendar) {
	p.Open = c.Open(p.V.Now)
	p.Now = "Open now"
	if !p.Open {
		p.Now = "Closed now"
		if at, ok := c.NextOpen(p.V.Now); ok {
			p.Now += ", opens " + p.V.Local(at)
		}
	}
	add := func(term string, at time.Time, ok bool) {
		d := web.Def{Term: term, Text: "never"}
		if ok {
			d = web.Def{Term: term, HTML: p.V.Full(at)}
		}
		p.Examples = append(p.Examples, d)
	}
	at, ok := c.Add(p.V.Now, 4*time.Hour)
	add("4 business hours", at, ok)
	for _, n := range []int{1, 3, 10} {
		at, ok := c.AddDays(p.V.Now, n)
		add(web.Plural(n, "business day", "business days"), at, ok)
	}
}

// Delete handles POST /settings/calendars/{name}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	if err := p.Calendars.Delete(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, base, "The calendar is deleted")
}
