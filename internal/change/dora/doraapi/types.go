package doraapi

import (
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/dora"
)

// Period is the time that figures are about.
type Period struct {
	Name  string    `json:"name,omitempty" example:"2026-10"`
	Title string    `json:"title"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

func period(p dora.Period) Period { return Period{p.Name, p.Title, p.From, p.To} }

// Rate is a share with what it stands on.
type Rate struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
	Low   float64 `json:"low" doc:"95 % interval (Wilson)"`
	High  float64 `json:"high"`
}

// rate is nil where nothing is known.
func rate(r dora.Rate) *Rate {
	return known(r.Of > 0, Rate{r.N, r.Of, fine(r.Share), fine(r.Low), fine(r.High)})
}

// Spread is durations; the median is the ordinary one, the 90th percentile the
// nearest rank.
type Spread struct {
	Count         int   `json:"count"`
	MeanSeconds   int64 `json:"mean_seconds"`
	MedianSeconds int64 `json:"median_seconds"`
	P90Seconds    int64 `json:"p90_seconds"`
}

func spread(s dora.Spread) *Spread {
	return known(s.N > 0, Spread{s.N, seconds(s.Mean), seconds(s.Median), seconds(s.P90)})
}

// Figures are the measures of a period.
type Figures struct {
	Days          float64 `json:"days"`
	Deployments   int     `json:"deployments"`
	PerDay        float64 `json:"deployments_per_day"`
	ActiveDays    int     `json:"active_days" doc:"With at least one"`
	Busiest       int     `json:"most_in_a_day"`
	New           int     `json:"bring_something_new"`
	LeadTime      *Spread `json:"lead_time" doc:"null: unknown"`
	Completed     int     `json:"completed"`
	FailureRate   *Rate   `json:"change_failure_rate" doc:"Of the completed; null: unknown"`
	Caused        int     `json:"caused_incidents" doc:"Failed because an incident is confirmed to be caused by it"`
	Recovery      *Spread `json:"failed_deployment_recovery_time" doc:"null: unknown"`
	Unrecovered   int     `json:"unrecovered" doc:"Failed, and it is not known when users were served well again"`
	Rework        *Rate   `json:"rework_rate"`
	OutcomeKnown  *Rate   `json:"outcome_known" doc:"Link coverage: deployments whose outcome something said"`
	CauseKnown    *Rate   `json:"incident_cause_known" doc:"Link coverage: incidents whose cause is confirmed; null: there was none"`
	Bypassed      int     `json:"bypassed" doc:"Began without being allowed"`
	WaitedSeconds int64   `json:"waited_seconds" doc:"For approvals, all steps together"`
}

func figures(f dora.Figures) Figures {
	return Figures{
		Days: fine(f.Days), Deployments: f.Deployments, PerDay: fine(f.PerDay), ActiveDays: f.ActiveDays, Busiest: f.Busiest, New: f.New, LeadTime: spread(f.Lead), Completed: f.Completed, FailureRate: rate(f.Failed),
		Caused: f.Caused, Recovery: spread(f.Recovery), Unrecovered: f.Unrecovered, Rework: rate(f.Rework), OutcomeKnown: rate(f.OutcomeKnown), CauseKnown: rate(f.Linked), Bypassed: f.Bypassed, WaitedSeconds: seconds(f.Waited),
	}
}

// Measures are the figures of a period beside those before, with a trend.
type Measures struct {
	Period      Period       `json:"period"`
	Before      Period       `json:"before"`
	Figures     Figures      `json:"figures"`
	Previous    Figures      `json:"previous" doc:"Of the period before"`
	By          string       `json:"by" enum:"day,week,month"`
	Trend       []Point      `json:"trend"`
	Maturity    *Maturity    `json:"maturity" doc:"null: unknown"`
	Since       *time.Time   `json:"since,omitempty" doc:"The first change that was measured; nothing is known of the time before"`
	Definitions []Definition `json:"definitions"`
}

// Point is one point of the trend.
type Point struct {
	Period  Period   `json:"period"`
	Figures *Figures `json:"figures" doc:"null: nothing is known of that time"`
}

// Maturity is how mature change enablement is by its results.
type Maturity struct {
	Level string `json:"level" enum:"ad hoc,defined,managed,optimised"`
	Says  string `json:"says"`
}

// Definition says what a figure means.
type Definition struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Text   string `json:"text"`
	Source string `json:"source"`
	Link   string `json:"link,omitempty"`
}

func measures(r dora.Report) Measures {
	m := Measures{
		Period: period(r.Period), Before: period(r.Before), Figures: figures(r.Figures), Previous: figures(r.Previous), By: string(r.By), Trend: make([]Point, len(r.Trend)),
		Maturity: known(r.Maturity.Level != "", Maturity(r.Maturity)), Since: api.When(r.Since), Definitions: make([]Definition, len(dora.Definitions)),
	}
	for n, p := range r.Trend {
		m.Trend[n] = Point{period(p.Period), known(p.Known, figures(p.Figures))}
	}
	for n, d := range dora.Definitions {
		m.Definitions[n] = Definition(d)
	}
	return m
}

// Parts are the figures of teams or services.
type Parts struct {
	Items []Part `json:"items"`
	All   int    `json:"all" doc:"How many there are"`
}

// Part is one team or service.
type Part struct {
	Name    string  `json:"name" doc:"Empty: without a team"`
	Figures Figures `json:"figures"`
}

// Rebuilt says how many changes were measured.
type Rebuilt struct {
	Changes int `json:"changes"`
}

// Record is a change behind a figure.
type Record struct {
	Change          string     `json:"change" example:"CHG-7"`
	Title           string     `json:"title"`
	State           string     `json:"state"`
	Service         string     `json:"service"`
	Team            string     `json:"team,omitempty"`
	Environment     string     `json:"environment"`
	Kind            string     `json:"kind"`
	Commit          string     `json:"commit,omitempty"`
	Artefact        string     `json:"artefact,omitempty"`
	At              *time.Time `json:"at,omitempty" doc:"Complete, or else ended"`
	LeadSeconds     *int64     `json:"lead_time_seconds" doc:"null: unknown"`
	RecoverySeconds *int64     `json:"recovery_seconds" doc:"null: unknown"`
	Risk            *int       `json:"risk" doc:"null: unknown"`
	Failed          bool       `json:"failed"`
	Caused          bool       `json:"caused_incident"`
	Rework          bool       `json:"rework"`
	OutcomeKnown    bool       `json:"outcome_known"`
	OutcomeBy       string     `json:"outcome_by,omitempty"`
	OutcomeReason   string     `json:"outcome_reason,omitempty"`
}

func record(r dora.Record) Record {
	return Record{
		Change: r.Ref().String(), Title: r.Title, State: r.State, Service: r.Service, Team: r.Team, Environment: r.Environment, Kind: r.Kind, Commit: r.Commit, Artefact: r.Artefact, At: api.When(r.At),
		LeadSeconds: known(r.Lead >= 0, seconds(r.Lead)), RecoverySeconds: known(r.Recovery >= 0, seconds(r.Recovery)), Risk: known(r.Risk >= 0, r.Risk),
		Failed: r.Failed, Caused: r.Caused, Rework: r.Rework, OutcomeKnown: r.OutcomeKnown, OutcomeBy: r.OutcomeBy, OutcomeReason: r.OutcomeReason,
	}
}

// Ledger is what approval steps cost and bring.
type Ledger struct {
	Period Period `json:"period"`
	Steps  []Step `json:"steps"`
}

// Step is one line of the ledger.
type Step struct {
	Rule          string  `json:"rule" example:"peer-review"`
	Who           string  `json:"who" example:"peer"`
	Changes       int     `json:"changes" doc:"That went through it"`
	Approved      int     `json:"approved"`
	Rejected      int     `json:"rejected"`
	Expired       int     `json:"expired" doc:"Nobody decided in time, or it was asked anew"`
	WaitedSeconds int64   `json:"waited_seconds"`
	Wait          *Spread `json:"wait"`
	With          *Rate   `json:"with" doc:"Failures of all completed changes with the step, whatever their risk"`
	Without       *Rate   `json:"without"`
	EqualWith     int     `json:"equal_with" doc:"Changes that have others of equal risk to be compared with"`
	EqualWithout  int     `json:"equal_without"`
	Equal         *Equal  `json:"at_equal_risk" doc:"null: nothing can be compared"`
	Verdict       string  `json:"verdict" enum:"fewer failures,no measurable benefit,more failures,too little data"`
	Says          string  `json:"says"`
}

// Equal compares at equal risk: what was observed, not an experiment.
type Equal struct {
	RateWith    float64 `json:"rate_with"`
	RateWithout float64 `json:"rate_without"`
	Difference  float64 `json:"difference" doc:"Below 0: fewer failures with the step"`
	Low         float64 `json:"low" doc:"95 % interval of the difference"`
	High        float64 `json:"high"`
}

func step(s dora.Step) Step {
	return Step{
		Rule: s.Rule, Who: s.Who, Changes: s.Changes, Approved: s.Approved, Rejected: s.Rejected, Expired: s.Expired, WaitedSeconds: seconds(s.Waited), Wait: spread(s.Wait), With: rate(s.With), Without: rate(s.Without),
		EqualWith: s.EqualWith, EqualWithout: s.EqualWithout, Equal: known(s.EqualWith > 0 && s.EqualWithout > 0, Equal{fine(s.RateWith), fine(s.RateWithout), fine(s.Difference), fine(s.DifferenceLow), fine(s.DifferenceHigh)}),
		Verdict: string(s.Verdict), Says: s.Says,
	}
}

// Approval is one approval behind a step.
type Approval struct {
	Change        string     `json:"change" example:"CHG-7"`
	Title         string     `json:"title"`
	State         string     `json:"state" doc:"Of the change"`
	Risk          *int       `json:"risk" doc:"null: unknown"`
	Person        string     `json:"person,omitempty" example:"USR-2" doc:"Who decided"`
	Outside       string     `json:"outside,omitempty" doc:"Login of a code reviewer whom we do not know"`
	Via           string     `json:"via,omitempty"`
	Answer        string     `json:"answer" enum:"approved,rejected,expired,withdrawn"`
	Asked         *time.Time `json:"asked,omitempty"`
	Decided       *time.Time `json:"decided,omitempty"`
	WaitedSeconds int64      `json:"waited_seconds"`
}

// Imported says what an import did.
type Imported struct {
	Rows       int  `json:"rows"`
	Changes    int  `json:"changes" doc:"In environments whose deployments become changes"`
	Added      int  `json:"added"`
	Known      int  `json:"known" doc:"Taken in by an earlier import, or twice in this one"`
	Elsewhere  int  `json:"elsewhere" doc:"In other environments"`
	Returns    int  `json:"returns" doc:"An earlier artefact came back"`
	Repeats    int  `json:"repeats" doc:"The same artefact was deployed again"`
	Assumed    int  `json:"assumed" doc:"Nothing said how they went"`
	Negative   int  `json:"negative" doc:"The commit lies after the deployment: no lead time"`
	NoCommit   int  `json:"no_commit" doc:"The time of the commit is unknown: no lead time"`
	OutOfOrder int  `json:"out_of_order"`
	DryRun     bool `json:"dry_run"`
}

// known returns a figure, or nil where it is unknown.
func known[T any](is bool, v T) *T {
	if !is {
		return nil
	}
	return &v
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// fine rounds to six places.
func fine(f float64) float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return 0
	}
	return math.Round(f*1e6) / 1e6
}
