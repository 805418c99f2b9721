package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// ItemSource is where items can come from.
type ItemSource struct {
	Name      string   `json:"name"`
	File      bool     `json:"file,omitempty"`
	Plan      bool     `json:"plan,omitempty"`
	Scheduled bool     `json:"scheduled,omitempty"`
	Config    []string `json:"config,omitempty"`
	Need      []string `json:"need,omitempty"`
	Secrets   []string `json:"secrets,omitempty"`
}

// ItemSources lists where items can come from.
func (c *Client) ItemSources(ctx context.Context) (l List[ItemSource], err error) {
	return l, c.Get(ctx, mapPath+"/sources", &l)
}

// DiscoverySpec is what can be set about a source on a schedule.
type DiscoverySpec struct {
	Title           string            `json:"title,omitempty"`
	Source          string            `json:"source"`
	Scope           string            `json:"scope,omitempty"`
	Every           string            `json:"every,omitempty"` // ISO 8601, like PT1H
	Complete        bool              `json:"complete,omitempty"`
	MaxSharePercent int               `json:"max_share_percent,omitempty"`
	Disabled        bool              `json:"disabled,omitempty"`
	Config          map[string]string `json:"config,omitempty"`
	Secrets         map[string]string `json:"secrets,omitempty"` // never shown; those left out stay
}

// Discovery is a source on a schedule.
type Discovery struct {
	Name string `json:"name"`
	DiscoverySpec
	SecretsSet []string   `json:"secrets_set,omitempty"`
	Run        string     `json:"run,omitempty"`
	Error      string     `json:"error,omitempty"`
	Failures   int64      `json:"failures,omitempty"`
	Busy       bool       `json:"busy,omitempty"`
	Last       *time.Time `json:"last,omitempty"`
	Next       *time.Time `json:"next,omitempty"`
	Version    int64      `json:"version"`
	Created    time.Time  `json:"created"`
	Updated    time.Time  `json:"updated"`
	ManagedBy  string     `json:"managed_by,omitempty"`
}

func discoveryPath(name string) string { return mapPath + "/discoveries/" + url.PathEscape(name) }

// Discoveries lists sources on a schedule by name.
func (c *Client) Discoveries(ctx context.Context, cursor string, limit int) (l List[Discovery], err error) {
	return l, c.Get(ctx, mapPath+"/discoveries"+Query("cursor", cursor, "limit", number(limit)), &l)
}

// Discovery returns a source on a schedule.
func (c *Client) Discovery(ctx context.Context, name string) (d Discovery, err error) {
	return d, c.Get(ctx, discoveryPath(name), &d)
}

// CreateDiscovery puts a source on a schedule.
func (c *Client) CreateDiscovery(ctx context.Context, name string, spec DiscoverySpec) (d Discovery, err error) {
	in := struct {
		Name string `json:"name"`
		DiscoverySpec
	}{name, spec}
	return d, c.Do(ctx, http.MethodPost, mapPath+"/discoveries", in, &d)
}

// UpdateDiscovery replaces one; secrets that are left out stay; 409 when version is not the present one.
func (c *Client) UpdateDiscovery(ctx context.Context, name string, version int64, spec DiscoverySpec) (d Discovery, err error) {
	_, err = c.Edit(ctx, http.MethodPut, discoveryPath(name), etag(version), spec, &d)
	return d, err
}

// DeleteDiscovery takes a source off the schedule; what it found stays.
func (c *Client) DeleteDiscovery(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, discoveryPath(name), nil, nil)
}

// RunDiscovery lets a source run now; the run appears on it.
func (c *Client) RunDiscovery(ctx context.Context, name string) (d Discovery, err error) {
	return d, c.Do(ctx, http.MethodPost, discoveryPath(name)+"/run", nil, &d)
}

// TryDiscovery reads a source and says what a run would change.
func (c *Client) TryDiscovery(ctx context.Context, name string) (r MapRun, err error) {
	return r, c.patiently().Do(ctx, http.MethodPost, discoveryPath(name)+"/try", nil, &r)
}

// BaselineSpec is what can be set about a baseline.
type BaselineSpec struct {
	Title   string `json:"title,omitempty"`
	Service string `json:"service,omitempty"` // this and everything it needs; empty: the whole map
	Every   string `json:"every,omitempty"`   // how often to look for drift, ISO 8601
	Alert   bool   `json:"alert,omitempty"`
}

