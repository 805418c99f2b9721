package change

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/timetext"
)

// Duration is a time.Duration that is written as ISO 8601 ("P7D", "PT30M") in
// JSON and YAML. Days are 24 hours.
type Duration time.Duration

// Day is 24 hours.
const Day = 24 * time.Hour

// String is the ISO 8601 form, whole seconds; days when nothing else is left.
func (d Duration) String() string {
	if x := time.Duration(d); x >= Day && x%Day == 0 {
		return fmt.Sprintf("P%dD", x/Day)
	}
	return timetext.ISO(time.Duration(d))
}

// MarshalText writes ISO 8601.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads ISO 8601.
func (d *Duration) UnmarshalText(text []byte) error {
	v, ok := timetext.Duration(strings.ToUpper(strings.TrimSpace(string(text))))
	if !ok {
		return fmt.Errorf("%q is no duration; write it like P7D or PT30M", string(text))
	}
	*d = Duration(v)
	return nil
}

// What happens to a service that the catalog does not have.
const (
	Propose = "propose" // it is added as proposed, for its team to confirm
	Refuse  = "refuse"  // the pipeline is told how to register it
)

// Settings is how an organisation works with changes: the spec of a document
// of kind ChangePractice, of which there is one, "default". What is absent
// takes its default.
type Settings struct {
	Environments        []string  `json:"environments,omitempty"`        // deployments to these are changes; default production
	Thresholds          Levels    `json:"thresholds,omitzero"`           // that rules of policy compare with
	Board               Authority `json:"board,omitzero"`                // who decides on high risk
	ApprovalExpiry      Duration  `json:"approvalExpiry,omitzero"`       // an approval that is not used holds so long; default P7D
	Verification        Duration  `json:"verification,omitzero"`         // how long health is watched after a deployment; default PT30M
	UnknownService      string    `json:"unknownService,omitempty"`      // propose (default) or refuse
	ReviewDays          int       `json:"reviewDays,omitempty"`          // business days until an emergency change is reviewed; default 5
	ReworkWithin        Duration  `json:"reworkWithin,omitzero"`         // a fix so soon after a failed change is rework; default P7D
	RequireRollbackPlan string    `json:"requireRollbackPlan,omitempty"` // from which risk on: low, medium, high (default), never
	AutomaticRollback   bool      `json:"automaticRollback,omitempty"`   // a deployment that verification finds unhealthy is rolled back by itself
	Remind              Duration  `json:"remind,omitzero"`               // before a planned start; default PT15M
	Pushes              []Push    `json:"pushes,omitempty"`              // pushes that are deployments
	Metrics             []Metric  `json:"metrics,omitempty"`             // compared before and after a deployment
}

// Authority is who may approve as the board.
type Authority struct {
	People []string `json:"people,omitempty"` // handles
	Teams  []string `json:"teams,omitempty"`
}

// Push says that a push to a branch of a repository is a deployment, for
// pipelines that report nothing else.
type Push struct {
	Repository  string `json:"repository"` // "harbour/checkout", or "harbour/*"
	Branch      string `json:"branch"`
	Environment string `json:"environment"`
}

// Metric is a figure of a service that is compared before and after a
// deployment.
type Metric struct {
	Name   string  `json:"name"`
	Query  string  `json:"query"`            // PromQL; {service} stands for the service's name
	Worse  string  `json:"worse,omitempty"`  // higher (default) or lower
	Effect float64 `json:"effect,omitempty"` // share by which it must be worse to count; default 0.1
	P      float64 `json:"p,omitempty"`      // significance; default 0.01
}

// DefaultSettings is what holds while nobody wrote anything.
func DefaultSettings() Settings {
	return Settings{
		Environments: []string{Production}, Thresholds: defaultLevels(),
		ApprovalExpiry: Duration(7 * Day), Verification: Duration(30 * time.Minute), UnknownService: Propose,
		ReviewDays: 5, ReworkWithin: Duration(7 * Day), RequireRollbackPlan: "high", Remind: Duration(15 * time.Minute),
	}
}

// Practice is the settings as stored, complete with defaults.
type Practice struct {
	Settings
	Version int64  // 0: nobody wrote any
	Managed string // "commit 1a2b3c" when managed in git
}

// Ref is the record's key.
func (Practice) Ref() ref.Ref { return ref.S(ref.Practice, "default") }

// Level is the level of a risk score: low, medium or high; empty for an unknown one (-1).
func (s Settings) Level(score int) string {
	switch {
	case score < 0:
		return ""
	case score >= s.Thresholds.High:
		return "high"
	case score >= s.Thresholds.Medium:
		return "medium"
	}
	return "low"
}

// complete returns the settings with defaults for all that is absent.
func (s Settings) complete() Settings {
	d := DefaultSettings()
	if len(s.Environments) == 0 {
		s.Environments = d.Environments
	}
	s.Thresholds = s.Thresholds.complete()
	or(&s.ApprovalExpiry, d.ApprovalExpiry)
	or(&s.Verification, d.Verification)
	or(&s.UnknownService, d.UnknownService)
	or(&s.ReviewDays, d.ReviewDays)
	or(&s.ReworkWithin, d.ReworkWithin)
	or(&s.RequireRollbackPlan, d.RequireRollbackPlan)
	or(&s.Remind, d.Remind)
	return s
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
