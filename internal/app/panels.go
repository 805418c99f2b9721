package app

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// incidentPages gives the incident pages what other practices know.
func (a *App) incidentPages() *incidentweb.Pages {
	p := &incidentweb.Pages{
		Shell: a.shell, Incidents: a.Incidents,
		People: a.assignable, Services: a.serviceChoices, Teams: a.teamNames,
		Firing: a.Alerts.CountFiring, Alerts: a.alertsOf, Trouble: a.trouble, Evidence: a.evidence,
	}
	a.phonePage(p)
	p.Holes = a.holes
	return p
}

// assignable lists the people who can be given a role.
func (a *App) assignable(ctx context.Context) (out []incidentweb.Person, err error) {
	for after := ""; ; {
		list, next, err := a.People.People(ctx, auth.PeopleFilter{}, auth.Page{Cursor: after, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if (actor.Actor{Role: p.Role}).May(actor.Respond) {
				out = append(out, incidentweb.Person{ID: p.ID, Name: p.Display, Note: "@" + p.Handle})
			}
		}
		if next == "" || len(out) >= 500 {
			return out, nil
		}
		after = next
	}
}

// serviceChoices lists services that live, for forms.
func (a *App) serviceChoices(ctx context.Context) (out []incidentweb.Service, err error) {
	for after := ""; ; {
		list, more, err := a.Catalog.List(ctx, catalog.Filter{}, after, 200)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if s.Lifecycle != catalog.Retired {
				out = append(out, incidentweb.Service{Name: s.Name, Team: s.Team, Tier: s.Tier})
			}
			after = s.Name
		}
		if !more || len(out) >= 2000 {
			return out, nil
		}
	}
}

func (a *App) teamNames(ctx context.Context) ([]string, error) {
	list, _, err := a.People.Teams(ctx, auth.Page{Limit: 200})
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.Name
	}
	return out, err
}

// alertsShown is how many alerts an incident's page lists.
const alertsShown = 25

func (a *App) alertsOf(ctx context.Context, id int64) (out []incidentweb.Alert, err error) {
	err = a.db.Read(ctx, func(q db.Querier) error {
		list, err := a.Alerts.AlertsOf(q, id, alertsShown)
		for _, l := range list {
			key := ref.N(ref.Alert, l.Alert.ID)
			out = append(out, incidentweb.Alert{Key: key.String(), Path: key.Path(), Summary: l.Alert.Summary, Service: l.Alert.Service,
				Severity: string(l.Alert.Severity), Firing: l.Episode.EndsAt.IsZero(), Count: l.Alert.Count, Since: l.Episode.StartsAt})
		}
		return err
	})
	return out, err
}

// trouble is what keeps messages from arriving.
func (a *App) trouble(ctx context.Context) (web.Notice, bool) {
	w, err := a.Notify.Watch(ctx)
	if err != nil || w.Fine() {
		return web.Notice{}, false // those who may not see deliveries are not bothered
	}
	var parts []string
	if w.Dead > 0 {
		parts = append(parts, web.Plural(w.Dead, "message was", "messages were")+" given up")
	}
	if n := len(w.Missing); n > 0 {
		parts = append(parts, web.Plural(n, "page was", "pages were")+" never sent")
	}
	if n := len(w.Overdue); n > 0 {
		parts = append(parts, web.Plural(n, "message is", "messages are")+" late")
	}
	return web.Notice{Tone: "red", Fact: strings.Join(parts, ", ") + ".", Effect: "Somebody may not know. Call them, then look why.",
		Buttons: []web.Button{{Title: "Look at deliveries", Path: "/settings/deliveries"}}}, true
}

// evidence is the quiet box about the log.
func (a *App) evidence(ctx context.Context) (incidentweb.Evidence, error) {
	sound, at, err := a.Audit.Shield(ctx)
	if err != nil {
		return incidentweb.Evidence{}, err
	}
	e := incidentweb.Evidence{Entries: a.db.Sequenced(), At: at, Sound: sound}
	if who, ok := actor.From(ctx); ok && who.May(actor.Audit) {
		e.Path = "/evidence"
		st, err := a.Audit.Status(ctx)
		if err != nil {
			return e, err
		}
		if st.Checkpoint != nil {
			e.Checkpoint = st.Checkpoint.Size
			e.Head = short(st.Checkpoint.Root)
		}
	}
	return e, nil
}

func short(s string) string {
	if len(s) > 12 {
		return s[:12]
	}
	return s
}

// badges are the numbers in the navigation.
func (a *App) badges(ctx context.Context) map[string]web.Badge {
	out := map[string]web.Badge{}
	if who, ok := actor.From(ctx); ok && who.May(actor.Read) {
		if c, err := a.Incidents.OpenCounts(ctx); err == nil {
			out["incidents"] = web.Badge{N: c[0] + c[1] + c[2] + c[3], Hot: c[0]+c[1] > 0}
		}
		if n, _, err := a.Alerts.Count(ctx, alert.Filter{Status: alert.StatusFiring}); err == nil {
			out["alerts"] = web.Badge{N: n}
		}
		out["changes"] = a.waitingBadge(ctx)
	}
	return out
}
