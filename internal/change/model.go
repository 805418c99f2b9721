package change

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ModelSpec is a pre-approved kind of change as code: the spec of a document of
// kind ChangeModel. A change that follows it, within its scope and conditions,
// needs no human gate (ITIL 4: a standard change).
type ModelSpec struct {
	Title        string     `json:"title,omitempty"`
	Description  string     `json:"description,omitempty"`
	Template     Template   `json:"template,omitzero"`
	Services     []string   `json:"services,omitempty"`     // none and no teams: all services
	Teams        []string   `json:"teams,omitempty"`        // services of these teams, besides Services
	Kinds        []Kind     `json:"kinds,omitempty"`        // none: all
	Environments []string   `json:"environments,omitempty"` // none: all
	Conditions   Conditions `json:"conditions,omitzero"`
	Expires      string     `json:"expires,omitempty"` // the last day on which it holds, "2027-03-31"; empty: it does not expire

	// The rule by which it loses its pre-approval: more than this share of its
	// changes failed, once so many were completed since it was approved.
	MaxFailureRate float64 `json:"maxFailureRate,omitempty"` // default 0.1
	MinUses        int     `json:"minUses,omitempty"`        // default 10
}

// Template is what a change of a model starts with.
type Template struct {
	Title        string  `json:"title,omitempty"`
	Summary      string  `json:"summary,omitempty"`
	Purpose      Purpose `json:"purpose,omitempty"`
	RollbackPlan string  `json:"rollbackPlan,omitempty"`
	RollbackRef  string  `json:"rollbackRef,omitempty"`
}

// Conditions bound what a model covers; what is zero sets no bound.
type Conditions struct {
	MaxLines      int  `json:"maxLines,omitempty"`
	MaxFiles      int  `json:"maxFiles,omitempty"`
	MaxResources  int  `json:"maxResources,omitempty"`
	Tests         bool `json:"tests,omitempty"`         // tests of the commit ran, and none failed
	BusinessHours bool `json:"businessHours,omitempty"` // it starts in the business hours of the owner team
}

// What holds when a model does not say.
const (
	DefaultMaxFailureRate = 0.1
	DefaultMinUses        = 10
)

// ModelState says whether a model is pre-approved.
type ModelState string

// The states of a model.
const (
	ModelApproved  ModelState = "approved"
	ModelWithdrawn ModelState = "withdrawn" // by a person, or by its rule; a person approves it again
)

// Model is a stored model.
type Model struct {
	Name      string
	Spec      ModelSpec
	Version   int64
	State     ModelState
	Why       string // it was withdrawn
	Used      int    // completed changes since it was approved
	Failed    int    // of them
	Since     time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
	Managed   string // "commit 1a2b3c" when managed in git
}

// Ref is the record's key.
func (m Model) Ref() ref.Ref { return ref.S(ref.ChangeModel, m.Name) }

// Heading is the title, or the name when it has none.
func (m Model) Heading() string {
	if m.Spec.Title != "" {
		return m.Spec.Title
	}
	return m.Name
}

// Limit is the share of failures at which the model loses its pre-approval, and
// from how many changes on.
func (m Model) Limit() (rate float64, uses int) {
	rate, uses = m.Spec.MaxFailureRate, m.Spec.MinUses
	or(&rate, DefaultMaxFailureRate)
	or(&uses, DefaultMinUses)
	return rate, uses
}

// Expired reports whether the model's last day is over (UTC).
func (m Model) Expired(now time.Time) bool {
	last, err := time.Parse(time.DateOnly, m.Spec.Expires)
	return err == nil && !now.Before(last.AddDate(0, 0, 1))
}

// Fact is the model as policy sees it for one change: whether it is in force
// now, and what of the change does not fit into it. All other facts of the
// change have been gathered; what is not known about it does not fit.
func (m Model) Fact(c Change, in *fact.Input, now time.Time) fact.Model {
	out := fact.Model{Name: m.Name, PreApproved: m.State == ModelApproved && !m.Expired(now)}
	no := func(format string, args ...any) { out.Why = append(out.Why, fmt.Sprintf(format, args...)) }
	s := m.Spec
	if len(s.Services)+len(s.Teams) > 0 {
		for n, name := range c.Services {
			team := ""
			if in.Services.State == fact.Value && n < len(in.Services.Value) {
				team = in.Services.Value[n].Team
			}
			if !slices.Contains(s.Services, name) && (team == "" || !slices.Contains(s.Teams, team)) {
				no("%s is not among its services", name)
			}
		}
	}
	if len(s.Kinds) > 0 && !slices.Contains(s.Kinds, c.Kind) {
		no("it does not cover changes of kind %s", c.Kind)
	}
	if len(s.Environments) > 0 && !slices.Contains(s.Environments, c.Environment) {
		no("it does not cover %s", c.Environment)
	}
	size, sized := in.Size.Value, in.Size.State == fact.Value
	for _, x := range []struct {
		max, is int
		what    string
	}{{s.Conditions.MaxLines, size.Lines, "lines"}, {s.Conditions.MaxFiles, size.Files, "files"}, {s.Conditions.MaxResources, size.Resources, "resources"}} {
		switch {
		case x.max == 0:
		case !sized:
			no("nobody told how many %s it changes; at most %d are allowed", x.what, x.max)
		case x.is > x.max:
			no("it changes %d %s; at most %d are allowed", x.is, x.what, x.max)
		}
	}
	if t := in.Tests; s.Conditions.Tests && (t.State != fact.Value || t.Value.Total == 0 || t.Value.Failed > 0) {
		no("tests of the commit must have run without a failure")
	}
	if s.Conditions.BusinessHours && (in.Clock.State != fact.Value || !in.Clock.Value.Business) {
		no("it must start in business hours")
	}
	out.InScope = len(out.Why) == 0
	switch {
	case m.State == ModelWithdrawn:
		no("its pre-approval was withdrawn: %s", m.Why)
	case m.Expired(now):
		no("it expired on %s", s.Expires)
	}
	return out
}

// digest is what evidence says of a model: not its counters, which follow from
// its changes.
func (m Model) digest() string {
	return evidence.Digest(nil, []any{m.Name, m.Spec, m.Version, m.State, m.Why, m.Since.UnixMicro()})
}

var modelName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func checkModelName(name string) error {
	if modelName.MatchString(name) {
		return nil
	}
	return errs.BadField("name", errs.Short(name), "use up to 63 lower-case letters, digits and dashes, like certificate-renewal")
}
