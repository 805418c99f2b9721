package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// behindMost bounds the candidates that a page names: a list of ten is none.
const behindMost = 3

// behind finds what several services that alert have in common: the deepest
// things that all of them need. Only what is known to be unwell itself is said
// to be behind it; what merely all need is said to be that and no more. of are
// the items that it shall explain, empty: any.
func (a *App) behind(ctx context.Context, services []string, of []int64) (out []incidentweb.Behind, err error) {
	if !a.CMDB.Ready() || a.CMDB.Graph().View().Top() < 2 {
		return nil, nil
	}
	told, firing, err := a.items.look(ctx, a.db, a.CMDB)
	if err != nil {
		return nil, err
	}
	items, err := a.itemsOfServices(ctx, append(slices.Clone(services), firing...))
	if err != nil || len(items) < 2 {
		return nil, err
	}
	alerting := make([]int64, len(items))
	for i, x := range items {
		alerting[i] = x.ID
	}
	var sick []int64
	for id, s := range told {
		if s != "ok" {
			sick = append(sick, id)
		}
	}
	slices.Sort(sick)
	roots, _, err := a.CMDB.Roots(ctx, alerting, sick, cmdb.Ask{Limit: 10})
	if err != nil {
		return nil, err
	}
	for _, r := range roots {
		if b, ok := explains(r, alerting, of); ok {
			out = append(out, b)
		}
	}
	if slices.ContainsFunc(out, func(b incidentweb.Behind) bool { return b.Unwell }) {
		out = slices.DeleteFunc(out, func(b incidentweb.Behind) bool { return !b.Unwell })
	}
	return out[:min(len(out), behindMost)], nil
}

// explains says what a root explains; false when that is nothing to tell.
func explains(r cmdb.Root, alerting, of []int64) (incidentweb.Behind, bool) {
	needing := r.Covers
	if slices.Contains(alerting, r.Item.ID) {
		needing-- // itself
	}
	concerns := len(of) == 0 || slices.Contains(of, r.Item.ID)
	var names, way []string
	for _, w := range r.Ways {
		if len(w.Hops) == 0 {
			continue
		}
		concerns = concerns || slices.Contains(of, w.From.ID)
		names = append(names, w.From.Name)
		if steps := stepsOf(w); way == nil || len(steps) > len(way) {
			way = steps
		}
	}
	if !concerns || needing < 1 || r.Covers < 2 {
		return incidentweb.Behind{}, false
	}
	says := "needed by " + web.Plural(needing, "service that alerts", "services that alert")
	if len(names) > 0 {
		says += ": " + strings.Join(names[:min(len(names), 4)], ", ")
		if more := len(names) - 4; more > 0 {
			says += fmt.Sprintf(" and %d more", more)
		}
	}
	return incidentweb.Behind{Key: r.Item.Ref().String(), Path: r.Item.Ref().Path(), Name: cmp.Or(r.Item.Name, r.Item.Ref().String()), Kind: strings.ReplaceAll(r.Item.Kind, "-", " "),
		Team: r.Item.Team, Says: says, Way: way, Unwell: r.Unhealthy}, true
}

// stepsOf are the names along a way, from what alerts to the root.
func stepsOf(w cmdb.Way) []string {
	out := []string{w.From.Name}
	for _, h := range w.Hops {
		next := h.To
		if h.Relation.Kind.Need() == cmdb.ToNeedsFrom {
			next = h.From
		}
		if name := cmp.Or(next.Name, next.Ref().String()); name != out[len(out)-1] { // a service and its software often share a name
			out = append(out, name)
		}
	}
	return out
}

// itemsOfServices are the items that stand for services, each once; of those
// that are not on the map none.
func (a *App) itemsOfServices(ctx context.Context, services []string) (out []cmdb.Item, err error) {
	slices.Sort(services)
	var asks [][]cmdb.Mention
	for _, s := range slices.Compact(services) {
		if s != "" {
			asks = append(asks, []cmdb.Mention{{ID: cmdb.Identifier{Scheme: cmdb.SchemeService, Value: strings.ToLower(s)}}})
		}
	}
	err = a.db.Read(ctx, func(q db.Querier) error {
		out, err = a.CMDB.Meant(q, asks)
		return err
	})
	slices.SortFunc(out, func(x, y cmdb.Item) int { return cmp.Compare(x.ID, y.ID) })
	return slices.CompactFunc(slices.DeleteFunc(out, func(i cmdb.Item) bool { return i.ID == 0 }), func(x, y cmdb.Item) bool { return x.ID == y.ID }), err
}

// alertingServices are the services of open incidents that interrupt or degrade
// them and that nothing has restored yet, as far as the viewer may see. What is
// cosmetic needs no cause deep down.
func alertingServices(open []incident.NowRow) (out []string) {
	for _, r := range open {
		if (r.State == incident.Triggered || r.State == incident.Acknowledged) && r.Priority <= incident.P2 {
			out = append(out, r.Service)
		}
	}
	return out
}

// behindNow is for the page Now.
func (a *App) behindNow(ctx context.Context, open []incident.NowRow) ([]incidentweb.Behind, error) {
	return a.behind(ctx, alertingServices(open), nil)
}

// behindOf is for one incident's page.
func (a *App) behindOf(ctx context.Context, hit []cmdb.Item) ([]incidentweb.Behind, error) {
	now, err := a.Incidents.Now(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(hit))
	for i, x := range hit {
		ids[i] = x.ID
	}
	return a.behind(ctx, alertingServices(now.Open), ids)
}
