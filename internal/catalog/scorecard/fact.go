package scorecard

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Type is the type of a fact.
type Type string

// The types.
const (
	Int  Type = "int"
	Bool Type = "bool"
	Text Type = "string"
)

// Fact is something that rules can ask of a service.
type Fact struct {
	Name     string
	Type     Type
	Doc      string
	Practice string // that knows it: said while nobody does
}

// Facts are all facts, in the order of their documentation.
var Facts = []Fact{
	{"service.name", Text, "its name", ""},
	{"service.team", Text, "the team that owns it", ""},
	{"service.tier", Int, "0 carries the business, 3 is internal", ""},
	{"service.lifecycle", Text, "proposed, live, deprecated, retired", ""},
	{"promise.written", Bool, "it promises something in a sentence", ""},
	{"description.written", Bool, "it says what it does", ""},
	{"users.count", Int, "groups of users it names", ""},
	{"raci.count", Int, "activities of which somebody is accountable", ""},
	{"repository.count", Int, "repositories it names", ""},
	{"runbook.count", Int, "runbooks among its links", ""},
	{"runbook.age_days", Int, "days since the runbook that nobody read for longest was read", ""},
	{"dependencies.count", Int, "dependencies its owner declared", ""},
	{"dependencies.dangling", Int, "declared dependencies that name no service", ""},
	{"contract.days_left", Int, "days until the supplier's contract ends", ""},
	{"owner.people", Int, "people in the team that owns it", "teams"},
	{"oncall.policy", Bool, "an escalation policy serves it", "on-call"},
	{"oncall.people", Int, "people who take turns in the schedules of that policy, or whom it names", "on-call"},
	{"oncall.gap_hours", Int, "hours of the next 7 days in which the policy finds nobody on call", "on-call"},
	{"incidents.open", Int, "open incidents", "incidents"},
	{"incidents.days_30", Int, "incidents of the last 30 days", "incidents"},
	{"incidents.days_90", Int, "incidents of the last 90 days", "incidents"},
	{"incidents.severe_days_90", Int, "P1 and P2 incidents of the last 90 days", "incidents"},
	{"alerts.firing", Int, "alerts that fire now", "alerts"},
	{"map.items", Int, "configuration items that are part of it", "the map"},
	{"map.differences", Int, "dependencies declared and never seen, or seen and never declared", "the map"},
	{"certificates.days_left", Int, "days until the first of its certificates expires", "the map"},
	{"slo.count", Int, "service level objectives", "service levels"},
	{"slo.alerting", Int, "objectives with burn alerts", "service levels"},
	{"rollback.automated", Bool, "a change is taken back without a person", "changes"},
	{"rollback.proven_days", Int, "days since a rollback last worked", "changes"},
	{"restore.tested_days", Int, "days since a restore was last tested", "continuity"},
	{"work.overdue", Int, "action items past their day", "improvement"},
}

// factOf finds a fact by name.
func factOf(name string) (Fact, bool) {
	i := slices.IndexFunc(Facts, func(f Fact) bool { return f.Name == name })
	if i < 0 {
		return Fact{}, false
	}
	return Facts[i], true
}

// Value is what is known of a fact. Make it with Number, Yes, Word, Nothing or
// Unknown;
// the zero Value says that the practice is not in use here.
type Value struct {
	v     any    // int64, bool or string; nil when there is no value
	text  string // said beside the check
	wrong bool   // it should be known and is not
}

// Number is a number, said with its unit: "12 d".
func Number(n int, unit string) Value {
	text := strconv.Itoa(n)
	if unit != "" {
		text += " " + unit
	}
	return Value{v: int64(n), text: text}
}

// Yes is a yes or no, each said in words.
func Yes(b bool, yes, no string) Value {
	if b {
		return Value{v: true, text: yes}
	}
	return Value{v: false, text: no}
}

// Word is a text.
func Word(s string) Value { return Value{v: s, text: s} }

// Nothing is said of a service that has none of what a fact is about: no
// contract has no days left. It is not counted.
func Nothing(why string) Value { return Value{text: why} }

// Unknown is a fact that should be there and is not, and why.
func Unknown(why string) Value { return Value{text: why, wrong: true} }

// Said is the value with other words beside the check.
func (v Value) Said(text string) Value { v.text = text; return v }

// Values are facts of one service by name.
type Values map[string]Value

// Gather returns the facts of services by their names; what it leaves out of a
// service is unknown. It reads from q only.
type Gather func(q db.Querier, list []catalog.Service, now time.Time) (map[string]Values, error)

type source struct {
	names  []string
	gather Gather
}

// Provide adds a source of facts; call it while wiring. A name that is not in
// Facts, or that another source provides, is a fault of the program.
func (s *Service) Provide(gather Gather, names ...string) {
	for _, n := range names {
		if _, ok := factOf(n); !ok {
			panic("scorecard: there is no fact " + n)
		}
		for _, x := range s.sources {
			if slices.Contains(x.names, n) {
				panic("scorecard: two sources provide " + n)
			}
		}
	}
	s.sources = append(s.sources, source{names, gather})
}

// facts asks all sources about services.
func (s *Service) facts(q db.Querier, list []catalog.Service, now time.Time) (map[string]Values, error) {
	out := make(map[string]Values, len(list))
	for _, svc := range list {
		out[svc.Name] = Values{}
	}
	for _, x := range s.sources {
		found, err := x.gather(q, list, now)
		if err != nil {
			return nil, fmt.Errorf("facts %s: %w", x.names[0], err)
		}
		for _, svc := range list {
			for _, n := range x.names {
				v, ok := found[svc.Name][n]
				if !ok {
					v = Unknown("not known")
				}
				out[svc.Name][n] = v
			}
		}
	}
	return out, nil
}
