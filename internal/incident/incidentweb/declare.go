package incidentweb

import (
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// DeclarePage is the form to declare an incident. A title is enough; what is
// open already stands beside it, so that one outage is not declared twice.
type DeclarePage struct {
	web.Page
	Form    *web.Form
	What    web.Field
	Service web.Field
	Impact  web.Field
	Urgency web.Field
	Extra   []web.Field
	Opened  bool // the extra fields are in sight
	Open    []incident.NowRow
}

var declarePage = web.Parse(files, "declare.html", DeclarePage{})

// DeclareForm handles GET /incidents/new; query parameters fill it in.
func (p *Pages) DeclareForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Report); err != nil {
		return err
	}
	page, err := p.declarePage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, declarePage, page)
}

// Declare handles POST /incidents.
func (p *Pages) Declare(w http.ResponseWriter, r *http.Request) error {
	f := web.NewForm(r)
	d := incident.Declaration{Title: f.Get("title"), Summary: f.Get("summary"), Service: f.Get("service"), WarRoom: f.Get("war_room")}
	_ = d.Impact.UnmarshalText([]byte(f.Get("impact"))) // a level that is none counts as medium, which the page then shows
	_ = d.Urgency.UnmarshalText([]byte(f.Get("urgency")))
	if f.Get("restricted") != "" {
		d.Restrict = &incident.Viewers{}
	}
	inc, err := p.Incidents.Declare(r.Context(), d)
	if f.Refused(err) {
		page, err := p.declarePage(r, f)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, declarePage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, path(inc), inc.Key()+" is declared as "+inc.Priority.String()+" ("+inc.PriorityWhy+")")
}

func (p *Pages) declarePage(r *http.Request, f *web.Form) (*DeclarePage, error) {
	page := &DeclarePage{Page: p.Shell.Page(r, "", "incidents"), Form: f}
	v := page.V
	page.Title = v.Term("Declare incident")
	page.Crumbs = []web.Crumb{{Title: v.Term("Incidents"), Path: "/incidents"}}
	f.Default("impact", "medium").Default("urgency", "medium")
	page.What = f.Input("title", "What is broken?").Need().First().Limit(incident.MaxTitle).Say("Checkout fails with an error after paying").Help("One sentence, as a user would say it. This alone is enough.")
	options := []web.Option{{Title: "Not sure"}}
	if p.Services != nil {
		list, err := p.Services(r.Context())
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			o := web.Option{Value: s.Name, Title: s.Name + ", tier " + strconv.Itoa(s.Tier)}
			if s.Team != "" {
				o.Title += ", " + s.Team
			}
			options = append(options, o)
		}
	}
	page.Service = f.Select("service", "Which service?", options...).Help("Its owners are told.")
	page.Impact = f.Radio("impact", "Impact", web.Option{Value: "high", Title: "High", Hint: "all or most users"}, web.Option{Value: "medium", Title: "Medium", Hint: "many users, or one function"}, web.Option{Value: "low", Title: "Low", Hint: "few users"}).Need()
	page.Urgency = f.Radio("urgency", "Urgency", web.Option{Value: "high", Title: "High", Hint: "it cannot wait an hour"}, web.Option{Value: "medium", Title: "Medium", Hint: "today"}, web.Option{Value: "low", Title: "Low", Hint: "there is a way around it"}).Need()
	page.Extra = []web.Field{
		f.Area("summary", "What do users notice?", 3),
		f.Input("war_room", "War room").As("url").Say("https://meet.example/outage"),
		f.Check("restricted", "Restricted: only you, those with a role in it, and people you name see it").Help("For security incidents. It appears in no list, search or message of others."),
	}
	for _, x := range page.Extra {
		page.Opened = page.Opened || x.Value != "" || x.Fault != ""
	}
	now, err := p.Incidents.Now(r.Context())
	if err != nil {
		return nil, err
	}
	page.Open = now.Open[:min(len(now.Open), 8)]
	return page, nil
}
