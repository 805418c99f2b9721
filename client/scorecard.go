package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// ScorecardSpec is what can be written of a scorecard.
type ScorecardSpec struct {
	Title       string           `json:"title,omitempty"`
	Description string           `json:"description,omitempty"`
	Applies     string           `json:"applies,omitempty"` // CEL over what a service is
	Checks      []ScorecardCheck `json:"checks"`
}

// ScorecardCheck is one rule.
type ScorecardCheck struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Rule  string `json:"rule"`            // CEL over facts
	Level string `json:"level,omitempty"` // bronze, silver, gold
	Why   string `json:"why,omitempty"`
	Next  string `json:"next,omitempty"`
	Link  string `json:"link,omitempty"`
}

// Scorecard is rules that say how well services are kept.
type Scorecard struct {
	Name string `json:"name"`
	ScorecardSpec
	Version   int64     `json:"version"`
	Shipped   bool      `json:"shipped,omitempty"` // it comes with the program
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

// Standing is how a service stands by a scorecard.
type Standing struct {
	Service string        `json:"service"`
	Card    string        `json:"card"`
	Level   string        `json:"level"` // none, bronze, silver, gold
	Passed  int           `json:"passed"`
	Counted int           `json:"counted"`
	Results []CheckResult `json:"results"`
	At      time.Time     `json:"at"`
	Trend   []StandingDay `json:"trend,omitempty"` // of one service only
}

// CheckResult is how a check came out.
type CheckResult struct {
	ID    string `json:"id"`
	State string `json:"state"` // passed, failed, unknown, neutral
	Fact  string `json:"fact,omitempty"`
	Title string `json:"title,omitempty"`
	Level string `json:"level,omitempty"`
	Next  string `json:"next,omitempty"`
}

// StandingDay is the result of a day.
type StandingDay struct {
	Day     string `json:"day"`
	Level   string `json:"level"`
	Passed  int    `json:"passed"`
	Counted int    `json:"counted"`
}

// ScorecardTrial is what a scorecard would say.
type ScorecardTrial struct {
	Services []Standing `json:"services"`
	More     bool       `json:"more,omitempty"`
}

// Scorecards lists all scorecards by name.
func (c *Client) Scorecards(ctx context.Context) (List[Scorecard], error) {
	var list List[Scorecard]
	err := c.Get(ctx, "/api/v1/scorecards", &list)
	return list, err
}

// Scorecard returns a scorecard by name.
func (c *Client) Scorecard(ctx context.Context, name string) (Scorecard, error) {
	var s Scorecard
	err := c.Get(ctx, cardPath(name), &s)
	return s, err
}

// CreateScorecard adds a scorecard; 422 with line and column when a rule does
// not compile.
func (c *Client) CreateScorecard(ctx context.Context, name string, spec ScorecardSpec) (Scorecard, error) {
	in := struct {
		Name string `json:"name"`
		ScorecardSpec
	}{name, spec}
	var s Scorecard
	err := c.Do(ctx, http.MethodPost, "/api/v1/scorecards", in, &s)
	return s, err
}

// UpdateScorecard replaces a scorecard; 409 when version is not the present
// one or it is managed as code.
func (c *Client) UpdateScorecard(ctx context.Context, name string, version int64, spec ScorecardSpec) (Scorecard, error) {
	var s Scorecard
	_, err := c.Edit(ctx, http.MethodPut, cardPath(name), etag(version), spec, &s)
	return s, err
}

// DeleteScorecard takes a scorecard away.
func (c *Client) DeleteScorecard(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, cardPath(name), nil, nil)
}

// TryScorecard measures all services by a scorecard that is not written.
func (c *Client) TryScorecard(ctx context.Context, spec ScorecardSpec) (ScorecardTrial, error) {
	var t ScorecardTrial
	err := c.Do(ctx, http.MethodPost, "/api/v1/scorecard-trials", spec, &t)
	return t, err
}

// Standings lists how services stand by a scorecard, as last measured; team
// may be empty.
func (c *Client) Standings(ctx context.Context, card, team, cursor string, limit int) (List[Standing], error) {
	var list List[Standing]
	err := c.Get(ctx, cardPath(card)+"/services"+Query("team", team, "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// MeasureService measures a service now by every scorecard that applies.
func (c *Client) MeasureService(ctx context.Context, service string) (List[Standing], error) {
	var list List[Standing]
	err := c.Get(ctx, servicePath(service)+"/scorecards", &list)
	return list, err
}

func cardPath(name string) string { return "/api/v1/scorecards/" + url.PathEscape(name) }
