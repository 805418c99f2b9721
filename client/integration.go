package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Integration is one sender of alerts.
type Integration struct {
	Name string `json:"name"`
	IntegrationEdit
	Kind      string     `json:"kind"` // alertmanager, prometheus, pagerduty, opsgenie, grafana, generic, heartbeat
	LastSeen  *time.Time `json:"last_seen,omitempty"`
	Silent    bool       `json:"silent,omitempty"` // a heartbeat that stays away
	Created   time.Time  `json:"created"`
	Version   int64      `json:"version"`
	ManagedBy string     `json:"managed_by,omitempty"`
	Token     string     `json:"token,omitempty"` // only in the answer that made it
}

// IntegrationEdit is what can be set about an integration.
type IntegrationEdit struct {
	Title    string `json:"title,omitempty"`
	Service  string `json:"service,omitempty"`
	Team     string `json:"team,omitempty"`
	Interval string `json:"interval,omitempty"` // heartbeat, ISO 8601
	Grace    string `json:"grace,omitempty"`    // heartbeat, ISO 8601
	Severity string `json:"severity,omitempty"` // heartbeat
	Disabled bool   `json:"disabled,omitempty"`
}

// Integrations lists integrations by name.
func (c *Client) Integrations(ctx context.Context, cursor string, limit int) (List[Integration], error) {
	var list List[Integration]
	err := c.Get(ctx, "/api/v1/integrations"+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Integration returns an integration, without its token.
func (c *Client) Integration(ctx context.Context, name string) (Integration, error) {
	var in Integration
	err := c.Get(ctx, "/api/v1/integrations/"+url.PathEscape(name), &in)
	return in, err
}

// CreateIntegration adds an integration; Token is set in the answer, once.
func (c *Client) CreateIntegration(ctx context.Context, name, kind string, e IntegrationEdit) (Integration, error) {
	var in Integration
	body := struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
		IntegrationEdit
	}{name, kind, e}
	err := c.Do(ctx, http.MethodPost, "/api/v1/integrations", body, &in)
	return in, err
}

// UpdateIntegration replaces what can be set; 409 when version is not the
// present one or it is managed as code.
func (c *Client) UpdateIntegration(ctx context.Context, name string, version int64, e IntegrationEdit) (Integration, error) {
	var in Integration
	_, err := c.Edit(ctx, http.MethodPut, "/api/v1/integrations/"+url.PathEscape(name), etag(version), e, &in)
	return in, err
}

// RotateToken makes a new token; the old one keeps working for the overlap.
func (c *Client) RotateToken(ctx context.Context, name string, overlap time.Duration) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := c.Do(ctx, http.MethodPost, "/api/v1/integrations/"+url.PathEscape(name)+"/rotate",
		map[string]string{"overlap": "PT" + strconv.FormatInt(int64(overlap/time.Second), 10) + "S"}, &out)
	return out.Token, err
}

// DeleteIntegration deletes an integration that never made an alert.
func (c *Client) DeleteIntegration(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/integrations/"+url.PathEscape(name), nil, nil)
}
