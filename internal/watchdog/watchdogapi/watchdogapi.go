// Package watchdogapi is the HTTP API of the watchdog: what its last look saw
// and how the outside heartbeat fares.
package watchdogapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/watchdog"
)

// State is what the watchdog saw.
type State struct {
	Fine      bool       `json:"fine" doc:"The last look was within two minutes and found nothing"`
	LookedAt  *time.Time `json:"looked_at,omitempty" doc:"Absent before the first look"`
	Findings  []Finding  `json:"findings" doc:"What should have happened and did not; at most 100"`
	Incident  string     `json:"incident,omitempty" example:"INC-1042" doc:"The open incident about it"`
	Heartbeat *Heartbeat `json:"heartbeat,omitempty" doc:"The outside heartbeat of the replica that answers; absent when none is configured"`
}

// Finding is one thing that should have happened and did not.
type Finding struct {
	Record string    `json:"record,omitempty" example:"INC-1042"`
	Since  time.Time `json:"since"`
	Text   string    `json:"text" example:"message MSG-3 is not out"`
}

// Heartbeat is how the calls of a dead man's switch fare.
type Heartbeat struct {
	Good  *time.Time `json:"good,omitempty" doc:"Last call that was answered"`
	Error string     `json:"error,omitempty" doc:"Why the last one was not made or not answered"`
}

// Register adds the operation to the API. beat may be nil.
func Register(a huma.API, s *watchdog.Service, beat *watchdog.Beat) {
	op := api.Op("get-watchdog", http.MethodGet, "/watchdog", "Messages", "Whether everybody was told who should have been", []int{http.StatusUnauthorized, http.StatusForbidden})
	op.Description = "Evenkeel recomputes every 30 seconds, from the records, who should have been told by now. A difference opens an incident on Evenkeel itself."
	huma.Register(a, op, func(ctx context.Context, _ *struct{}) (*struct{ Body State }, error) {
		v, err := s.View(ctx)
		if err != nil {
			return nil, api.Err(err)
		}
		out := State{Fine: v.Fine, Findings: []Finding{}, LookedAt: api.When(v.LookedAt.UTC())}
		for _, f := range v.Findings {
			out.Findings = append(out.Findings, Finding{Record: f.Record.String(), Since: f.Since, Text: f.Text})
		}
		if v.Incident != 0 {
			out.Incident = ref.N(ref.Incident, v.Incident).String()
		}
		if beat != nil {
			b := beat.State()
			out.Heartbeat = &Heartbeat{Good: api.When(b.Good.UTC()), Error: b.Error}
		}
		return &struct{ Body State }{out}, nil
	})
}
