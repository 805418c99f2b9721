package cmdbapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Planned is what somebody is about to change.
type Planned struct {
	FormatVersion string
	Changes       []PlannedChange
	Remarks       []cmdb.Remark
}

// PlannedChange is one change of a plan.
type PlannedChange struct {
	Address string
	Type    string
	Kind    string // of items; empty for what is none
	Action  string
	Reason  string
	Level   graph.Level // what it does to the items while it is made; None: nothing
	Items   []cmdb.End  // where it is felt
}

// Plan is what a plan changes and what that breaks.
type Plan struct {
	FormatVersion string        `json:"format_version,omitempty"`
	Changes       []PlanChange  `json:"changes" doc:"In the order of the plan, without what stays as it is"`
	Unchanged     int           `json:"unchanged,omitempty"`
	Causes        []Cause       `json:"causes" doc:"Items that the plan takes away, replaces (down) or changes (degraded)"`
	Impact        *Impact       `json:"impact,omitempty" doc:"What breaks while that happens; absent when the map knows none of it"`
	Remarks       []cmdb.Remark `json:"remarks,omitempty"`
}

// PlanChange is one change.
type PlanChange struct {
	Address string   `json:"address" example:"aws_db_instance.orders"`
	Type    string   `json:"type,omitempty"`
	Kind    string   `json:"kind,omitempty"`
	Action  string   `json:"action" example:"replace"`
	Reason  string   `json:"reason,omitempty"`
	Level   string   `json:"level,omitempty" enum:"down,degraded"`
	Items   []string `json:"items,omitempty" doc:"Where it is felt"`
	Unknown bool     `json:"unknown,omitempty" doc:"It touches something that the map does not know"`
}

func (h *handlers) plans(a huma.API) {
	o := op("create-plan", http.MethodPost, "/plans", "Say what a plan changes on the map, and what that breaks; nothing is kept", asking)
	o.DefaultStatus = http.StatusOK
	huma.Register(a, api.AsUpload(o, "application/octet-stream", "The plan, as terraform show -json PLANFILE writes it"), func(ctx context.Context, in *struct {
		api.Upload
		FileIn
		Source  string `query:"source" required:"true" maxLength:"60" example:"terraform" doc:"The system that made the plan"`
		Scope   string `query:"scope" maxLength:"200" doc:"The scope under which its state is imported"`
		Exposed bool   `query:"exposed" doc:"Also what merely reaches what changes"`
	}) (*answer[Plan], error) {
		if _, err := actor.Require(ctx, actor.Read); err != nil {
			return nil, api.Err(err)
		}
		read, ok := h.c.Plans[in.Source]
		if !ok {
			return nil, api.Err(errs.BadField("source", in.Source, "use one of "+strings.Join(slices.Sorted(maps.Keys(h.c.Plans)), ", ")))
		}
		opt, err := in.options(in.Scope)
		if err != nil {
			return nil, api.Err(err)
		}
		p, err := read(in.Reader(), opt)
		if err != nil {
			return nil, api.Err(err)
		}
		out, err := h.planned(ctx, in.Source, in.Scope, p, cmdb.Ask{Exposed: in.Exposed})
		return &answer[Plan]{out}, api.Err(err)
	})
}

// planned looks up what a plan touches and asks what that breaks.
func (h *handlers) planned(ctx context.Context, source, scope string, p Planned, ask cmdb.Ask) (Plan, error) {
	out := Plan{FormatVersion: p.FormatVersion, Changes: []PlanChange{}, Causes: []Cause{}, Remarks: p.Remarks}
	levels := map[int64]graph.Level{}
	var order []int64
	for _, c := range p.Changes {
		if c.Action == "no-op" || c.Action == "read" {
			out.Unchanged++
			continue
		}
		items, err := h.s.Known(ctx, source, scope, c.Items)
		if err != nil {
			return out, err
		}
		x := PlanChange{Address: c.Address, Type: c.Type, Kind: c.Kind, Action: c.Action, Reason: c.Reason}
		if c.Level != graph.None {
			x.Level = c.Level.String()
		}
		for _, id := range items {
			if id == 0 {
				x.Unknown = true
				continue
			}
			x.Items = append(x.Items, key(id))
			if c.Level == graph.None {
				continue
			}
			if levels[id] == graph.None {
				order = append(order, id)
			}
			levels[id] = max(levels[id], c.Level)
		}
		out.Changes = append(out.Changes, x)
	}
	if len(order) == 0 {
		return out, nil
	}
	causes := make([]cmdb.Cause, len(order))
	for i, id := range order {
		causes[i] = cmdb.Cause{Item: id, Level: levels[id]}
		out.Causes = append(out.Causes, Cause{key(id), levels[id].String()})
	}
	found, err := h.s.Impact(ctx, causes, ask)
	if err != nil {
		return out, err
	}
	impact, err := h.shown(ctx, found)
	out.Impact = &impact
	return out, err
}
