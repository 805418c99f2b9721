package alert_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// bench is a practice on a database with a clock of its own, an integration of
// each kind, and a reaction that puts what opens into incidents by group.
type bench struct {
	t   testing.TB
	s   *alert.Service
	db  *db.DB
	ctx context.Context
	in  map[alert.Kind]alert.Integration

	mu    sync.Mutex
	clock time.Time

	groups map[string]int64
	told   []string
}

func (b *bench) now() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.clock }

func (b *bench) pass(d time.Duration) { b.mu.Lock(); defer b.mu.Unlock(); b.clock = b.clock.Add(d) }

var start = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)

func each(t *testing.T, f func(b *bench)) {
	t.Helper()
	b := &bench{clock: start}
	dbtest.EachWith(t, func() time.Time { return b.now() }, func(t *testing.T, d *db.DB) {
		b.clock = start
		f(setup(t, b, d))
	})
}

func setup(t testing.TB, b *bench, d *db.DB) *bench {
	b.t, b.db, b.s = t, d, alert.New(d)
	b.ctx = actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin, Name: "mara"})
	b.in, b.groups, b.told = map[alert.Kind]alert.Integration{}, map[string]int64{}, nil
	b.s.React = b.react
	for _, k := range alert.Kinds {
		in := alert.Integration{Name: string(k), Kind: k, Service: "checkout"}
		if k == alert.Heartbeat {
			in.Interval, in.Grace = time.Minute, 10*time.Second
		}
		made, _, err := b.s.CreateIntegration(b.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		b.in[k] = made
	}
	return b
}

// react opens incidents 1, 2, … by group and notes what it was told.
func (b *bench) react(tx *db.Tx, c *alert.Changes) error {
	links := map[int64]int64{}
	for _, l := range []struct {
		word string
		fs   []alert.Firing
	}{{"opened", c.Opened}, {"reopened", c.Reopened}, {"raised", c.Raised}, {"acknowledged", c.Acknowledged}, {"resolved", c.Resolved}} {
		for _, f := range l.fs {
			if l.word == "opened" || l.word == "reopened" || l.word == "raised" && f.IncidentID == 0 {
				if f.Routing.Open && b.groups[f.GroupKey] == 0 {
					b.groups[f.GroupKey] = int64(len(b.groups) + 1)
				}
				if n := b.groups[f.GroupKey]; n != 0 {
					links[f.EpisodeID] = n
				}
			}
			b.told = append(b.told, fmt.Sprintf("%s %s", l.word, f.Summary))
		}
	}
	return b.s.LinkEpisodes(tx, links)
}

func (b *bench) send(k alert.Kind, events ...alert.Event) alert.Receipt {
	b.t.Helper()
	in := b.in[k]
	rc, err := b.s.Ingest(actor.With(context.Background(), in.Actor("test")), in, events)
	if err != nil {
		b.t.Fatal(err)
	}
	return rc
}

func (b *bench) run(source string) {
	b.t.Helper()
	for _, src := range b.s.Sources() {
		if src.Name != source {
			continue
		}
		for range 50 {
			n, err := src.Run(context.Background(), b.db)
			if err != nil {
				b.t.Fatal(err)
			}
			if n == 0 {
				return
			}
		}
	}
}

func (b *bench) list(f alert.Filter) []alert.Alert {
	b.t.Helper()
	p, err := b.s.List(b.ctx, f, "", 200)
	if err != nil {
		b.t.Fatal(err)
	}
	return p.Alerts
}

func (b *bench) tell(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.told); diff != "" {
		b.t.Errorf("the reaction was told (-want +got):\n%s", diff)
	}
	b.told = nil
}

func fire(dedup string, sev alert.Severity) alert.Event {
	return alert.Event{Action: alert.Trigger, Dedup: dedup, Severity: sev, Summary: "Queue depth " + dedup, Labels: map[string]string{"alertname": "QueueDepth"}}
}

func done(dedup string) alert.Event { return alert.Event{Action: alert.Resolve, Dedup: dedup} }

