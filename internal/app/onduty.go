package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// dutiesListed bounds what the Now page and the phone page get; the on-call
// page pages.
const dutiesListed = 20

// onDuty is who is on call now: the viewer's own teams first.
func (a *App) onDuty(ctx context.Context) ([]incidentweb.OnDuty, error) {
	list, _, err := a.OnCall.WhoNow(ctx, oncall.Filter{}, "", 500)
	if err != nil {
		return nil, err
	}
	who, _ := actor.From(ctx)
	mine := func(n oncall.Now) int {
		if slices.Contains(who.Teams, n.Team) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(x, y oncall.Now) int { return mine(x) - mine(y) })
	list = list[:min(len(list), dutiesListed)]
	var ids []int64
	for _, n := range list {
		ids = append(ids, n.People...)
	}
	names, err := a.OnCall.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]incidentweb.OnDuty, len(list))
	for i, n := range list {
		out[i] = incidentweb.OnDuty{Schedule: cmp.Or(n.Title, n.Schedule), Path: ref.S(ref.Schedule, n.Schedule).Path(), Until: n.Stay()}
		for _, p := range n.People {
			out[i].People = append(out[i].People, web.Person{Handle: names[p].Handle, Name: names[p].Display})
		}
	}
	return out, nil
}
