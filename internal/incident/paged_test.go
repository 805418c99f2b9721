package incident_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// What the tape says people were paged for is what the events paged for,
// found in two different ways.
func TestPagedAgreesWithWhatIsTold(t *testing.T) {
	each(t, func(b *bench) {
		b.declare(incident.Declaration{Title: "Checkout is down", Service: "checkout", Impact: incident.High, Urgency: incident.High})
		quiet := firing(1, "quiet", alert.Critical)
		quiet.Routing.Page = false
		b.alerts(alert.Changes{Opened: []alert.Firing{quiet, firing(2, "loud", alert.Critical)}})
		b.declare(incident.Declaration{Title: "A typo", Service: "email", Impact: incident.Low, Urgency: incident.Low})
		b.declare(incident.Declaration{Title: "Nobody owns it", Impact: incident.High, Urgency: incident.High})
		hidden := b.declare(incident.Declaration{Title: "Leak", Service: "checkout", Impact: incident.High, Urgency: incident.High, Restrict: &incident.Viewers{}})
		b.clock.pass(5 * time.Minute)
		raised := b.declare(incident.Declaration{Title: "Search is slow", Service: "search", Impact: incident.Low, Urgency: incident.Medium})
		high := incident.High
		b.clock.pass(time.Minute)
		_, err := b.Edit(responder(mara), raised.ID, raised.Revision, incident.Edit{Impact: &high, Urgency: &high})
		b.must(err)
		for range 20 { // breaches and escalations
			b.clock.pass(15 * time.Minute)
			b.due()
		}
		want := map[incident.Paged]bool{}
		for _, e := range b.events {
			if m := e.Message(); m.Urgent && e.Incident.Team != "" && e.Kind != incident.AlertJoined {
				want[incident.Paged{ID: e.Incident.ID, At: e.At}] = true
			}
		}
		var got []incident.Paged
		b.must(b.DB.Read(context.Background(), func(q db.Querier) (err error) { got, err = b.Paged(q, b.clock.Now()); return err }))
		for _, p := range got {
			t.Log(p)
			p.What = ""
			if !want[p] {
				t.Errorf("nobody was to be paged: %v", p)
			}
			delete(want, p)
		}
		for p := range want {
			t.Errorf("a page is not found again: %v", p)
		}
		if !slices.ContainsFunc(got, func(p incident.Paged) bool { return p.ID == hidden.ID }) {
			t.Error("the restricted one is not looked for")
		}
		later := b.clock.Now().Add(48 * time.Hour)
		b.must(b.DB.Read(context.Background(), func(q db.Querier) (err error) { got, err = b.Paged(q, later); return err }))
		if len(got) != 0 {
			t.Errorf("long past: %v", got)
		}
	})
}
