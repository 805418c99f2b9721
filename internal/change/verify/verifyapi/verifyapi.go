// Package verifyapi is the HTTP API of how a service fared after a change.
//
// It turns requests into calls of verify.Service and decides nothing. Figures
// of a metric are one a minute from plan.from on; null is a minute without one.
package verifyapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Verification is how a service fared after a change.
type Verification struct {
	Change   string        `json:"change" example:"CHG-7"`
	Service  string        `json:"service"`
	Done     bool          `json:"done"`
	Deployed *time.Time    `json:"deployed,omitempty"`
	Until    *time.Time    `json:"until,omitempty"`
	Looked   *time.Time    `json:"looked,omitempty"`
	Looks    int           `json:"looks"`
	Result   verify.Result `json:"result"`
	Error    string        `json:"error,omitempty" doc:"Of the last look; the result is of the one before"`
}

// Register adds the operations to the API.
func Register(a huma.API, s *verify.Service) {
	huma.Register(a, api.Op("get-verification", http.MethodGet, "/changes/{key}/verification", "Changes", "Read how a service fared after a change was deployed, beside how it did before", api.Reading), func(ctx context.Context, in *struct {
		Key string `path:"key" maxLength:"30" example:"CHG-7"`
	}) (*struct{ Body Verification }, error) {
		id, err := ref.ID(ref.Change, in.Key)
		if err != nil {
			return nil, api.Err(errs.E(errs.NotFound, "%s", err.Error()).On(errs.Short(in.Key)))
		}
		v, err := s.Get(ctx, id)
		if err != nil {
			return nil, api.Err(err)
		}
		if v.Result.Rows == nil {
			v.Result.Rows = []verify.Row{}
		}
		return &struct{ Body Verification }{Verification{ref.N(ref.Change, v.Change).String(), v.Service, v.Done, api.When(v.Deployed), api.When(v.Until), api.When(v.Looked), v.Looks, v.Result, v.Error}}, nil
	})
}