func TestOneAlertOverItsLife(t *testing.T) {
	each(t, func(b *bench) {
		rc := b.send(alert.PagerDuty, fire("a", alert.Warning))
		if rc.Applied != 1 || rc.Alerts[0] == 0 {
			t.Fatalf("receipt %+v", rc)
		}
		id := rc.Alerts[0]
		b.tell("opened Queue depth a") // told, but a warning opens nothing
		for range 3 {
			b.send(alert.PagerDuty, fire("a", alert.Warning))
		}
		b.tell()
		b.send(alert.PagerDuty, fire("a", alert.Critical))
		b.tell("raised Queue depth a")
		b.send(alert.PagerDuty, alert.Event{Action: alert.Acknowledge, Dedup: "a"}, alert.Event{Action: alert.Acknowledge, Dedup: "a"})
		b.tell("acknowledged Queue depth a")
		b.pass(10 * time.Minute)
		b.send(alert.PagerDuty, done("a"), done("a"))
		b.tell("resolved Queue depth a")
		b.pass(time.Hour)
		b.send(alert.PagerDuty, fire("a", alert.Error))
		b.tell("reopened Queue depth a")

		a, err := b.s.Get(b.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Firing() || a.Severity != alert.Error || a.Total != 10 || a.Count != 1 || a.Service != "checkout" || !a.Unrouted || a.IncidentID != 1 {
			t.Errorf("alert %+v", a)
		}
		eps, _, err := b.s.Episodes(b.ctx, id, 0, 10)
		if err != nil || len(eps) != 2 {
			t.Fatalf("episodes %v %v", eps, err)
		}
		if old := eps[1]; old.Severity != alert.Critical || old.EndsAt.IsZero() || old.EndedBy != alert.EndedBySender || old.Count < 7 || old.IncidentID != 1 {
			t.Errorf("first episode %+v", old)
		}
		for _, f := range []alert.Filter{{Status: alert.StatusFiring}, {Services: []string{"checkout"}}, {Integration: "pagerduty"}, {Incident: 1}, {Unrouted: true},
			{Text: "queue DEPTH"}, {Severities: []alert.Severity{alert.Error}, Status: alert.StatusFiring}, {Severities: []alert.Severity{alert.Error}}} {
			if got := b.list(f); len(got) != 1 || got[0].ID != id {
				t.Errorf("%+v finds %d", f, len(got))
			}
			if n, more, err := b.s.Count(b.ctx, f); n != 1 || more || err != nil {
				t.Errorf("%+v counts %d %v %v", f, n, more, err)
			}
		}
		for _, f := range []alert.Filter{{Status: alert.StatusResolved}, {NoIncident: true}, {Silenced: true}, {Services: []string{"search"}}, {Incident: 7}} {
			if got := b.list(f); len(got) != 0 {
				t.Errorf("%+v finds %d", f, len(got))
			}
		}
	})
}

// TestAnyOrder shuffles and doubles the events of senders that name their
// firings: the state must depend on the set of events only, however they are
// cut into requests.
func TestAnyOrder(t *testing.T) {
	each(t, func(b *bench) {
		b.s.React = nil
		m := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
		b.pass(2 * time.Hour)
		var want map[string]string
		for round := range 30 {
			rnd := rand.New(rand.NewPCG(7, uint64(round)))
			var events []alert.Event
			for i := range 12 {
				dedup := fmt.Sprintf("r%d-%d", round, i)
				for n := range 1 + i%4 {
					trigger := alert.Event{Action: alert.Trigger, Dedup: dedup, Severity: alert.Error, Summary: "x", StartsAt: m(10 * n)}
					events = append(events, trigger, trigger)
					if n < i%4 || i%2 == 0 {
						end := trigger
						end.Action, end.EndsAt = alert.Resolve, m(10*n+5)
						events = append(events, end)
						if i%3 == 0 {
							end.EndsAt = m(10*n + 7)
							events = append(events, end)
						}
					}
				}
			}
			if round > 0 { // the first round is in order
				rnd.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			}
			for len(events) > 0 {
				n := min(len(events), 1+rnd.IntN(20))
				b.send(alert.Alertmanager, events[:n]...)
				events = events[n:]
			}
			got := map[string]string{}
			for _, a := range b.list(alert.Filter{Text: fmt.Sprintf("r%d-", round)}) {
				got[a.Dedup[len(fmt.Sprintf("r%d-", round)):]] = fmt.Sprint(a.Status, a.StartsAt, a.EndsAt)
			}
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" || len(got) != 12 {
				t.Fatalf("round %d (-in order +shuffled):\n%s", round, diff)
			}
		}
	})
}

