package client

import (
	"context"
	"io"
	"net/http"
	"time"
)

// MeasureAsk says which changes are measured; nothing: those of production in
// the last 30 days.
type MeasureAsk struct {
	Team, Service, Environment, Kind string
	Period                           string // 30d, 12w, 12m, 2026-10, 2026-Q3, 2026
	From, To                         time.Time
	Zone                             string
}

func (a MeasureAsk) pairs(more ...string) string {
	return Query(append([]string{"team", a.Team, "service", a.Service, "environment", a.Environment, "kind", a.Kind, "period", a.Period, "from", moment(a.From), "to", moment(a.To), "zone", a.Zone}, more...)...)
}

// MeasurePeriod is the time that figures are about.
type MeasurePeriod struct {
	Name  string    `json:"name,omitempty"`
	Title string    `json:"title"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// Rate is a share with its 95 % interval.
type Rate struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// ChangeFigures are DORA's measures; nil is unknown.
type ChangeFigures struct {
	Days          float64       `json:"days"`
	Deployments   int           `json:"deployments"`
	PerDay        float64       `json:"deployments_per_day"`
	ActiveDays    int           `json:"active_days"`
	Busiest       int           `json:"most_in_a_day"`
	New           int           `json:"bring_something_new"`
	LeadTime      *HealthSpread `json:"lead_time"`
	Completed     int           `json:"completed"`
	FailureRate   *Rate         `json:"change_failure_rate"`
	Caused        int           `json:"caused_incidents"`
	Recovery      *HealthSpread `json:"failed_deployment_recovery_time"`
	Unrecovered   int           `json:"unrecovered"`
	Rework        *Rate         `json:"rework_rate"`
	OutcomeKnown  *Rate         `json:"outcome_known"`
	CauseKnown    *Rate         `json:"incident_cause_known"`
	Bypassed      int           `json:"bypassed"`
	WaitedSeconds int64         `json:"waited_seconds"`
}

// ChangeMeasures are the figures of a period beside those before.
type ChangeMeasures struct {
	Period   MeasurePeriod `json:"period"`
	Before   MeasurePeriod `json:"before"`
	Figures  ChangeFigures `json:"figures"`
	Previous ChangeFigures `json:"previous"`
	By       string        `json:"by"`
	Trend    []struct {
		Period  MeasurePeriod  `json:"period"`
		Figures *ChangeFigures `json:"figures"`
	} `json:"trend"`
	Maturity *struct {
		Level string `json:"level"`
		Says  string `json:"says"`
	} `json:"maturity"`
	Since       *time.Time `json:"since,omitempty"`
	Definitions []struct {
		Name   string `json:"name"`
		Title  string `json:"title"`
		Text   string `json:"text"`
		Source string `json:"source"`
		Link   string `json:"link,omitempty"`
	} `json:"definitions"`
}

// MeasuredPart is a team or service with its figures.
type MeasuredPart struct {
	Name    string        `json:"name"`
	Figures ChangeFigures `json:"figures"`
}

// MeasuredParts are the first of them, and how many there are.
type MeasuredParts struct {
	Items []MeasuredPart `json:"items"`
	All   int            `json:"all"`
}

// MeasuredChange is a change behind a figure.
type MeasuredChange struct {
	Change          string     `json:"change"`
	Title           string     `json:"title"`
	State           string     `json:"state"`
	Service         string     `json:"service"`
	Team            string     `json:"team,omitempty"`
	Environment     string     `json:"environment"`
	Kind            string     `json:"kind"`
	Commit          string     `json:"commit,omitempty"`
	Artefact        string     `json:"artefact,omitempty"`
	At              *time.Time `json:"at,omitempty"`
	LeadSeconds     *int64     `json:"lead_time_seconds"`
	RecoverySeconds *int64     `json:"recovery_seconds"`
	Risk            *int       `json:"risk"`
	Failed          bool       `json:"failed"`
	Caused          bool       `json:"caused_incident"`
	Rework          bool       `json:"rework"`
	OutcomeKnown    bool       `json:"outcome_known"`
	OutcomeBy       string     `json:"outcome_by,omitempty"`
	OutcomeReason   string     `json:"outcome_reason,omitempty"`
}

// ApprovalLedger is what approval steps cost and bring.
type ApprovalLedger struct {
	Period MeasurePeriod `json:"period"`
	Steps  []LedgerStep  `json:"steps"`
}

// LedgerStep is one line of the ledger.
type LedgerStep struct {
	Rule          string        `json:"rule"`
	Who           string        `json:"who"`
	Changes       int           `json:"changes"`
	Approved      int           `json:"approved"`
	Rejected      int           `json:"rejected"`
	Expired       int           `json:"expired"`
	WaitedSeconds int64         `json:"waited_seconds"`
	Wait          *HealthSpread `json:"wait"`
	With          *Rate         `json:"with"`
	Without       *Rate         `json:"without"`
	EqualWith     int           `json:"equal_with"`
	EqualWithout  int           `json:"equal_without"`
	Equal         *struct {
		RateWith    float64 `json:"rate_with"`
		RateWithout float64 `json:"rate_without"`
		Difference  float64 `json:"difference"`
		Low         float64 `json:"low"`
		High        float64 `json:"high"`
	} `json:"at_equal_risk"`
	Verdict string `json:"verdict"`
	Says    string `json:"says"`
}

// LedgerApproval is an approval behind a step.
type LedgerApproval struct {
	Change        string     `json:"change"`
	Title         string     `json:"title"`
	State         string     `json:"state"`
	Risk          *int       `json:"risk"`
	Person        string     `json:"person,omitempty"`
	Outside       string     `json:"outside,omitempty"`
	Via           string     `json:"via,omitempty"`
	Answer        string     `json:"answer"`
	Asked         *time.Time `json:"asked,omitempty"`
	Decided       *time.Time `json:"decided,omitempty"`
	WaitedSeconds int64      `json:"waited_seconds"`
}

// ChangesImported says what an import of history did.
type ChangesImported struct {
	Rows       int  `json:"rows"`
	Changes    int  `json:"changes"`
	Added      int  `json:"added"`
	Known      int  `json:"known"`
	Elsewhere  int  `json:"elsewhere"`
	Returns    int  `json:"returns"`
	Repeats    int  `json:"repeats"`
	Assumed    int  `json:"assumed"`
	Negative   int  `json:"negative"`
	NoCommit   int  `json:"no_commit"`
	OutOfOrder int  `json:"out_of_order"`
	DryRun     bool `json:"dry_run"`
}

const measuresPath = "/api/v1/change-measures"

// ChangeMeasures measures changes; by is the width of the trend's points (day,
// week, month, or empty), trend its period (empty: that of the figures).
func (c *Client) ChangeMeasures(ctx context.Context, a MeasureAsk, by, trend string) (m ChangeMeasures, err error) {
	return m, c.Get(ctx, measuresPath+a.pairs("by", by, "trend", trend), &m)
}

// MeasureParts measures each "team" or "service" by itself.
func (c *Client) MeasureParts(ctx context.Context, a MeasureAsk, by string, limit int) (p MeasuredParts, err error) {
	return p, c.Get(ctx, measuresPath+"/parts"+a.pairs("by", by, "limit", number(limit)), &p)
}

// MeasuredChanges lists the changes behind a figure: deployments, lead-time,
// no-lead-time, completed, failures, recovery, unrecovered, rework, no-outcome
// or bypassed.
func (c *Client) MeasuredChanges(ctx context.Context, a MeasureAsk, figure, cursor string, limit int) (list List[MeasuredChange], err error) {
	return list, c.Get(ctx, measuresPath+"/records"+a.pairs("figure", figure, "cursor", cursor, "limit", number(limit)), &list)
}

// RebuildMeasures measures all changes anew and returns how many there are.
func (c *Client) RebuildMeasures(ctx context.Context) (int, error) {
	var out struct {
		Changes int `json:"changes"`
	}
	err := c.Do(ctx, http.MethodPost, measuresPath+"/rebuild", nil, &out)
	return out.Changes, err
}

// ApprovalLedger says what each approval step cost and brings.
func (c *Client) ApprovalLedger(ctx context.Context, a MeasureAsk) (l ApprovalLedger, err error) {
	return l, c.Get(ctx, "/api/v1/change-ledger"+a.pairs(), &l)
}

// LedgerApprovals lists the approvals behind a step.
func (c *Client) LedgerApprovals(ctx context.Context, a MeasureAsk, rule, who, cursor string, limit int) (list List[LedgerApproval], err error) {
	return list, c.Get(ctx, "/api/v1/change-ledger/approvals"+a.pairs("rule", rule, "who", who, "cursor", cursor, "limit", number(limit)), &list)
}

// ImportChanges takes in deployments that happened before, as CSV; see the API's
// description for the columns. committedFrom may name an environment in which
// everything arrives first.
func (c *Client) ImportChanges(ctx context.Context, csv io.Reader, committedFrom string, dry bool) (d ChangesImported, err error) {
	return d, c.uploadInto(ctx, "/api/v1/change-imports"+Query("committed_from", committedFrom, "dry_run", flag(dry)), "text/csv", csv, &d)
}
