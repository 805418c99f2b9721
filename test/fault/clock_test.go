package fault

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// crooked is a clock that somebody moves.
type crooked struct{ off atomic.Int64 }

func (c *crooked) now() time.Time      { return time.Now().Add(time.Duration(c.off.Load())) }
func (c *crooked) set(d time.Duration) { c.off.Store(int64(d)) }

// TestClockJumps moves the clock back an hour, ahead a month, back, and ahead
// again, while alerts fire and people act. Nothing panics, every clock is told
// at most once, and the evidence stays in order.
func TestClockJumps(t *testing.T) {
	run := func(t *testing.T, database string) {
		t.Parallel()
		s := found(t, database)
		clock := &crooked{}
		log := &output{}
		a := s.openLog(log, app.Clock(clock.now))
		a.Start()
		x := &jumper{site: s, app: a, clock: clock, log: log}
		var unmitigated, acknowledged int64
		x.at("now", 0, func() {
			x.fire(alert.Alertmanager, "error", 1, false)
			x.fire(alert.Prometheus, "error", 2, false)
			x.fire(alert.PagerDuty, "error", 3, false)
			unmitigated = x.declare("Checkout is slow", incident.High, incident.Medium) // P2: escalates after two hours
			acknowledged = x.declare("Orders wait", incident.Medium, incident.Medium)   // P3
		})
		x.at("an hour back", -time.Hour, func() {
			for _, kind := range []alert.Kind{alert.Alertmanager, alert.Prometheus, alert.PagerDuty} {
				x.fire(kind, "error", 4, false)
				x.fire(kind, "critical", 1, false) // raised
			}
			x.must(a.Incidents.Acknowledge(s.as(), acknowledged))
			x.declare("Said in the past", incident.High, incident.High)
			x.fire(alert.Alertmanager, "error", 1, true)
			x.fire(alert.Alertmanager, "error", 1, false)
		})
		x.at("a month ahead", 30*24*time.Hour, func() {
			x.fire(alert.Alertmanager, "error", 5, false)
			x.fire(alert.PagerDuty, "error", 3, true)
			x.must(a.Incidents.Mitigate(s.as(), acknowledged, incident.How("failover"), ""))
		})
		x.told(unmitigated, "raised the priority from P2 to P1", 1)
		x.at("back", 0, func() {
			x.fire(alert.Alertmanager, "error", 5, true)
			x.fire(alert.Alertmanager, "error", 6, false)
			x.must(a.Incidents.Resolve(s.as(), acknowledged, incident.How("failover"), ""))
		})
		x.at("ahead again", 31*24*time.Hour, func() { x.fire(alert.Alertmanager, "error", 7, false) })
		x.at("at last", time.Minute, func() { x.fire(alert.Alertmanager, "error", 8, false) })
		x.told(unmitigated, "raised the priority from P2 to P1", 1)
		x.told(unmitigated, "Response target", 1)
		x.told(unmitigated, "Resolution target", 1)
		x.told(acknowledged, "Response target", 0) // acknowledged in time
		if r, err := a.Audit.Check(s.as()); err != nil || !r.OK {
			t.Errorf("the evidence does not verify: %v %+v", err, r.Bad)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		s.whole()
		tx, end := s.snapshot()
		defer end()
		for _, f := range []struct{ what, query string }{
			{"one deadline told twice", `SELECT record, dest, reason, COUNT(*) FROM notify_message WHERE reason = 'escalated' GROUP BY record, dest, reason HAVING COUNT(*) > 1`},
			{"one clock told twice", `SELECT incident, text, COUNT(*) FROM incident_entry WHERE kind IN ('clock', 'priority') GROUP BY incident, text HAVING COUNT(*) > 1 AND text NOT LIKE 'Public status update%'`},
		} {
			if got := rows(t, tx, f.query); len(got) > 0 {
				t.Errorf("%s: %v", f.what, got)
			}
		}
		p := s.serve() // with the right time
		s.verify(p.address())
		p.stop()
	}
	t.Run("sqlite", func(t *testing.T) { run(t, "") })
	t.Run("postgres", func(t *testing.T) { run(t, dbtest.PostgresURL(t)) })
}

type jumper struct {
	*site
	app   *app.App
	clock *crooked
	log   *output
}

// at sets the clock, does something, and waits until no due work is left.
func (x *jumper) at(when string, off time.Duration, do func()) {
	x.t.Helper()
	x.clock.set(off)
	do()
	eventually(x.t, 30*time.Second, "all that is due "+when+" is done", func() error {
		tx, end := x.snapshot()
		defer end()
		now := x.clock.now().UnixMicro()
		for _, table := range []string{"incident", "alert", "silence", "integration_state"} {
			if late := rows(x.t, tx, fmt.Sprintf("SELECT next_at FROM %s WHERE next_at > 0 AND next_at <= %d", table, now)); len(late) > 0 {
				return missing("%d rows of %s are late", len(late), table)
			}
		}
		if n := number(x.t, tx, fmt.Sprintf("SELECT COUNT(*) FROM notify_message WHERE state = 'sending' OR state = 'queued' AND due_at <= %d", now)); n > 0 {
			return missing("%d messages wait", n)
		}
		return nil
	})
	if s := x.log.String(); strings.Contains(s, "level=ERROR") || strings.Contains(s, "panic") {
		x.t.Fatalf("%s, the log says:\n%s", when, tail(s, 20))
	}
}

// fire posts one event as a sender whose clock is right.
func (x *jumper) fire(kind alert.Kind, severity alert.Severity, key int, resolve bool) {
	x.t.Helper()
	ctx := context.Background()
	in, err := x.app.Alerts.Authenticate(ctx, kind, x.tokens[kind])
	if err != nil {
		x.t.Fatal(err)
	}
	now := time.Now().UTC()
	e := alert.Event{Action: alert.Trigger, Dedup: fmt.Sprint("jump-", key), Severity: severity, Summary: fmt.Sprint("Jump ", key), Labels: map[string]string{"shard": fmt.Sprint(key)}, StartsAt: now}
	if kind == alert.Prometheus {
		e.EndsAt = now.Add(4 * time.Minute)
	}
	if resolve {
		e.Action, e.EndsAt = alert.Resolve, now
	}
	if _, err := x.app.Alerts.Ingest(actor.With(ctx, in.Actor("127.0.0.1")), in, []alert.Event{e}); err != nil {
		x.t.Errorf("%s %d: %v", kind, key, err)
	}
}

func (x *jumper) declare(title string, impact, urgency incident.Level) int64 {
	x.t.Helper()
	i, err := x.app.Incidents.Declare(x.as(), incident.Declaration{Title: title, Service: "checkout", Impact: impact, Urgency: urgency})
	if err != nil {
		x.t.Fatal(err)
	}
	return i.ID
}

func (x *jumper) must(_ incident.Incident, err error) {
	x.t.Helper()
	if err != nil {
		x.t.Error(err)
	}
}

// told checks how often an incident's timeline says something.
func (x *jumper) told(id int64, words string, times int) {
	x.t.Helper()
	tx, end := x.snapshot()
	defer end()
	var got []string
	for _, line := range rows(x.t, tx, fmt.Sprintf("SELECT seq, text FROM incident_entry WHERE incident = %d ORDER BY seq", id)) {
		if strings.Contains(line, words) {
			got = append(got, line)
		}
	}
	if len(got) != times {
		x.t.Errorf("INC-%d says %q %d times, want %d: %v", id, words, len(got), times, got)
	}
}
