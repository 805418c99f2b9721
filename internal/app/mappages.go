package app

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/catalog/catalogweb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbweb"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// mapPages gives the pages of the map what other practices know.
func (a *App) mapPages() *cmdbweb.Pages {
	return &cmdbweb.Pages{
		Shell: a.shell, CMDB: a.CMDB, Health: a.healthOfItems, Alerting: a.alertingItems, Files: FileSources, URL: a.cfg.PublicURL, Names: a.names,
		Telling: func(team string) string { return ref.S(ref.Team, team).Path() },
	}
}

// mapPanels puts parts of the map onto the pages of services and incidents.
func (a *App) mapPanels(m *cmdbweb.Pages, services *catalogweb.Pages, incidents *incidentweb.Pages) {
	services.AddPanel(catalogweb.Panel{ID: "dependencies", Title: "Dependencies", Order: 5, Render: m.Panel})
	a.impactPanels(m, incidents)
}

// servicesOf are the services that an incident names.
func servicesOf(inc incident.View) (out []string) {
	if inc.Service != "" {
		out = append(out, inc.Service)
	}
	for _, l := range inc.Links {
		if l.Kind == incident.LinkService && !slices.Contains(out, l.Target) {
			out = append(out, l.Target)
		}
	}
	return out
}

// state is a service's health in the words of the map: P1 is a complete outage
// (DOMAIN: priority), everything else that is open or fires degrades.
func state(h catalogweb.Health) string {
	switch {
	case h.Worst == incident.P1.String():
		return "down"
	case h.Open > 0 || h.Firing > 0 && h.Severity != "info":
		return "degraded"
	}
	return "ok"
}

// alertingItems are the services with open P1 or P2 incidents, or with firing
// alerts that are critical or errors.
func (a *App) alertingItems(ctx context.Context) (out []int64, err error) {
	now, err := a.Incidents.Now(ctx)
	if err != nil {
		return nil, err
	}
	_, firing, err := a.items.look(ctx, a.db, a.CMDB)
	if err != nil {
		return nil, err
	}
	items, err := a.itemsOfServices(ctx, append(alertingServices(now.Open), firing...))
	for _, i := range items {
		out = append(out, i.ID)
	}
	return out, err
}
