package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// fillChanges makes services, windows and past changes by the product's own
// verbs, without flushing.
func (b *bench) fillChanges(t *target, name string) error {
	a, err := app.New(b.ctx, t.cfg, quiet(), app.Volatile())
	if err != nil {
		return err
	}
	defer a.Close()
	ctx, start := actor.With(b.ctx, t.organiser), time.Now()
	if err := eachOf(changeServices, func(i int) error {
		e := catalog.Edit{Team: "shop", Tier: 1 + i%3, Lifecycle: catalog.Live}
		if i > 10 { // a map with some depth: what a service needs exists already
			e.DependsOn = []catalog.Dependency{{On: fmt.Sprintf("svc-%d", i/10)}}
		}
		_, err := a.Catalog.Create(ctx, fmt.Sprintf("svc-%d", i), e)
		return err
	}); err != nil {
		return err
	}
	if err := eachOf(changeWindows, func(i int) error { return benchWindow(ctx, a, i) }); err != nil {
		return err
	}
	fmt.Printf("    %s: %d services and %d windows in %s\n", name, changeServices, changeWindows, seconds(time.Since(start)))
	start = time.Now()
	const part = 50_000
	for from := 0; from < b.changes; from += part {
		rows := pastChanges(from, min(part, b.changes-from), b.changes)
		if _, err := a.Dora.Import(ctx, rows, dora.Reading{}, false); err != nil {
			return err
		}
	}
	for { // days that are over are packed by due work, which does not run here
		n, err := a.Dora.Sealing().Run(ctx, a.DB())
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	fmt.Printf("    %s: %d past changes in %s\n", name, b.changes, seconds(time.Since(start)))
	if name != "SQLite" {
		return analyze(b.ctx, t.cfg.DB)
	}
	return nil
}

// eachOf does n things, a few at once.
func eachOf(n int, do func(i int) error) error {
	errs := make(chan error, n)
	atOnce := make(chan struct{}, 64)
	var wg sync.WaitGroup
	for i := range n {
		atOnce <- struct{}{}
		wg.Go(func() {
			defer func() { <-atOnce }()
			if err := do(i); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// benchWindow is one of the windows: most are release trains of one service, some
// are freezes of one that are rarely on.
func benchWindow(ctx context.Context, a *app.App, i int) error {
	s := window.Spec{Kind: window.Train, Zone: "Europe/Berlin", Start: "2026-01-05T10:00", Duration: "PT2H", Repeat: "FREQ=WEEKLY;BYDAY=TU", Scope: window.Scope{Services: []string{fmt.Sprintf("svc-%d", i)}}}
	if i%26 == 0 {
		s.Kind, s.Start, s.Duration, s.Repeat = window.Freeze, "2026-01-05T23:50", "PT10M", "FREQ=YEARLY"
	}
	_, err := a.Windows.Create(ctx, fmt.Sprintf("window-%d", i), s)
	return err
}

// pastChanges are n of all changes of the last year, evenly spread, one in
// twenty of which failed.
func pastChanges(from, n, all int) []dora.History {
	r := rand.New(rand.NewPCG(uint64(from), 1))
	year := 365 * 24 * time.Hour
	begin := time.Now().UTC().Add(-year - time.Hour)
	out := make([]dora.History, n)
	for i := range out {
		at := begin.Add(time.Duration(float64(year) * float64(from+i) / float64(all))).Truncate(time.Microsecond)
		h := dora.History{Service: fmt.Sprintf("svc-%d", r.IntN(changeServices)), Environment: "production", Artefact: fmt.Sprintf("v%d", from+i), Outcome: "succeeded",
			CommittedAt: at.Add(-time.Duration(r.ExpFloat64() * float64(20*time.Hour))), DeployedAt: at}
		if r.IntN(20) == 0 {
			h.Outcome, h.RecoveredAt = "failed", at.Add(time.Duration(r.Int64N(int64(50*time.Minute))))
		}
		out[i] = h
	}
	return out
}

// bareOPA is the same policy in OPA's own prepared query, over the same facts,
// with the figures that it compares with as data: with an input that was made
// ready once, and with one that is read anew each time, as each decision has
// facts of its own.
func bareOPA(ctx context.Context, in policy.Facts) (ready, fresh func() error, err error) {
	var settings map[string]any
	text, err := json.Marshal(policy.Defaults())
	if err == nil {
		err = json.Unmarshal(text, &settings)
	}
	if err != nil {
		return nil, nil, err
	}
	opts := []func(*rego.Rego){
		rego.Query("data." + policy.Package + ".decision"),
		rego.Store(inmem.NewFromObject(map[string]any{"evenkeel": map[string]any{"settings": settings}})),
	}
	for file, text := range policy.Default() {
		if !strings.HasSuffix(file, "_test.rego") {
			opts = append(opts, rego.Module(file, text))
		}
	}
	q, err := rego.New(opts...).PrepareForEval(ctx)
	if err != nil {
		return nil, nil, err
	}
	value, err := ast.ValueFromReader(bytes.NewReader(in.JSON()))
	if err != nil {
		return nil, nil, err
	}
	eval := func(input rego.EvalOption) error {
		rs, err := q.Eval(ctx, input)
		if err == nil && len(rs) != 1 {
			err = fmt.Errorf("the policy says nothing")
		}
		return err
	}
	text = in.JSON()
	ready = func() error { return eval(rego.EvalParsedInput(value)) }
	fresh = func() error {
		var input any
		if err := json.Unmarshal(text, &input); err != nil {
			return err
		}
		return eval(rego.EvalInput(input))
	}
	return ready, fresh, nil
}
