package change_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// BenchmarkOpen is the writing of a new change that is allowed at once, with
// everything but the decision: what a gate costs besides facts and policy.
func BenchmarkOpen(b *testing.B) {
	d := dbtest.SQLite(b)
	s := change.New(d, nil)
	var n atomic.Int64
	who := actor.Job("bench")
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			c := change.Change{Services: []string{fmt.Sprint("service-", i%10_000)}, Commit: fmt.Sprintf("%040x", i), Author: "mara", Title: "Raise the retry limit of payments", Environment: change.Production}
			err := d.Write(b.Context(), who, "bench", func(tx *db.Tx) error { return s.Allowed(tx, c) })
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
}
