package policy_test

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
)

var now = time.Date(2026, 3, 4, 10, 30, 0, 0, time.UTC)

// quiet is a change with nothing against it: low risk, all green.
func quiet() fact.Input {
	return fact.Input{
		Now:    now,
		Change: fact.Subject{Type: "normal", Kind: "deploy", Environment: "production", Commit: "5f1c1d3b7a", Artefact: "v2.14.0", Author: true, Purpose: "feature"},
		Services: fact.Known([]fact.Service{
			{Name: "checkout", Tier: 0, Lifecycle: "live", Team: "payments"},
		}),
		Blast:      fact.Known(fact.Blast{Services: []string{"shop", "mail"}, Boundaries: 2, Teams: 1, Items: 4, WorstTier: 0}),
		Size:       fact.Known(fact.Size{Lines: 42, Files: 3}),
		Tests:      fact.Known(fact.Tests{Total: 412, Passed: 410, Skipped: 2, Suites: 3}),
		Scans:      fact.Known(fact.Scans{Warnings: 2, Tools: 1}),
		Reviews:    fact.Known(fact.Reviews{Approved: 1, Merged: true}),
		Windows:    fact.Known(fact.Windows{}),
		Collisions: fact.Known(fact.Collisions{}),
		Incidents:  fact.Known(fact.Incidents{}),
		Budget:     fact.NotInUse[fact.Budget]("no service levels yet"),
		History:    fact.Known(fact.History{Changes: 58, Failed: 3, Rate: 0.055}),
		ModelPast:  fact.NotInUse[fact.History]("no model"),
		AuthorPast: fact.Known(fact.History{Changes: 12, Failed: 0, Rate: 0.014}),
		Clock:      fact.Known(fact.Clock{Weekday: 3, Hour: 11, Business: true}),
		Schema:     fact.Known(false),
		Rollback:   fact.Known(fact.Rollback{Automated: true, Proven: now.AddDate(0, 0, -9)}),
		Model:      fact.NotInUse[fact.Model]("it follows no model"),
		Pending:    fact.Known([]string{}),
		Risk: fact.Known(fact.Risk{Score: 23, Level: "low", Model: "RISK-0", Factors: []fact.Factor{
			{Name: "base", Text: "Any change", Points: 6.2}, {Name: "tier", Text: "Tier 0 service", Points: 9.1}, {Name: "boundaries", Text: "2 other services", Points: 5.5},
			{Name: "size", Text: "42 lines", Points: 1.2}, {Name: "tests", Text: "Tests green", Points: -3}, {Name: "rollback", Text: "Rollback automated", Points: -4}, {Name: "history", Text: "3 of 58 failed", Points: 8},
		}}),
	}
}

// scenario is a change in a situation.
type scenario struct {
	name string
	in   fact.Input
}

func with(f func(*fact.Input)) fact.Input { in := quiet(); f(&in); return in }

func set[T any](o *fact.Of[T], f func(*T)) { f(&o.Value) }

func high(in *fact.Input) {
	set(&in.Risk, func(r *fact.Risk) { r.Score, r.Level = 82, "high" })
}

func medium(in *fact.Input) {
	set(&in.Risk, func(r *fact.Risk) { r.Score, r.Level = 55, "medium" })
}

var xmas = fact.Freeze{Name: "xmas", Title: "Year-end freeze", Until: now.AddDate(0, 0, 5), Allows: []string{"emergency", "security"}, Version: 3}

func frozen(in *fact.Input) { in.Windows = fact.Known(fact.Windows{Freezes: []fact.Freeze{xmas}}) }

func model(in *fact.Input) {
	in.Change.Type, in.Change.Model = "standard", "certificate-renewal"
	in.Model = fact.Known(fact.Model{Name: "certificate-renewal", PreApproved: true, InScope: true})
	in.ModelPast = fact.Known(fact.History{Changes: 30, Rate: 0.006})
}

func busy(state, relation string) func(*fact.Input) {
	return func(in *fact.Input) {
		in.Collisions = fact.Known(fact.Collisions{List: []fact.Collision{{Change: "CHG-316", Service: "checkout", Relation: relation, State: state, From: now.Add(-time.Minute), To: now.Add(time.Hour)}}})
	}
}

func budget(left float64, level string) func(*fact.Input) {
	return func(in *fact.Input) {
		in.Budget = fact.Known(fact.Budget{Left: left, Level: level, Service: "checkout"})
	}
}

func both(fs ...func(*fact.Input)) fact.Input {
	in := quiet()
	for _, f := range fs {
		f(&in)
	}
	return in
}

