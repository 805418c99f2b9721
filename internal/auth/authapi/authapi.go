// Package authapi is the HTTP API of people, teams, tokens, sessions and
// oneself.
//
// It turns requests into calls of auth.Service and records into JSON, and
// decides nothing. People are addressed by key (USR-17) or handle, teams by
// name, tokens by key (TOK-3). What is shown once, a token's secret and a
// password link, is answered with Cache-Control: no-store, which also keeps it
// out of the answers that are kept for repeated requests.
package authapi

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Register adds the operations to the API.
func Register(a huma.API, s *auth.Service) {
	h := &handlers{s}
	h.me(a)
	h.people(a)
	h.tokens(a)
	h.teams(a)
}

type handlers struct{ s *auth.Service }

// KeyIn names a person in a path. huma needs embedded inputs exported.
type KeyIn struct {
	Key string `path:"key" maxLength:"254" doc:"USR-17 or a handle"`
}

// personID turns a key or handle into the person's number.
func (h *handlers) personID(ctx context.Context, key string) (int64, error) {
	if strings.HasPrefix(strings.ToUpper(key), string(ref.Person)+"-") {
		if id, err := ref.ID(ref.Person, key); err == nil {
			return id, nil
		}
	}
	p, err := h.s.Person(ctx, key)
	return p.ID, err
}

type nothing struct{}
