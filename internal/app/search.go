package app

import (
	"cmp"
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/search"
)

// findIncidents answers the search box.
func (a *App) findIncidents(ctx context.Context, query string, limit int) ([]search.Hit, error) {
	found, err := a.Incidents.Search(ctx, query, limit)
	if err != nil {
		return nil, err
	}
	hits := make([]search.Hit, len(found))
	for i, f := range found {
		hits[i] = search.Hit{Key: ref.N(ref.Incident, f.ID).String(), Title: f.Title, Path: ref.N(ref.Incident, f.ID).Path(), Kind: "incident", Note: f.Priority.String() + " " + string(f.State), Icon: "urgent"}
	}
	return hits, nil
}

// pageHits are the pages the search box knows by name.
func pageHits() []search.Hit {
	out := []search.Hit{
		{Key: "Page", Title: "Declare incident", Path: "/incidents/new", Kind: "page", Note: "report an outage", Icon: "flame"},
		{Key: "Page", Title: "On your phone", Path: "/m", Kind: "page", Note: "acknowledge, mitigate, escalate; tell this phone", Icon: "device-mobile"},
		{Key: "Page", Title: "On call", Path: "/oncall", Kind: "page", Note: "who is it now", Icon: "phone-call"},
		{Key: "Page", Title: "My shifts", Path: "/oncall/mine", Kind: "page", Note: "swaps, absences, calendar link", Icon: "calendar"},
		{Key: "Page", Title: "On-call health", Path: "/oncall/health", Kind: "page", Note: "pages, sleep, noisy alerts", Icon: "heartbeat"},
		{Key: "Page", Title: "Map", Path: "/map", Kind: "page", Note: "what needs what", Icon: "sitemap"},
		{Key: "Page", Title: "What breaks if…", Path: "/map/impact", Kind: "page", Note: "impact, what it needs, what is behind it", Icon: "urgent"},
		{Key: "Page", Title: "Items", Path: "/map/items", Kind: "page", Note: "configuration items", Icon: "list-details"},
		{Key: "Page", Title: "Import a file", Path: "/map/import", Kind: "page", Note: "Terraform, Kubernetes, NetBox, CSV", Icon: "upload"},
		{Key: "Page", Title: "Declared and observed", Path: "/map/reports/edges", Kind: "page", Note: "dependencies that only one side tells of", Icon: "route"},
		{Key: "Page", Title: "Baselines", Path: "/map/baselines", Kind: "page", Note: "drift of the map", Icon: "flag"},
		{Key: "Page", Title: "Profile", Path: "/profile", Kind: "page", Note: "password, zone, theme", Icon: "user"},
	}
	for _, g := range settings {
		for _, d := range g.Doors {
			out = append(out, search.Hit{Key: "Page", Title: d.Title, Path: d.Path, Kind: "page", Icon: d.Icon})
		}
	}
	return out
}

// findServices and findTeams answer the search box.
func (a *App) findServices(ctx context.Context, query string, limit int) (hits []search.Hit, err error) {
	names, err := a.Catalog.Search(ctx, query, limit)
	for _, n := range names {
		hits = append(hits, search.Hit{Key: "Service", Title: n, Path: "/services/" + n, Kind: "service", Icon: "server-2"})
	}
	return hits, err
}

func (a *App) findTeams(ctx context.Context, query string, limit int) (hits []search.Hit, err error) {
	list, _, err := a.People.Teams(ctx, auth.Page{Limit: 200})
	for _, t := range list {
		if len(hits) < limit && query != "" && (strings.HasPrefix(t.Name, strings.ToLower(query)) || strings.HasPrefix(strings.ToLower(t.Title), strings.ToLower(query))) {
			hits = append(hits, search.Hit{Key: "Team", Title: t.Title, Path: "/teams/" + t.Name, Kind: "team", Icon: "users"})
		}
	}
	return hits, err
}

// findOnCall answers the search box with schedules and escalation policies:
// by the beginning of their name, or a word of their title.
func (a *App) findOnCall(ctx context.Context, query string, limit int) (hits []search.Hit, err error) {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return nil, nil
	}
	fits := func(name, title string) bool {
		return len(hits) < limit && (strings.HasPrefix(name, query) || strings.Contains(" "+strings.ToLower(title), " "+query))
	}
	schedules, _, err := a.OnCall.List(ctx, "", "", 500)
	if err != nil {
		return nil, err
	}
	for _, s := range schedules {
		if fits(s.Name, s.Spec.Title) {
			hits = append(hits, search.Hit{Key: "Schedule", Title: cmp.Or(s.Spec.Title, s.Name), Path: s.Ref().Path(), Kind: "schedule", Note: s.Spec.Team, Icon: "calendar"})
		}
	}
	policies, _, err := a.Escalation.List(ctx, "", 500)
	for _, p := range policies {
		if fits(p.Name, p.Spec.Title) {
			hits = append(hits, search.Hit{Key: "Policy", Title: cmp.Or(p.Spec.Title, p.Name), Path: p.Ref().Path(), Kind: "escalation policy", Note: strings.Join(p.Spec.Teams, ", "), Icon: "send"})
		}
	}
	return hits, err
}

// findItems answers the search box with configuration items: the one that the
// words mean exactly (CI-12, an identifier, kind:name), and those whose name
// begins with them. Services answer for themselves.
func (a *App) findItems(ctx context.Context, query string, limit int) (hits []search.Hit, err error) {
	query = strings.TrimSpace(query)
	if query == "" {
		return nil, nil
	}
	add := func(i cmdb.Item) {
		note := i.Kind
		if i.Env != "" {
			note += ", " + i.Env
		}
		if i.State != cmdb.Present {
			note += ", " + string(i.State)
		}
		hits = append(hits, search.Hit{Key: i.Ref().String(), Title: i.Name, Path: i.Ref().Path(), Kind: "item", Note: note, Icon: "sitemap"})
	}
	seen := int64(0)
	switch item, err := a.CMDB.Find(ctx, query); {
	case err == nil && item.Kind != cmdb.KindService:
		add(item)
		seen = item.ID
	case err == nil || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid): // a service, none, or several
	default:
		return nil, err
	}
	list, _, err := a.CMDB.List(ctx, cmdb.Filter{Text: query}, "", limit+5)
	for _, i := range list {
		if len(hits) < limit && i.ID != seen && i.Kind != cmdb.KindService {
			add(i)
		}
	}
	return hits, err
}