// scenarios are the situations that the shipped policy knows.
func scenarios() []scenario {
	purpose := func(p string) func(*fact.Input) { return func(in *fact.Input) { in.Change.Purpose = p } }
	kind := func(p string) func(*fact.Input) { return func(in *fact.Input) { in.Change.Type = p } }
	return []scenario{
		{"quiet", quiet()},
		{"medium, reviewed", both(medium)},
		{"medium, nobody reviewed", both(medium, func(in *fact.Input) { set(&in.Reviews, func(r *fact.Reviews) { r.Approved = 0 }) })},
		{"medium, changes requested", both(medium, func(in *fact.Input) { set(&in.Reviews, func(r *fact.Reviews) { r.ChangesRequested = 1 }) })},
		{"high", both(high)},
		{"high, no way back", both(high, func(in *fact.Input) { in.Rollback = fact.Known(fact.Rollback{}) })},
		{"high, no tests", both(high, func(in *fact.Input) { in.Tests = fact.NotKnown[fact.Tests]("no report for this commit") })},
		{"tests failed", with(func(in *fact.Input) { set(&in.Tests, func(r *fact.Tests) { r.Failed, r.Passed = 2, 408 }) })},
		{"no test ran", with(func(in *fact.Input) { in.Tests = fact.Known(fact.Tests{Suites: 1}) })},
		{"findings", with(func(in *fact.Input) { set(&in.Scans, func(r *fact.Scans) { r.Errors = 3 }) })},
		{"budget ample", both(budget(0.61, "ample"))},
		{"budget low", both(budget(0.12, "low"))},
		{"budget spent", both(budget(-0.2, "spent"))},
		{"budget spent, security", both(budget(-0.2, "spent"), purpose("security"))},
		{"budget spent, says rollback", both(budget(-0.2, "spent"), purpose("rollback"))},
		{"freeze", both(frozen)},
		{"freeze, security", both(frozen, purpose("security"))},
		{"freeze, says rollback", both(frozen, purpose("rollback"))},
		{"freeze, emergency", both(frozen, kind("emergency"))},
		{"freeze without exception, emergency", both(kind("emergency"), func(in *fact.Input) {
			f := xmas
			f.Allows = nil
			in.Windows = fact.Known(fact.Windows{Freezes: []fact.Freeze{f}, Cut: 2})
		})},
		{"more freezes than listed", with(func(in *fact.Input) { in.Windows = fact.Known(fact.Windows{Cut: 1}) })},
		{"outside of a window", with(func(in *fact.Input) {
			in.Windows = fact.Known(fact.Windows{Required: "Tuesday release train", Next: now.Add(time.Hour)})
		})},
		{"inside a window", with(func(in *fact.Input) {
			in.Windows = fact.Known(fact.Windows{Required: "Tuesday release train", Inside: true})
		})},
		{"collision, running", both(busy("in progress", "same"))},
		{"collision, planned", both(busy("scheduled", "same"))},
		{"collision, dependency", both(busy("in progress", "needs"))},
		{"boundaries", with(func(in *fact.Input) { set(&in.Blast, func(b *fact.Blast) { b.Boundaries, b.Teams = 9, 4 }) })},
		{"incident", with(func(in *fact.Input) {
			in.Incidents = fact.Known(fact.Incidents{List: []fact.Incident{{Key: "INC-9", Priority: 1, Service: "checkout", Relation: "same"}}})
		})},
		{"schema", with(func(in *fact.Input) { in.Schema = fact.Known(true) })},
		{"destroys", with(func(in *fact.Input) { set(&in.Size, func(s *fact.Size) { s.Resources, s.Destroyed = 4, 1 }) })},
		{"standard", both(model)},
		{"standard, high risk", both(model, high)},
		{"standard in a freeze", both(model, frozen)},
		{"standard, does not fit", both(model, func(in *fact.Input) {
			set(&in.Model, func(m *fact.Model) { m.InScope, m.Why = false, []string{"more than 200 lines"} })
		})},
		{"emergency", both(kind("emergency"))},
		{"emergency, everything against it", both(kind("emergency"), high, budget(-1, "spent"), busy("in progress", "same"), func(in *fact.Input) {
			in.Tests = fact.Known(fact.Tests{Total: 3, Failed: 3, Suites: 1})
			in.Pending = fact.Known([]string{"CHG-7"})
		})},
		{"pending review", with(func(in *fact.Input) { in.Pending = fact.Known([]string{"CHG-7"}) })},
		{"return", both(high, frozen, busy("in progress", "same"), func(in *fact.Input) {
			in.Rollback = fact.Known(fact.Rollback{Returns: true})
		})},
		{"everything at once", both(high, budget(0.1, "low"), busy("scheduled", "needed"), func(in *fact.Input) {
			set(&in.Blast, func(b *fact.Blast) { b.Boundaries, b.Teams = 9, 4 })
			set(&in.Reviews, func(r *fact.Reviews) { r.Approved, r.ChangesRequested = 0, 1 })
			in.Schema = fact.Known(true)
		})},
		{"all unknown", with(func(in *fact.Input) {
			in.Blast, in.Size, in.Tests, in.Scans, in.Reviews = fact.NotKnown[fact.Blast]("?"), fact.NotKnown[fact.Size]("?"), fact.NotKnown[fact.Tests]("?"), fact.NotKnown[fact.Scans]("?"), fact.NotKnown[fact.Reviews]("?")
			in.Windows, in.Collisions, in.Incidents, in.Budget = fact.NotKnown[fact.Windows]("?"), fact.NotKnown[fact.Collisions]("?"), fact.NotKnown[fact.Incidents]("?"), fact.NotKnown[fact.Budget]("?")
			in.History, in.AuthorPast, in.Clock, in.Schema = fact.NotKnown[fact.History]("?"), fact.NotKnown[fact.History]("?"), fact.NotKnown[fact.Clock]("?"), fact.NotKnown[bool]("?")
			in.Rollback, in.Pending, in.Risk, in.Services = fact.NotKnown[fact.Rollback]("?"), fact.NotKnown[[]string]("?"), fact.NotKnown[fact.Risk]("?"), fact.NotKnown[[]fact.Service]("?")
		})},
		{"nothing adopted", with(func(in *fact.Input) {
			in.Blast, in.Size, in.Tests, in.Scans, in.Reviews = fact.NotInUse[fact.Blast]("?"), fact.NotInUse[fact.Size]("?"), fact.NotInUse[fact.Tests]("?"), fact.NotInUse[fact.Scans]("?"), fact.NotInUse[fact.Reviews]("?")
			in.Windows, in.Collisions, in.Incidents = fact.NotInUse[fact.Windows]("?"), fact.NotInUse[fact.Collisions]("?"), fact.NotInUse[fact.Incidents]("?")
			in.Rollback, in.Pending = fact.NotInUse[fact.Rollback]("?"), fact.NotInUse[[]string]("?")
		})},
	}
}
