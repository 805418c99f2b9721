// Package riskapi is the HTTP API of the risk score: the versions of its
// weights with what they stand on, and how good the present ones are.
//
// It turns requests into calls of risk.Service and decides nothing. A version
// is named by its key; RISK-0 is what comes with the program. Fitting makes a
// proposal; nothing changes until somebody accepts it.
package riskapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const tag = "Change risk"

var refused = append(append([]int{}, api.Reading...), http.StatusUnprocessableEntity)

// Model is a version of the weights.
type Model struct {
	Key       string       `json:"key" example:"RISK-2"`
	State     string       `json:"state" enum:"proposed,used,declined"`
	InUse     bool         `json:"in_use"`
	Parent    string       `json:"parent" example:"RISK-0" doc:"The weights that it was compared with"`
	MadeBy    string       `json:"made_by,omitempty" example:"USR-2"`
	DecidedBy string       `json:"decided_by,omitempty"`
	Reason    string       `json:"reason,omitempty" doc:"Of the last decision"`
	Created   *time.Time   `json:"created,omitempty"`
	Decided   *time.Time   `json:"decided,omitempty"`
	Version   int64        `json:"version"`
	Base      float64      `json:"base" doc:"ln odds of a change of which nothing speaks for or against"`
	Medium    int          `json:"medium" doc:"The score from which risk is medium"`
	High      int          `json:"high"`
	Factors   []Factor     `json:"factors,omitempty" doc:"Not in lists"`
	Report    *risk.Report `json:"report,omitempty" doc:"What a fit stands on; not in lists, and absent for what comes with the program"`
}

// Factor is a number about a change that counts, with its weight.
type Factor struct {
	Name   string  `json:"name" example:"budget"`
	Title  string  `json:"title"`
	Weight float64 `json:"weight" doc:"In ln odds"`
	Start  float64 `json:"start" doc:"The weight that comes with the program"`
	Reads  string  `json:"reads" doc:"How the number is made"`
	Why    string  `json:"why" doc:"The reason of the starting weight, with its source"`
}

// Quality is how good the weights in force are.
type Quality struct {
	At       time.Time    `json:"at"`
	Weights  string       `json:"weights" example:"RISK-2"`
	Changes  int          `json:"changes" doc:"Newest completed ones with a decision"`
	Failed   int          `json:"failed"`
	Measure  risk.Measure `json:"measure"`
	Levels   []LevelRate  `json:"levels"`
	Learning Learning     `json:"learning"`
}

// LevelRate is how often changes of a level of risk fail.
type LevelRate struct {
	Level  string  `json:"level" enum:"low,medium,high"`
	N      int     `json:"n"`
	Failed int     `json:"failed"`
	Low    float64 `json:"low" doc:"95 % interval of the share that fails"`
	High   float64 `json:"high"`
}

// Learning is how far the history is from a fit.
type Learning struct {
	Changes int    `json:"changes"`
	Failed  int    `json:"failed"`
	Missing string `json:"missing,omitempty" doc:"What lacks for a fit; absent when there is enough"`
}

func brief(v risk.Version) Model {
	medium, high := v.Levels()
	return Model{
		Key: v.Ref().String(), State: string(v.State), InUse: v.InUse, Parent: ref.N(ref.RiskModel, v.Parent).String(), MadeBy: person(v.MadeBy), DecidedBy: person(v.DecidedBy), Reason: v.Reason,
		Created: api.When(v.Created), Decided: api.When(v.Decided), Version: v.Version, Base: v.Base, Medium: medium, High: high,
	}
}

func whole(v risk.Version) Model {
	m := brief(v)
	m.Factors = make([]Factor, len(risk.Factors))
	for n, f := range risk.Factors {
		m.Factors[n] = Factor{f.Name, f.Title, v.Of[n], f.Start, f.Reads, f.Why}
	}
	if v.ID != 0 {
		m.Report = &v.Report
	}
	return m
}

func person(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Person, id).String()
}

// KeyIn names a version in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" example:"RISK-2" doc:"RISK-0 comes with the program"`
}

func (in KeyIn) id() (int64, error) {
	t := strings.ToUpper(strings.TrimSpace(in.Key))
	if t == "0" || t == "RISK-0" {
		return 0, nil
	}
	id, err := ref.ID(ref.RiskModel, t)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error()).On(errs.Short(in.Key))
	}
	return id, nil
}

type one struct{ Body Model }

// Register adds the operations to the API.
func Register(a huma.API, s *risk.Service) {
	huma.Register(a, api.Op("list-risk-models", http.MethodGet, "/risk-models", tag, "List the versions of the weights, newest first", refused), func(ctx context.Context, in *api.PageIn) (*struct{ Body api.List[Model] }, error) {
		before := int64(0)
		if in.Cursor != "" {
			var err error
			if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before < 1 {
				return nil, api.Err(errs.BadField("cursor", in.Cursor, "use the one that the page before gave"))
			}
		}
		list, more, err := s.Versions(ctx, before, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Model] }{api.List[Model]{Items: make([]Model, len(list))}}
		for n, v := range list {
			o.Body.Items[n] = brief(v)
		}
		if more && len(list) > 0 {
			o.Body.Next = strconv.FormatInt(list[len(list)-1].ID, 10)
		}
		return o, nil
	})
	huma.Register(a, api.Op("get-risk-model", http.MethodGet, "/risk-models/{key}", tag, "Read a version of the weights with all factors and what it stands on", refused), func(ctx context.Context, in *KeyIn) (*one, error) {
		id, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		v, err := s.Get(ctx, id)
		if err != nil {
			return nil, api.Err(err)
		}
		return &one{whole(v)}, nil
	})
	propose := api.Op("create-risk-model", http.MethodPost, "/risk-models", tag, "Fit weights to the organisation's own history, and keep them as a proposal", api.Making)
	huma.Register(a, propose, func(ctx context.Context, _ *struct{}) (*one, error) {
		v, err := s.Propose(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		return &one{whole(v)}, nil
	})
	for _, v := range []struct {
		verb, says string
		do         func(context.Context, int64, string) (risk.Version, error)
	}{
		{"accept", "Put proposed weights in force", s.Accept},
		{"decline", "Put a proposal aside", s.Decline},
		{"use", "Put weights that were in force before in force again; RISK-0: those of the program", s.Use},
	} {
		huma.Register(a, api.Op(v.verb+"-risk-model", http.MethodPost, "/risk-models/{key}/"+v.verb, tag, v.says, api.Editing), func(ctx context.Context, in *struct {
			KeyIn
			Body struct {
				Reason string `json:"reason,omitempty" doc:"Why, for the record"`
			}
		}) (*one, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			done, err := v.do(ctx, id, in.Body.Reason)
			if err != nil {
				return nil, api.Err(err)
			}
			return &one{whole(done)}, nil
		})
	}
	huma.Register(a, api.Op("get-risk-quality", http.MethodGet, "/risk-quality", tag, "Say how good the weights in force are on the organisation's own changes", refused), func(ctx context.Context, _ *struct{}) (*struct{ Body Quality }, error) {
		q, err := s.Quality(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		l, err := s.Learning(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		o := Quality{q.At, ref.N(ref.RiskModel, q.Weights).String(), q.N, q.Failed, q.Measure, make([]LevelRate, len(q.Levels)), Learning{l.Changes, l.Failed, l.Missing}}
		for n, r := range q.Levels {
			o.Levels[n] = LevelRate(r)
		}
		return &struct{ Body Quality }{o}, nil
	})
}
