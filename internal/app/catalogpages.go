package app

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog/catalogweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// servicePages gives the catalog's pages what other practices know.
func (a *App) servicePages() *catalogweb.Pages {
	return &catalogweb.Pages{
		Shell: a.shell, Catalog: a.Catalog, Scorecards: a.Scorecards, Declare: "/incidents/new",
		Teams: func(ctx context.Context) ([]catalogweb.Team, error) {
			list, _, err := a.People.Teams(ctx, auth.Page{Limit: 200})
			out := make([]catalogweb.Team, len(list))
			for i, t := range list {
				out[i] = catalogweb.Team{Name: t.Name, Title: t.Title}
			}
			return out, err
		},
		Health: a.healthOf, Duty: a.dutyOfService, Owner: a.ownerOfService, Names: a.namesByHandle, Incidents: a.incidentsOfService,
	}
}

// healthOf says what open incidents and firing alerts say of services.
func (a *App) healthOf(ctx context.Context, services []string) (map[string]catalogweb.Health, error) {
	out := map[string]catalogweb.Health{}
	now, err := a.Incidents.Now(ctx)
	if err != nil {
		return nil, err
	}
	want := map[string]bool{}
	for _, s := range services {
		want[s] = true
	}
	for _, i := range now.Open {
		if !want[i.Service] {
			continue
		}
		h := out[i.Service]
		h.Open++
		served := i.State == incident.Mitigated || i.State == incident.Resolved
		if !served && (h.Worst == "" || i.Priority.String() < h.Worst) {
			h.Worst = i.Priority.String()
		}
		out[i.Service] = h
	}
	err = a.db.Read(ctx, func(q db.Querier) error {
		firing, err := firingOf(q, services)
		for name, c := range firing {
			h := out[name]
			h.Firing, h.Severity = c.n, string(alert.Severities[min(max(c.worst, 1), len(alert.Severities))-1])
			out[name] = h
		}
		return err
	})
	return out, err
}

// ownerOfService is a team as its services' pages show it.
func (a *App) ownerOfService(ctx context.Context, team string) (o catalogweb.Owner, err error) {
	err = a.db.Read(ctx, func(q db.Querier) error {
		t, err := auth.TeamAlone(q, team)
		if ok, err := exists(err); !ok || err != nil {
			return err
		}
		members, err := auth.Teammates(q, team)
		o = catalogweb.Owner{Title: t.Title}
		for _, m := range members {
			if m.Enabled {
				o.People++
			}
		}
		return err
	})
	return o, err
}

// dutyOfService is who is on call for a service: of the first schedule that
// its policy names, else of its team's.
func (a *App) dutyOfService(ctx context.Context, service, team string) (d catalogweb.Duty, err error) {
	x, err := a.besideOf(ctx, service, team)
	if err != nil {
		return d, err
	}
	d.Policy, d.PolicyPath = x.Policy, x.PolicyPath
	list, _, err := a.OnCall.WhoNow(ctx, oncall.Filter{Team: x.Team, Names: x.Names}, "", dutiesListed)
	if err != nil || len(list) == 0 {
		return d, err
	}
	slices.SortStableFunc(list, func(a, b oncall.Now) int {
		return slices.Index(x.Names, a.Schedule) - slices.Index(x.Names, b.Schedule)
	})
	now := list[max(slices.IndexFunc(list, func(n oncall.Now) bool { return len(n.People) > 0 }), 0)] // who would be told first
	next, _ := now.Next()
	names, err := a.OnCall.Names(ctx, slices.Concat(now.People, next.People))
	people := func(ids []int64) (out []web.Person) {
		for _, id := range ids {
			out = append(out, web.Person{Handle: names[id].Handle, Name: names[id].Display})
		}
		return out
	}
	d.Known, d.Now, d.Until, d.Then, d.At = true, people(now.People), now.Stay(), people(next.People), next.From
	return d, err
}

// namesByHandle are display names.
func (a *App) namesByHandle(ctx context.Context, handles []string) (map[string]string, error) {
	out := map[string]string{}
	err := a.db.Read(ctx, func(q db.Querier) error {
		for _, h := range handles {
			if _, seen := out[h]; seen {
				continue
			}
			p, err := auth.PersonByHandle(q, h)
			if ok, err := exists(err); err != nil {
				return err
			} else if ok {
				out[h] = p.Display
			}
		}
		return nil
	})
	return out, err
}

// drawnMost bounds the incidents of a line of time.
const drawnMost = 100

// incidentsOfService are those of a line of time, oldest first.
func (a *App) incidentsOfService(ctx context.Context, service string, since time.Time) (out []catalogweb.Incident, more bool, err error) {
	rows, next, err := a.Incidents.List(ctx, incident.Filter{Service: service, From: since, Sort: incident.Newest}, "", drawnMost)
	for _, r := range rows {
		if r.State == incident.Canceled || r.State == incident.Merged {
			continue
		}
		x := catalogweb.Incident{Key: r.Key(), Path: r.Ref().Path(), Title: r.Title, Priority: r.Priority.String(), From: r.TriggeredAt}
		if took := incident.MeasuresOf(r.Incident).Mitigate; took >= 0 {
			x.Until = r.TriggeredAt.Add(took)
		}
		out = append(out, x)
	}
	slices.Reverse(out)
	return out, next != "", err
}
