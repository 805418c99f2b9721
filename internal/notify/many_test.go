package notify_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// sink takes everything.
type sink struct {
	n    atomic.Int64
	full chan struct{}
	want int64
}

func (s *sink) Send(context.Context, notify.Target, notify.Message) error {
	if s.n.Add(1) == s.want {
		s.full <- struct{}{}
	}
	return nil
}

// BenchmarkMany gives one notice to 1,300 people and measures until the last
// of them was handed to a local sink. The target is less than 2 s.
func BenchmarkMany(b *testing.B) {
	const people = 1300
	for name, open := range databases {
		b.Run(name, func(b *testing.B) {
			s := &sink{full: make(chan struct{}, 1), want: people}
			k := &book{ways: map[int64][]notify.Way{}, reach: map[int64]notify.Reach{}}
			bench := newBench(b, open(b), nil, func(o *notify.Options) {
				o.Book, o.Transports[notify.WebPush], o.Transports[notify.SMS] = k, s, s
			})
			for i := range int64(people) {
				id := 100 + i
				k.ways[id] = []notify.Way{{Method: id, Kind: notify.WebPush}, {Method: id + people, Kind: notify.SMS, After: 2 * time.Minute}}
				k.reach[id] = notify.Reach{Person: id, Kind: notify.WebPush}
				bench.house.teams["all"] = append(bench.house.teams["all"], notify.Member{Person: id, Name: fmt.Sprint("Person ", id), Role: actor.Responder, TeamRole: "member"})
			}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- bench.courier.Run(ctx) }()
			var took time.Duration
			b.ResetTimer()
			for i := range b.N {
				s.n.Store(0)
				n := page(fmt.Sprint("many ", i, time.Now().UnixNano()))
				n.Team, n.Priority = "all", "P1"
				start := time.Now()
				bench.tell(n)
				<-s.full
				took = max(took, time.Since(start))
			}
			b.StopTimer()
			stop()
			<-ended
			b.ReportMetric(took.Seconds(), "s-worst")
		})
	}
}
