// Package suspectapi is the HTTP API of suspects: which changes may have broken
// something, and what people say of it.
//
// It turns requests into calls of suspect.Service and decides nothing. A
// suspect is associated with an incident; "confirmed" alone is a cause.
package suspectapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const tag = "Incidents"

// Suspect is a change on the list of an incident.
type Suspect struct {
	Edge
	Title       string           `json:"title"`
	Type        string           `json:"type"`
	Kind        string           `json:"kind"`
	Is          string           `json:"change_state" example:"succeeded"`
	Environment string           `json:"environment"`
	Service     string           `json:"service" doc:"Of its services, the one that is nearest"`
	Risk        *int             `json:"risk" doc:"null: unknown"`
	Started     *time.Time       `json:"started,omitempty"`
	Deployed    *time.Time       `json:"deployed,omitempty"`
	TakenBackBy string           `json:"taken_back_by,omitempty" example:"CHG-9"`
	Score       int              `json:"score" doc:"0 to 100: its share of the odds, none of these among them"`
	Strength    string           `json:"strength" enum:"strong,fair,weak"`
	Reasons     []suspect.Reason `json:"reasons"`
}

// Edge is what is said of a change and an incident.
type Edge struct {
	Incident string     `json:"incident" example:"INC-7"`
	Change   string     `json:"change" example:"CHG-7"`
	State    string     `json:"state" enum:"suggested,confirmed,rejected"`
	Rule     string     `json:"rule,omitempty" enum:"ranked,taken back,person" doc:"Who says so"`
	Person   string     `json:"person,omitempty" example:"USR-2"`
	At       *time.Time `json:"at,omitempty"`
	Note     string     `json:"note,omitempty"`
	Relation string     `json:"relation,omitempty" enum:"same,needs,needed by,shares" doc:"Where the change is, seen from what broke"`
	Steps    int        `json:"steps,omitempty" doc:"Along the map"`
	Place    int        `json:"place,omitempty" doc:"On the list when it was first listed"`
}

func edge(e suspect.Edge) Edge {
	o := Edge{Incident: e.Key(), Change: e.ChangeKey(), State: string(e.State), Rule: string(e.Rule), At: api.When(e.At), Note: e.Note, Relation: string(e.Relation), Steps: e.Steps, Place: e.Place}
	if e.Person != 0 {
		o.Person = ref.N(ref.Person, e.Person).String()
	}
	return o
}

// Suspects are those of an incident.
type Suspects struct {
	Items   []Suspect `json:"items" doc:"Confirmed first, then by score, rejected last"`
	Further int       `json:"further,omitempty" doc:"Candidates that are not listed"`
}

func row(incident int64, r suspect.Row) Suspect {
	o := Suspect{
		Edge: edge(r.Edge), Title: r.Title, Type: r.Type, Kind: r.Kind, Is: r.Suspect.State, Environment: r.Environment, Service: r.Service,
		Started: api.When(r.Started), Deployed: api.When(r.Deployed), Score: r.Score, Strength: string(r.Strength()), Reasons: append([]suspect.Reason{}, r.Reasons...),
	}
	o.Incident, o.Edge.Change = ref.N(ref.Incident, incident).String(), ref.N(ref.Change, r.Suspect.Change).String()
	o.Relation, o.Steps = string(r.Suspect.Place.Relation), r.Suspect.Place.Steps
	if o.State == "" {
		o.State = string(suspect.Suggested)
	}
	if r.Risk >= 0 {
		o.Risk = &r.Risk
	}
	if r.TakenBackBy != 0 {
		o.TakenBackBy = ref.N(ref.Change, r.TakenBackBy).String()
	}
	return o
}

// Cause is an incident that a change may have caused, or did.
type Cause struct {
	Edge
	Title    string     `json:"title"`
	Priority int        `json:"priority" minimum:"1" maximum:"4"`
	Open     bool       `json:"open"`
	Began    *time.Time `json:"began,omitempty"`
}

func causes(list []suspect.Cause) []Cause {
	out := make([]Cause, len(list))
	for n, c := range list {
		out[n] = Cause{edge(c.Edge), c.Incident.Title, c.Incident.Priority, c.Incident.Open, api.When(c.Incident.Began)}
	}
	return out
}

