package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
)

// BenchmarkFirstMessage gives notices at 500 a second and measures from the
// commit of each to its arrival at a local webhook sink. The target is p99
// below 200 ms.
func BenchmarkFirstMessage(b *testing.B) {
	for name, open := range databases {
		b.Run(name, func(b *testing.B) {
			var mu sync.Mutex
			given, took := map[string]time.Time{}, []time.Duration{}
			var arrived sync.WaitGroup
			sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				now := time.Now()
				var p webhook.Payload
				body, _ := io.ReadAll(r.Body)
				if json.Unmarshal(body, &p) != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				took = append(took, now.Sub(given[p.Data.Text]))
				arrived.Done()
			}))
			defer sink.Close()
			n := 1000
			bench := newBench(b, open(b), nil, nil)
			bench.channel("sink", &receiver{Server: sink}, nil)
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- bench.courier.Run(ctx) }()
			b.ResetTimer()
			for range b.N {
				var tellers sync.WaitGroup
				tick := time.NewTicker(2 * time.Millisecond) // 500 a second
				for i := range n {
					<-tick.C
					arrived.Add(1)
					tellers.Go(func() {
						notice := toChannel(fmt.Sprint(b.N, i, time.Now().UnixNano()))
						notice.Text = strconv.Itoa(i) + notice.Key
						mu.Lock()
						given[notice.Text] = time.Now()
						mu.Unlock()
						bench.tell(notice)
					})
				}
				tick.Stop()
				tellers.Wait()
				arrived.Wait()
			}
			b.StopTimer()
			stop()
			<-ended
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

var databases = map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres}
