package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
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
	planned, err := a.pauses(ctx, list)
	if err != nil {
		return nil, err
	}
	out := make([]incidentweb.OnDuty, len(list))
	for i, n := range list {
		out[i] = incidentweb.OnDuty{Schedule: cmp.Or(n.Title, n.Schedule), Path: ref.S(ref.Schedule, n.Schedule).Path(), Until: n.Stay(), Planned: planned[n.Schedule]}
		for _, p := range n.People {
			out[i].People = append(out[i].People, web.Person{Handle: names[p].Handle, Name: names[p].Display})
		}
	}
	return out, nil
}

// pauses are those of the schedules in which nobody is on call now on purpose.
func (a *App) pauses(ctx context.Context, list []oncall.Now) (map[string]bool, error) {
	out := map[string]bool{}
	i := slices.IndexFunc(list, func(n oncall.Now) bool { return len(n.People) == 0 })
	if i < 0 {
		return out, nil
	}
	err := a.db.Read(ctx, func(q db.Querier) error {
		now := list[i].At
		gaps, err := a.OnCall.HolesIn(q, now, now.Add(holesAhead)) // what holes asks, too: answered once
		for _, g := range gaps {
			if g.Kind == oncall.HolePlanned && !g.From.After(now) && g.Until.After(now) {
				out[g.Schedule] = true
			}
		}
		return err
	})
	return out, err
}

// holesAhead is how far ahead the Now page warns.
const holesAhead = 7 * 24 * time.Hour

// holes are the lacks of cover that somebody should mend before they hurt:
// schedules without people, people without a way to be reached, policies that
// reach nobody. Hours that a schedule leaves out on purpose are none.
func (a *App) holes(ctx context.Context) (out []incidentweb.Hole, err error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return nil, nil // those who cannot mend it are not bothered
	}
	now, err := a.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	err = a.db.Read(ctx, func(q db.Querier) error {
		lacks, err := a.Escalation.Holes(q, now)
		if err != nil {
			return err
		}
		for _, h := range lacks {
			if h.All {
				out = append(out, incidentweb.Hole{Title: h.Title, Why: h.Why, Path: h.Ref().Path()})
			}
		}
		gaps, err := a.OnCall.HolesIn(q, now, now.Add(holesAhead))
		if err != nil {
			return err
		}
		for _, g := range gaps {
			if g.Kind == oncall.HolePlanned || g.Covered {
				continue
			}
			from := g.From
			if from.Before(now) {
				from = time.Time{}
			}
			out = append(out, incidentweb.Hole{Title: cmp.Or(g.Title, g.Schedule), Why: g.Text, From: from, Path: ref.S(ref.Schedule, g.Schedule).Path()})
		}
		unreached, err := a.unreachable(q, now)
		out = append(out, unreached...)
		return err
	})
	return out, errs.Wrap("app.holes", err)
}

// unreachable are people on call, now or in the days ahead, and people whom
// policies name, whom nothing would reach.
func (a *App) unreachable(q db.Querier, now time.Time) (out []incidentweb.Hole, err error) {
	b, err := a.OnCall.Schedules(q)
	if err != nil {
		return nil, err
	}
	named, err := a.Escalation.PersonsNamed(q)
	if err != nil {
		return nil, err
	}
	ids := slices.Collect(maps.Keys(named))
	for _, name := range b.Names() {
		ids = append(ids, b.Crew(name)...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	people, err := contact.Holes(q, ids)
	for _, h := range people {
		if !h.Grave {
			continue
		}
		if from, on := firstDuty(b, h.Person, now); on {
			out = append(out, incidentweb.Hole{Title: h.Name, Why: h.Why, From: from, Path: "/oncall"})
		} else if policy := named[h.Person]; policy != "" {
			out = append(out, incidentweb.Hole{Title: h.Name, Why: h.Why, Path: ref.S(ref.Escalation, policy).Path()})
		}
	}
	return out, err
}

// firstDuty is when somebody is on call next, within the days ahead; the zero
// time when they are now.
func firstDuty(b *oncall.Book, person int64, now time.Time) (from time.Time, on bool) {
	for _, name := range b.Names() {
		r, ok := b.Rota(name)
		if !ok || !slices.Contains(b.Crew(name), person) {
			continue
		}
		for _, d := range r.Between(now, now.Add(holesAhead)) {
			if !slices.Contains(d.People, person) {
				continue
			}
			if !d.From.After(now) {
				return time.Time{}, true
			}
			if !on || d.From.Before(from) {
				from, on = d.From, true
			}
			break
		}
	}
	return from, on
}

// phonePage gives the phone page what on-call, ladders and push know.
func (a *App) phonePage(p *incidentweb.Pages) {
	p.Push = &incidentweb.Push{Key: a.vapid.Public, To: "/profile/contact/webpush", Path: "/profile/contact"}
	p.OnDuty = a.onDuty
	p.Escalate = func(ctx context.Context, id int64) error {
		_, err := a.Escalation.Escalate(ctx, id, "")
		return err
	}
}
