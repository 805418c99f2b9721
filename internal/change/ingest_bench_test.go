package change_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
)

// webhooks are the deliveries of one pull request of a team that deploys each
// merge: pushes, the pull request, reviews, checks, workflows, a deployment to
// staging and one to production.
func webhooks(n int, start time.Time) []change.Signal {
	list := story(n, start, change.PhaseSucceeded)
	head, merged := list[0].Commit, list[4].Commit
	for i := range 8 {
		name := []string{"lint", "unit", "e2e", "build"}[i%4]
		commit := head
		if i > 3 {
			commit = merged
		}
		for _, r := range []change.Result{change.ResultRunning, change.ResultPassed} {
			list = append(list, change.Signal{Kind: change.SignalBuild, At: start.Add(time.Duration(i) * time.Second), Repository: "harbour/checkout", Commit: commit, Build: &change.Build{Name: name, Result: r, Link: "https://github.example/run"}})
		}
	}
	for _, p := range []change.Phase{change.PhaseCreated, change.PhaseStarted, change.PhaseSucceeded} {
		list = append(list, change.Signal{Kind: change.SignalDeployment, At: start, Repository: "harbour/checkout", Commit: merged, Deployment: &change.Deployment{Key: fmt.Sprint("staging", n), Phase: p, Environment: "staging"}})
	}
	return list
}

// BenchmarkIngest is durable ingest with 64 senders at once: "webhooks" is what
// a forge sends, of which every tenth is about a deployment to production;
// "deployments" is nothing but these.
func BenchmarkIngest(b *testing.B) {
	for _, kind := range []string{"webhooks", "deployments"} {
		b.Run(kind, func(b *testing.B) {
			d, err := db.Open(b.Context(), db.Config{URL: filepath.Join(b.TempDir(), "bench.db"), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			g := newGate(b, d, &gateClock{now: time.Now()})
			start := time.Now().Add(-time.Hour)
			var work []change.Signal
			for n := 1; len(work) < b.N; n += 200 { // 200 at once, step by step: no batch holds all of one
				var lists [200][]change.Signal
				for i := range lists {
					if lists[i] = webhooks(n+i, start); kind == "deployments" {
						lists[i] = lists[i][5:8]
					}
				}
				for step := range lists[0] {
					for _, list := range lists {
						work = append(work, list[step])
					}
				}
			}
			var next atomic.Int64
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					i := next.Add(1) - 1
					if _, err := g.Ingest(asker(), hub, fmt.Sprint("d", i), work[i:i+1]); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
