// Package healthapi is the HTTP API of on-call health: the figures of a team in
// a period, and the pages that a figure counts.
//
// It turns requests into calls of health.Service and decides nothing. What is
// unknown is null, never zero.
package healthapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const tag = "On call"

// In names a team and a period.
type In struct {
	Name   string `path:"name" maxLength:"63" example:"payments"`
	Period string `query:"period" maxLength:"20" example:"2026-10" doc:"A month, or a number of weeks up to now, like 13w (the default)"`
}

// PagesIn names a figure.
type PagesIn struct {
	In
	Person string `query:"person" maxLength:"100" doc:"Handle or key: only theirs"`
	Only   string `query:"only" maxLength:"60" doc:"Words that all hold: own, elsewhere, sleep, weekend, night and a date like 2026-10-25; default all"`
	api.PageIn
}

// Register adds the operations to the API.
func Register(a huma.API, s *health.Service) {
	refused := append(api.Reading, http.StatusUnprocessableEntity)
	huma.Register(a, api.Op("get-oncall-health", http.MethodGet, "/teams/{name}/oncall-health", tag, "What on-call does to a team, and which of its alerts are noise", refused), func(ctx context.Context, in *In) (*struct{ Body OnCallHealth }, error) {
		r, err := s.Of(ctx, in.Name, in.Period)
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body OnCallHealth }{out(r)}, nil
	})
	huma.Register(a, api.Op("list-oncall-pages", http.MethodGet, "/teams/{name}/oncall-health/pages", tag, "List the pages that the figures count, newest first", refused), func(ctx context.Context, in *PagesIn) (*struct {
		Body api.List[OnCallPage]
	}, error) {
		r, list, next, err := s.Behind(ctx, in.Name, in.Period, health.Ask{Person: in.Person, Only: in.Only}, in.Cursor, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct {
			Body api.List[OnCallPage]
		}{api.List[OnCallPage]{Items: make([]OnCallPage, len(list)), Next: next}}
		for n, p := range list {
			who, _ := r.Name(p.Person)
			o.Body.Items[n] = OnCallPage{
				Message: ref.N(ref.Message, p.ID).String(), At: p.At, Person: person(who), Incident: ref.N(ref.Incident, p.Incident).String(), Title: p.Title, Priority: p.Priority,
				Reason: p.Reason, Own: p.Own, Sleep: p.Sleep, Night: p.Night, Weekend: p.Weekend,
			}
		}
		return o, nil
	})
}

// OnCallPage is one time that somebody was told urgently.
type OnCallPage struct {
	Message  string       `json:"message" example:"MSG-17" doc:"The first that reached them"`
	At       time.Time    `json:"at"`
	Person   HealthPerson `json:"person"`
	Incident string       `json:"incident" example:"INC-1042"`
	Title    string       `json:"title"`
	Priority string       `json:"priority"`
	Reason   string       `json:"reason" example:"paged"`
	Own      bool         `json:"own" doc:"About an incident of this team"`
	Sleep    bool         `json:"sleep" doc:"From 22:00 until 07:00 where the person is"`
	Night    string       `json:"night,omitempty" example:"2026-10-25" doc:"The night that it interrupted, by the day on which it began"`
	Weekend  bool         `json:"weekend"`
}
