package app

import (
	"cmp"
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/search"
)

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
