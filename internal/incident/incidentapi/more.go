package incidentapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/incident"
)

func (h *handlers) links(a huma.API) {
	huma.Register(a, op("set-incident-link", http.MethodPut, "/incidents/{key}/links", "Add a link, or confirm or reject one", editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body IncidentLink
		}) (*oneOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			b := in.Body
			i, err := h.s.SetLink(ctx, id, incident.Link{Kind: incident.LinkKind(b.Kind), Target: b.Target, Title: b.Title, State: incident.LinkState(b.State)})
			return h.answer(ctx, i, err)
		})
	huma.Register(a, op("remove-incident-link", http.MethodDelete, "/incidents/{key}/links", "Take a link away", editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Kind   string `query:"kind" required:"true"`
			Target string `query:"target" required:"true"`
		}) (*oneOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			i, err := h.s.RemoveLink(ctx, id, incident.LinkKind(in.Kind), in.Target)
			return h.answer(ctx, i, err)
		})
}

// MeasureSpread is a mean with what a mean hides.
type MeasureSpread struct {
	N      int   `json:"n"`
	Mean   int64 `json:"mean_seconds"`
	Median int64 `json:"median_seconds"`
	P90    int64 `json:"p90_seconds" doc:"Nearest rank"`
}

// IncidentSummary measures the incidents of a period.
type IncidentSummary struct {
	Incidents   int           `json:"incidents"`
	ByPriority  [4]int        `json:"by_priority" doc:"P1 first"`
	Detect      MeasureSpread `json:"detect" doc:"From the fault's start to the incident"`
	Acknowledge MeasureSpread `json:"acknowledge"`
	Mitigate    MeasureSpread `json:"mitigate" doc:"To mitigated, or resolved if that came first: MTTR"`
	Resolve     MeasureSpread `json:"resolve"`
	Reopened    int           `json:"reopened"`
	Reassigned  int           `json:"reassigned"`
}

// PriorityMatrix is a priority matrix in use.
type PriorityMatrix struct {
	ID         string                       `json:"id" example:"default/3"`
	Teams      []string                     `json:"teams,omitempty" doc:"Absent: all teams without a matrix of their own"`
	Impact     map[string]map[string]string `json:"impact" doc:"impact → urgency → priority"`
	Severity   map[string][]string          `json:"severity" doc:"Alert severity → priorities of tiers 0 to 3"`
	Priorities []PriorityPolicy             `json:"priorities"`
}

// PriorityPolicy is what a priority promises and whom it tells.
type PriorityPolicy struct {
	Priority   string   `json:"priority"`
	Meaning    string   `json:"meaning"`
	Response   string   `json:"response"`
	Resolution string   `json:"resolution"`
	Update     int64    `json:"update_seconds,omitempty"`
	Escalate   int64    `json:"escalate_seconds,omitempty"`
	Tell       []string `json:"tell"`
	How        string   `json:"how" enum:"page,now,quiet,nobody"`
}

func spreadOut(s incident.Spread) MeasureSpread {
	return MeasureSpread{s.N, int64(s.Mean / time.Second), int64(s.Median / time.Second), int64(s.P90 / time.Second)}
}

func matrixOut(m *incident.Matrix) PriorityMatrix {
	out := PriorityMatrix{ID: m.ID(), Teams: m.Teams, Impact: map[string]map[string]string{}, Severity: map[string][]string{}}
	for _, i := range incident.Levels {
		row := map[string]string{}
		for _, u := range incident.Levels {
			p, _ := m.ForPerson(i, u)
			row[u.String()] = p.String()
		}
		out.Impact[i.String()] = row
	}
	for sev, row := range m.BySeverity {
		for _, p := range row {
			out.Severity[sev] = append(out.Severity[sev], p.String())
		}
	}
	for _, p := range m.Policies {
		tell := []string{}
		for _, t := range []struct {
			on   bool
			name string
		}{{p.Tell.Team, "team"}, {p.Tell.Manager, "manager"}, {p.Tell.Executive, "executive"}} {
			if t.on {
				tell = append(tell, t.name)
			}
		}
		out.Priorities = append(out.Priorities, PriorityPolicy{p.Priority.String(), p.Priority.Word(), p.Response.String(), p.Resolution.String(),
			int64(p.Update / time.Second), int64(p.Escalate / time.Second), tell, string(p.Tell.When)})
	}
	return out
}

func (h *handlers) measures(a huma.API) {
	huma.Register(a, op("measure-incidents", http.MethodGet, "/measures/incidents", "Measure the incidents of a period", reading),
		func(ctx context.Context, in *struct {
			From    time.Time `query:"from" required:"true"`
			To      time.Time `query:"to" required:"true"`
			Team    string    `query:"team" maxLength:"100"`
			Service string    `query:"service" maxLength:"100"`
		}) (*struct{ Body IncidentSummary }, error) {
			m, err := h.s.Measured(ctx, in.From, in.To, in.Team, in.Service)
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body IncidentSummary }{IncidentSummary{m.Incidents, m.ByPriority, spreadOut(m.Detect), spreadOut(m.Acknowledge), spreadOut(m.Mitigate),
				spreadOut(m.Resolve), m.Reopened, m.Reassigned}}, nil
		})
	huma.Register(a, op("list-priority-matrices", http.MethodGet, "/priority-matrices", "Priorities: how they are found, what they promise, whom they tell", reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[PriorityMatrix] }, error) {
			list, err := h.s.Matrices(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[PriorityMatrix] }{}
			for _, m := range list {
				out.Body.Items = append(out.Body.Items, matrixOut(m))
			}
			return out, nil
		})
}
