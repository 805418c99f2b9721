package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Token is an API token without its secret.
type Token struct {
	Key     string     `json:"key"` // TOK-3
	Name    string     `json:"name"`
	Owner   string     `json:"owner,omitempty"` // USR-17; empty for a machine's
	Role    string     `json:"role"`
	Scopes  []string   `json:"scopes,omitempty"` // empty: all of the role
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

// NewToken asks for a token.
type NewToken struct {
	Name    string   `json:"name"`
	Machine bool     `json:"machine,omitempty"` // owned by nobody; needs a role
	Role    string   `json:"role,omitempty"`    // empty: one's own
	Scopes  []string `json:"scopes,omitempty"`
	Seconds int64    `json:"life_seconds,omitempty"` // 0: 90 days
}

// CreatedToken is a token with its secret, which is shown once.
type CreatedToken struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret"`
}

// Tokens lists one's own tokens, or with all everybody's and the machines'.
func (c *Client) Tokens(ctx context.Context, all bool, cursor string, limit int) (List[Token], error) {
	var list List[Token]
	err := c.Get(ctx, "/api/v1/tokens"+Query("all", flag(all), "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// CreateToken makes a token.
func (c *Client) CreateToken(ctx context.Context, n NewToken) (CreatedToken, error) {
	var t CreatedToken
	err := c.Do(ctx, http.MethodPost, "/api/v1/tokens", n, &t)
	return t, err
}

// RevokeToken revokes a token at once.
func (c *Client) RevokeToken(ctx context.Context, key string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/tokens/"+url.PathEscape(key), nil, nil)
}
