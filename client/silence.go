package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Silence holds matching alerts back while it lasts.
type Silence struct {
	Key      string     `json:"key"`
	Kind     string     `json:"kind"`  // silence, maintenance
	State    string     `json:"state"` // pending, active, over
	Matchers []string   `json:"matchers"`
	StartsAt time.Time  `json:"starts_at"`
	EndsAt   time.Time  `json:"ends_at"`
	Author   string     `json:"author,omitempty"`
	Comment  string     `json:"comment,omitempty"`
	Created  time.Time  `json:"created"`
	Expired  *time.Time `json:"expired,omitempty"`
	Version  int64      `json:"version"`
}

// SilenceNew is a silence to make; a zero StartsAt is now.
type SilenceNew struct {
	Kind     string    `json:"kind,omitempty"`
	Matchers []string  `json:"matchers"`
	StartsAt time.Time `json:"starts_at,omitzero"`
	EndsAt   time.Time `json:"ends_at"`
	Comment  string    `json:"comment,omitempty"`
}

// Silences lists silences by end, latest first; over includes those that have
// ended.
func (c *Client) Silences(ctx context.Context, over bool, cursor string, limit int) (List[Silence], error) {
	var list List[Silence]
	err := c.Get(ctx, "/api/v1/silences"+Query("over", flag(over), "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Silence returns a silence.
func (c *Client) Silence(ctx context.Context, key string) (Silence, error) {
	var s Silence
	err := c.Get(ctx, "/api/v1/silences/"+url.PathEscape(key), &s)
	return s, err
}

// CreateSilence holds matching alerts back.
func (c *Client) CreateSilence(ctx context.Context, in SilenceNew) (Silence, error) {
	var s Silence
	err := c.Do(ctx, http.MethodPost, "/api/v1/silences", in, &s)
	return s, err
}

// ExpireSilence ends a silence now.
func (c *Client) ExpireSilence(ctx context.Context, key string) (Silence, error) {
	var s Silence
	err := c.Do(ctx, http.MethodPost, "/api/v1/silences/"+url.PathEscape(key)+"/expire", nil, &s)
	return s, err
}

// PreviewSilence returns firing alerts that matchers would hold back, the
// first of them and their bounded number.
func (c *Client) PreviewSilence(ctx context.Context, matchers []string) (alerts []Alert, n int, more bool, err error) {
	var out struct {
		Count  int     `json:"count"`
		More   bool    `json:"more"`
		Alerts []Alert `json:"alerts"`
	}
	err = c.Do(ctx, http.MethodPost, "/api/v1/silences-preview", map[string][]string{"matchers": matchers}, &out)
	return out.Alerts, out.Count, out.More, err
}
