package cli

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// TokenCmd is API tokens.
type TokenCmd struct {
	List   TokenListCmd   `cmd:"" help:"List one's own API tokens, or with --all everybody's."`
	Create TokenCreateCmd `cmd:"" help:"Make an API token and print its secret, once."`
	Revoke TokenRevokeCmd `cmd:"" help:"Revoke a token at once."`
}

// TokenListCmd lists tokens.
type TokenListCmd struct {
	All bool `help:"Everybody's and the machines'; needs the permission administer."`
}

// Run reads all pages.
func (c TokenListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Token], error) {
		return g.Client().Tokens(ctx, c.All, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "NAME", "OWNER", "ROLE", "SCOPES", "LAST USED", "ENDS"}}
		for _, t := range all {
			ends := when(t.Expires)
			if t.Revoked != nil {
				ends = "revoked"
			}
			scopes := strings.Join(t.Scopes, ",")
			if scopes == "" {
				scopes = "all"
			}
			lines = append(lines, []string{t.Key, t.Name, t.Owner, t.Role, scopes, when(deref(t.Used)), ends})
		}
		return lines
	})
}

// TokenCreateCmd makes a token.
type TokenCreateCmd struct {
	Name    string   `arg:"" help:"What the token is for."`
	Role    string   `help:"Role it acts in; default: one's own." enum:",admin,manager,responder,requester,auditor,integration" default:""`
	Scope   []string `help:"Only this permission of the role; repeat it. Default: all."`
	Days    int      `help:"Days until it expires, at most 366." default:"90"`
	Machine bool     `help:"Owned by nobody; needs --role and the permission administer."`
}

// Run asks the server.
func (c TokenCreateCmd) Run(ctx context.Context, g *Globals) error {
	if c.Days < 1 || c.Days > 366 {
		return errs.E(errs.Invalid, "--days %d: from 1 to 366", c.Days)
	}
	t, err := g.Client().CreateToken(ctx, client.NewToken{Name: c.Name, Machine: c.Machine, Role: c.Role, Scopes: c.Scope,
		Seconds: int64(time.Duration(c.Days) * 24 * time.Hour / time.Second)})
	if err != nil {
		return err
	}
	return g.PrintOne(t, func() [][2]string {
		return [][2]string{{"KEY", t.Token.Key}, {"SECRET", t.Secret}, {"ENDS", when(t.Token.Expires)}, {"NOTE", "the secret is shown this once"}}
	})
}

// TokenRevokeCmd revokes a token.
type TokenRevokeCmd struct {
	Token string `arg:"" help:"Key of the token, like TOK-3."`
}

// Run asks the server.
func (c TokenRevokeCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().RevokeToken(ctx, c.Token)
}
