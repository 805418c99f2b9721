package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

func TestLifeOfAnIncident(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "  Checkout is\n down ", Service: "checkout", Impact: incident.High, Urgency: incident.High})
		if i.Title != "Checkout is down" || i.Priority != incident.P1 || i.Team != "payments" || i.Tier != 0 || i.State != incident.Triggered {
			t.Fatalf("declared: %+v", i)
		}
		b.clock.pass(3 * time.Minute)
		i, err := b.Acknowledge(responder(jonas), i.ID)
		b.must(err)
		again, err := b.Acknowledge(responder(tom), i.ID)
		b.must(err)
		if again.Version != i.Version {
			t.Errorf("acknowledging twice changed the incident: version %d, then %d", i.Version, again.Version)
		}
		_, err = b.Assign(responder(mara), i.ID, incident.Commander, mara, "")
		b.must(err)
		_, err = b.Assign(responder(mara), i.ID, incident.Commander, priya, "I am off at 19:00")
		b.must(err)
		b.clock.pass(39 * time.Minute)
		_, err = b.Mitigate(responder(jonas), i.ID, incident.Rollback, "orders-queue 2.7.4 again")
		b.must(err)
		b.clock.pass(10 * time.Minute)
		i, err = b.Resolve(responder(jonas), i.ID, "", "")
		b.must(err)
		want := incident.Measures{Detect: 0, Acknowledge: 3 * time.Minute, Mitigate: 42 * time.Minute, Resolve: 52 * time.Minute}
		if d := cmp.Diff(want, incident.MeasuresOf(i)); d != "" {
			t.Errorf("measures (-want +got):\n%s", d)
		}
		v, err := b.Page(responder(lena), i.ID)
		b.must(err)
		if c := v.Clocks; c.Response.State != incident.Met || c.Resolution.State != incident.Met || c.Resolution.Elapsed != 42*time.Minute {
			t.Errorf("clocks: %+v", c)
		}
		var texts []string
		for _, e := range v.Timeline {
			texts = append(texts, e.Name+" "+e.Text)
		}
		if d := cmp.Diff([]string{"Jonas resolved, restored by rollback", "Jonas restored the service by rollback", "Mara handed the role commander over to Priya",
			"Mara took the role commander", "Jonas acknowledged", "Mara declared this incident"}, texts); d != "" {
			t.Errorf("timeline (-want +got):\n%s", d)
		}
		b.clock.pass(7 * 24 * time.Hour)
		b.due()
		i, err = b.Get(responder(lena), i.ID)
		b.must(err)
		if i.State != incident.Closed || !i.NextAt.IsZero() {
			t.Errorf("after a week it is %s, next at %v", i.State, i.NextAt)
		}
		_, err = b.Reopen(responder(jonas), i.ID, "again")
		b.refused(errs.Conflict, err)
		b.sound(i.ID)
		if d := cmp.Diff([]incident.EventKind{incident.Opened, incident.WasAcknowledged, incident.RoleAssigned, incident.RoleAssigned,
			incident.WasMitigated, incident.WasResolved, incident.WasClosed}, b.kinds()); d != "" {
			t.Errorf("events (-want +got):\n%s", d)
		}
	})
}

func TestTitleAloneIsEnough(t *testing.T) {
	each(t, func(b *bench) {
		i, err := b.Declare(as(tom, actor.Requester), incident.Declaration{Title: "I cannot log in"})
		b.must(err)
		if i.Priority != incident.P3 || i.Impact != incident.Medium || i.Team != "" {
			t.Errorf("%+v", i)
		}
		for _, d := range []incident.Declaration{{}, {Title: " "}, {Title: "x", Service: "nope"}, {Title: "x", Team: "nope"},
			{Title: "x", WarRoom: "javascript:alert(1)"}, {Title: string([]byte{0xff})}, {Title: "x", Impact: 9}} {
			_, err := b.Declare(responder(mara), d)
			b.refused(errs.Invalid, err)
		}
		_, err = b.Acknowledge(as(tom, actor.Requester), i.ID)
		b.refused(errs.Forbidden, err)
		_, err = b.Acknowledge(responder(tom), 4711)
		b.refused(errs.NotFound, err)
	})
}

