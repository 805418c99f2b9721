package alert_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// BenchmarkList measures the default page of the alert list, its counts, and a
// rare service, in a table of 200,000 alerts of which 20,000 fire.
func BenchmarkList(b *testing.B) {
	s := &bench{clock: start}
	setup(b, s, dbtest.SQLite(b))
	s.s.React = nil
	in := s.in[alert.Generic]
	ctx := actor.With(context.Background(), in.Actor("test"))
	for n := 0; n < 200_000; n += 2000 {
		events := make([]alert.Event, 0, 4000)
		for i := n; i < n+2000; i++ {
			e := alert.Event{Action: alert.Trigger, Dedup: fmt.Sprint("k", i), Severity: alert.Severities[i%4], Summary: "Disk almost full", Service: fmt.Sprint("service-", i%200), Labels: map[string]string{"n": fmt.Sprint(i)}}
			events = append(events, e)
			if i%10 != 0 {
				events = append(events, alert.Event{Action: alert.Resolve, Dedup: e.Dedup})
			}
		}
		if _, err := s.s.Ingest(ctx, in, events); err != nil {
			b.Fatal(err)
		}
	}
	for name, f := range map[string]alert.Filter{"firing": {Status: alert.StatusFiring}, "all": {}, "service": {Services: []string{"service-7"}}, "services": {Services: []string{"service-10", "service-20", "service-30"}},
		"critical": {Status: alert.StatusFiring, Severities: []alert.Severity{alert.Critical}}, "rare-label": {Labels: matchers(b, "n=123456")}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.s.List(s.ctx, f, "", 60); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, f := range map[string]alert.Filter{"count-firing": {Status: alert.StatusFiring}, "count-loose": {NoIncident: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.s.Count(s.ctx, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkIngest measures durable requests of one event from 64 callers, as
// PagerDuty senders post them; ns/op is the time between two answers.
func BenchmarkIngest(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		for _, load := range []struct {
			name string
			keys int64 // 0: each event is a new alert
			size int
		}{{"new", 0, 1}, {"repeat", 1000, 1}, {"one-key", 1, 1}, {"batch64", 0, 64}} {
			b.Run(engine.name+"/"+load.name, func(b *testing.B) {
				s := &bench{clock: start}
				setup(b, s, engine.open(b))
				s.s.React = nil
				in := s.in[alert.PagerDuty]
				ctx := actor.With(context.Background(), in.Actor("test"))
				event := func(n int64) alert.Event {
					if load.keys > 0 {
						n %= load.keys
					}
					return alert.Event{Action: alert.Trigger, Dedup: fmt.Sprintf("host-%d/disk", n), Severity: alert.Warning, Summary: "Disk almost full", Source: "db-7",
						Service: "payments", Labels: map[string]string{"component": "postgres", "class": "disk", "group": "prod"}, Details: []byte(`{"free":"3 %","mount":"/var"}`)}
				}
				for n := range load.keys {
					s.s.Ingest(ctx, in, []alert.Event{event(n)})
				}
				var next atomic.Int64
				b.ReportAllocs()
				b.SetParallelism(64)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						events := make([]alert.Event, load.size)
						for i := range events {
							events[i] = event(next.Add(1))
						}
						if _, err := s.s.Ingest(ctx, in, events); err != nil {
							b.Fatal(err)
						}
					}
				})
				b.ReportMetric(float64(b.N*load.size)/b.Elapsed().Seconds(), "alerts/s")
			})
		}
	}
}
