package client

import (
	"context"
	"net/http"
	"net/url"
)

// AlertRule says where matching alerts go.
type AlertRule struct {
	Name string `json:"name"`
	AlertRuleEdit
	Version   int64  `json:"version"`
	ManagedBy string `json:"managed_by,omitempty"`
}

// AlertRuleEdit is what can be set about a rule.
type AlertRuleEdit struct {
	Description string   `json:"description,omitempty"`
	Position    int      `json:"position,omitempty"` // 0: last
	Matchers    []string `json:"matchers,omitempty"`
	Service     string   `json:"service,omitempty"`
	Team        string   `json:"team,omitempty"`
	Priority    string   `json:"priority,omitempty"` // P1 to P4; empty: by severity and tier
	GroupBy     []string `json:"group_by,omitzero"`
	Window      string   `json:"window,omitempty"` // ISO 8601
	Reopen      string   `json:"reopen,omitempty"` // ISO 8601
	Page        *bool    `json:"page,omitempty"`
	PageOnJoin  bool     `json:"page_on_join,omitempty"`
	AutoClose   *bool    `json:"auto_close,omitempty"`
	Quiet       bool     `json:"quiet,omitempty"`
	Disabled    bool     `json:"disabled,omitempty"`
}

// AlertRules lists all rules in the order in which they are tried.
func (c *Client) AlertRules(ctx context.Context) ([]AlertRule, error) {
	var list List[AlertRule]
	err := c.Get(ctx, "/api/v1/alert-rules", &list)
	return list.Items, err
}

// AlertRule returns a rule.
func (c *Client) AlertRule(ctx context.Context, name string) (AlertRule, error) {
	var r AlertRule
	err := c.Get(ctx, "/api/v1/alert-rules/"+url.PathEscape(name), &r)
	return r, err
}

// CreateAlertRule adds a rule.
func (c *Client) CreateAlertRule(ctx context.Context, name string, e AlertRuleEdit) (AlertRule, error) {
	var r AlertRule
	body := struct {
		Name string `json:"name"`
		AlertRuleEdit
	}{name, e}
	err := c.Do(ctx, http.MethodPost, "/api/v1/alert-rules", body, &r)
	return r, err
}

// UpdateAlertRule replaces a rule; 409 when version is not the present one.
func (c *Client) UpdateAlertRule(ctx context.Context, name string, version int64, e AlertRuleEdit) (AlertRule, error) {
	var r AlertRule
	_, err := c.Edit(ctx, http.MethodPut, "/api/v1/alert-rules/"+url.PathEscape(name), etag(version), e, &r)
	return r, err
}

// DeleteAlertRule deletes a rule.
func (c *Client) DeleteAlertRule(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/alert-rules/"+url.PathEscape(name), nil, nil)
}

// OrderAlertRules gives all rules their order.
func (c *Client) OrderAlertRules(ctx context.Context, names []string) error {
	return c.Do(ctx, http.MethodPost, "/api/v1/alert-rules-order", map[string][]string{"names": names}, nil)
}

// TrialEvent is an event to try rules with.
type TrialEvent struct {
	Integration string            `json:"integration"`
	Severity    string            `json:"severity,omitempty"`
	Service     string            `json:"service,omitempty"`
	Source      string            `json:"source,omitempty"`
	Summary     string            `json:"summary,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
}

// Trial is what would happen to an event, and why.
type Trial struct {
	Rule   string `json:"rule,omitempty"` // empty: the catch-all
	Checks []struct {
		Rule    string `json:"rule"`
		Matched bool   `json:"matched"`
		Why     string `json:"why,omitempty"`
	} `json:"checks"`
	Service   string `json:"service,omitempty"`
	Team      string `json:"team,omitempty"`
	Group     string `json:"group"`
	Opens     bool   `json:"opens"`
	Page      bool   `json:"page"`
	Priority  string `json:"priority,omitempty"`
	AutoClose bool   `json:"auto_close"`
	Quiet     bool   `json:"quiet,omitempty"`
	Silence   string `json:"silence,omitempty"`
}

// TryAlertRules says what would happen to an event now, without doing it.
func (c *Client) TryAlertRules(ctx context.Context, e TrialEvent) (Trial, error) {
	var t Trial
	err := c.Do(ctx, http.MethodPost, "/api/v1/alert-rules-trial", e, &t)
	return t, err
}
