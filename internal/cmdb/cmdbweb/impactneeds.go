package cmdbweb

import (
	"cmp"
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// needRow is something that an item needs.
type needRow struct {
	Name, Path, Kind, Team, Glyph, Health string
	Depth                                 int
	Vital                                 bool
	How                                   string
}

// needs lists what an item needs.
func (p *Pages) needs(ctx context.Context, item cmdb.Item) (rows []needRow, more string, err error) {
	list, hidden, err := p.CMDB.Needs(ctx, item.ID, cmdb.Ask{Limit: mostServices})
	if err != nil {
		return nil, "", err
	}
	items, names := []cmdb.Item{}, map[int64]string{item.ID: nameOf(item)}
	for _, x := range list {
		items = append(items, x.Item)
		names[x.Item.ID] = nameOf(x.Item)
	}
	known := map[int64]string{}
	if p.Health != nil {
		if known, err = p.Health(ctx, items); err != nil {
			return nil, "", err
		}
	}
	for _, x := range list {
		h := cmp.Or(known[x.Item.ID], unknown)
		by := x.Relation.From
		if x.Relation.Kind.Need() == cmdb.ToNeedsFrom {
			by = x.Relation.To
		}
		how := names[by] + " " + relationWord(x.Relation.Kind) + " it"
		if x.Relation.Group != "" {
			how += ", one of " + x.Relation.Group
		}
		rows = append(rows, needRow{Name: nameOf(x.Item), Path: x.Item.Ref().Path(), Kind: kindWord(x.Item.Kind), Team: x.Item.Team, Glyph: h, Health: healthWord(h), Depth: x.Depth, Vital: x.Hard, How: how})
	}
	if hidden > 0 {
		more = web.Count(hidden) + " more not listed"
	}
	return rows, more, nil
}

// rootRow is what may be behind what alerts.
type rootRow struct {
	Name, Path, Kind, Team, Says, From string
	Sick                               bool
	Why                                []whyStep
}

// roots finds what is behind all that alerts.
func (p *Pages) roots(ctx context.Context) (rows []rootRow, alerting int, partial bool, err error) {
	if p.Alerting == nil {
		return nil, 0, false, nil
	}
	list, err := p.Alerting(ctx)
	if err != nil || len(list) == 0 {
		return nil, 0, false, err
	}
	found, partial, err := p.CMDB.Roots(ctx, list, nil, cmdb.Ask{Limit: 10})
	if err != nil {
		return nil, 0, false, err
	}
	for _, r := range found {
		x := rootRow{Name: nameOf(r.Item), Path: r.Item.Ref().Path(), Kind: kindWord(r.Item.Kind), Team: r.Item.Team, Sick: r.Unhealthy, Says: fmt.Sprintf("would explain %d of %d", r.Covers, len(list))}
		for _, w := range r.Ways {
			if len(w.Hops) > 0 || len(r.Ways) == 1 {
				x.From, x.Why = nameOf(w.From), hops(w.Hops)
				break
			}
		}
		rows = append(rows, x)
	}
	return rows, len(list), partial, nil
}
