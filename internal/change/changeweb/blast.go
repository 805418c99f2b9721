package changeweb

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/web"
)

// blast is what breaks with the services of a change, by distance.
type blast struct {
	Note string
	Hops []hop
	None string
}

type hop struct {
	Label string
	Chips []chip
	More  int
}

type chip struct {
	Name, Note, Path string
	Dot              string // ok, degraded, down; empty: nobody knows
	Says             string // the dot in words
	Me               bool
}

const mostChips = 8

func (p *Pages) blast(ctx context.Context, c change.Change, in fact.Input) (*blast, error) {
	b := &blast{}
	var list []Near
	if p.Near != nil {
		var err error
		if list, err = p.Near(ctx, c.Services); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 { // the map is not loaded: what the decision knew
		for _, s := range c.Services {
			list = append(list, Near{Service: s, Tier: tierOf(in, s)})
		}
		for _, s := range in.Blast.Value.Services {
			list = append(list, Near{Service: s, Steps: 1, Tier: -1})
		}
	}
	for _, n := range list {
		for len(b.Hops) <= n.Steps && n.Steps < 4 {
			label := "Changed"
			if k := len(b.Hops); k > 0 {
				label = web.Plural(k, "hop", "hops")
			}
			b.Hops = append(b.Hops, hop{Label: label})
		}
		h := &b.Hops[min(n.Steps, len(b.Hops)-1)]
		if len(h.Chips) >= mostChips {
			h.More++
			continue
		}
		x := chip{Name: n.Service, Note: n.Note, Path: "/services/" + url.PathEscape(n.Service), Dot: n.Health, Me: n.Steps == 0,
			Says: map[string]string{"ok": "healthy", "degraded": "degraded", "down": "down"}[n.Health]}
		if x.Note == "" && n.Steps == 0 && n.Tier >= 0 {
			x.Note = "tier " + strconv.Itoa(n.Tier)
		}
		h.Chips = append(h.Chips, x)
	}
	kept := b.Hops[:0]
	for _, h := range b.Hops {
		if len(h.Chips) > 0 {
			kept = append(kept, h)
		}
	}
	b.Hops = kept
	switch v := in.Blast; {
	case v.State == fact.Value && v.Value.Boundaries > 0:
		b.Note = fmt.Sprintf("%s of %s", web.Plural(v.Value.Boundaries, "service", "services"), web.Plural(v.Value.Teams, "other team", "other teams"))
		if v.Value.Teams == 0 {
			b.Note = web.Plural(v.Value.Boundaries, "service", "services") + " of the same team"
		}
	case v.State == fact.Value:
		b.None = "The map knows nothing that breaks with it."
	case v.Why != "" && len(b.Hops) < 2:
		b.None = "Not known: " + v.Why + "."
	}
	return b, nil
}

func tierOf(in fact.Input, service string) int {
	for _, s := range in.Services.Value {
		if s.Name == service {
			return s.Tier
		}
	}
	return -1
}