func TestOpenedAndResolvedInOneRequest(t *testing.T) {
	each(t, func(b *bench) {
		b.send(alert.Generic, fire("a", alert.Critical), done("a"), fire("a", alert.Critical))
		b.tell("opened Queue depth a", "reopened Queue depth a", "resolved Queue depth a")
		b.db.Read(b.ctx, func(q db.Querier) error {
			if all, err := b.s.AllResolved(q, 1); all || err != nil {
				t.Errorf("AllResolved %v %v", all, err)
			}
			fs, err := b.s.FiringOf(q, 1)
			if err != nil || len(fs) != 1 || !fs[0].Routing.Open {
				t.Errorf("FiringOf %+v %v", fs, err)
			}
			linked, err := b.s.AlertsOf(q, 1, 10)
			if err != nil || len(linked) != 1 || !linked[0].Alert.Firing() {
				t.Errorf("AlertsOf %+v %v", linked, err)
			}
			return nil
		})
	})
}

func TestConcurrentSendersOfOneAlert(t *testing.T) {
	each(t, func(b *bench) {
		var wg sync.WaitGroup
		in := b.in[alert.Generic]
		for i := range 64 {
			wg.Go(func() {
				ctx := actor.With(context.Background(), in.Actor("test"))
				if _, err := b.s.Ingest(ctx, in, []alert.Event{fire("same", alert.Error), fire(fmt.Sprint("own", i), alert.Error)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := b.list(alert.Filter{})
		if len(got) != 65 {
			t.Fatalf("%d alerts, want 65", len(got))
		}
		for _, a := range got {
			if a.Dedup == "same" && a.Total != 64 {
				t.Errorf("%d events counted, want 64", a.Total)
			}
		}
	})
}

func TestBadEvents(t *testing.T) {
	each(t, func(b *bench) {
		in := b.in[alert.Generic]
		ctx := actor.With(context.Background(), in.Actor("test"))
		for name, e := range map[string]alert.Event{
			"no dedup":      {Action: alert.Trigger},
			"long dedup":    {Action: alert.Trigger, Dedup: string(make([]byte, 256))},
			"zero byte":     {Action: alert.Trigger, Dedup: "a\x00b"},
			"bad UTF-8":     {Action: alert.Trigger, Dedup: "a", Summary: "\xff"},
			"no action":     {Dedup: "a"},
			"severity":      {Action: alert.Trigger, Dedup: "a", Severity: "fatal"},
			"label":         {Action: alert.Trigger, Dedup: "a", Labels: map[string]string{"x": string(make([]byte, 20<<10))}},
			"too many":      {Action: alert.Trigger, Dedup: "a", Labels: many(200)},
			"details":       {Action: alert.Trigger, Dedup: "a", Details: make([]byte, 600<<10)},
			"bad label utf": {Action: alert.Trigger, Dedup: "a", Labels: map[string]string{"\xfe": "x"}},
		} {
			if _, err := b.s.Ingest(ctx, in, []alert.Event{fire("good", alert.Error), e}); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := b.list(alert.Filter{}); len(got) != 0 {
			t.Errorf("%d alerts of refused requests", len(got))
		}
		for _, year := range []int{0, 1, 1969, 9999} {
			b.send(alert.Prometheus, alert.Event{Action: alert.Trigger, Dedup: fmt.Sprint("y", year), StartsAt: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), EndsAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)})
		}
		for _, a := range b.list(alert.Filter{}) {
			if !a.StartsAt.Equal(start) || !a.Firing() {
				t.Errorf("%s starts %v", a.Dedup, a.StartsAt)
			}
		}
		if _, err := b.s.Ingest(context.Background(), in, nil); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func many(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprint("l", i)] = "x"
	}
	return m
}

// TestOneBadRequestFailsAlone: a reaction that refuses one alert must not fail
// those that happened to be in the same batch.
func TestOneBadRequestFailsAlone(t *testing.T) {
	each(t, func(b *bench) {
		b.s.React = func(tx *db.Tx, c *alert.Changes) error {
			for _, f := range c.Opened {
				if f.Summary == "Queue depth poison" {
					return errs.E(errs.Internal, "the reaction broke")
				}
			}
			return nil
		}
		in := b.in[alert.Generic]
		ctx := actor.With(context.Background(), in.Actor("test"))
		var wg sync.WaitGroup
		var mu sync.Mutex
		failed := 0
		for i := range 60 {
			wg.Go(func() {
				dedup := fmt.Sprint("ok", i)
				if i%10 == 0 {
					dedup = "poison"
				}
				if _, err := b.s.Ingest(ctx, in, []alert.Event{fire(dedup, alert.Error)}); err != nil {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if got := len(b.list(alert.Filter{})); got != 54 || failed != 6 {
			t.Errorf("%d alerts stored, %d requests refused; want 54 and 6", got, failed)
		}
		b.checkDigests()
	})
}
