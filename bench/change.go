package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// The estate of the change part.
const (
	changeServices = 10_000
	changeWindows  = 520
	gateOpenLoop   = 500 // decisions a second
)

// changePart measures the gate of changes, what pipelines tell, and the measures
// over many past changes. The gate is asked in this process, through the whole
// product as it is wired, on a database that flushes to disk.
func (b *bench) changePart() error {
	urls, names, done, err := b.targets("change")
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		if err := b.changesOn(name, urls[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (b *bench) changesOn(name, url string) error {
	t, err := b.prepare("change-"+name, url)
	if err != nil {
		return err
	}
	if err := b.fillChanges(t, name); err != nil {
		return err
	}
	a, err := app.New(b.ctx, t.cfg, quiet())
	if err != nil {
		return err
	}
	defer a.Close()
	g := &gates{b: b, a: a, name: name, ctx: actor.With(b.ctx, actor.Actor{Kind: actor.Token, ID: 1, Role: actor.Admin, Name: "bench"})}
	for _, step := range []func() error{g.warm, g.saturated, g.openLoop, g.backtest, g.measures} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// gates asks one wired product.
type gates struct {
	b    *bench
	a    *app.App
	ctx  context.Context
	name string
	n    atomic.Int64
	in   policy.Facts
}

// ask is one question about a commit that nobody asked about before.
func (g *gates) ask() (change.Answer, error) {
	n := g.n.Add(1)
	return g.a.Changes.Ask(g.ctx, change.Ask{
		Services: []string{fmt.Sprintf("svc-%d", rand.IntN(changeServices))}, Commit: fmt.Sprintf("%040x", n+1<<40), Repository: "harbour/shop",
		Author: "jonas", RollbackRef: "webhook:https://ci.example/rollback", Source: "bench",
	})
}

// warm asks a few times and keeps the facts of one decision.
func (g *gates) warm() error {
	for range 200 {
		a, err := g.ask()
		if err != nil {
			return err
		}
		g.in = policy.Prepare(a.Decision.Input)
	}
	return nil
}

// saturated keeps as many goroutines busy with whole decisions as then with the
// policy alone.
func (g *gates) saturated() error {
	const clients = 64
	whole, err := g.busy(clients, func() error { _, err := g.ask(); return err })
	if err != nil {
		return err
	}
	judge := policy.Shipped()
	alone, err := g.busy(clients, func() error { judge.Decide(g.ctx, g.in); return nil })
	if err != nil {
		return err
	}
	ready, fresh, err := bareOPA(g.ctx, g.in)
	if err != nil {
		return err
	}
	prepared, err := g.busy(clients, ready)
	if err != nil {
		return err
	}
	anew, err := g.busy(clients, fresh)
	if err != nil {
		return err
	}
	g.b.add("gate: whole decisions at saturation, "+g.name, perSecond(whole), "≥ 1,500/s, ≥ 30 %", fmt.Sprintf("%s of bare OPA (%s), %s with an input read anew (%s), %s of our evaluation (%s)",
		percent(whole, prepared), perSecond(prepared), percent(whole, anew), perSecond(anew), percent(whole, alone), perSecond(alone)))
	return nil
}

// busy runs a function on many goroutines for the time of a load and returns
// how often a second it ended.
func (g *gates) busy(clients int, do func() error) (float64, error) {
	ctx, cancel := context.WithTimeout(g.ctx, g.b.seconds)
	defer cancel()
	var done atomic.Int64
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := do(); err != nil {
					first.CompareAndSwap(nil, &err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

// openLoop asks at a fixed rate, whatever the answers take: a queue shows as
// waiting, which a closed loop would hide.
func (g *gates) openLoop() error {
	runtime.GC()
	n := gateOpenLoop * max(5, int(g.b.seconds.Seconds()))
	took := make([]time.Duration, n)
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / gateOpenLoop)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			if _, err := g.ask(); err != nil {
				first.CompareAndSwap(nil, &err)
			}
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	slices.Sort(took)
	g.b.add(fmt.Sprintf("gate: whole decision, open loop of %d/s, %s, p99", gateOpenLoop, g.name), took[n*99/100].Round(10*time.Microsecond).String(), "< 25 ms", "median "+took[n/2].Round(10*time.Microsecond).String())
	return nil
}

// backtest replays what the gate decided in this run.
func (g *gates) backtest() error {
	c, err := g.a.Policies.Draft(g.ctx, policy.Default())
	if err != nil {
		return err
	}
	start := time.Now()
	r, err := g.a.Changes.Backtest(g.ctx, c, change.MostBacktested)
	if err != nil {
		return err
	}
	g.b.add(fmt.Sprintf("policy: backtest over %d decisions, %s", r.N, g.name), perSecond(float64(r.N)/time.Since(start).Seconds()), "≥ 2,500/s", "")
	return nil
}

// measures asks for the page of DORA's figures of the whole organisation.
func (g *gates) measures() error {
	for _, q := range []struct {
		what string
		ask  dora.Query
	}{{"30 days with 12 months of trend", dora.Query{Period: "30d", Trend: "12m"}}, {"12 months", dora.Query{Period: "12m"}}, {"12 months of a team", dora.Query{Filter: dora.Filter{Team: "shop"}, Period: "12m"}}} {
		var took []time.Duration
		for range 100 {
			start := time.Now()
			if _, err := g.a.Dora.Report(g.ctx, q.ask); err != nil {
				return err
			}
			if _, _, err := g.a.Dora.Records(g.ctx, q.ask, dora.Failures, "", 50); err != nil {
				return err
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		g.b.add(fmt.Sprintf("measures: %s, %d changes, %s, p99", q.what, g.b.changes, g.name), took[98].Round(100*time.Microsecond).String(), "< 300 ms", "median "+took[50].Round(100*time.Microsecond).String())
	}
	return nil
}
