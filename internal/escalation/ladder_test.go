package escalation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestNobodyAnswers: one after the other, then leads and manager for ever.
func TestNobodyAnswers(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.High)
		w.expect(i, &seen, "paged lena, paged mara, paged omar") // on call, manager, executive: not the whole team
		w.at(4.99)
		w.expect(i, &seen, "")
		w.at(5)
		w.expect(i, &seen, "escalated jonas")
		w.at(15)
		w.expect(i, &seen, "escalated priya")
		w.at(25)
		w.expect(i, &seen, "nobody acknowledged mara, nobody acknowledged omar")
		w.at(35)
		w.expect(i, &seen, "nobody acknowledged mara, nobody acknowledged omar")
		w.says(i, "told Mara: step 1 of Payments | step 2 follows in 5 min unless somebody acknowledges", "told Jonas: step 2 of Payments", "told Priya: step 3",
			"Payments is through all its steps and nobody acknowledged | leads and manager are reminded every 10 min", "still nobody acknowledged: reminded Mara and 1 more, reminder 2")
		v, err := w.Escalation.Ladder(w.as("mara"), i.ID)
		w.must(err)
		if v.Ladder.State != escalation.Reminding || len(v.Stages) != 6 || !v.Stages[5].Next || !v.Can.Escalate {
			w.Errorf("%+v", v)
		}
		_, err = w.Incidents.Acknowledge(w.as("mara"), i.ID)
		w.must(err)
		w.sent(i, &seen)
		w.at(60)
		w.expect(i, &seen, "")
	})
}

// TestWhoAcknowledgesStops, is asked how it goes, and others follow.
func TestWhoAcknowledgesStops(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.High)
		w.sent(i, &seen)
		w.at(3)
		_, err := w.Incidents.Acknowledge(w.as("mara"), i.ID)
		w.must(err)
		w.sent(i, &seen)
		w.at(32.9)
		w.expect(i, &seen, "")
		w.at(33)
		w.expect(i, &seen, "no progress mara")
		w.at(63)
		w.expect(i, &seen, "escalated mara")
		w.at(68)
		w.expect(i, &seen, "escalated jonas")
		w.says(i, "asked Mara whether it goes on: no progress since 02:13 UTC", "Payments begins again")
		_, err = w.Incidents.Acknowledge(w.as("jonas"), i.ID) // again: no new state, but the ladder stops
		w.must(err)
		w.at(97)
		w.expect(i, &seen, "")
		_, err = w.Incidents.AddNote(w.as("jonas"), i.ID, incident.Note{Text: "the database is back"})
		w.must(err)
		w.at(126)
		w.expect(i, &seen, "")
		_, err = w.Incidents.Mitigate(w.as("jonas"), i.ID, incident.Fix, "")
		w.must(err)
		w.sent(i, &seen)
		w.at(1000)
		if v, err := w.Escalation.Ladder(w.ctx, i.ID); err != nil || v.Ladder.State != escalation.Done || !v.Ladder.NextAt.IsZero() {
			w.Errorf("%+v %v", v.Ladder, err)
		}
		if got := w.sent(i, &seen); strings.Contains(got, "escalated") || strings.Contains(got, "no progress") {
			w.Error(got)
		}
	})
}

// TestPriorities: a P3 is told quietly to the team and has no ladder; when it
// rises it gets one; when it falls the ladder stops.
func TestPriorities(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.Low)
		if i.Priority != incident.P3 {
			w.Fatal(i.Priority)
		}
		w.expect(i, &seen, "paged jonas, paged mara, paged priya")
		p2, p3 := incident.P2, incident.P3
		i, err := w.Incidents.Edit(w.as("priya"), i.ID, i.Revision, incident.Edit{Priority: &p2})
		w.must(err)
		w.expect(i, &seen, "raised mara, raised omar")
		w.at(5)
		w.expect(i, &seen, "escalated jonas")
		i, err = w.Incidents.Edit(w.as("priya"), i.ID, i.Revision, incident.Edit{Priority: &p3})
		w.must(err)
		w.sent(i, &seen)
		w.at(40)
		w.expect(i, &seen, "")
		w.says(i, "Payments stops: a P3 pages nobody")
	})
}

