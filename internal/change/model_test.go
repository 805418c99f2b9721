package change_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// A model whose changes fail too often loses its pre-approval by its rule, and
// a person gives it back.
func TestModelIsWithdrawnByRule(t *testing.T) {
	yards(t, func(y *yard) {
		m, err := y.PutModel(person(mara), "certificate-renewal", 0, change.ModelSpec{Title: "Certificate renewal", MinUses: 4, MaxFailureRate: 0.3,
			Template: change.Template{Title: "Renew the certificate", RollbackPlan: "put the old one back", Purpose: change.Security}})
		y.must(err)
		if m.State != change.ModelApproved || m.Version != 1 {
			y.Fatalf("%+v", m)
		}
		use := func(to change.State) change.Change {
			c := y.ship(change.Change{Model: m.Name})
			c, err := y.Finish(pipeline(), c.ID, change.Outcome{State: to})
			y.must(err)
			y.clock.pass(time.Minute)
			return c
		}
		c := use(change.Succeeded)
		if c.Type != change.Standard || c.Title != "Renew the certificate" || c.Purpose != change.Security || c.RollbackPlan == "" {
			y.Errorf("%+v", c)
		}
		use(change.Failed)
		use(change.Failed)
		if m, _ = y.Model(person(mara), m.Name); m.State != change.ModelApproved || m.Used != 3 || m.Failed != 2 {
			y.Errorf("%+v", m)
		}
		use(change.Succeeded)
		bad := use(change.Failed)
		if m, _ = y.Model(person(mara), m.Name); m.State != change.ModelWithdrawn || !strings.Contains(m.Why, "3 of its 5 changes failed") {
			y.Errorf("%+v", m)
		}
		y.sound(m.Ref())
		m, err = y.ApproveModel(person(mara), m.Name)
		y.must(err)
		if got, _ := y.Model(person(mara), m.Name); got.State != change.ModelApproved || got.Used != 0 || got.Version != m.Version {
			y.Errorf("%+v", got)
		}
		y.sound(m.Ref())
		_, err = y.Correct(person(mara), bad.ID, change.Succeeded, "it was the check")
		y.must(err)
		if m, _ = y.Model(person(mara), m.Name); m.Used != 0 || m.Failed != 0 {
			y.Errorf("%+v", m)
		}
		list, _, err := y.List(person(mara), change.Filter{Model: m.Name}, "", 0)
		y.must(err)
		if len(list) != 5 {
			y.Errorf("%d changes of the model", len(list))
		}
		if m, err = y.WithdrawModel(person(mara), m.Name, "a new supplier"); err != nil || m.Why != "a new supplier" {
			y.Error(err)
		}
		y.sound(m.Ref())
		if _, err = y.PutModel(person(mara), m.Name, 0, m.Spec); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		y.must(y.DeleteModel(person(mara), m.Name))
		if _, err = y.Model(person(mara), m.Name); !errs.Is(err, errs.NotFound) {
			y.Error(err)
		}
	})
}

func TestModelScope(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	in := func(change func(in *fact.Input)) *fact.Input {
		in := &fact.Input{Services: fact.Known([]fact.Service{{Name: "checkout", Team: "payments"}}), Size: fact.Known(fact.Size{Lines: 10, Files: 2}),
			Tests: fact.Known(fact.Tests{Total: 5, Passed: 5}), Clock: fact.Known(fact.Clock{Business: true})}
		if change != nil {
			change(in)
		}
		return in
	}
	c := change.Change{Services: []string{"checkout"}, Kind: change.Deploy, Environment: change.Production}
	m := change.Model{Name: "small", State: change.ModelApproved, Spec: change.ModelSpec{Teams: []string{"payments"}, Kinds: []change.Kind{change.Deploy}, Environments: []string{change.Production},
		Conditions: change.Conditions{MaxLines: 50, MaxFiles: 3, Tests: true, BusinessHours: true}, Expires: "2026-11-20"}}
	if f := m.Fact(c, in(nil), now); !f.InScope || !f.PreApproved || len(f.Why) != 0 {
		t.Errorf("%+v", f)
	}
	for why, f := range map[string]fact.Model{
		"of kind schema": m.Fact(change.Change{Services: c.Services, Kind: change.Schema, Environment: change.Production}, in(nil), now),
		"not cover eu":   m.Fact(change.Change{Services: c.Services, Kind: change.Deploy, Environment: "eu"}, in(nil), now),
		"51 lines":       m.Fact(c, in(func(in *fact.Input) { in.Size.Value.Lines = 51 }), now),
		"nobody told":    m.Fact(c, in(func(in *fact.Input) { in.Size = fact.NotKnown[fact.Size]("") }), now),
		"tests":          m.Fact(c, in(func(in *fact.Input) { in.Tests.Value.Failed = 1 }), now),
		"business":       m.Fact(c, in(func(in *fact.Input) { in.Clock.Value.Business = false }), now),
		"among its":      m.Fact(c, in(func(in *fact.Input) { in.Services.Value[0].Team = "search" }), now),
	} {
		if f.InScope || len(f.Why) == 0 || !strings.Contains(f.Why[0], why) {
			t.Errorf("%q: %+v", why, f)
		}
	}
	if f := m.Fact(c, in(nil), now.Add(11*time.Hour)); f.PreApproved || !strings.Contains(f.Why[0], "expired") {
		t.Errorf("%+v", f)
	}
}

