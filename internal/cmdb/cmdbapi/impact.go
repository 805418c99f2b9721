package cmdbapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Cause is an item that is down or degraded by itself.
type Cause struct {
	Item  string `json:"item" example:"CI-12"`
	Level string `json:"level,omitempty" enum:"down,degraded" doc:"Absent: down"`
}

// Impact is what breaks.
type Impact struct {
	Down     int          `json:"down"`
	Degraded int          `json:"degraded"`
	AtRisk   int          `json:"at_risk" doc:"Redundancy is gone, and there is still enough"`
	Exposed  int          `json:"exposed,omitempty" doc:"Reach a cause by what they need and are nothing worse; counted only if asked"`
	Hits     []Hit        `json:"hits" doc:"Worst first, then nearest to a cause; the causes are among them"`
	Hidden   int          `json:"hidden,omitempty" doc:"Hits that are not listed"`
	Services []ServiceHit `json:"services" doc:"The promises to users that this touches"`
	Teams    []string     `json:"teams" doc:"That own what is down or degraded"`
}

// ServiceHit is a service that is touched.
type ServiceHit struct {
	Service string `json:"service"`
	Title   string `json:"title,omitempty"`
	Promise string `json:"promise,omitempty"`
	Tier    *int   `json:"tier,omitempty"`
	Team    string `json:"team,omitempty"`
	Level   string `json:"level" enum:"down,degraded,at risk,exposed"`
	Item    string `json:"item"`
	Cause   bool   `json:"cause,omitempty" doc:"It was asked about"`
}

// Hit is an item that is touched, and why.
type Hit struct {
	Item  Brief  `json:"item"`
	Level string `json:"level" enum:"down,degraded,at risk,exposed"`
	Depth int    `json:"depth" doc:"Steps from a cause; 0: it is one"`
	Why   []Step `json:"why,omitempty" doc:"Step by step back to a cause"`
}

// Step says why one item has its level.
type Step struct {
	Item     Brief     `json:"item"`
	Level    string    `json:"level"`
	On       *Brief    `json:"on,omitempty" doc:"What it needs; absent: it is a cause itself"`
	OnLevel  string    `json:"on_level,omitempty"`
	Relation *Relation `json:"relation,omitempty"`
	Group    *Group    `json:"group,omitempty" doc:"When the relation is one of a redundancy group"`
}

// Group is how a redundancy group stands.
type Group struct {
	Name     string   `json:"name"`
	Need     int      `json:"need"`
	Of       int      `json:"of"`
	Gone     int      `json:"gone" doc:"Members that are down"`
	Poor     int      `json:"poor,omitempty" doc:"Members that are degraded"`
	Down     []string `json:"down,omitempty" doc:"Some of those that are down"`
	Degraded []string `json:"degraded,omitempty"`
}

func step(s cmdb.Step) Step {
	out := Step{Item: brief(s.Item), Level: s.Level.String()}
	if s.On.ID != 0 {
		on, r := brief(s.On), relation(s.Relation)
		out.On, out.OnLevel, out.Relation = &on, s.As.String(), &r
	}
	if g := s.Group; g != nil {
		out.Group = &Group{g.Name, g.Need, g.Of, g.Gone, g.Poor, keys(g.Down), keys(g.Weak)}
	}
	return out
}

// shown is what the API shows of an impact, with the promises that it breaks.
func (h *handlers) shown(ctx context.Context, i cmdb.Impact) (Impact, error) {
	out := Impact{Down: i.Down, Degraded: i.Degraded, AtRisk: i.AtRisk, Exposed: i.Exposed, Hidden: i.Hidden, Teams: append([]string{}, i.Teams...)}
	out.Hits = each(i.Hits, func(x cmdb.Hit) Hit {
		return Hit{brief(x.Item), x.Level.String(), x.Depth, each(x.Why, step)}
	})
	ids := each(i.Services, func(x cmdb.ServiceHit) int64 { return x.Item })
	items, err := h.s.Named(ctx, ids)
	out.Services = each(i.Services, func(x cmdb.ServiceHit) ServiceHit {
		s := ServiceHit{Service: x.Service, Title: x.Title, Team: x.Team, Level: x.Level.String(), Item: key(x.Item), Cause: x.Cause}
		if x.Tier >= 0 {
			s.Tier = &x.Tier
		}
		_ = json.Unmarshal(items[x.Item].Attributes["promise"], &s.Promise) // absent: none
		return s
	})
	return out, err
}