func TestEditsCarryTheRevision(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "Slow search"})
		_, err := b.AddNote(responder(tom), i.ID, incident.Note{Text: "index rebuild", Tag: incident.KeyFact})
		b.must(err)
		title, high := "Search is slow", incident.High
		j, err := b.Edit(responder(mara), i.ID, i.Revision, incident.Edit{Title: &title, Impact: &high, Urgency: &high})
		b.must(err) // a note in between is no conflict
		if j.Priority != incident.P1 || j.Title != title {
			t.Errorf("%+v", j)
		}
		_, err = b.Edit(responder(jonas), i.ID, i.Revision, incident.Edit{Title: &title})
		b.refused(errs.Conflict, err)
		p2 := incident.P2
		j, err = b.Edit(responder(jonas), i.ID, j.Revision, incident.Edit{Priority: &p2})
		b.must(err)
		service := "email"
		j, err = b.Edit(responder(jonas), i.ID, j.Revision, incident.Edit{Service: &service})
		b.must(err)
		if j.Team != "discovery" || j.Tier != 3 || j.Reassigned != 1 || j.Priority != incident.P2 {
			t.Errorf("%+v", j)
		}
		hits, err := b.Search(responder(tom), "slow se", 10)
		b.must(err)
		if len(hits) != 1 || hits[0].Title != title {
			t.Errorf("search: %+v", hits)
		}
		b.sound(i.ID)
	})
}

func TestWaitingStopsTheResolutionClock(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "Payments fail", Impact: incident.High, Urgency: incident.High})
		b.clock.pass(10 * time.Minute)
		_, err := b.Wait(responder(mara), i.ID, incident.ForSupplier, "card processor")
		b.must(err)
		b.clock.pass(4 * time.Minute)
		v, err := b.Page(responder(mara), i.ID)
		b.must(err)
		if v.Clocks.Resolution.State != incident.Paused || v.Clocks.Response.State == incident.Paused {
			t.Errorf("while waiting: %+v", v.Clocks)
		}
		_, err = b.Continue(responder(mara), i.ID)
		b.must(err)
		b.clock.pass(time.Minute)
		v, err = b.Page(responder(mara), i.ID)
		b.must(err)
		c := v.Clocks.Resolution
		if c.Elapsed != 11*time.Minute || len(c.Pauses) != 1 || c.Due != i.TriggeredAt.Add(4*time.Hour+4*time.Minute) {
			t.Errorf("after waiting: %+v", c)
		}
	})
}

func TestEscalationAndNotices(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "Search degraded", Impact: incident.High, Urgency: incident.Medium})
		if i.Priority != incident.P2 {
			t.Fatal(i.Priority)
		}
		b.clock.pass(30 * time.Minute)
		b.due()
		b.due()
		b.clock.pass(90 * time.Minute)
		b.due()
		i, err := b.Get(responder(mara), i.ID)
		b.must(err)
		if i.Priority != incident.P1 {
			t.Errorf("after two hours it is %s", i.Priority)
		}
		if d := cmp.Diff([]incident.EventKind{incident.Opened, incident.ClockBreached, incident.UpdateDue, incident.Escalated}, b.kinds()); d != "" {
			t.Errorf("events (-want +got):\n%s", d)
		}
		_, err = b.Publish(responder(mara), i.ID, incident.Update{Text: "We are on it", Public: true})
		b.must(err)
		v, err := b.Page(responder(mara), i.ID)
		b.must(err)
		if v.Clocks.Update.Left != 30*time.Minute || v.Clocks.Escalation.State != incident.NoClock {
			t.Errorf("%+v", v.Clocks)
		}
		b.sound(i.ID)
	})
}
