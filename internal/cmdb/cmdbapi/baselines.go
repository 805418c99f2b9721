package cmdbapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Baseline is a named point in the history of the map.
type Baseline struct {
	Name string `json:"name" example:"audit-2026"`
	cmdb.BaselineSpec
	At        time.Time  `json:"at" doc:"The time that it is of"`
	Digest    string     `json:"digest,omitempty" doc:"Of everything in its part at that time and what was accepted since; the evidence log holds it. Absent for a moment after it was taken"`
	Items     int64      `json:"items"`
	Relations int64      `json:"relations"`
	Drift     int64      `json:"drift" doc:"Differences at the last look that nobody accepted or explained; 10000: or more"`
	Looked    *time.Time `json:"looked,omitempty" doc:"The last look"`
	Next      *time.Time `json:"next,omitempty"`
	Version   int64      `json:"version"`
	Created   time.Time  `json:"created"`
	Updated   time.Time  `json:"updated"`
	ManagedBy string     `json:"managed_by,omitempty"`
}

// Verification is what looking at a baseline's digest found.
type Verification struct {
	OK        bool     `json:"ok"`
	Signed    string   `json:"signed" doc:"The digest that the evidence log holds"`
	Found     string   `json:"found" doc:"The one that history gives now"`
	Items     int64    `json:"items"`
	Relations int64    `json:"relations"`
	Wrong     []string `json:"wrong,omitempty" doc:"What does not fit"`
}

// Decision is what to do about one difference.
type Decision struct {
	What   string `json:"what" example:"item:12" doc:"As the drift names it"`
	Form   string `json:"form,omitempty" doc:"As the drift shows it: what was seen when deciding"`
	Accept bool   `json:"accept,omitempty" doc:"The baseline means this from now on; else it stays in the list, explained"`
	Note   string `json:"note,omitempty" maxLength:"2000" doc:"Why; needed to explain"`
}

// Decided is a decision that was made.
type Decided struct {
	What     string    `json:"what"`
	Accepted bool      `json:"accepted"`
	Note     string    `json:"note,omitempty"`
	Actor    string    `json:"actor"`
	At       time.Time `json:"at"`
}

func baseline(b cmdb.Baseline) Baseline {
	return Baseline{b.Name, b.Spec, b.At, b.Digest, b.Items, b.Relations, b.Drift, api.When(b.Looked), api.When(b.Next), b.Version, b.Created, b.Updated, b.Managed}
}

type baselineBody struct {
	ETag string `header:"ETag"`
	Body Baseline
}

func answerBaseline(b cmdb.Baseline, err error) (*baselineBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &baselineBody{api.ETag(b.Version), baseline(b)}, nil
}

func (h *handlers) baselines(a huma.API) {
	huma.Register(a, op("list-baselines", http.MethodGet, "/baselines", "List baselines by name", listing), func(ctx context.Context, in *api.PageIn) (*answer[api.List[Baseline]], error) {
		found, more, err := h.s.Baselines(ctx, in.Cursor, in.Limit)
		next := ""
		if more {
			next = found[len(found)-1].Name
		}
		return list(each(found, baseline), next), api.Err(err)
	})
	huma.Register(a, op("get-baseline", http.MethodGet, "/baselines/{name}", "Read a baseline", api.Reading),
		func(ctx context.Context, in *NameIn) (*baselineBody, error) {
			return answerBaseline(h.s.Baseline(ctx, in.Name))
		})
	huma.Register(a, op("create-baseline", http.MethodPost, "/baselines", "Take a baseline of the map as it is now", api.Making), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"audit-2026" doc:"1 to 63 of a-z, 0-9 and dash"`
			cmdb.BaselineSpec
		}
	}) (*baselineBody, error) {
		return answerBaseline(h.s.PutBaseline(ctx, in.Body.Name, 0, in.Body.BaselineSpec))
	})
	huma.Register(a, op("update-baseline", http.MethodPut, "/baselines/{name}", "Edit a baseline; another service takes it anew", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match"`
		Body    cmdb.BaselineSpec
	}) (*baselineBody, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerBaseline(h.s.PutBaseline(ctx, in.Name, v, in.Body))
	})
	huma.Register(a, op("delete-baseline", http.MethodDelete, "/baselines/{name}", "Remove a baseline; history stays", doing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) {
			return nil, api.Err(h.s.DeleteBaseline(ctx, in.Name))
		})
	huma.Register(a, op("move-baseline", http.MethodPost, "/baselines/{name}/move", "Take a baseline anew, of now: all drift is accepted", doing), func(ctx context.Context, in *struct {
		NameIn
		Body struct {
			Version int64 `json:"version" minimum:"1" doc:"The version that was read"`
		}
	}) (*baselineBody, error) {
		return answerBaseline(h.s.MoveBaseline(ctx, in.Name, in.Body.Version))
	})
	huma.Register(a, op("verify-baseline", http.MethodGet, "/baselines/{name}/verification", "Work the digest of a baseline out again from history, and compare", append(api.Reading, http.StatusServiceUnavailable)),
		func(ctx context.Context, in *NameIn) (*answer[Verification], error) {
			v, err := h.s.Verify(ctx, in.Name)
			return &answer[Verification]{Verification(v)}, api.Err(err)
		})
}

func (h *handlers) drift(a huma.API) {
	huma.Register(a, op("list-drift", http.MethodGet, "/baselines/{name}/drift", "List what differs from a baseline now and was not accepted", asking), func(ctx context.Context, in *struct {
		NameIn
		api.PageIn
	}) (*answer[api.List[Difference]], error) {
		found, next, err := h.s.Drift(ctx, in.Name, in.Cursor, in.Limit)
		return list(each(found, difference), next), api.Err(err)
	})
	huma.Register(a, op("decide-drift", http.MethodPost, "/baselines/{name}/decisions", "Accept or explain differences, all or none", doing), func(ctx context.Context, in *struct {
		NameIn
		Body struct {
			Decisions []Decision `json:"decisions" minItems:"1" maxItems:"1000"`
		}
	}) (*baselineBody, error) {
		return answerBaseline(h.s.DecideDrift(ctx, in.Name, each(in.Body.Decisions, func(d Decision) cmdb.DriftDecision { return cmdb.DriftDecision(d) })))
	})
	huma.Register(a, op("list-drift-decisions", http.MethodGet, "/baselines/{name}/decisions", "List what was decided on a baseline's drift", api.Reading), func(ctx context.Context, in *NameIn) (*answer[api.List[Decided]], error) {
		found, err := h.s.Decisions(ctx, in.Name)
		return list(each(found, func(d cmdb.DriftDecided) Decided { return Decided{d.What, d.Accepted, d.Note, d.Actor, d.At} }), ""), api.Err(err)
	})
}
