package app

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// changeIncidents are incidents as changes see them.
type changeIncidents struct{ a *App }

// mostOpen bounds the open incidents that a gate looks at.
const mostOpen = 50

// OpenOn returns the open incidents on services; restricted ones are nameless.
func (x changeIncidents) OpenOn(q db.Querier, services []string) ([]change.OpenIncident, error) {
	list, err := incident.StandingOn(q, services, mostOpen)
	out := make([]change.OpenIncident, len(list))
	for n, i := range list {
		out[n] = change.OpenIncident{Priority: int(i.Priority), Service: i.Service}
		if !i.Restricted {
			out[n].Key = ref.N(ref.Incident, i.ID).String()
		}
	}
	return out, err
}

// Seen returns those of the incidents that the actor may know of.
func (x changeIncidents) Seen(q db.Querier, who actor.Actor, ids []int64) (map[int64]suspect.Incident, error) {
	list, err := x.a.Incidents.Seen(q, who, ids)
	out := make(map[int64]suspect.Incident, len(list))
	for id, i := range list {
		out[id] = suspected(i)
	}
	return out, err
}

// alertsSince are alerts as the verification of a deployment sees them.
type alertsSince struct{ a *App }

// Began returns alerts of services that began between two times; what a silence
// holds back says nothing.
func (x alertsSince) Began(ctx context.Context, services []string, from, to time.Time) (out []verify.Alert, err error) {
	page, err := x.a.Alerts.List(ctx, alert.Filter{Services: services}, "", 100)
	for _, l := range page.Alerts {
		if l.StartsAt.Before(from) || l.StartsAt.After(to) || l.SilenceID != 0 {
			continue
		}
		out = append(out, verify.Alert{Key: ref.N(ref.Alert, l.ID).String(), Text: l.Summary, Severity: string(l.Severity), Service: l.Service, At: l.StartsAt, Ended: l.EndsAt})
	}
	return out, err
}

// aroundWindows is what the change calendar asks of others.
func (a *App) aroundWindows() window.World {
	return window.World{
		Around: a.neededAndHit,
		Incidents: func(ctx context.Context, from, to time.Time, limit int) (out []window.Mark, more bool, err error) {
			who, _ := actor.From(ctx)
			var list []incident.Incident
			err = a.db.Read(ctx, func(q db.Querier) (err error) {
				list, more, err = a.Incidents.During(q, who, from, to, limit)
				return err
			})
			for _, i := range list {
				s := suspected(i)
				out = append(out, window.Mark{Key: i.Key(), Path: i.Ref().Path(), Title: i.Title, Priority: int(i.Priority), Services: s.Services, Span: window.Span{From: i.TriggeredAt, To: s.Over}})
			}
			return out, more, err
		},
		Silences: func(ctx context.Context, from, to time.Time, limit int) (out []window.Mark, more bool, err error) {
			var list []alert.Silence
			err = a.db.Read(ctx, func(q db.Querier) (err error) {
				list, more, err = alert.MaintenanceDuring(q, from, to, limit)
				return err
			})
			for _, s := range list {
				services, _ := namedBy(s.Matchers)
				r := ref.N(ref.Silence, s.ID)
				out = append(out, window.Mark{Key: r.String(), Path: r.Path(), Title: s.Comment, Services: services, Span: window.Span{From: s.StartsAt, To: s.EndsAt}})
			}
			return out, more, err
		},
		Enabled: func(q db.Querier, person int64) (bool, error) {
			p, err := auth.People(q, []int64{person})
			x, ok := p[person]
			return ok && x.Enabled(), err
		},
	}
}