// Baseline is a named point in the history of the map.
type Baseline struct {
	Name string `json:"name"`
	BaselineSpec
	At        time.Time  `json:"at"`
	Digest    string     `json:"digest,omitempty"`
	Items     int64      `json:"items"`
	Relations int64      `json:"relations"`
	Drift     int64      `json:"drift"` // 10000: or more
	Looked    *time.Time `json:"looked,omitempty"`
	Next      *time.Time `json:"next,omitempty"`
	Version   int64      `json:"version"`
	Created   time.Time  `json:"created"`
	Updated   time.Time  `json:"updated"`
	ManagedBy string     `json:"managed_by,omitempty"`
}

// BaselineCheck is what looking at a baseline's digest found.
type BaselineCheck struct {
	OK        bool     `json:"ok"`
	Signed    string   `json:"signed"`
	Found     string   `json:"found"`
	Items     int64    `json:"items"`
	Relations int64    `json:"relations"`
	Wrong     []string `json:"wrong,omitempty"`
}

// DriftDecision is what to do about one difference: accept it, or explain it.
type DriftDecision struct {
	What   string `json:"what"` // as the drift names it
	Form   string `json:"form,omitempty"`
	Accept bool   `json:"accept,omitempty"`
	Note   string `json:"note,omitempty"`
}

// DriftDecided is a decision that was made.
type DriftDecided struct {
	What     string    `json:"what"`
	Accepted bool      `json:"accepted"`
	Note     string    `json:"note,omitempty"`
	Actor    string    `json:"actor"`
	At       time.Time `json:"at"`
}

func baselinePath(name string) string { return mapPath + "/baselines/" + url.PathEscape(name) }

// Baselines lists baselines by name.
func (c *Client) Baselines(ctx context.Context, cursor string, limit int) (l List[Baseline], err error) {
	return l, c.Get(ctx, mapPath+"/baselines"+Query("cursor", cursor, "limit", number(limit)), &l)
}

// Baseline returns a baseline.
func (c *Client) Baseline(ctx context.Context, name string) (b Baseline, err error) {
	return b, c.Get(ctx, baselinePath(name), &b)
}

// CreateBaseline takes a baseline of the map as it is now.
func (c *Client) CreateBaseline(ctx context.Context, name string, spec BaselineSpec) (b Baseline, err error) {
	in := struct {
		Name string `json:"name"`
		BaselineSpec
	}{name, spec}
	return b, c.Do(ctx, http.MethodPost, mapPath+"/baselines", in, &b)
}

// UpdateBaseline edits one; another service takes it anew; 409 when version is not the present one.
func (c *Client) UpdateBaseline(ctx context.Context, name string, version int64, spec BaselineSpec) (b Baseline, err error) {
	_, err = c.Edit(ctx, http.MethodPut, baselinePath(name), etag(version), spec, &b)
	return b, err
}

// MoveBaseline takes a baseline anew, of now.
func (c *Client) MoveBaseline(ctx context.Context, name string, version int64) (b Baseline, err error) {
	return b, c.Do(ctx, http.MethodPost, baselinePath(name)+"/move", itemVerb{Version: version}, &b)
}

// DeleteBaseline removes a baseline; history stays.
func (c *Client) DeleteBaseline(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, baselinePath(name), nil, nil)
}

// VerifyBaseline works the digest of a baseline out again and compares.
func (c *Client) VerifyBaseline(ctx context.Context, name string) (v BaselineCheck, err error) {
	return v, c.patiently().Get(ctx, baselinePath(name)+"/verification", &v)
}

// Drift lists what differs from a baseline now and was not accepted.
func (c *Client) Drift(ctx context.Context, name, cursor string, limit int) (l List[MapDifference], err error) {
	return l, c.Get(ctx, baselinePath(name)+"/drift"+Query("cursor", cursor, "limit", number(limit)), &l)
}

// DecideDrift accepts or explains differences, all or none; 409 when one is not
// what was seen any more.
func (c *Client) DecideDrift(ctx context.Context, name string, list []DriftDecision) (b Baseline, err error) {
	in := struct {
		Decisions []DriftDecision `json:"decisions"`
	}{list}
	return b, c.Do(ctx, http.MethodPost, baselinePath(name)+"/decisions", in, &b)
}

// DriftDecisions lists what was decided on a baseline's drift.
func (c *Client) DriftDecisions(ctx context.Context, name string) (l List[DriftDecided], err error) {
	return l, c.Get(ctx, baselinePath(name)+"/decisions", &l)
}
