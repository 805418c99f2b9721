package catalogweb

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one service.
type ShowPage struct {
	web.Page
	Service catalog.Service
	Health  Health
	Asked   bool // Health is known
	Declare string
	Facts   []web.Def
	Links   []link
	Main    []panel
	Side    []panel
	Ask     *web.Confirm // whether to retire it
	Empty   web.Empty
}

type link struct{ Icon, Title, URL, Kind string }

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

var linkIcons = map[catalog.LinkKind]string{
	catalog.Runbook: "book-2", catalog.Dashboard: "chart-bar", catalog.Repository: "brand-git", catalog.Documentation: "file-text", catalog.Chat: "message-circle", catalog.Other: "link",
}

// Show handles GET /services/{name}; an alias leads to the service's address.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Catalog.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if s.Name != r.PathValue("name") {
		http.Redirect(w, r, s.Ref().Path(), http.StatusFound)
		return nil
	}
	page := &ShowPage{Page: p.Shell.Page(r, s.Title, "services"), Service: s, Asked: p.Health != nil}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Services", Path: "/services"}}, "*"
	health, err := p.health(r.Context(), []string{s.Name})
	if err != nil {
		return err
	}
	page.Health = health[s.Name]
	if p.Declare != "" && page.V.May(actor.Report) && s.Lifecycle != catalog.Retired {
		page.Declare = p.Declare + "?service=" + s.Name
	}
	page.facts()
	page.Empty = web.Empty{Icon: "circle-check", Title: "Nothing is open for this service", Text: "Alerts that name it, or one of its aliases, and incidents of it show here."}
	for _, x := range p.panels {
		body, count, err := x.Render(r.Context(), page.V, s.Name)
		if err != nil {
			return err
		}
		if body == "" {
			continue
		}
		one := panel{ID: x.ID, Title: page.V.Term(x.Title), Count: count, Body: body}
		if x.Link != nil {
			one.Link = x.Link(s.Name)
		}
		if x.Side {
			page.Side = append(page.Side, one)
		} else {
			page.Main = append(page.Main, one)
		}
	}
	if r.URL.Query().Get("retire") != "" && page.Retirable() {
		page.Ask = &web.Confirm{Path: s.Ref().Path() + "/retire", Title: "Retire " + s.Title + "?", Danger: true, Button: "Retire", Cancel: s.Ref().Path(),
			Text: "It stays readable, because incidents name it, and its name is never given to another service. It can come back to life by editing it."}
	}
	return p.Shell.Render(w, r, showPage, page)
}

func (p *ShowPage) facts() {
	s := p.Service
	p.Facts = []web.Def{{Term: "Owner", Text: s.Team, Path: ref.S(ref.Team, s.Team).Path()}, {Term: "Name", Text: s.Name}}
	if len(s.Aliases) > 0 {
		p.Facts = append(p.Facts, web.Def{Term: "Also called", Text: strings.Join(s.Aliases, ", ")})
	}
	p.Facts = append(p.Facts, web.Def{Term: "Changed", HTML: p.V.Time(s.Updated), Sub: fmt.Sprintf("version %d", s.Version)})
	for _, l := range s.Links {
		title := l.Title
		if title == "" {
			title = strings.ToUpper(string(l.Kind[:1])) + string(l.Kind[1:])
		}
		p.Links = append(p.Links, link{linkIcons[l.Kind], title, l.URL, string(l.Kind)})
	}
}

// Retire handles POST /services/{name}/retire.
func (p *Pages) Retire(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Catalog.Retire(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, s.Ref().Path(), s.Title+" is retired")
}
