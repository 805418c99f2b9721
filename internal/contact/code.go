package contact

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/timetext"
)

// Spec is a person's rules as code. Its name is the person's handle. Methods
// are named by kind and label: addresses are personal data and not in git.
type Spec struct {
	P1       []LegSpec  `json:"p1,omitempty"`
	P2       *[]LegSpec `json:"p2,omitempty"`
	P3       *[]LegSpec `json:"p3,omitempty"`
	P4       *[]LegSpec `json:"p4,omitempty"`
	Other    *[]LegSpec `json:"other,omitempty"`
	Zone     string     `json:"zone,omitempty"`
	Quiet    *QuietSpec `json:"quiet,omitempty"`
	SelfTest string     `json:"self_test,omitempty"`
}

// LegSpec is a leg as code.
type LegSpec struct {
	By    string `json:"by"`              // "webpush", "sms/Work phone", "email", "channel:ops"
	After string `json:"after,omitempty"` // ISO 8601, "PT2M"; "" = at once
}

// QuietSpec are quiet hours as code.
type QuietSpec struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// specOf writes rules as code; what is the default is left out.
func specOf(r Rules) Spec {
	s := Spec{P2: opt(r.P2), P3: opt(r.P3), P4: opt(r.P4), Zone: r.Zone, SelfTest: r.TestAt}
	if !slices.Equal(r.P1, Default().P1) {
		s.P1 = *opt(r.P1)
	}
	if !slices.Equal(r.Other, Default().Other) {
		s.Other = opt(r.Other)
		if s.Other == nil {
			s.Other = &[]LegSpec{}
		}
	}
	if r.Quiet != (Quiet{}) {
		s.Quiet = &QuietSpec{r.Quiet.From, r.Quiet.To}
	}
	return s
}

func opt(legs []Leg) *[]LegSpec {
	if legs == nil {
		return nil
	}
	out := make([]LegSpec, len(legs))
	for i, l := range legs {
		out[i] = LegSpec{By: l.By, After: Span(l.After)}
	}
	return &out
}

// Span writes a duration as ISO 8601, "PT2M30S"; "" for none.
func Span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return timetext.ISO(d)
}

// ParseSpan reads what Span writes, less than a day; its error says how to
// write it.
func ParseSpan(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, ok := timetext.Duration(s)
	if !ok || d >= 24*time.Hour { // nobody waits days to be told
		return 0, fmt.Errorf("write it like PT2M or PT30S")
	}
	return d, nil
}

// Rules reads rules out of code.
func (s Spec) Rules() (Rules, error) {
	r := Default()
	var f errs.Fields
	take := func(field string, list []LegSpec) []Leg {
		legs := make([]Leg, len(list))
		for i, l := range list {
			after, err := ParseSpan(l.After)
			if err != nil {
				f.Add(fmt.Sprintf("%s[%d].after", field, i), l.After, err.Error())
			}
			legs[i] = Leg{By: strings.TrimSpace(l.By), After: after}
		}
		return legs
	}
	if s.P1 != nil {
		r.P1 = take("p1", s.P1)
	}
	for _, x := range []struct {
		field string
		spec  *[]LegSpec
		into  *[]Leg
	}{{"p2", s.P2, &r.P2}, {"p3", s.P3, &r.P3}, {"p4", s.P4, &r.P4}, {"other", s.Other, &r.Other}} {
		if x.spec != nil {
			*x.into = take(x.field, *x.spec)
		}
	}
	r.Zone, r.TestAt = s.Zone, s.SelfTest
	if s.Quiet != nil {
		r.Quiet = Quiet{s.Quiet.From, s.Quiet.To}
	}
	return r, f.Err()
}

// same compares what people choose.
func same(a, b Rules) bool {
	eq := func(x, y []Leg) bool { return (x == nil) == (y == nil) && slices.Equal(x, y) }
	return eq(a.P1, b.P1) && eq(a.P2, b.P2) && eq(a.P3, b.P3) && eq(a.P4, b.P4) && slices.Equal(a.Other, b.Other) && a.Zone == b.Zone && a.Quiet == b.Quiet && a.TestAt == b.TestAt
}

// SpecOf is the exported form of rules, for the API.
func SpecOf(r Rules) Spec { return specOf(r) }

// AsCode is the kind ContactRule of everything-as-code.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("ContactRule", ref.ContactRule, ascode.OrderContact, listSpecs, s.apply, s.removeRules)
}

// listSpecs are the rules of everybody who is still there.
func listSpecs(q db.Querier) ([]ascode.Object[Spec], error) {
	rows, err := allRules(q)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.person
	}
	people, err := auth.People(q, ids)
	if err != nil {
		return nil, err
	}
	var out []ascode.Object[Spec]
	for _, r := range rows {
		if p, ok := people[r.person]; ok && p.Erased.IsZero() {
			out = append(out, ascode.Object[Spec]{Name: p.Handle, Spec: specOf(r.Rules)})
		}
	}
	return out, nil
}

func (s *Service) apply(tx *db.Tx, handle string, spec Spec, _ string) error {
	p, err := auth.PersonByHandle(tx, handle)
	if errs.Is(err, errs.NotFound) {
		return errs.BadField("name", handle, "there is no such person; invite them first, or correct the handle")
	}
	if err != nil {
		return err
	}
	r, err := spec.Rules()
	if err != nil {
		return err
	}
	old, err := rulesFor(tx, p.ID)
	if err != nil {
		return err
	}
	_, _, err = s.store(tx, p.ID, old, r)
	return err
}

func (s *Service) removeRules(tx *db.Tx, handle string) error {
	p, err := auth.PersonByHandle(tx, handle)
	if err != nil {
		return err
	}
	old, err := rulesFor(tx, p.ID)
	if err != nil {
		return err
	}
	_, _, err = s.store(tx, p.ID, old, Default())
	if err != nil {
		return err
	}
	return deleteRules(tx, p.ID)
}
