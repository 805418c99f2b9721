package cmdbweb

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/cmdb/layout"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// belongs finds the service that the item is part of.
func (p *Pages) belongs(ctx context.Context, page *ItemPage, at time.Time) error {
	service := page.Item
	if service.Kind != cmdb.KindService {
		up, _, err := p.CMDB.Contains(ctx, page.Item.ID, true, cmdb.Ask{At: at, Limit: 100})
		if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.NotFound) { // the graph is a moment behind, or being loaded
			return nil
		}
		if err != nil {
			return err
		}
		service = cmdb.Item{}
		for _, n := range up {
			if n.Item.Kind == cmdb.KindService {
				service = n.Item
				break
			}
		}
		if service.ID == 0 {
			return nil
		}
		items, err := p.CMDB.Named(ctx, []int64{service.ID})
		if err != nil {
			return err
		}
		service = items[service.ID]
	}
	page.Of = &partOf{Name: nameOf(service), Path: itemPath(service.ID), Promise: promiseOf(service), Team: teamCell(service.Team)}
	for _, i := range service.Identifiers {
		if i.Scheme == cmdb.SchemeService && ref.IsName(i.Value) {
			page.Of.Path = ref.S(ref.Service, i.Value).Path()
			break
		}
	}
	return nil
}

// breaks says in one line what breaks if the item does.
func (p *Pages) breaks(ctx context.Context, page *ItemPage, at time.Time) error {
	if page.Item.State == cmdb.Retired || page.Item.MergedInto != 0 {
		return nil
	}
	x, err := p.CMDB.Impact(ctx, []cmdb.Cause{{Item: page.Item.ID, Level: graph.Down}}, cmdb.Ask{At: at, Limit: 1})
	if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	line := &impactLine{Path: atHits + "?down=" + page.Key}
	var parts []string
	services := 0
	for _, s := range x.Services {
		services += one(!s.Cause && s.Level >= graph.Degraded)
	}
	if services > 0 {
		parts = append(parts, web.Plural(services, "service", "services")+" hit")
	}
	if n := x.Down - 1; n > 0 {
		parts = append(parts, web.Plural(n, "other item", "other items")+" DOWN")
	}
	if x.Degraded > 0 {
		parts = append(parts, web.Count(x.Degraded)+" DEGRADED")
	}
	if x.AtRisk > 0 {
		parts = append(parts, web.Count(x.AtRisk)+" AT RISK")
	}
	if parts != nil {
		line.Teams = strings.Join(x.Teams, ", ")
	}
	line.Says = cmp.Or(strings.Join(parts, " · "), "nothing else breaks, as far as the map knows")
	page.Impact = line
	return nil
}

const mostInSmall = 40 // boxes of the small map

// surroundings draws the item with its neighbours.
func (p *Pages) surroundings(ctx context.Context, page *ItemPage, at time.Time) error {
	if page.Item.MergedInto != 0 || page.Item.State == cmdb.Retired && at.IsZero() {
		return nil
	}
	v, err := p.CMDB.View(ctx, at)
	if err == nil {
		if _, n := v.Relations(uint32(page.Item.ID), 1); n > 4*mostInSmall { // found out before thousands of boxes are made
			page.Around = web.Count(n) + " relations lead from and to it: too many for a small picture."
			return nil
		}
	}
	m, err := p.make(ctx, Look{Focus: []string{page.Key}, Depth: 1, Direction: "both", Colour: "health", At: at})
	if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		page.Around = "The map is being read; it shows in a moment."
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case len(m.Boxes) < 2:
	case len(m.Boxes) > mostInSmall:
		page.Around = web.Count(len(m.Boxes)-1) + " boxes stand around it: too many for a small picture."
	default:
		d := place(m, "health", true, layout.Options{Layer: 44, Gap: 10}, nil)
		page.Picture = d.inline("ek-itm", "What stands around "+page.Title+". The relations above say the same.", func(b *Box) string { return "/map/items/" + url.PathEscape(b.ID) })
		page.Around = d.summary()
	}
	return nil
}
