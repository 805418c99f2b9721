package cmdbapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Source is where items can come from.
type Source struct {
	Name      string   `json:"name" example:"terraform"`
	File      bool     `json:"file,omitempty" doc:"Its files can be sent to /api/v1/cmdb/runs"`
	Plan      bool     `json:"plan,omitempty" doc:"Its plans can be sent to /api/v1/cmdb/plans"`
	Scheduled bool     `json:"scheduled,omitempty" doc:"It can run as a discovery"`
	Config    []string `json:"config,omitempty" doc:"The settings that a discovery of it knows"`
	Need      []string `json:"need,omitempty" doc:"Of them, those it cannot do without"`
	Secrets   []string `json:"secrets,omitempty" doc:"The secrets that it knows"`
}

// Discovery is a source that runs on a schedule.
type Discovery struct {
	Name string `json:"name" example:"clusters"`
	cmdb.DiscoverySpec
	SecretsSet []string   `json:"secrets_set,omitempty" doc:"Names of the secrets that are set; they are never shown"`
	Run        string     `json:"run,omitempty" example:"RUN-7" doc:"The last one"`
	Error      string     `json:"error,omitempty" doc:"Why the last one failed"`
	Failures   int64      `json:"failures,omitempty" doc:"In a row"`
	Busy       bool       `json:"busy,omitempty"`
	Last       *time.Time `json:"last,omitempty" doc:"When it ran last"`
	Next       *time.Time `json:"next,omitempty" doc:"When it runs next; absent: disabled"`
	Version    int64      `json:"version"`
	Created    time.Time  `json:"created"`
	Updated    time.Time  `json:"updated"`
	ManagedBy  string     `json:"managed_by,omitempty"`
}

func discovery(d cmdb.Discovery) Discovery {
	out := Discovery{Name: d.Name, DiscoverySpec: d.Spec, SecretsSet: d.Secrets, Error: d.Error, Failures: d.Failures, Busy: d.Busy, Last: api.When(d.Last), Next: api.When(d.Next),
		Version: d.Version, Created: d.Created, Updated: d.Updated, ManagedBy: d.Managed}
	out.DiscoverySpec.Secrets = nil
	if d.Run != 0 {
		out.Run = ref.N(ref.Run, d.Run).String()
	}
	return out
}

type discoveryBody struct {
	ETag string `header:"ETag"`
	Body Discovery
}

func answerDiscovery(d cmdb.Discovery, err error) (*discoveryBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &discoveryBody{api.ETag(d.Version), discovery(d)}, nil
}

func (h *handlers) sources(a huma.API) {
	huma.Register(a, op("list-item-sources", http.MethodGet, "/sources", "List where items can come from, by name", []int{401, 403}), func(ctx context.Context, _ *struct{}) (*answer[api.List[Source]], error) {
		if _, err := actor.Require(ctx, actor.Read); err != nil {
			return nil, api.Err(err)
		}
		names := slices.Concat(slices.Collect(maps.Keys(h.c.Files)), slices.Collect(maps.Keys(h.s.Readers)))
		slices.Sort(names)
		return list(each(slices.Compact(names), func(name string) Source {
			_, file := h.c.Files[name]
			_, plan := h.c.Plans[name]
			r, scheduled := h.s.Readers[name]
			return Source{name, file, plan, scheduled, r.Config, r.Need, r.Secrets}
		}), ""), nil
	})
	huma.Register(a, op("list-discoveries", http.MethodGet, "/discoveries", "List sources on a schedule, by name", listing), func(ctx context.Context, in *api.PageIn) (*answer[api.List[Discovery]], error) {
		found, more, err := h.s.Discoveries(ctx, in.Cursor, in.Limit)
		next := ""
		if more {
			next = found[len(found)-1].Name
		}
		return list(each(found, discovery), next), api.Err(err)
	})
	huma.Register(a, op("get-discovery", http.MethodGet, "/discoveries/{name}", "Read a source on a schedule", api.Reading),
		func(ctx context.Context, in *NameIn) (*discoveryBody, error) {
			return answerDiscovery(h.s.Discovery(ctx, in.Name))
		})
	huma.Register(a, op("create-discovery", http.MethodPost, "/discoveries", "Put a source on a schedule", api.Making), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"clusters" doc:"1 to 63 of a-z, 0-9 and dash"`
			cmdb.DiscoverySpec
		}
	}) (*discoveryBody, error) {
		return answerDiscovery(h.s.PutDiscovery(ctx, in.Body.Name, 0, in.Body.DiscoverySpec))
	})
	huma.Register(a, op("update-discovery", http.MethodPut, "/discoveries/{name}", "Replace a source on a schedule; secrets that are left out stay", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match"`
		Body    cmdb.DiscoverySpec
	}) (*discoveryBody, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerDiscovery(h.s.PutDiscovery(ctx, in.Name, v, in.Body))
	})
	huma.Register(a, op("delete-discovery", http.MethodDelete, "/discoveries/{name}", "Take a source off the schedule; what it found stays", doing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) {
			return nil, api.Err(h.s.DeleteDiscovery(ctx, in.Name))
		})
	huma.Register(a, op("run-discovery", http.MethodPost, "/discoveries/{name}/run", "Let a source run now; it answers at once, and the run appears on it", doing),
		func(ctx context.Context, in *NameIn) (*discoveryBody, error) {
			return answerDiscovery(h.s.RunDiscovery(ctx, in.Name))
		})
	huma.Register(a, op("try-discovery", http.MethodPost, "/discoveries/{name}/try", "Read a source and say what a run would change; nothing is changed", append(doing, http.StatusServiceUnavailable)),
		func(ctx context.Context, in *NameIn) (*answer[Run], error) {
			return answerRun(h.s.TryDiscovery(ctx, in.Name))
		})
}