func (h *handlers) ask(ctx context.Context, field string, causes []Cause, ask cmdb.Ask) (*answer[Impact], error) {
	list := make([]cmdb.Cause, len(causes))
	texts := each(causes, func(c Cause) string { return c.Item })
	ids, err := h.numbers(ctx, field, texts)
	if err != nil {
		return nil, api.Err(err)
	}
	for i, c := range causes {
		list[i] = cmdb.Cause{Item: ids[i], Level: levelOf(c.Level)}
	}
	found, err := h.s.Impact(ctx, list, ask)
	if err != nil {
		return nil, api.Err(err)
	}
	out, err := h.shown(ctx, found)
	return &answer[Impact]{out}, api.Err(err)
}

func (h *handlers) impact(a huma.API) {
	const about = "Redundancy counts: a group that still has enough members is at risk, and that does not travel. Soft needs degrade, hard ones take down. Each hit carries the path that explains it."
	get := op("get-impact", http.MethodGet, "/impact", "Say what breaks if items do", asking)
	get.Description = about
	huma.Register(a, get, func(ctx context.Context, in *struct {
		AtIn
		Item    []string `query:"item" required:"true" minItems:"1" maxItems:"100" example:"[\"CI-12\"]" doc:"Items with commas between them; to name one with a comma, post"`
		Level   string   `query:"level" enum:"down,degraded" default:"down" doc:"What they all are"`
		Exposed bool     `query:"exposed" doc:"Also what merely reaches them"`
		Limit   int      `query:"limit" minimum:"1" maximum:"5000" default:"500" doc:"Most hits to list"`
	}) (*answer[Impact], error) {
		causes := each(in.Item, func(i string) Cause { return Cause{i, in.Level} })
		return h.ask(ctx, "item", causes, cmdb.Ask{At: in.At, Exposed: in.Exposed, Limit: in.Limit})
	})
	post := op("ask-impact", http.MethodPost, "/impact", "Say what breaks if several items are down or degraded", asking)
	post.Description = about
	huma.Register(a, post, func(ctx context.Context, in *struct {
		Body struct {
			Causes  []Cause   `json:"causes" minItems:"1" maxItems:"1000"`
			At      time.Time `json:"at,omitzero" doc:"As it was at this time; absent: now"`
			Exposed bool      `json:"exposed,omitempty"`
			Limit   int       `json:"limit,omitempty" minimum:"0" maximum:"5000" doc:"Most hits to list; 0: 500"`
		}
	}) (*answer[Impact], error) {
		return h.ask(ctx, "causes", in.Body.Causes, cmdb.Ask{At: in.Body.At, Exposed: in.Body.Exposed, Limit: in.Body.Limit})
	})
	why := op("ask-why", http.MethodPost, "/why", "Say why an item is touched by causes, step by step; no steps: it is not", asking)
	huma.Register(a, why, func(ctx context.Context, in *struct {
		Body struct {
			Item   string    `json:"item" example:"CI-12"`
			Causes []Cause   `json:"causes" minItems:"1" maxItems:"1000"`
			At     time.Time `json:"at,omitzero"`
		}
	}) (*answer[api.List[Step]], error) {
		id, err := h.number(ctx, "item", in.Body.Item)
		if err != nil {
			return nil, api.Err(err)
		}
		ids, err := h.numbers(ctx, "causes", each(in.Body.Causes, func(c Cause) string { return c.Item }))
		if err != nil {
			return nil, api.Err(err)
		}
		causes := make([]cmdb.Cause, len(ids))
		for i, c := range in.Body.Causes {
			causes[i] = cmdb.Cause{Item: ids[i], Level: levelOf(c.Level)}
		}
		steps, err := h.s.Why(ctx, id, causes, cmdb.Ask{At: in.Body.At})
		return list(each(steps, step), ""), api.Err(err)
	})
}
