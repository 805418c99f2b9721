package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Alert is one thing that is or was wrong, as its sender names it.
type Alert struct {
	Key            string            `json:"key"` // ALR-1042
	Integration    string            `json:"integration"`
	Dedup          string            `json:"dedup"`  // the sender's identity of it
	Status         string            `json:"status"` // firing, resolved
	Severity       string            `json:"severity"`
	Summary        string            `json:"summary"`
	Source         string            `json:"source,omitempty"`
	Service        string            `json:"service,omitempty"`
	Team           string            `json:"team,omitempty"`
	Rule           string            `json:"rule,omitempty"` // empty: no rule matched
	Unrouted       bool              `json:"unrouted,omitempty"`
	Quiet          bool              `json:"quiet,omitempty"`
	Flapping       bool              `json:"flapping,omitempty"`
	Silence        string            `json:"silence,omitempty"`  // SIL-3
	Incident       string            `json:"incident,omitempty"` // INC-7
	StartsAt       time.Time         `json:"starts_at"`
	EndsAt         *time.Time        `json:"ends_at,omitempty"`
	AcknowledgedAt *time.Time        `json:"acknowledged_at,omitempty"`
	Count          int64             `json:"count"` // events in the current or last episode
	Total          int64             `json:"total"`
	FirstSeen      time.Time         `json:"first_seen"`
	LastSeen       time.Time         `json:"last_seen"`
	Labels         map[string]string `json:"labels"`
	Version        int64             `json:"version"`

	// Absent in lists:
	Annotations map[string]string `json:"annotations,omitempty"`
	Links       []AlertLink       `json:"links,omitempty"`
	Details     json.RawMessage   `json:"details,omitempty"`
	Recent      []int             `json:"recent,omitempty"` // events in each of the last 60 minutes
	Episodes    []Episode         `json:"episodes,omitempty"`
}

// AlertLink is a web address shown with an alert.
type AlertLink struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// Episode is one firing of an alert, from trigger to resolve.
type Episode struct {
	ID       int64      `json:"id"`
	Severity string     `json:"severity"` // the worst it had
	Summary  string     `json:"summary"`
	Service  string     `json:"service,omitempty"`
	Rule     string     `json:"rule,omitempty"`
	Group    string     `json:"group"`
	Incident string     `json:"incident,omitempty"`
	Silence  string     `json:"silence,omitempty"`
	StartsAt time.Time  `json:"starts_at"`
	EndsAt   *time.Time `json:"ends_at,omitempty"`
	Opened   time.Time  `json:"opened"`
	Closed   *time.Time `json:"closed,omitempty"`
	EndedBy  string     `json:"ended_by,omitempty"`
	Count    int64      `json:"count"`
}

// AlertFilter selects alerts; empty fields select everything.
type AlertFilter struct {
	Status      string // firing, resolved
	Severity    []string
	Service     []string
	Integration string
	Incident    string
	NoIncident  bool
	Unrouted    bool
	Silenced    bool
	Flapping    bool
	Labels      []string // matchers: env=prod, job=~"api|web"
	Text        string
}

func (f AlertFilter) query(more ...string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	flag := func(name string, on bool) {
		if on {
			q.Set(name, "true")
		}
	}
	set("status", f.Status)
	set("severity", strings.Join(f.Severity, ","))
	set("service", strings.Join(f.Service, ","))
	set("integration", f.Integration)
	set("incident", f.Incident)
	set("q", f.Text)
	flag("no_incident", f.NoIncident)
	flag("unrouted", f.Unrouted)
	flag("silenced", f.Silenced)
	flag("flapping", f.Flapping)
	for _, l := range f.Labels {
		q.Add("label", l)
	}
	for i := 0; i+1 < len(more); i += 2 {
		set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Alerts lists alerts: firing first, by severity and newest; then resolved. A
// page can be short, or empty, and still have a Next.
func (c *Client) Alerts(ctx context.Context, f AlertFilter, cursor string, limit int) (List[Alert], error) {
	var list List[Alert]
	err := c.Get(ctx, "/api/v1/alerts"+f.query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// CountAlerts counts alerts up to 1,000; more says that there are more.
func (c *Client) CountAlerts(ctx context.Context, f AlertFilter) (n int, more bool, err error) {
	var out struct {
		Count int  `json:"count"`
		More  bool `json:"more"`
	}
	err = c.Get(ctx, "/api/v1/alerts-count"+f.query(), &out)
	return out.Count, out.More, err
}

// Alert returns an alert with its content and newest episodes.
func (c *Client) Alert(ctx context.Context, key string) (Alert, error) {
	var a Alert
	err := c.Get(ctx, "/api/v1/alerts/"+url.PathEscape(key), &a)
	return a, err
}

// LinkAlert puts an alert into an incident by hand.
func (c *Client) LinkAlert(ctx context.Context, key, incident string) (Alert, error) {
	var a Alert
	err := c.Do(ctx, http.MethodPost, "/api/v1/alerts/"+url.PathEscape(key)+"/link", map[string]string{"incident": incident}, &a)
	return a, err
}

// Episodes lists the firings of an alert, newest first.
func (c *Client) Episodes(ctx context.Context, key, cursor string, limit int) (List[Episode], error) {
	var list List[Episode]
	err := c.Get(ctx, "/api/v1/alerts/"+url.PathEscape(key)+"/episodes"+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}
