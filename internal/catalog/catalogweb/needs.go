package catalogweb

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// need is a declared dependency, or a group of which some are needed.
type need struct {
	Name, Path, Why string
	Kind            string // "Payments team, tier 0", "database"
	Health          string
	Tag             web.Tag
	Dangling        bool
	Group           string // "1 of 2 needed"; then Members are meant
	Members         []need
}

// needs lists what the owner says that the service needs, and how that is
// doing.
func (p *Pages) needs(ctx context.Context, page *ShowPage) error {
	list, err := p.Catalog.Needs(ctx, page.Service)
	if err != nil {
		return err
	}
	var services []string
	for _, n := range list {
		if n.Service.Name != "" {
			services = append(services, n.Service.Name)
		}
	}
	health, err := p.health(ctx, services)
	if err != nil {
		return err
	}
	at, want := map[string]int{}, map[string]int{}
	for _, n := range list {
		one := needOf(n, health[n.Service.Name])
		if n.Dangling {
			page.Dangling++
		}
		if n.Group == "" {
			page.Needs = append(page.Needs, one)
			continue
		}
		i, ok := at[n.Group]
		if !ok {
			i = len(page.Needs)
			at[n.Group] = i
			page.Needs = append(page.Needs, need{Name: n.Group, Tag: one.Tag})
		}
		g := &page.Needs[i]
		if n.Hard() {
			g.Tag = one.Tag
		}
		g.Members = append(g.Members, one)
		want[n.Group] = max(want[n.Group], n.Need, 1)
		g.Group = fmt.Sprintf("%d of %d needed", min(want[n.Group], len(g.Members)), len(g.Members))
	}
	slices.SortStableFunc(page.Needs, func(a, b need) int { return urgency(b.Health) - urgency(a.Health) })
	return nil
}

func urgency(health string) int { return map[string]int{"down": 3, "degraded": 2, "risk": 1}[health] }

func needOf(n catalog.Need, h Health) need {
	out := need{Name: n.On, Why: n.Why, Dangling: n.Dangling, Tag: web.Tag{Text: "hard"}}
	if !n.Hard() {
		out.Tag = web.Tag{Text: "soft"}
	}
	switch {
	case n.Service.Name != "":
		out.Name, out.Path, out.Health = n.Service.Name, ref.S(ref.Service, n.Service.Name).Path(), h.word()
		out.Kind = fmt.Sprintf("%s, tier %d", n.Service.Team, n.Service.Tier)
	case n.Dangling:
		out.Kind = "no such service"
	default:
		kind, name, _ := strings.Cut(n.On, ":")
		out.Name, out.Kind, out.Path = name, kind, "/map/items?q="+url.QueryEscape(n.On)
	}
	return out
}
