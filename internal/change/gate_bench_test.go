package change_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// plainMap says of each service that a few others need it, and that it needs a
// few, as in the grown organisations of the demo.
type plainMap struct{ n int }

func (m plainMap) Around(_ db.Querier, services []string) (change.Around, error) {
	var i int
	fmt.Sscanf(services[0], "svc-%d", &i)
	a := change.Around{Known: true, Items: 9}
	for k := range 4 {
		a.Hit = append(a.Hit, change.Neighbour{Name: fmt.Sprintf("svc-%d", (i+k*37+1)%m.n), Tier: k % 4, Team: "payments"})
		a.Needs = append(a.Needs, fmt.Sprintf("svc-%d", (i+k*53+11)%m.n))
	}
	return a, nil
}

type noIncidents struct{}

func (noIncidents) OpenOn(db.Querier, []string) ([]change.OpenIncident, error) { return nil, nil }

type noBudget struct{}

func (noBudget) Worst(db.Querier, []string) (fact.Of[fact.Budget], error) {
	return fact.Known(fact.Budget{Left: 0.8, Level: "ample", Service: "svc"}), nil
}

// BenchmarkGate measures whole decisions, facts to durable evidence, of new
// changes on a database file: 10,000 services, 520 windows, the policy that
// comes with the program.
func BenchmarkGate(b *testing.B) {
	d, err := db.Open(context.Background(), db.Config{URL: filepath.Join(b.TempDir(), "gate.db"), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	const services = 10_000
	g := newBench(b, d, services)
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // as the server does
	var n atomic.Int64
	b.SetParallelism(32)
	if f := os.Getenv("GATE_PROFILE"); f != "" {
		w, _ := os.Create(f)
		pprof.StartCPUProfile(w)
		defer pprof.StopCPUProfile()
	}
	before := spent()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1))
			a := change.Ask{Services: []string{fmt.Sprintf("svc-%d", rand.IntN(services))}, Commit: sha(i), Repository: "harbour/svc", Author: "jonas", RollbackRef: "argo-rollouts:svc"}
			out, err := g.Ask(asker(), a)
			if err != nil || out.Decision.ID == 0 {
				b.Errorf("%+v %v", out, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
	b.ReportMetric(float64((spent()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// spent is the processor time of this process: on a machine that does other
// things too, it says more than the wall clock.
func spent() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPolicyAlone is the bare evaluation of the same policy.
func BenchmarkPolicyAlone(b *testing.B) {
	d, err := db.Open(context.Background(), db.Config{URL: filepath.Join(b.TempDir(), "gate.db"), Volatile: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	g := newBench(b, d, 10)
	a, err := g.Preview(asker(), change.Ask{Services: []string{"svc-1"}, Commit: sha(1), Repository: "harbour/svc", Author: "jonas"})
	if err != nil {
		b.Fatal(err)
	}
	facts := policy.Prepare(a.Decision.Input)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			policy.Shipped().Decide(context.Background(), facts)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evaluations/s")
}

func newBench(b *testing.B, d *db.DB, services int) *gate {
	b.Helper()
	g := newGate(b, d, &gateClock{})
	g.policy.active = policy.Shipped()
	g.Map, g.Incidents, g.Budgets = plainMap{services}, noIncidents{}, noBudget{}
	list := make([]window.Named, 0, 520)
	for i := range 500 {
		list = append(list, window.Named{Name: fmt.Sprintf("train-%d", i), Version: 1, Spec: window.Spec{Kind: window.Train, Zone: "Europe/Berlin", Start: "2026-01-05T10:00", Duration: "PT2H",
			Repeat: "FREQ=WEEKLY;BYDAY=TU", Scope: window.Scope{Services: []string{fmt.Sprintf("svc-%d", i)}}}})
	}
	for i := range 20 {
		list = append(list, window.Named{Name: fmt.Sprintf("freeze-%d", i), Version: 1, Spec: window.Spec{Kind: window.Freeze, Zone: "Europe/Berlin", Start: "2026-01-05T23:00", Duration: "PT10M",
			Repeat: "FREQ=YEARLY", Scope: window.Scope{Services: []string{fmt.Sprintf("svc-%d", i)}}}})
	}
	set, err := window.Compile(list)
	if err != nil {
		b.Fatal(err)
	}
	g.windows.set.Store(set)
	var wg sync.WaitGroup
	defer wg.Wait()
	atOnce := make(chan struct{}, 64)
	for i := range services {
		atOnce <- struct{}{}
		wg.Go(func() {
			defer func() { <-atOnce }()
			if _, err := g.Catalog.Create(actor.With(context.Background(), actor.Job("bench")), fmt.Sprintf("svc-%d", i), catalog.Edit{Team: "payments", Tier: 1 + i%3}); err != nil {
				b.Error(err)
			}
		})
	}
	return g
}
