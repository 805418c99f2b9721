package cmdbapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Run is one report of a source.
type Run struct {
	Key        string        `json:"key" example:"RUN-7"`
	Source     string        `json:"source" example:"terraform"`
	Scope      string        `json:"scope,omitempty" example:"prod/network"`
	Complete   bool          `json:"complete,omitempty" doc:"What it does not see is not there any more"`
	DryRun     bool          `json:"dry_run,omitempty"`
	Provenance []string      `json:"provenance,omitempty" enum:"declared,observed,inferred"`
	State      string        `json:"state" enum:"reading,asking,applying,applied,refused,failed,dry" doc:"asking: it waits to be confirmed or refused"`
	Why        string        `json:"why,omitempty" doc:"Why it asks, was refused or failed"`
	Actor      string        `json:"actor"`
	Person     string        `json:"person,omitempty" example:"USR-17"`
	Counts     cmdb.Counts   `json:"counts" doc:"They grow while it is read and applied"`
	Diff       *RunDiff      `json:"diff,omitempty" doc:"What it changes, worked out before it changes anything; the first hundred of each sort"`
	Remarks    []cmdb.Remark `json:"remarks,omitempty" doc:"What was noticed and did not stop it; the first 500"`
	Started    time.Time     `json:"started"`
	Finished   *time.Time    `json:"finished,omitempty"`
}

// RunDiff is what a run changes.
type RunDiff struct {
	Created          []ItemChange          `json:"created,omitempty"`
	Changed          []ItemChange          `json:"changed,omitempty"`
	Stale            []ItemChange          `json:"stale,omitempty"`
	RelationsAdded   []cmdb.RelationChange `json:"relations_added,omitempty"`
	RelationsChanged []cmdb.RelationChange `json:"relations_changed,omitempty"`
	RelationsStale   []cmdb.RelationChange `json:"relations_stale,omitempty"`
	Dangling         []cmdb.RelationChange `json:"dangling,omitempty"`
}

// ItemChange is an item in a diff, as the source tells it.
type ItemChange struct {
	Item       string   `json:"item,omitempty" example:"CI-12" doc:"Absent: it is new"`
	Key        string   `json:"key" doc:"The source's own name for it"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Attributes []string `json:"attributes,omitempty" doc:"Those that differ"`
}

func run(r cmdb.Run) Run {
	out := Run{Key: r.Ref().String(), Source: r.Source, Scope: r.Scope, Complete: r.Complete, DryRun: r.Dry, Provenance: provenance(r.Provenance), State: string(r.State), Why: r.Why,
		Actor: r.Actor, Counts: r.Counts, Remarks: r.Remarks, Started: r.Started, Finished: api.When(r.Finished)}
	if r.Person != 0 {
		out.Person = ref.N(ref.Person, r.Person).String()
	}
	d := r.Diff
	diff := RunDiff{changes(d.Created), changes(d.Changed), changes(d.Stale), d.RelationsAdded, d.RelationsChanged, d.RelationsStale, d.Dangling}
	if len(d.Created)+len(d.Changed)+len(d.Stale)+len(d.RelationsAdded)+len(d.RelationsChanged)+len(d.RelationsStale)+len(d.Dangling) > 0 {
		out.Diff = &diff
	}
	return out
}

func changes(in []cmdb.ItemChange) []ItemChange {
	return each(in, func(c cmdb.ItemChange) ItemChange {
		return ItemChange{key(c.Item), c.Key, c.Kind, c.Name, c.Attributes}
	})
}

// RunIn names a run in a path.
type RunIn struct {
	Key string `path:"key" example:"RUN-7"`
}

func (in RunIn) id() (int64, error) { return numbered(ref.Run, in.Key) }

func answerRun(r cmdb.Run, err error) (*answer[Run], error) {
	return &answer[Run]{run(r)}, api.Err(err)
}

func (h *handlers) runs(a huma.API) {
	huma.Register(a, op("list-runs", http.MethodGet, "/runs", "List runs of sources, newest first", listing), func(ctx context.Context, in *struct {
		api.PageIn
		Source string `query:"source" maxLength:"60" doc:"Of this source"`
	}) (*answer[api.List[Run]], error) {
		before, err := numberCursor(in.Cursor)
		if err != nil {
			return nil, api.Err(err)
		}
		runs, more, err := h.s.Runs(ctx, in.Source, before, in.Limit)
		next := ""
		if more {
			next = strconv.FormatInt(runs[len(runs)-1].ID, 10)
		}
		return list(each(runs, run), next), api.Err(err)
	})
	huma.Register(a, op("get-run", http.MethodGet, "/runs/{key}", "Read a run, also how far it is", api.Reading), func(ctx context.Context, in *RunIn) (*answer[Run], error) {
		id, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRun(h.s.Run(ctx, id))
	})
	huma.Register(a, op("confirm-run", http.MethodPost, "/runs/{key}/confirm", "Let a run that asks go on, and apply it", doing), func(ctx context.Context, in *RunIn) (*answer[Run], error) {
		id, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRun(settled[cmdb.Run](ctx, h)(h.s.Confirm(ctx, id)))
	})
	huma.Register(a, op("refuse-run", http.MethodPost, "/runs/{key}/refuse", "End a run that asks; nothing changes", doing), func(ctx context.Context, in *RunIn) (*answer[Run], error) {
		id, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRun(h.s.Refuse(ctx, id))
	})
}
