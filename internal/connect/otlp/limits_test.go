package otlp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func outsideCall(n int, host string) tspan {
	return tspan{service: "shop", trace: fmt.Sprint(n), id: "a", kind: client, ms: 10, attrs: map[string]any{"server.address": host}}
}

// TestFlushFails keeps everything until the sink takes it.
func TestFlushFails(t *testing.T) {
	b := newBench(t, Options{})
	b.fail = errs.E(errs.Unavailable, "the database is away")
	b.send(outsideCall(1, "a.example"))
	for range 3 {
		b.later(11 * time.Second)
		if err := b.Flush(context.Background()); !errors.Is(err, b.fail) {
			t.Fatal(err)
		}
	}
	b.send(outsideCall(2, "b.example"))
	b.fail = nil
	b.want("shop calls external:a.example", "shop calls external:b.example")
	if s := b.Stats(); s.Failures != 3 || s.Edges != 2 || s.Sent != 5 {
		t.Errorf("%+v", s)
	}
}

// TestRefused leaves out what the sink will never take, and only that.
func TestRefused(t *testing.T) {
	b := newBench(t, Options{})
	b.poison = "b.example"
	for i, host := range []string{"a.example", "b.example", "c.example"} {
		b.send(outsideCall(i, host))
	}
	b.want("shop calls external:a.example", "shop calls external:c.example")
	calls := b.calls
	b.flush()
	if s := b.Stats(); s.Dropped != 1 || s.Failures != 0 || b.calls != calls {
		t.Errorf("%+v", s)
	}
	// Long names that begin alike stay two, within the limits of the map.
	long := strings.Repeat("ü/", 300)
	b = newBench(t, Options{})
	b.send(tspan{service: long + "1", res: map[string]string{"service.namespace": long, "deployment.environment": long}, trace: "1", id: "a", kind: client,
		attrs: map[string]any{"db.system": long, "db.name": long}})
	b.send(tspan{service: long + "2", res: map[string]string{"service.namespace": long, "deployment.environment": long}, trace: "2", id: "a", kind: client,
		attrs: map[string]any{"db.system": long, "db.name": long}})
	b.settle()
	if len(b.items) != 4 {
		t.Errorf("%d items", len(b.items))
	}
	b.storable()
}

// TestWriteLoad runs steady traffic over 10,000 edges for two hours: each is
// told when it is new and about once an hour, spread over time.
func TestWriteLoad(t *testing.T) {
	b := newBench(t, Options{})
	var spans []tspan
	for i := range 10_000 {
		s := outsideCall(i, fmt.Sprintf("h-%d.example", i%1000))
		s.service = fmt.Sprintf("s-%d", i%10+10*(i/1000))
		spans = append(spans, s)
	}
	body := proto(t, message(spans...))
	most, before := 0, 0
	for minute := range 125 {
		if _, err := b.Take(body); err != nil {
			t.Fatal(err)
		}
		for range 6 {
			b.later(10 * time.Second)
			b.flush()
			if told := b.records - before; minute > 1 {
				most = max(most, told)
			}
			before = b.records
		}
	}
	s := b.Stats()
	t.Logf("%d records in two hours, at most %d in a flush: %+v", b.records, most, s)
	if s.Edges != 10_000 || b.records < 20_000 || b.records > 40_000 || most > 2000 {
		t.Errorf("%d records, at most %d in a flush; %+v", b.records, most, s)
	}
}