// TestRisesByItself: a P2 that is acknowledged and not mitigated within two
// hours becomes a P1; manager and executive are told, and who is on call.
func TestRisesByItself(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.Medium)
		w.expect(i, &seen, "paged mara, paged omar") // the manager is informed at once
		_, err := w.Incidents.Acknowledge(w.as("mara"), i.ID)
		w.must(err)
		for _, minute := range []float64{20, 40, 60, 80, 100, 119} { // Mara says how it stands
			w.at(minute)
			_, err := w.Incidents.AddNote(w.as("mara"), i.ID, incident.Note{Text: "still at it"})
			w.must(err)
		}
		w.sent(i, &seen)
		w.clock.Store(int64(2 * time.Hour))
		_, err = w.Incidents.Due().Run(w.ctx, w.DB())
		w.must(err)
		if now, err := w.Incidents.Get(w.ctx, i.ID); err != nil || now.Priority != incident.P1 {
			w.Fatalf("%v %v", now.Priority, err)
		}
		if got := w.sent(i, &seen); !strings.Contains(got, "escalated lena, escalated mara, escalated omar") {
			w.Error(got)
		}
	})
}

// TestByHand: escalate, snooze, ask, hand over.
func TestByHand(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.Medium)
		w.sent(i, &seen)
		_, err := w.Escalation.Snooze(w.as("mara"), i.ID, begin.Add(30*time.Minute), "nobody is hurt")
		w.must(err)
		w.at(29)
		w.expect(i, &seen, "breached jonas"[:0])
		_, err = w.Escalation.Snooze(w.as("mara"), i.ID, begin.Add(48*time.Hour), "")
		if !errs.Is(err, errs.Invalid) {
			w.Error(err)
		}
		w.at(30)
		if got := w.sent(i, &seen); !strings.Contains(got, "escalated jonas") {
			w.Error(got)
		}
		_, err = w.Escalation.Escalate(w.as("jonas"), i.ID, "we need the database people")
		w.must(err)
		w.expect(i, &seen, "escalated priya")
		_, err = w.Incidents.Acknowledge(w.as("jonas"), i.ID)
		w.must(err)
		w.sent(i, &seen)
		_, err = w.Escalation.AddResponder(w.as("jonas"), i.ID, escalation.Ask{Team: "platform"}, "is the network all right?")
		w.must(err)
		w.expect(i, &seen, "asked tom")
		w.at(35)
		w.expect(i, &seen, "asked tom")
		v, err := w.Escalation.Answer(w.as("tom"), i.ID, true, "")
		w.must(err)
		if v.Requests[0].State != escalation.Accepted || v.Incident.State != "acknowledged" {
			w.Errorf("%+v", v.Requests)
		}
		_, err = w.Escalation.Handover(w.as("jonas"), i.ID, "priya", "my shift is over")
		w.must(err)
		w.expect(i, &seen, "asked priya")
		_, err = w.Escalation.Answer(w.as("priya"), i.ID, true, "")
		w.must(err)
		now, err := w.Incidents.Get(w.ctx, i.ID)
		w.must(err)
		if now.Commander != w.id["priya"] {
			w.Errorf("%d commands it", now.Commander)
		}
		_, err = w.Escalation.AddResponder(w.as("jonas"), i.ID, escalation.Ask{Person: "omar"}, "")
		w.must(err)
		for m := 40; m <= 55; m += 5 {
			w.at(float64(m))
		}
		w.says(i, "snoozed the escalation until Wed 02:40 UTC | nobody is hurt", "the snooze is over", "escalated | we need the database people", "asked Tom to help", "came to help",
			"asked Priya to take over | my shift is over", "Priya took over", "Omar has not answered for 15 min")
		if got := w.sent(i, &seen); !strings.Contains(got, "no answer jonas") {
			w.Error(got)
		}
		if _, err := w.Escalation.Answer(w.as("lena"), i.ID, true, ""); !errs.Is(err, errs.NotFound) {
			w.Error(err)
		}
	})
}
