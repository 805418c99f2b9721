package app

import (
	"context"
	"net/url"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The map on an incident's page: what may be behind it, and who else is hit.

// impactPanels puts them there.
func (a *App) impactPanels(m *cmdbweb.Pages, incidents *incidentweb.Pages) {
	incidents.Behind, incidents.FindItem = a.behindNow, a.findItem
	incidents.AddPanel(incidentweb.Panel{ID: "behind", Title: "Why is this red?", Order: 18,
		Render: func(ctx context.Context, _ *web.View, inc incident.View) (web.HTML, string, error) {
			if !inc.State.Open() {
				return "", "", nil // what alerts now has nothing to do with what was
			}
			hit, err := a.causesOf(ctx, inc)
			if err != nil || len(hit) == 0 {
				return "", "", err
			}
			list, err := a.behindOf(ctx, hit)
			if err != nil || len(list) == 0 {
				return "", "", err
			}
			body, err := incidentweb.BehindPart(list)
			return body, "", err
		}})
	incidents.AddPanel(incidentweb.Panel{ID: "impact", Title: "Who else is hit", Order: 20,
		Render: func(ctx context.Context, v *web.View, inc incident.View) (web.HTML, string, error) {
			hit, err := a.causesOf(ctx, inc)
			if err != nil {
				return "", "", err
			}
			telling := *m
			if inc.State.Open() && v.May(actor.Respond) { // the form that pages a team, filled in; nobody is paged by looking
				telling.Telling = func(team string) string {
					return inc.Ref().Path() + "/ladder/ask?" + url.Values{"team": {team}, "note": {"What you own is hit by " + inc.Key() + ": " + inc.Title}}.Encode()
				}
			}
			return telling.HitsPanel(ctx, v, hit)
		}})
}

// alertsNamed bounds the alerts of an incident whose items count.
const alertsNamed = 50

// causesOf are the items that an incident is about: its service, further
// services and items that people linked, and what its firing alerts name.
func (a *App) causesOf(ctx context.Context, inc incident.View) ([]cmdb.Item, error) {
	out, err := a.itemsOfServices(ctx, servicesOf(inc))
	if err != nil {
		return nil, err
	}
	add := func(i cmdb.Item) {
		if i.ID != 0 && !slices.ContainsFunc(out, func(x cmdb.Item) bool { return x.ID == i.ID }) {
			out = append(out, i)
		}
	}
	for _, l := range inc.Links {
		if l.Kind != incident.LinkCI || l.State == incident.Rejected {
			continue
		}
		i, err := a.CMDB.Find(ctx, l.Target)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
			continue // it was linked by hand, or is gone
		}
		if err != nil {
			return nil, err
		}
		add(i)
	}
	err = a.db.Read(ctx, func(q db.Querier) error {
		list, err := a.Alerts.AlertsOf(q, inc.ID, alertsNamed)
		if err != nil {
			return err
		}
		var asks [][]cmdb.Mention
		for _, l := range list {
			if l.Episode.EndsAt.IsZero() {
				asks = append(asks, cmdb.Mentions(l.Alert.Labels, l.Alert.Source))
			}
		}
		items, err := a.CMDB.Meant(q, asks)
		for _, i := range items {
			add(i)
		}
		return err
	})
	return out, err
}

// findItem is the item that a person means, for links of incidents.
func (a *App) findItem(ctx context.Context, text string) (key, name string, err error) {
	i, err := a.CMDB.Find(ctx, text)
	return i.Ref().String(), i.Name, err
}
