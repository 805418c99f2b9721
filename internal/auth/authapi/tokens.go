package authapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Token is an API token without its secret.
type Token struct {
	Key     string     `json:"key" example:"TOK-3"`
	Name    string     `json:"name" example:"deploy pipeline"`
	Owner   string     `json:"owner,omitempty" example:"USR-17" doc:"Absent for a machine's token"`
	Role    string     `json:"role"`
	Scopes  []string   `json:"scopes,omitempty" doc:"Only these of the role; absent: all"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty" doc:"Last used, to the minute"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

func tokenOut(t auth.Token) Token {
	out := Token{Key: t.Ref().String(), Name: t.Name, Role: string(t.Role), Created: t.Created, Expires: t.Expires, Used: api.When(t.Used), Revoked: api.When(t.Revoked)}
	if t.Person != 0 {
		out.Owner = ref.N(ref.Person, t.Person).String()
	}
	for _, s := range t.Scopes {
		out.Scopes = append(out.Scopes, string(s))
	}
	return out
}

// NewToken asks for a token.
type NewToken struct {
	Name    string   `json:"name" example:"deploy pipeline" doc:"What the token is for"`
	Machine bool     `json:"machine,omitempty" doc:"Owned by nobody; needs the permission administer, and a role"`
	Role    string   `json:"role,omitempty" enum:"admin,manager,responder,requester,auditor,integration" doc:"Default: one's own"`
	Scopes  []string `json:"scopes,omitempty" maxItems:"20" doc:"Only these permissions of the role; default: all"`
	Seconds int64    `json:"life_seconds,omitempty" minimum:"60" maximum:"31622400" doc:"Default 90 days"`
}

func (n NewToken) in() auth.NewToken {
	out := auth.NewToken{Name: n.Name, Machine: n.Machine, Role: actor.Role(n.Role), Life: time.Duration(n.Seconds) * time.Second}
	for _, s := range n.Scopes {
		out.Scopes = append(out.Scopes, actor.Permission(s))
	}
	return out
}

type createTokenOut struct {
	Location string `header:"Location"`
	Cache    string `header:"Cache-Control"`
	Body     struct {
		Token  Token  `json:"token"`
		Secret string `json:"secret" doc:"Shown once; send it as Authorization: Bearer"`
	}
}

func (h *handlers) tokens(a huma.API) {
	huma.Register(a, api.Op("list-tokens", http.MethodGet, "/tokens", "Tokens", "List one's own API tokens, or everybody's", api.Reading),
		func(ctx context.Context, in *struct {
			api.PageIn
			All bool `query:"all" doc:"Everybody's and the machines'; needs the permission administer"`
		}) (*struct{ Body api.List[Token] }, error) {
			list, next, err := h.s.Tokens(ctx, in.All, auth.Page{Cursor: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Token] }{api.List[Token]{Items: make([]Token, len(list)), Next: next}}
			for i, t := range list {
				out.Body.Items[i] = tokenOut(t)
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-token", http.MethodPost, "/tokens", "Tokens", "Make an API token; its secret is shown once", api.Making),
		func(ctx context.Context, in *struct{ Body NewToken }) (*createTokenOut, error) {
			t, secret, err := h.s.CreateToken(ctx, in.Body.in())
			if err != nil {
				return nil, api.Err(err)
			}
			out := &createTokenOut{Location: "/api/v1/tokens/" + t.Ref().String(), Cache: "no-store"}
			out.Body.Token, out.Body.Secret = tokenOut(t), secret
			return out, nil
		})
	huma.Register(a, api.Op("revoke-token", http.MethodDelete, "/tokens/{key}", "Tokens", "Revoke a token at once", api.Reading),
		func(ctx context.Context, in *struct {
			Key string `path:"key" maxLength:"40" doc:"TOK-3"`
		}) (*nothing, error) {
			id, err := ref.ID(ref.Token, in.Key)
			if err != nil {
				return nil, api.Err(errs.BadField("key", in.Key, "the key of a token, such as TOK-3"))
			}
			return nil, api.Err(h.s.RevokeToken(ctx, id))
		})
}
