package alert

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// IntegrationSpec is an integration as code. The token is no part of it: it is
// made with the integration and read by rotating it.
type IntegrationSpec struct {
	Kind     Kind     `json:"kind"`
	Title    string   `json:"title,omitempty"`
	Service  string   `json:"service,omitempty"`
	Team     string   `json:"team,omitempty"`
	Interval Duration `json:"interval,omitzero"`
	Grace    Duration `json:"grace,omitzero"`
	Severity Severity `json:"severity,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
}

// Spec is the integration as code.
func (in Integration) Spec() IntegrationSpec {
	sp := IntegrationSpec{Kind: in.Kind, Title: in.Title, Service: in.Service, Team: in.Team, Interval: Duration(in.Interval),
		Grace: Duration(in.Grace), Severity: in.Severity, Disabled: in.Disabled}
	if sp.Kind == Heartbeat && sp.Severity == Critical {
		sp.Severity = "" // the default
	}
	return sp
}

func (sp IntegrationSpec) integration(name string) Integration {
	return Integration{Name: name, Kind: sp.Kind, Title: sp.Title, Service: sp.Service, Team: sp.Team, Interval: time.Duration(sp.Interval),
		Grace: time.Duration(sp.Grace), Severity: sp.Severity, Disabled: sp.Disabled}
}

// RuleSpec is an alert rule as code. page and auto_close are true when left
// out, window PT2H and reopen PT30M.
type RuleSpec struct {
	Description string    `json:"description,omitempty"`
	Position    int       `json:"position"`
	Matchers    []string  `json:"matchers,omitempty"`
	Service     string    `json:"service,omitempty"`
	Team        string    `json:"team,omitempty"`
	Priority    string    `json:"priority,omitempty"` // P1 to P4
	GroupBy     []string  `json:"group_by,omitzero"`  // left out: service; empty: all alerts of the rule together
	Window      *Duration `json:"window,omitempty"`
	Reopen      *Duration `json:"reopen,omitempty"`
	Page        *bool     `json:"page,omitempty"`
	PageOnJoin  bool      `json:"page_on_join,omitempty"`
	AutoClose   *bool     `json:"auto_close,omitempty"`
	Quiet       bool      `json:"quiet,omitempty"`
	Disabled    bool      `json:"disabled,omitempty"`
}

// Spec is the rule as code.
func (r Rule) Spec() RuleSpec {
	sp := RuleSpec{Description: r.Description, Position: r.Position, Service: r.Service, Team: r.Team,
		PageOnJoin: r.PageOnJoin, Quiet: r.Quiet, Disabled: r.Disabled}
	if len(r.Matchers) > 0 {
		sp.Matchers = Texts(r.Matchers)
	}
	if !slices.Equal(r.GroupBy, catchAllGroup) {
		sp.GroupBy = append([]string{}, r.GroupBy...) // not nil: an empty list says something
	}
	if r.Priority != 0 {
		sp.Priority = fmt.Sprintf("P%d", r.Priority)
	}
	if r.Window != DefaultWindow {
		sp.Window = new(Duration(r.Window))
	}
	if r.Reopen != DefaultReopen {
		sp.Reopen = new(Duration(r.Reopen))
	}
	if !r.Page && !r.Quiet {
		sp.Page = new(false)
	}
	if !r.AutoClose {
		sp.AutoClose = new(false)
	}
	return sp
}

// Rule reads a rule from code. Errors: Invalid.
func (sp RuleSpec) Rule(name string) (Rule, error) {
	var f errs.Fields
	r := Rule{Name: name, Description: sp.Description, Position: sp.Position, Matchers: ParseMatchers("matchers", sp.Matchers, &f),
		Service: sp.Service, Team: sp.Team, GroupBy: sp.GroupBy, Window: DefaultWindow, Reopen: DefaultReopen,
		Page: !sp.Quiet, PageOnJoin: sp.PageOnJoin, AutoClose: true, Quiet: sp.Quiet, Disabled: sp.Disabled}
	if sp.Position < 0 || sp.Position > 1e6 {
		f.Add("position", fmt.Sprint(sp.Position), "use 1 for the first rule tried, 2 for the next")
	}
	if sp.GroupBy == nil {
		r.GroupBy = slices.Clone(catchAllGroup)
	}
	switch sp.Priority {
	case "":
	case "P1", "P2", "P3", "P4":
		r.Priority = int(sp.Priority[1] - '0')
	default:
		f.Add("priority", sp.Priority, "use P1 to P4, or leave it out: severity × the service's tier decides")
	}
	if sp.Window != nil {
		r.Window = time.Duration(*sp.Window)
	}
	if sp.Reopen != nil {
		r.Reopen = time.Duration(*sp.Reopen)
	}
	if sp.Page != nil {
		r.Page = *sp.Page
	}
	if sp.AutoClose != nil {
		r.AutoClose = *sp.AutoClose
	}
	return r, f.Err()
}

// ListIntegrationSpecs returns all integrations as code.
func (s *Service) ListIntegrationSpecs(q db.Querier) ([]ascode.Object[IntegrationSpec], error) {
	var out []ascode.Object[IntegrationSpec]
	for after := ""; ; {
		list, err := integrations(q, after, 200)
		if err != nil || len(list) == 0 {
			return out, err
		}
		for _, in := range list {
			out = append(out, ascode.Object[IntegrationSpec]{Name: in.Name, Spec: in.Spec()})
		}
		after = list[len(list)-1].Name
	}
}

// ApplyIntegration makes the integration equal to the spec. A new one gets a
// token that nobody has seen: rotate it to read one.
func (s *Service) ApplyIntegration(tx *db.Tx, name string, sp IntegrationSpec, commit string) error {
	want := sp.integration(name)
	old, err := integrationByName(tx, name)
	if errs.Is(err, errs.NotFound) {
		_, err = s.createIntegration(tx, &want)
		return err
	} else if err != nil {
		return err
	}
	_, err = s.updateIntegration(tx, &old, &want)
	return err
}

// RemoveIntegration deletes an integration without alerts and disables one
// that has some, since its alerts name it.
func (s *Service) RemoveIntegration(tx *db.Tx, name string) error {
	err := s.removeIntegration(tx, name)
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	old, err := integrationByName(tx, name)
	if err != nil {
		return err
	}
	off := old
	off.Disabled = true
	_, err = s.updateIntegration(tx, &old, &off)
	return err
}

// ListRuleSpecs returns all alert rules as code.
func (s *Service) ListRuleSpecs(q db.Querier) ([]ascode.Object[RuleSpec], error) {
	list, err := listRules(q)
	out := make([]ascode.Object[RuleSpec], len(list))
	for i, r := range list {
		out[i] = ascode.Object[RuleSpec]{Name: r.Name, Spec: r.Spec()}
	}
	return out, err
}

// ApplyRule makes the rule equal to the spec.
func (s *Service) ApplyRule(tx *db.Tx, name string, sp RuleSpec, commit string) error {
	want, err := sp.Rule(name)
	if err != nil {
		return err
	}
	old, err := ruleByName(tx, name)
	if errs.Is(err, errs.NotFound) {
		return s.createRule(tx, &want)
	} else if err != nil {
		return err
	}
	_, err = s.updateRule(tx, &old, &want)
	return err
}

// RemoveRule deletes the rule.
func (s *Service) RemoveRule(tx *db.Tx, name string) error { return s.removeRule(tx, name) }

// Kinds describes the practice's documents to package ascode.
func (s *Service) Kinds() []ascode.Kind {
	return []ascode.Kind{
		ascode.NewKind("Integration", ref.Integration, ascode.OrderIntegration, s.ListIntegrationSpecs, s.ApplyIntegration, s.RemoveIntegration),
		ascode.NewKind("AlertRule", ref.AlertRule, ascode.OrderRule, s.ListRuleSpecs, s.ApplyRule, s.RemoveRule),
	}
}
