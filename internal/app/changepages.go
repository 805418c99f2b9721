package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/change/changeweb"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/change/dora/doraweb"
	"github.com/evenkeel/evenkeel/internal/change/packet/packetweb"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// changePages gives the pages of changes what other practices know.
func (a *App) changePages(m *doraweb.Pages) *changeweb.Pages {
	return &changeweb.Pages{
		Shell: a.shell, Changes: a.Changes, Tabs: changeTabs, Verify: a.Verify, Suspects: a.Suspects, Windows: a.Windows,
		Teams: a.teamNames, People: a.approvers, Strip: m.Strip, Near: a.hitBy, Usual: (&usualWaits{a: a}).of,
		Packet: a.packetOf, PacketCSP: packetweb.CSP, Evidence: a.evidenceOf,
		Services: func(ctx context.Context) (out []string, err error) {
			list, err := a.serviceChoices(ctx)
			for _, s := range list[:min(len(list), suggested)] {
				out = append(out, s.Name)
			}
			return out, err
		},
	}
}

// approvers are people who may respond, by handle.
func (a *App) approvers(ctx context.Context) (out []web.Option, err error) {
	list, err := a.assignable(ctx)
	for _, p := range list {
		out = append(out, web.Option{Value: p.Note[1:], Title: p.Name + " (" + p.Note + ")"})
	}
	return out, err
}

// stepsShown is how far from a change its blast radius is drawn.
const stepsShown = 3

// hitBy are the services that need those of a change, the nearest first, with
// how they are.
func (a *App) hitBy(ctx context.Context, services []string) (out []changeweb.Near, err error) {
	who, _ := actor.From(ctx)
	notes := map[string]string{}
	err = a.db.Read(ctx, func(q db.Querier) error {
		list, err := a.CMDB.ServicesNear(q, services, stepsShown)
		if err != nil {
			return err
		}
		out = nil
		var names []string
		for _, n := range list {
			if n.Side == cmdb.SideSame || n.Side == cmdb.SideNeeded && n.Steps > 0 {
				out = append(out, changeweb.Near{Service: n.Service, Steps: n.Steps, Tier: -1})
				names = append(names, n.Service)
			}
		}
		for i := range out {
			k, ok, err := a.Catalog.Lookup(q, out[i].Service)
			if err != nil {
				return err
			}
			if ok {
				out[i].Tier = k.Tier
			}
		}
		standing, err := incident.StandingOn(q, names, len(names)+10)
		if err != nil {
			return err
		}
		var ids []int64
		for _, s := range standing {
			ids = append(ids, s.ID)
		}
		seen, err := neighbours{a}.SeenIncidents(q, who, ids)
		for _, s := range standing {
			if seen[s.ID] && notes[s.Service] == "" {
				notes[s.Service] = fmt.Sprintf("%s open", s.Priority)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range out {
		names = append(names, n.Service)
	}
	health, err := a.healthOf(ctx, names)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Note, out[i].Health = notes[out[i].Service], state(health[out[i].Service])
	}
	slices.SortStableFunc(out, func(x, y changeweb.Near) int { return x.Steps - y.Steps })
	return out, nil
}

// usualWaits remembers how long a team's changes wait for approval: a figure of
// three months does not change by the minute.
type usualWaits struct {
	a  *App
	mu sync.Mutex
	at map[string]usualWait
}

type usualWait struct {
	dora.Spread
	at time.Time
}

const usualKept = 10 * time.Minute

// of is the median of the step that most of the team's changes went through.
func (u *usualWaits) of(ctx context.Context, team string) (time.Duration, int, error) {
	u.mu.Lock()
	had, ok := u.at[team]
	u.mu.Unlock()
	if !ok || time.Since(had.at) > usualKept {
		r, err := u.a.Dora.Report(ctx, dora.Query{Filter: dora.Filter{Team: team}, Period: "90d"})
		if err != nil {
			return 0, 0, err
		}
		had = usualWait{at: time.Now()}
		for _, s := range r.Ledger {
			if s.Wait.N > had.N {
				had.Spread = s.Wait
			}
		}
		u.mu.Lock()
		if u.at == nil || len(u.at) > 1000 {
			u.at = map[string]usualWait{}
		}
		u.at[team] = had
		u.mu.Unlock()
	}
	return had.Median, had.N, nil
}

// packetOf issues a change's packet, with its page.
func (a *App) packetOf(ctx context.Context, id int64) (out changeweb.Packet, err error) {
	env, err := a.Packets.Issue(ctx, id)
	if err != nil {
		return out, err
	}
	out.Name = packetweb.FileName(ref.N(ref.Change, id).String())
	if out.File, err = env.Bytes(); err != nil {
		return out, err
	}
	out.Page, err = packetPage(env)
	return out, err
}

// evidenceOf is how the log vouches for a change.
func (a *App) evidenceOf(ctx context.Context, id int64) (changeweb.Evidence, error) {
	sound, at, err := a.Audit.Shield(ctx)
	out := changeweb.Evidence{Index: -1, Sound: sound, Checked: at}
	who, ok := actor.From(ctx)
	if err != nil || !ok || !who.May(actor.Audit) {
		return out, err
	}
	key := ref.N(ref.Change, id).String()
	list, err := a.Audit.List(ctx, audit.Filter{Record: key}, "", 1)
	if err != nil {
		return out, err
	}
	out.Path = "/evidence?q=record:" + key
	if len(list.Items) > 0 {
		out.Index = list.Items[0].Index
	}
	st, err := a.Audit.Status(ctx)
	if st.Checkpoint != nil {
		out.Checkpoint, out.Signed = st.Checkpoint.Size, st.Checkpoint.At
	}
	return out, err
}

// waitingBadge counts the changes that the viewer can approve.
func (a *App) waitingBadge(ctx context.Context) web.Badge {
	n, err := a.Changes.WaitingCount(ctx)
	if err != nil {
		return web.Badge{}
	}
	return web.Badge{N: n}
}
