// Package incidentapi is the HTTP API of incidents.
//
// It turns requests into calls of incident.Service and records into JSON, and
// decides nothing. An incident is addressed by its key (INC-1042), a person by
// key (USR-2), handle, or "me". Verbs are POSTs to the incident's path, are
// idempotent and need no If-Match; edits are PATCH or PUT and do. The ETag of
// an incident is its revision, which notes and alerts do not change: a busy
// timeline makes nobody's edit stale. A restricted incident answers 404 to
// everybody who is not named on it.
package incidentapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Register adds the operations to the API.
func Register(a huma.API, s *incident.Service) {
	h := &handlers{s}
	h.read(a)
	h.edit(a)
	h.verbs(a)
	h.timeline(a)
	h.links(a)
	h.measures(a)
}

type handlers struct{ s *incident.Service }

const tag = "Incidents"

// Common sets of statuses, for the description.
var (
	reading = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}
	making  = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}
	editing = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity}
)

func op(id, method, path, summary string, errors []int) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Tags: []string{tag}, Errors: errors}
}

// KeyIn is the incident in a path. It is exported because huma reads embedded
// fields of exported types only.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" example:"INC-1042"`
}

func (k KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Incident, k.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no incident %s; keys look like INC-1042", errs.Short(k.Key))
	}
	return id, nil
}

type oneOut struct {
	ETag string `header:"ETag"`
	Body Incident
}

// answer is what every verb and edit answers: the incident as it is now.
func (h *handlers) answer(ctx context.Context, i incident.Incident, err error) (*oneOut, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	r, err := h.s.Row(ctx, i)
	if err != nil {
		return nil, api.Err(err)
	}
	return &oneOut{api.ETag(i.Revision), incidentOut(r)}, nil
}

// level and priority read what the schema has let through already.
func level(s string) (l incident.Level, err error) {
	if e := l.UnmarshalText([]byte(s)); e != nil {
		err = errs.BadField("level", s, "use high, medium or low")
	}
	return
}

// duration reads an ISO 8601 duration in hours, minutes and seconds, or Go's
// short form; empty is zero.
func duration(field, s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	t, err := incident.ParseTarget(s)
	if err != nil || t.Business {
		return 0, errs.BadField(field, s, "write it like 30m or 2h")
	}
	return t.Time, nil
}
