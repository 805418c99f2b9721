package incidentweb

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The right column of the incident page.

type panel struct {
	Order int
	Card  web.Card
}

type link struct{ Icon, Title, Path, Note string }

func (page *ShowPage) people(inc incident.View) {
	for _, r := range incident.Roles {
		page.Roles = append(page.Roles, role{upper(string(r)), who(page.V, inc.Names, inc.Incident.Who(r))})
	}
	for _, x := range inc.Participants {
		page.Joined = page.Joined || x.Person == page.V.Actor.Person
		if x.Role == "" {
			page.Others = append(page.Others, web.Person{Name: x.Name, You: x.Person == page.V.Actor.Person})
		}
	}
}

func (page *ShowPage) links(inc incident.View) {
	brief := func(icon string, b incident.Brief, note string) {
		page.Links = append(page.Links, link{icon, b.Key() + " " + b.Title, incident.Incident{ID: b.ID}.Ref().Path(), note + string(b.State)})
	}
	if inc.WarRoom != "" {
		page.Links = append(page.Links, link{"video", "War room", inc.WarRoom, ""})
	}
	if inc.ParentBrief != nil {
		brief("sitemap", *inc.ParentBrief, "parent, ")
	}
	for _, b := range inc.Children {
		brief("sitemap", b, "part of this, ")
	}
	for _, b := range inc.MergedFrom {
		brief("git-merge", b, "merged in, ")
	}
	for _, l := range inc.Links {
		if l.State == incident.Rejected || l.Kind == incident.LinkService {
			continue
		}
		x := link{Icon: "link", Title: l.Title, Note: string(l.Kind)}
		if x.Title == "" {
			x.Title = l.Target
		}
		if l.Kind == incident.LinkURL {
			x.Icon, x.Path, x.Note = "external-link", l.Target, host(l.Target)
		}
		if r, err := ref.Parse(l.Target); err == nil && l.Kind == incident.LinkCI && r.Kind == ref.Item {
			x.Icon, x.Path, x.Note = "sitemap", r.Path(), r.String()
		}
		if l.State == incident.Suggested {
			x.Note += ", suggested"
		}
		page.Links = append(page.Links, x)
	}
}

// host is where a link leads, shown so that nobody is surprised.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func (page *ShowPage) details(inc incident.View) {
	v := page.V
	add := func(term, text, path string) {
		if text != "" {
			page.Details = append(page.Details, web.Def{Term: term, Text: text, Path: path})
		}
	}
	page.Details = append(page.Details, web.Def{Term: "Priority", Text: inc.Priority.String() + " " + inc.Priority.Word(), Path: matrixPath(inc.Matrix), Sub: inc.PriorityWhy})
	if inc.Team != "" {
		add("Team", inc.Team, "/teams/"+url.PathEscape(inc.Team))
	}
	if inc.Origin == incident.ByPerson {
		add("Reported by", who(v, inc.Names, inc.Reporter).Name, "")
	} else {
		add("Opened by", "alert rule "+orNone(inc.Rule), "")
	}
	page.Details = append(page.Details, web.Def{Term: "Began", HTML: v.Full(inc.StartedAt)})
	m := inc.Measures
	if m.Acknowledge >= 0 {
		add("To acknowledge", web.Dur(m.Acknowledge), "")
	}
	if m.Mitigate >= 0 {
		add("To restore", web.Dur(m.Mitigate), "")
	}
	if inc.How != "" {
		add("Restored", inc.How.By(), "")
	}
	if inc.Reopened > 0 {
		add("Reopened", web.Plural(inc.Reopened, "time", "times"), "")
	}
	if inc.Reassigned > 0 {
		add("Changed hands", web.Plural(inc.Reassigned, "time", "times"), "")
	}
	if inc.Reason != "" {
		add("Canceled because", inc.Reason, "")
	}
	if inc.State == incident.Resolved && inc.CloseAfter > 0 {
		page.Details = append(page.Details, web.Def{Term: "Closes itself", HTML: template.HTML("in ") + v.In(inc.ResolvedAt.Add(inc.CloseAfter))})
	}
	if inc.Restricted {
		add("Restricted to", strconv.Itoa(len(inc.Viewers.People))+" people, "+web.Plural(len(inc.Viewers.Roles), "role", "roles"), "")
	}
}

// others asks the other practices for their parts.
func (p *Pages) others(r *http.Request, page *ShowPage, inc incident.View) (err error) {
	ctx := r.Context()
	if p.Alerts != nil {
		if page.Alerts, err = p.Alerts(ctx, inc.ID); err != nil {
			return err
		}
		for _, a := range page.Alerts {
			if a.Firing {
				page.Firing++
			}
		}
	}
	for _, x := range p.panels {
		body, count, err := x.Render(ctx, page.V, inc)
		if err != nil {
			return err
		}
		if body != "" {
			page.Panels = append(page.Panels, panel{x.Order, web.Card{ID: x.ID, Title: x.Title, Count: count, Body: body}})
		}
	}
	if p.Evidence != nil {
		e, err := p.Evidence(ctx)
		if err != nil {
			return err
		}
		page.Evidence = &e
	}
	return nil
}

// N is the count as the templates' numbers are.
func (a Alert) N() int { return int(a.Count) }
