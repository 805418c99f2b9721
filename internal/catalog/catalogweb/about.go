package catalogweb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

type link struct {
	Icon, Title, URL, Note string
	Old                    bool // a runbook that nobody has read for long
}

type raciRow struct {
	Activity                         string
	Accountable                      party
	Responsible, Consulted, Informed []party
}

// party is a person or a team.
type party struct {
	Name, Path string
	Person     *web.Person
}

var linkIcons = map[catalog.LinkKind]string{
	catalog.Runbook: "book-2", catalog.Dashboard: "chart-bar", catalog.Repository: "brand-git", catalog.Documentation: "file-text", catalog.Chat: "message-circle", catalog.Other: "link",
}

// about says the rest: documents, users, who answers for what, costs.
func (p *Pages) about(ctx context.Context, page *ShowPage) error {
	s := page.Service
	page.documents()
	add := func(term, text string) {
		if text != "" {
			page.About = append(page.About, web.Def{Term: term, Text: text})
		}
	}
	add("Used by", strings.Join(s.Users, ", "))
	add("Value", s.Value)
	add("Name", s.Name)
	add("Also called", strings.Join(s.Aliases, ", "))
	page.About = append(page.About, web.Def{Term: "Changed", HTML: page.V.Time(s.Updated), Sub: fmt.Sprintf("version %d", s.Version)})
	if c := s.Cost; c != nil {
		page.Sourcing = append(page.Sourcing, web.Def{Term: "Cost", Text: c.Amount + " " + c.Currency + " a month", Sub: costNote(*c)})
	}
	if x := s.Sourcing; x != nil {
		what := map[string]string{"build": "Built here", "buy": "Bought from " + x.Supplier, "open source": "Open source"}[x.Choice]
		if x.Choice == "open source" && x.Supplier != "" {
			what += " from " + x.Supplier
		}
		d := web.Def{Term: "Build or buy", Text: what}
		if x.Decided != "" {
			d.Sub = "decided " + dayWords(x.Decided)
		}
		page.Sourcing = append(page.Sourcing, d)
		if x.Why != "" {
			page.Sourcing = append(page.Sourcing, web.Def{Term: "Why", Text: x.Why})
		}
		if x.Ends != "" {
			page.Sourcing = append(page.Sourcing, web.Def{Term: "Contract ends", Text: dayWords(x.Ends)})
		}
	}
	return p.raci(ctx, page)
}

func costNote(c catalog.Cost) string {
	parts := []string{}
	if c.AsOf != "" {
		parts = append(parts, "as of "+dayWords(c.AsOf))
	}
	if c.Note != "" {
		parts = append(parts, c.Note)
	}
	return strings.Join(parts, "; ")
}

// freshDays is how long a runbook that was read counts as known to be right.
const freshDays = 90

func (page *ShowPage) documents() {
	s := page.Service
	for _, kind := range catalog.LinkKinds {
		for _, l := range s.Links {
			if l.Kind != kind {
				continue
			}
			x := link{Icon: linkIcons[l.Kind], Title: l.Title, URL: l.URL, Note: string(l.Kind)}
			if x.Title == "" {
				x.Title = strings.ToUpper(string(l.Kind[:1])) + string(l.Kind[1:])
			}
			switch {
			case l.Checked != "":
				x.Note = "read " + dayWords(l.Checked)
				t, err := time.Parse(catalog.Day, l.Checked)
				x.Old = err == nil && page.V.Now.Sub(t) > freshDays*24*time.Hour
			case l.Kind == catalog.Runbook:
				x.Note, x.Old = "never read", true
			}
			page.Links = append(page.Links, x)
		}
		if kind == catalog.Repository {
			for _, u := range s.Repositories {
				page.Links = append(page.Links, link{Icon: "brand-git", Title: strings.TrimPrefix(u, "https://"), URL: u, Note: "repository"})
			}
		}
	}
}

func (p *Pages) raci(ctx context.Context, page *ShowPage) error {
	var handles []string
	each := func(visit func(string)) {
		for _, r := range page.Service.Raci {
			visit(r.Accountable)
			for _, list := range [][]string{r.Responsible, r.Consulted, r.Informed} {
				for _, x := range list {
					visit(x)
				}
			}
		}
	}
	each(func(x string) {
		if !strings.HasPrefix(x, "team:") {
			handles = append(handles, x)
		}
	})
	var called map[string]string
	if p.Names != nil && len(handles) > 0 {
		var err error
		if called, err = p.Names(ctx, handles); err != nil {
			return err
		}
	}
	one := func(x string) party {
		if team, ok := strings.CutPrefix(x, "team:"); ok {
			return party{Name: team, Path: ref.S(ref.Team, team).Path()}
		}
		if name := called[x]; name != "" {
			return party{Name: name, Person: &web.Person{Handle: x, Name: name}}
		}
		return party{Name: x}
	}
	many := func(list []string) (out []party) {
		for _, x := range list {
			out = append(out, one(x))
		}
		return out
	}
	for _, r := range page.Service.Raci {
		page.Raci = append(page.Raci, raciRow{Activity: r.Activity, Accountable: one(r.Accountable), Responsible: many(r.Responsible), Consulted: many(r.Consulted), Informed: many(r.Informed)})
	}
	return nil
}
