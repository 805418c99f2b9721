package incident_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// A list says who is on it, through an incident's life.
func TestOnIt(t *testing.T) {
	each(t, func(b *bench) {
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(1, "queue", alert.Critical)}})
		id := b.open()[0].ID
		step := func(what string, err error, want int64) {
			t.Helper()
			b.must(err)
			b.clock.pass(time.Minute)
			rows, _, err := b.List(responder(mara), incident.Filter{}, "", 0)
			b.must(err)
			if got := rows[0].OnIt(); got != want || want != 0 && rows[0].Name(got) == "" {
				t.Errorf("%s: %d %q is on it, want %d", what, got, rows[0].Name(got), want)
			}
		}
		do := func(_ incident.Incident, err error) error { return err }
		step("opened", nil, 0)
		step("acknowledged", do(b.Acknowledge(responder(jonas), id)), jonas)
		step("joined", do(b.Join(responder(priya), id)), jonas)
		step("commanded", do(b.Assign(responder(mara), id, incident.Commander, priya, "")), priya)
		step("no longer commanded", do(b.Assign(responder(mara), id, incident.Commander, 0, "")), jonas)
		step("left", do(b.Leave(responder(jonas), id)), 0)
		step("mitigated", do(b.Mitigate(responder(tom), id, incident.Restart, "")), tom)
		step("resolved", do(b.Resolve(responder(mara), id, "", "")), tom)
		b.alerts(alert.Changes{Resolved: []alert.Firing{{EpisodeID: 1, IncidentID: id}}})
		b.alerts(alert.Changes{Opened: []alert.Firing{firing(2, "queue", alert.Critical)}})
		step("reopened by an alert", nil, 0)
		step("acknowledged by a machine", do(b.Acknowledge(as(0, actor.Responder), id)), 0)
		step("resolved again", do(b.Resolve(responder(mara), id, incident.Fix, "")), mara)
		step("reopened by a person", do(b.Reopen(responder(lena), id, "still broken")), lena)
		b.sound(id)
	})
}