// Measured is how good the ranking was.
type Measured struct {
	Incidents int      `json:"incidents" doc:"Whose cause is known"`
	Reliable  bool     `json:"reliable" doc:"There are enough of them to say much"`
	MRR       float64  `json:"mrr" doc:"Mean reciprocal rank: 1 means that the first suspect was always the cause"`
	First     float64  `json:"first" doc:"Share of which the first suspect was a cause"`
	Three     float64  `json:"three" doc:"Share of which one of the first three was"`
	Missed    int      `json:"missed" doc:"Whose cause was not on the list"`
	LatestMRR float64  `json:"latest_mrr" doc:"Of the newest change first, among the same candidates"`
	Newest    []Cause  `json:"newest" doc:"The newest incidents whose cause is known"`
	Weights   []Weight `json:"weights" doc:"What the ranking goes by"`
}

// Weight is a line of the table of weights.
type Weight struct {
	Text   string `json:"text"`
	Points string `json:"points"`
	Why    string `json:"why"`
}

// KeyIn names a record in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"30"`
}

func numbered(kind ref.Kind, text string) (int64, error) {
	id, err := ref.ID(kind, text)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error()).On(errs.Short(text))
	}
	return id, nil
}

// Register adds the operations to the API.
func Register(a huma.API, s *suspect.Service) {
	huma.Register(a, api.Op("list-suspects", http.MethodGet, "/incidents/{key}/suspects", tag, "List the changes that may have caused an incident, with what makes each one suspect", api.Reading), func(ctx context.Context, in *KeyIn) (*struct{ Body Suspects }, error) {
		id, err := numbered(ref.Incident, in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		v, err := s.Suspects(ctx, id)
		if err != nil {
			return nil, api.Err(err)
		}
		o := Suspects{make([]Suspect, len(v.Rows)), v.Cut}
		for n, r := range v.Rows {
			o.Items[n] = row(id, r)
		}
		return &struct{ Body Suspects }{o}, nil
	})
	for _, v := range []struct {
		verb, says string
		do         func(ctx context.Context, incident, change int64, note string) (suspect.Edge, error)
	}{
		{"confirm", "Say that a change caused an incident", s.Confirm},
		{"reject", "Say that a change did not cause an incident", s.Reject},
		{"reopen", "Take back what was said of a suspect", s.Reopen},
	} {
		huma.Register(a, api.Op(v.verb+"-suspect", http.MethodPost, "/incidents/{key}/suspects/{change}/"+v.verb, tag, v.says, api.Editing), func(ctx context.Context, in *struct {
			KeyIn
			Change string `path:"change" maxLength:"30" example:"CHG-7"`
			Body   struct {
				Note string `json:"note,omitempty" doc:"Why"`
			}
		}) (*struct{ Body Edge }, error) {
			incident, err := numbered(ref.Incident, in.Key)
			if err != nil {
				return nil, api.Err(err)
			}
			change, err := numbered(ref.Change, in.Change)
			if err != nil {
				return nil, api.Err(err)
			}
			e, err := v.do(ctx, incident, change, in.Body.Note)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Edge }{edge(e)}, nil
		})
	}
	huma.Register(a, api.Op("list-change-incidents", http.MethodGet, "/changes/{key}/incidents", "Changes", "List the incidents that a change caused, or is suspected of", api.Reading), func(ctx context.Context, in *KeyIn) (*struct{ Body api.List[Cause] }, error) {
		id, err := numbered(ref.Change, in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		list, err := s.OfChange(ctx, id)
		return &struct{ Body api.List[Cause] }{api.List[Cause]{Items: causes(list)}}, api.Err(err)
	})
	huma.Register(a, api.Op("get-suspect-quality", http.MethodGet, "/suspect-quality", "Changes", "Say how good the ranking of suspects was on incidents whose cause is known", api.Reading), func(ctx context.Context, _ *struct{}) (*struct{ Body Measured }, error) {
		m, list, err := s.Measured(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		o := Measured{m.Incidents, m.Incidents >= suspect.Enough, m.MRR, m.First, m.Three, m.Missed, m.LatestMRR, causes(list), nil}
		for _, w := range suspect.Weights() {
			o.Weights = append(o.Weights, Weight(w))
		}
		return &struct{ Body Measured }{o}, nil
	})
}
