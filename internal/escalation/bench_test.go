package escalation_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/job"
)

// BenchmarkLateness has 50,000 open ladders of which 1,000 are due in one
// second, spread over it or all at its beginning, and measures from each
// step's time to the commit that holds its message.
//
//	go test ./internal/escalation -run xxx -bench Lateness -benchtime 1x
func BenchmarkLateness(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, spread := range []time.Duration{time.Second, 0} {
			b.Run(fmt.Sprintf("%s/over-%s", engine, spread), func(b *testing.B) {
				url := filepath.Join(b.TempDir(), "ek.db")
				if engine == "postgres" {
					url = dbtest.PostgresURL(b)
				}
				for b.Loop() {
					lateness(b, url, spread)
				}
			})
		}
	}
}

const (
	openLadders = 50_000
	dueLadders  = 1_000
)

func lateness(b *testing.B, url string, spread time.Duration) {
	dir := b.TempDir()
	cfg := config.Config{Listen: "127.0.0.1:0", DB: url, PublicURL: "http://localhost:8080", KeepDays: 30, Checkpoints: 1e9, SMTPTLS: "none",
		LogKey: filepath.Join(dir, "log.key"), SecretsKey: filepath.Join(dir, "secrets.key")}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	a, err := app.New(context.Background(), cfg, log)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	w := &world{App: a, TB: b, ctx: open0(b), clock: &atomic.Int64{}, id: map[string]int64{}}
	w.people()
	w.must(w.apply(org + policy))
	first := w.declare(incident.High, incident.High)
	w.clone("incident", "id", first.ID)
	w.clone("escalation_ladder", "incident", first.ID)
	start := time.Now().Add(3 * time.Second)
	w.must(w.DB().Write(w.ctx, actorJob, "a benchmark sets deadlines", func(tx *db.Tx) error {
		tx.Unrecorded("a benchmark")
		_, err := tx.Exec("UPDATE escalation_ladder SET next_at = $1, told_at = $2", db.Micros(start.Add(time.Hour)), db.Micros(start.Add(55*time.Minute)))
		if err == nil {
			_, err = tx.Exec("UPDATE escalation_ladder SET next_at = $1 + (incident - $2) * $3, told_at = $1 + (incident - $2) * $3 - 300000000 WHERE incident > $2 AND incident <= $2 + $4",
				db.Micros(start), first.ID, int64(spread/time.Microsecond)/dueLadders, int64(dueLadders))
		}
		return err
	}))

	source := a.Escalation.Due()
	run := source.Run
	var mu sync.Mutex
	var ends []time.Time
	done := 0
	source.Run = func(ctx context.Context, d *db.DB) (int, error) {
		n, err := run(ctx, d)
		mu.Lock()
		defer mu.Unlock()
		ends, done = append(ends, time.Now()), done+n
		return n, err
	}
	ctx, stop := context.WithCancel(w.ctx)
	r := job.New(a.DB(), log)
	r.Add(source)
	r.Start(ctx)
	for {
		time.Sleep(100 * time.Millisecond)
		mu.Lock()
		n := done
		mu.Unlock()
		if n >= dueLadders || time.Since(start) > 30*time.Second {
			break
		}
	}
	stop()
	r.Wait()
	var late []time.Duration
	w.must(w.DB().Read(w.ctx, func(q db.Querier) error {
		type x struct{ due, at int64 }
		rows, err := db.Collect(q, func(r *db.Rows) (f x, err error) { return f, r.Scan(&f.due, &f.at) }, "SELECT due_at, at FROM escalation_fired WHERE incident > $1 AND step = 1", first.ID)
		for _, f := range rows {
			n, _ := slices.BinarySearchFunc(ends, db.Time(f.at), time.Time.Compare)
			late = append(late, ends[n].Sub(db.Time(f.due)))
		}
		return err
	}))
	if len(late) != dueLadders {
		b.Fatalf("%d of %d steps fired", len(late), dueLadders)
	}
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(late[len(late)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(float64(late[len(late)-1].Milliseconds()), "max-ms")
	b.ReportMetric(0, "ns/op")
}

// clone copies one row until there are as many as open ladders.
func (w *world) clone(table, key string, id int64) {
	w.Helper()
	w.must(w.DB().Write(w.ctx, actorJob, "a benchmark fills tables", func(tx *db.Tx) error {
		tx.Unrecorded("a benchmark")
		rows, err := tx.Query("SELECT * FROM "+table+" WHERE "+key+" = $1", id)
		if err != nil {
			return err
		}
		columns, err := rows.Columns()
		rows.Close()
		if err != nil {
			return err
		}
		from := slices.Clone(columns)
		from[slices.Index(columns, key)] = key + " + n.i"
		_, err = tx.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) SELECT "+
			strings.Join(from, ", ")+" FROM "+table+", n WHERE "+key+" = $1", id, int64(openLadders))
		return err
	}))
}

var actorJob = actor.Job("bench")

func open0(testing.TB) context.Context { return actor.With(context.Background(), actorJob) }