// TestMarked tells a flow again when it has changed, and not oftener than
// every five minutes.
func TestMarked(t *testing.T) {
	b := newBench(t, Options{})
	n := 0
	run := func(minutes, calls, bad int) {
		for range minutes {
			var spans []tspan
			for i := range calls {
				n++
				s := outsideCall(n, "api.tidepay.example")
				s.bad = i < bad
				spans = append(spans, s)
			}
			b.send(spans...)
			for range 6 {
				b.later(10 * time.Second)
				b.flush()
			}
		}
	}
	const key = "shop calls external:api.tidepay.example"
	run(10, 60, 0)
	told := b.calls
	if f := b.edges[key]; f.PerSecond < 0.9 || f.PerSecond > 1.1 || f.Errors != 0 || f.P95 < 0.008 || f.P95 > 0.013 {
		t.Errorf("%+v", f)
	}
	run(20, 65, 0)
	if b.calls != told {
		t.Errorf("steady traffic was told %d times", b.calls-told)
	}
	run(2, 65, 30)
	if f := b.edges[key]; b.calls != told+1 || f.Errors < 0.4 {
		t.Errorf("errors: told %d times, %+v", b.calls-told, f)
	}
	for range 10 { // it swings
		run(1, 60, 30)
		run(1, 600, 0)
	}
	if b.calls > told+1+5 {
		t.Errorf("twenty minutes of swinging were told %d times", b.calls-told-1)
	}
	run(70, 1, 1) // too few to say anything
	if b.calls > told+9 {
		t.Errorf("one call a minute was told %d times", b.calls-told)
	}
}

// TestForget drops what was not used for an hour, and tells it as new again.
func TestForget(t *testing.T) {
	b := newBench(t, Options{MaxNodes: 3})
	b.send(outsideCall(1, "a.example"))
	b.send(outsideCall(2, "b.example"))
	b.send(outsideCall(3, "c.example")) // no room
	b.settle()
	if s := b.Stats(); s.Nodes != 3 || s.Edges != 2 || s.Dropped == 0 {
		t.Errorf("%+v", s)
	}
	if rc := b.send(tspan{service: "cart", trace: "4", id: "a"}); rc.Crowded != 1 || !strings.Contains(rc.Reason(), "more applications") {
		t.Errorf("%+v", rc)
	}
	for range 70 {
		b.later(time.Minute)
		b.flush()
	}
	if s := b.Stats(); s.Nodes != 0 || s.Edges != 0 {
		t.Errorf("%+v", s)
	}
	b.send(outsideCall(5, "c.example"))
	b.want("shop calls external:a.example", "shop calls external:b.example", "shop calls external:c.example")
}

// TestShed holds fewer spans than come: the oldest go early and are counted,
// their databases are still told, their other calls are not guessed.
func TestShed(t *testing.T) {
	b := newBench(t, Options{MaxHeld: 800})
	for i := range 5000 {
		s := outsideCall(i, "a.example")
		if i%2 == 0 {
			s.attrs = map[string]any{"db.system": "mysql", "server.address": "db-1"}
		}
		b.send(s)
	}
	s := b.Stats()
	if s.Held != 800 || s.Shed != 4200 || s.Virtual < 2000 || s.Virtual > 2200 {
		t.Errorf("%+v", s)
	}
	// One id for all: bounded work, and counted.
	b = newBench(t, Options{})
	for i := range 3000 {
		b.send(tspan{service: "cart", trace: "1", id: fmt.Sprint("s", i), parent: "p", kind: server})
	}
	b.send(tspan{service: "shop", trace: "1", id: "p", kind: client})
	if s := b.Stats(); s.Paired < maxProbes/2 || s.Paired+s.Shed < 2999 || s.Shed == 0 {
		t.Errorf("%+v", s)
	}
	// Links beyond the limit.
	b = newBench(t, Options{})
	links := make([]string, 1000)
	for i := range links {
		links[i] = fmt.Sprintf("%d/a", i)
	}
	b.send(tspan{service: "mail", trace: "x", id: "a", kind: consumer, links: links})
	if s := b.Stats(); s.Dropped != 1000-maxLinks {
		t.Errorf("%+v", s)
	}
	// Edges beyond the limit.
	b = newBench(t, Options{MaxEdges: 10})
	for i := range 50 {
		b.send(outsideCall(i, fmt.Sprintf("h-%d.example", i)))
	}
	b.settle()
	if s := b.Stats(); s.Edges != 10 || s.Dropped != 40 {
		t.Errorf("%+v", s)
	}
	// A full flush goes on at the next.
	b = newBench(t, Options{MaxTell: 500})
	for i := range 900 {
		b.send(outsideCall(i, fmt.Sprintf("h-%d.example", i)))
	}
	b.settle()
	if s := b.Stats(); s.Postponed == 0 || len(b.edges) == 900 {
		t.Errorf("%d edges, %+v", len(b.edges), s)
	}
	b.settle()
	b.settle()
	b.settle()
	if len(b.edges) != 900 {
		t.Errorf("%d edges", len(b.edges))
	}
}