func TestModelRefuses(t *testing.T) {
	yards(t, func(y *yard) {
		for field, s := range map[string]change.ModelSpec{
			"expires": {Expires: "tomorrow"}, "maxFailureRate": {MaxFailureRate: 10}, "kinds[0]": {Kinds: []change.Kind{"big"}}, "minUses": {MinUses: -1},
			"conditions.maxLines": {Conditions: change.Conditions{MaxLines: -1}}, "template.purpose": {Template: change.Template{Purpose: "fun"}}, "services[0]": {Services: []string{" "}},
		} {
			_, err := y.PutModel(person(mara), "x", 0, s)
			if f := errs.As(err).Fields; !errs.Is(err, errs.Invalid) || len(f) != 1 || f[0].Name != field {
				y.Errorf("%s: %v", field, err)
			}
		}
		if _, err := y.PutModel(person(mara), "Big Ones", 0, change.ModelSpec{}); !errs.Is(err, errs.Invalid) {
			y.Error(err)
		}
		if _, err := y.PutModel(pipeline(), "x", 0, change.ModelSpec{}); !errs.Is(err, errs.Forbidden) {
			y.Error(err)
		}
	})
}

// Settings follow the defaults where nobody chose, and are refused with the
// field that is wrong.
func TestSettings(t *testing.T) {
	yards(t, func(y *yard) {
		p, err := y.Settings(person(mara))
		y.must(err)
		if d := cmp.Diff(change.Practice{Settings: change.DefaultSettings()}, p); d != "" {
			y.Error(d)
		}
		spec := change.DefaultSettings()
		spec.Thresholds.High, spec.Board.People, spec.ReviewDays = 80, []string{"mara"}, 2
		p, err = y.Configure(person(mara), 0, spec)
		y.must(err)
		if p.Version != 1 || p.Thresholds.High != 80 || p.Policy().High != 80 || p.Level(79) != "medium" || p.Level(-1) != "" {
			y.Errorf("%+v", p)
		}
		y.sound(p.Ref())
		list, err := listCode(y)
		y.must(err)
		text, _ := json.Marshal(list[0])
		if got := string(text); got != `{"Name":"default","Spec":{"thresholds":{"high":80},"board":{"people":["mara"]},"reviewDays":2}}` {
			y.Error(got)
		}
		if got, _ := y.Settings(person(mara)); got.ReviewDays != 2 {
			y.Error("a reader sees old settings")
		}
		if _, err = y.Configure(person(mara), 0, spec); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		if again, err := y.Configure(person(mara), 1, spec); err != nil || again.Version != 1 {
			y.Error(err, again.Version)
		}
		minus := -7
		for field, edit := range map[string]func(s *change.Settings){
			"environments[0]":             func(s *change.Settings) { s.Environments = []string{"Prod "} },
			"thresholds.medium":           func(s *change.Settings) { s.Thresholds.Medium = 90 },
			"thresholds.reviewTier":       func(s *change.Settings) { s.Thresholds.ReviewTier = &minus },
			"verification":                func(s *change.Settings) { s.Verification = change.Duration(time.Second) },
			"unknownService":              func(s *change.Settings) { s.UnknownService = "guess" },
			"requireRollbackPlan":         func(s *change.Settings) { s.RequireRollbackPlan = "often" },
			"board.people[0]":             func(s *change.Settings) { s.Board.People = []string{"nobody"} },
			"board.teams[0]":              func(s *change.Settings) { s.Board.Teams = []string{"nobody"} },
			"metrics[0].query":            func(s *change.Settings) { s.Metrics = []change.Metric{{Name: "errors", Query: "up"}} },
			"pushes[0]":                   func(s *change.Settings) { s.Pushes = []change.Push{{Repository: "harbour/*"}} },
			"thresholds.incidentPriority": func(s *change.Settings) { s.Thresholds.IncidentPriority = 9 },
		} {
			wrong := spec
			edit(&wrong)
			_, err := y.Configure(person(mara), 1, wrong)
			if e := errs.As(err); !errs.Is(err, errs.Invalid) || len(e.Fields) != 1 || e.Fields[0].Name != field {
				y.Errorf("%s: %v", field, err)
			}
		}
		y.must(y.DB.Write(person(mara), actorOf(person(mara)), "test", func(tx *db.Tx) error { return y.RemoveSettings(tx) }))
		p, err = y.Settings(person(mara))
		y.must(err)
		if p.Version != 2 || p.ReviewDays != 5 {
			y.Errorf("%+v", p)
		}
		if list, _ := listCode(y); len(list) != 0 {
			y.Errorf("%+v", list)
		}
		y.sound(p.Ref())
	})
}

func listCode(y *yard) (out []ascode.Object[change.Settings], err error) {
	err = y.DB.Read(person(mara), func(q db.Querier) error {
		out, err = y.ListSettings(q)
		return err
	})
	return out, err
}
