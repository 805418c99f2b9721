// Package alertapi is the HTTP API of alerts, integrations, alert rules and
// silences.
//
// It turns requests into calls of alert.Service and records into JSON, and
// decides nothing. Alerts and silences are addressed by key (ALR-1042, SIL-3),
// integrations and rules by name. A token is answered once, with
// Cache-Control: no-store, which also keeps it out of the answers that are
// kept for repeated requests. Receivers of alerts are no part of it: they
// speak their senders' protocols and live in connect.
package alertapi

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Register adds the operations to the API.
func Register(a huma.API, s *alert.Service) {
	h := &handlers{s}
	h.alerts(a)
	h.integrations(a)
	h.rules(a)
	h.silences(a)
}

type handlers struct{ s *alert.Service }

// KeyIn names an alert or silence in a path. huma needs embedded inputs exported.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" doc:"Key, or its number"`
}

// id reads the key; what is no key of the kind is not found.
func (k KeyIn) id(kind ref.Kind) (int64, error) {
	id, err := ref.ID(kind, k.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error())
	}
	return id, nil
}

// NameIn names an integration or rule in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"prometheus-main"`
}

// key is a numbered record's key, empty for 0.
func key(k ref.Kind, id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(k, id).String()
}

type nothing struct{}
