package incidentweb

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one incident on one screen: state, clocks, what happened, who
// does what, and what can be done next.
type ShowPage struct {
	web.Page
	Incident incident.View
	Health   string
	Steps    []step
	Clocks   []web.Clock
	Notice   *web.Notice
	Buttons  []web.Button
	More     web.Menu
	Phone    []web.Button // the two of the phone's action bar
	PhoneAll web.Menu

	Timeline  web.Timeline
	Tabs      []web.Tab
	Order     web.Tab
	Older     string
	MayNote   bool
	Panels    []panel
	Roles     []role
	Others    []web.Person
	Alerts    []Alert
	Firing    int
	Links     []link
	Details   []web.Def
	Evidence  *Evidence
	MayAssign bool
	Joined    bool
}

type panel struct {
	Order int
	Card  web.Card
}

type link struct{ Icon, Title, Path, Note string }

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /incidents/{key}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	inc, err := p.Incidents.Page(ctx, n)
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, inc.Key(), "incidents"), Incident: inc, Health: health(inc.Incident), Steps: steps(inc.Incident)}
	v := page.V
	page.Live = inc.Key()
	page.Bar = true
	page.Crumbs = []web.Crumb{{Title: v.Term("Incidents"), Path: "/incidents"}}
	page.Clocks = showClocks(v, inc)
	page.Notice = notice(v, inc)
	page.Buttons, page.More = buttons(v, inc)
	page.Phone, page.PhoneAll = phone(page.Buttons, page.More)
	page.MayNote, page.MayAssign = inc.Can[incident.VerbNote], inc.Can[incident.VerbAssign]
	if err := p.timeline(r, page, inc); err != nil {
		return err
	}
	page.people(inc)
	page.links(inc)
	page.details(inc)
	if err := p.others(r, page, inc); err != nil {
		return err
	}
	return p.Shell.Render(w, r, showPage, page)
}

func showClocks(v *web.View, inc incident.View) (out []web.Clock) {
	add := func(label string, c incident.Clock) {
		k, ok := clock(v, label, c)
		if !ok {
			return
		}
		k.Thick = true
		switch c.Kind {
		case incident.ResolutionClock:
			if k.Tick.After(v.Now) {
				k.More = ", due " + v.Local(c.Due)
			}
			if k.Paused != "" {
				k.Note = pauses(v, c)
			}
		case incident.UpdateClock:
			if c.End.IsZero() && c.State != incident.Breached {
				k.Unit, k.More = "", "promised every "+web.Dur(c.Total)
			}
			if person := inc.Incident.Who(incident.Communications); person != 0 {
				k.Note += ", " + who(v, inc.Names, person).Short()
			}
		case incident.EscalationClock:
			k.Unit = "until it becomes " + (inc.Priority - 1).String()
		}
		out = append(out, k)
	}
	add(v.Term("Response"), inc.Clocks.Response)
	add(v.Term("Resolution"), inc.Clocks.Resolution)
	if inc.State.Open() {
		add("Next public update", inc.Clocks.Update)
		if inc.Clocks.Escalation.End.IsZero() {
			add("Escalation", inc.Clocks.Escalation)
		}
	}
	return append(out, impact(v, inc.Incident))
}

// notice is the one thing that must be said above the clocks.
func notice(v *web.View, inc incident.View) *web.Notice {
	to := path(inc.Incident)
	respond := v.May(actor.Respond)
	switch {
	case inc.MergedBrief != nil:
		return &web.Notice{Tone: "accent", Icon: "git-merge", Fact: "Merged into " + inc.MergedBrief.Key() + ".", Effect: inc.MergedBrief.Title + " goes on there.",
			Buttons: []web.Button{{Title: "Open " + inc.MergedBrief.Key(), Path: incident.Incident{ID: inc.MergedBrief.ID}.Ref().Path()}}}
	case inc.Waiting != "":
		n := &web.Notice{Icon: "player-pause", Fact: "Waiting for the " + string(inc.Waiting) + ".", Effect: "The clocks go on."}
		if inc.Clocks.Resolution.State == incident.Paused {
			n.Effect = "The resolution clock stands still, the others go on."
		}
		if respond {
			n.Buttons = []web.Button{{Title: "Go on", Icon: "player-play", Post: true, Path: to + "/continue"}}
		}
		return n
	case inc.State.Open() && inc.Priority <= incident.P2 && inc.Commander == 0 && inc.State != incident.Triggered:
		n := &web.Notice{Fact: "Nobody commands this.", Effect: "Somebody should decide, and keep the others free to work."}
		if respond && v.Actor.Person != 0 {
			n.Buttons = []web.Button{{Title: "Take command", Icon: "flag", Post: true, Path: to + "/command"}}
		}
		return n
	case inc.Persistent != "" && inc.State.Open():
		return &web.Notice{Icon: "calendar", Fact: "For the weekly review.", Effect: upper(inc.Persistent) + "."}
	}
	return nil
}

func (p *Pages) timeline(r *http.Request, page *ShowPage, inc incident.View) error {
	q := r.URL.Query()
	show, order, after := q.Get("show"), q.Get("order"), q.Get("after")
	link := func(show, order, after string) string {
		x := url.Values{}
		for k, v := range map[string]string{"show": show, "order": order, "after": after} {
			if v != "" {
				x.Set(k, v)
			}
		}
		return path(inc.Incident) + "?" + x.Encode() + "#timeline"
	}
	var f incident.TimelineFilter
	for _, s := range shows {
		t := web.Tab{Title: s.title, Path: link(s.name, order, ""), Current: s.name == show}
		if s.name == "" {
			t.N, t.HasN = inc.Entries, true
		}
		if t.Current {
			f = s.filter
		}
		page.Tabs = append(page.Tabs, t)
	}
	entries, more := inc.Timeline, inc.More
	f.OldestFirst = order == "oldest"
	if show != "" || order != "" || after != "" {
		var err error
		if entries, more, err = p.Incidents.Timeline(r.Context(), inc.ID, f, after, 100); err != nil {
			return err
		}
	}
	page.Timeline = moments(page.V, inc.Incident, entries)
	if more != "" {
		page.Older = link(show, order, more)
	}
	page.Order = web.Tab{Title: "Oldest first", Path: link(show, "oldest", "")}
	if f.OldestFirst {
		page.Order = web.Tab{Title: "Newest first", Path: link(show, "", "")}
	}
	return nil
}

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
	add("Priority", inc.Priority.String()+" "+inc.Priority.Word()+": "+inc.PriorityWhy, "")
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
		add("Restored by", string(inc.How), "")
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
