package catalogweb

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one service.
type ShowPage struct {
	web.Page
	Service  catalog.Service
	Health   Health
	Asked    bool // Health is known
	Declare  string
	Strip    []fact
	Over     *web.Notice // it is deprecated or retired
	Needs    []need
	Dangling int    // dependencies that name no service
	Drawn    *panel // the dependencies as another practice draws them
	Timeline *timeline
	Scores   []score
	Links    []link
	About    []web.Def
	Raci     []raciRow
	Sourcing []web.Def
	First    []panel // what is wrong now, before everything
	Main     []panel
	Side     []panel
	Ask      *web.Confirm // whether to retire it
}

type panel struct {
	ID, Title, Count, Link string
	Body                   template.HTML
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Edit reports whether the viewer may edit the service here.
func (p *ShowPage) Edit() bool { return p.V.May(actor.Configure) && p.Service.Managed == "" }

// Retirable reports whether retiring it is possible here.
func (p *ShowPage) Retirable() bool { return p.Edit() && p.Service.Lifecycle != catalog.Retired }

// Chip is the health chip; empty = none.
func (p *ShowPage) Chip() string { return p.Health.word() }

// Says is the health in words.
func (p *ShowPage) Says() string { return p.Health.says() }

// Tier is the tag of the tier.
func (p *ShowPage) Tier() web.Tag {
	tone := ""
	if p.Service.Tier == 0 {
		tone = "accent"
	}
	return web.Tag{Text: fmt.Sprintf("Tier %d, %s", p.Service.Tier, catalog.TierName(p.Service.Tier)), Tone: tone}
}

// State is the tag of the lifecycle.
func (p *ShowPage) State() *web.Tag { return stateTag(p.Service.Lifecycle) }

// Paragraphs are those of the description.
func (p *ShowPage) Paragraphs() (out []string) {
	for _, s := range strings.Split(p.Service.Description, "\n\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Menu is what is seldom done.
func (p *ShowPage) Menu() web.Menu {
	m := web.Menu{Title: "More", Icon: "dots", Only: true}
	if p.Edit() {
		m.Items = append(m.Items, web.Button{Title: "Edit…", Path: p.Service.Ref().Path() + "/edit", Icon: "edit"})
	}
	if p.Retirable() {
		m.Items = append(m.Items, web.Button{Title: "Retire…", Path: p.Service.Ref().Path() + "?retire=1", Icon: "ban", Tone: "danger"})
	}
	return m
}

// timelineDays is how far back the line of time goes.
const timelineDays = 90

// Show handles GET /services/{name}; an alias leads to the service's address.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := p.Catalog.Get(ctx, r.PathValue("name"))
	if err != nil {
		return err
	}
	if s.Name != r.PathValue("name") {
		http.Redirect(w, r, s.Ref().Path(), http.StatusFound)
		return nil
	}
	page := &ShowPage{Page: p.Shell.Page(r, s.Title, "services"), Service: s, Asked: p.Health != nil}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Services", Path: "/services"}}, "*"
	health, err := p.health(ctx, []string{s.Name})
	if err != nil {
		return err
	}
	page.Health = health[s.Name]
	if p.Declare != "" && page.V.May(actor.Report) && s.Lifecycle != catalog.Retired {
		page.Declare = p.Declare + "?service=" + s.Name
	}
	for _, fill := range []func(context.Context, *ShowPage) error{p.strip, p.needs, p.time, p.scores, p.about, p.showPanels} {
		if err := fill(ctx, page); err != nil {
			return err
		}
	}
	if r.URL.Query().Get("retire") != "" && page.Retirable() {
		page.Ask = &web.Confirm{Path: s.Ref().Path() + "/retire", Title: "Retire " + s.Title + "?", Danger: true, Button: "Retire", Cancel: s.Ref().Path(),
			Text: "It stays readable, because incidents name it, and its name is never given to another service. It can come back to life by editing it."}
	}
	return p.Shell.Render(w, r, showPage, page)
}

// firstOrder is up to which order a panel stands before the dependencies.
const firstOrder = 10

// showPanels draws what other practices have to say.
func (p *Pages) showPanels(ctx context.Context, page *ShowPage) error {
	for _, x := range p.panels {
		body, count, err := x.Render(ctx, page.V, page.Service.Name)
		if err != nil {
			return err
		}
		if body == "" {
			continue
		}
		one := panel{ID: x.ID, Title: page.V.Term(x.Title), Count: count, Body: body}
		if x.Link != nil {
			one.Link = x.Link(page.Service.Name)
		}
		switch {
		case x.ID == "dependencies":
			page.Drawn = &one
		case x.Side:
			page.Side = append(page.Side, one)
		case x.Order <= firstOrder:
			page.First = append(page.First, one)
		default:
			page.Main = append(page.Main, one)
		}
	}
	return nil
}

// time draws the incidents of the last days.
func (p *Pages) time(ctx context.Context, page *ShowPage) error {
	if p.Incidents == nil {
		return nil
	}
	since := page.V.Now.AddDate(0, 0, -timelineDays)
	list, more, err := p.Incidents(ctx, page.Service.Name, since)
	if err == nil {
		page.Timeline = draw(list, more, since, page.V.Now, page.V.Loc)
	}
	return err
}

// Retire handles POST /services/{name}/retire.
func (p *Pages) Retire(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Catalog.Retire(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, s.Ref().Path(), s.Title+" is retired")
}

// dayWords says a day of a file in the short form of pages.
func dayWords(day string) string {
	t, err := time.Parse(catalog.Day, day)
	if err != nil {
		return day
	}
	return t.Format("2 Jan 2006")
}
