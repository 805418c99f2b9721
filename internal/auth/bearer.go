package auth

import (
	"context"
	"net"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// Enter is Middleware for other protocols than HTTP: it takes the value of an
// Authorization header and the sender's address, and returns a context that
// acts as the owner of the token. Errors: Unauthenticated.
func (d *Door) Enter(ctx context.Context, authorization, from string) (context.Context, error) {
	r := (&http.Request{Header: http.Header{"Authorization": {authorization}}}).WithContext(ctx)
	token, bearer := bearerToken(r)
	if !bearer {
		return ctx, badToken()
	}
	id, _, err := d.identify(r, token, true)
	if err != nil {
		return ctx, err
	}
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	id.actor.From = from
	return actor.With(ctx, id.actor), nil
}
