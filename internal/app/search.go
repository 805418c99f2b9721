package app

import (
	"cmp"
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/auth"
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