// TestHold compares the table with a plain list, through growth and wrapping.
func TestHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	h := newHold(3000)
	var list []entry
	for step := range 60_000 {
		if len(list) > 0 && (h.full() || rng.IntN(100) < 45+20*(step/30_000)) {
			if *h.oldest() != list[0] {
				t.Fatal("another is the oldest")
			}
			h.pop()
			list = list[1:]
			continue
		}
		e := entry{trace: rng.Uint64N(40), key: rng.Uint64N(40), micros: uint32(step)}
		if !h.add(e) {
			t.Fatal("no room")
		}
		list = append(list, e)
		if step%50 == 0 {
			want := map[uint32]bool{}
			for _, x := range list {
				if x.trace == e.trace && x.key == e.key {
					want[x.micros] = true
				}
			}
			got := 0
			h.find(e.trace, e.key, func(x *entry) bool {
				if !want[x.micros] {
					t.Fatalf("found %+v", x)
				}
				got++
				return true
			})
			if got != len(want) {
				t.Fatalf("step %d: found %d of %d", step, got, len(want))
			}
		}
	}
}

// TestPercentile is within the stated error of the true one.
func TestPercentile(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, scale := range []float64{400, 20_000, 900_000} {
		var y tally
		var all []float64
		for range 5000 {
			d := scale * (1 + rng.ExpFloat64())
			all = append(all, d)
			y.add(uint32(d), false, 0)
		}
		over := 0
		for _, d := range all {
			if d/1e6 > y.p95() {
				over++
			}
		}
		if share := float64(over) / 5000; share < 0.02 || share > 0.09 {
			t.Errorf("scale %v: %.3f above p95 %v", scale, share, y.p95())
		}
	}
	var none tally
	if none.p95() != 0 {
		t.Error("nothing has a percentile")
	}
}

// TestRun flushes by the clock and once more at the end.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []cmdb.Record
		a := New(sinkFunc(func(r []cmdb.Record) { got = append(got, r...) }), Options{})
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { a.Run(ctx); close(done) }()
		if _, err := a.Take(proto(t, message(outsideCall(1, "a.example")))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if len(got) != 3 {
			t.Errorf("%d records", len(got))
		}
		if _, err := a.Take(proto(t, message(
			tspan{service: "shop", trace: "2", id: "a", kind: client},
			tspan{service: "cart", trace: "2", id: "b", parent: "a", kind: server}))); err != nil {
			t.Fatal(err)
		}
		stop()
		<-done
		if len(got) != 5 {
			t.Errorf("%d records at the end", len(got))
		}
	})
}

type sinkFunc func([]cmdb.Record)

func (f sinkFunc) Seen(_ context.Context, _, _ string, r []cmdb.Record) error { f(r); return nil }

func TestFileFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "the file is empty",
		"[1]":                          "value 1 of the file is no object",
		`{"resourceSpans":[{`:          "ends within value 1",
		`{"resourceSpans":[]} {"x":]}`: "value 2 is no JSON",
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}`:                       "value 1, resourceSpans 1",
		`{"resourceSpans":[` + strings.Repeat(`{"a":`, 80) + `1` + strings.Repeat(`}`, 80) + `]}`: "nested",
	} {
		_, err := ReadFile(strings.NewReader(text), Options{}, func(cmdb.Record) error { return nil })
		if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	stop := errors.New("stop")
	j := `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
		{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","kind":3,"attributes":[{"key":"server.address","value":{"stringValue":"a.example"}}]}]}]}]}`
	if _, err := ReadFile(strings.NewReader(j), Options{}, func(cmdb.Record) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	remarks, err := ReadFile(strings.NewReader(`{"resourceLogs":[{"x":[1,2,{}]}]}`+"\n"), Options{}, nil)
	if err != nil || len(remarks) != 1 {
		t.Error(remarks, err)
	}
}
