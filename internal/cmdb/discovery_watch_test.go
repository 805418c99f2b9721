package cmdb

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

func TestSourceWatch(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		inv := &inventory{say: []Record{seen("a", KindHost, "a")}}
		source := inv.source()
		source.Config = append(source.Config, "watch")
		changes, ended, kicked := make(chan struct{}), make(chan struct{}, 9), make(chan struct{}, 9)
		source.Watch = func(ctx context.Context, c Config, changed func()) error {
			defer func() { ended <- struct{}{} }()
			for {
				select {
				case <-changes:
					changed()
				case <-ctx.Done():
					return nil
				}
			}
		}
		s.Readers, s.Box = map[string]ScheduledSource{"kubernetes": source}, box(t, 1)
		s.Kick = func(name string) {
			if name == DiscoveryDue {
				kicked <- struct{}{}
			}
		}
		spec := DiscoverySpec{Source: "kubernetes", Complete: true, Every: Duration(Day), Config: map[string]string{"url": "https://k8s.harbour.example", "watch": "true"}}
		_, err := s.PutDiscovery(mara(), "cluster", 0, spec)
		ok(t, err)
		<-kicked
		run := func() Discovery {
			t.Helper()
			_, err := s.DiscoverySource().Run(context.Background(), d)
			ok(t, err)
			x, err := s.Discovery(mara(), "cluster")
			ok(t, err)
			return x
		}
		first := run()
		if first.Run == 0 || !first.Next.Equal(c.now().Add(24*time.Hour)) {
			t.Fatalf("after the first run: %+v", first)
		}

		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		ctx = actor.With(ctx, actor.Job(DiscoveryDue))
		w := &watchers{s: s, running: map[string]*watched{}}
		ok(t, w.look(ctx))
		ok(t, w.look(ctx)) // it is watched already
		c.add(time.Minute)
		inv.say = append(inv.say, seen("b", KindHost, "b"))
		changes <- struct{}{}
		<-kicked
		if second := run(); second.Run == first.Run {
			t.Error("a change did not make it run")
		}
		spec.Config = map[string]string{"url": "https://k8s.harbour.example"}
		_, err = s.PutDiscovery(mara(), "cluster", first.Version, spec)
		ok(t, err)
		ok(t, w.look(ctx))
		<-ended
		stop()
		w.all.Wait()
	})
}
