// Package changeapi is the HTTP API of changes: the gate, the record, what
// people decide, and what pipelines upload.
//
// It turns requests into calls of change.Service and records into JSON, and
// decides nothing. A change is addressed by its key (CHG-7), a person by key
// (USR-2), handle, or "me". Verbs are POSTs to the change's path, are idempotent
// and need no If-Match; edits are PATCH or PUT and do.
//
// The gate answers 200 whatever it says: allowed, waiting for people, or denied
// is in the body, because a pipeline must be able to tell an answer of policy
// from a server that gave none. Machines (role machine) ask, report and upload;
// people read, approve and correct.
//
// What reads test reports, findings and plans is handed in, because connectors
// and this package do not know each other.
package changeapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Readers read what pipelines upload. Their errors are Invalid, with the place.
type Readers struct {
	Tests func(io.Reader) (change.Tests, error)
	Scan  func(io.Reader) (change.Scan, error)
	Plan  func(io.Reader) (change.Plan, error)
}

// Register adds the operations to the API.
func Register(a huma.API, s *change.Service, r Readers) {
	h := &handlers{s, r}
	h.gate(a)
	h.read(a)
	h.history(a)
	h.edit(a)
	h.verbs(a)
	h.approvals(a)
	h.delegations(a)
	h.models(a)
	h.settings(a)
	h.credentials(a)
	h.uploads(a)
	h.reports(a)
}

type handlers struct {
	s *change.Service
	r Readers
}

const tag = "Changes"

// Common sets of statuses, for the description.
var (
	asking  = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	reading = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}
	listing = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}
)

func op(id, method, path, summary string, errors []int) huma.Operation {
	return api.Op(id, method, path, tag, summary, errors)
}

// KeyIn is the change in a path. It is exported because huma reads embedded
// fields of exported types only.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" example:"CHG-7"`
}

func (k KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Change, k.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no change %s; keys look like CHG-7", errs.Short(k.Key))
	}
	return id, nil
}

// NameIn names something else.
type NameIn struct {
	Name string `path:"name" maxLength:"63"`
}

type answer[T any] struct{ Body T }

type changeOut struct {
	ETag string `header:"ETag"`
	Body Change
}

// one is what every verb and edit answers: the change as it is now.
func (h *handlers) one(ctx context.Context, c change.Change, err error) (*changeOut, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	names, err := h.s.NamesOf(ctx, c.AuthorPerson, c.OutcomePerson, c.ReviewBy)
	if err != nil {
		return nil, api.Err(err)
	}
	return &changeOut{api.ETag(c.Version), changeOf(c, names)}, nil
}

func list[T any](items []T, next string) *answer[api.List[T]] {
	if items == nil {
		items = []T{}
	}
	return &answer[api.List[T]]{api.List[T]{Items: items, Next: next}}
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}
