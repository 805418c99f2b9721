package otlp

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// store is the sink as the product wires it.
type store struct {
	db  *db.DB
	svc *cmdb.Service
}

func (s store) Seen(ctx context.Context, source, scope string, records []cmdb.Record) error {
	return s.db.Write(ctx, actor.Job(source), "edges seen in traces", func(tx *db.Tx) error {
		_, err := s.svc.Observe(tx, source, scope, records)
		return err
	})
}

// TestPractice sends Online Boutique's spans and a message over a queue to the
// real map, twice, on both databases: ten applications that call each other.
func TestPractice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		svc := cmdb.New(d, cmdb.Options{Log: slog.New(slog.DiscardHandler)})
		t.Cleanup(func() { _ = svc.Close() })
		now := start
		a := New(store{d, svc}, Options{Now: func() time.Time { return now }})
		ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		spans := nezha(t)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		q := map[string]any{"messaging.system": "kafka", "messaging.destination.name": "orders"}
		for range 2 {
			for part := range slices.Chunk(spans, 2000) {
				td := ptrace.NewTraces()
				for _, put := range part {
					put(td)
				}
				if _, err := a.Take(proto(t, td)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := a.Take(proto(t, message(
				tspan{service: "checkoutservice", trace: "1", id: "a", kind: producer, attrs: q},
				tspan{service: "emailservice", trace: "2", id: "b", kind: consumer, links: []string{"1/a"}},
				tspan{service: "cartservice", trace: "3", id: "a", kind: client, attrs: map[string]any{"db.system": "redis", "server.address": "redis-cart"}},
				tspan{service: "frontend", trace: "4", id: "a", kind: client, attrs: map[string]any{"server.address": "api.tidepay.example"}},
				tspan{service: "frontend", trace: "5", id: "a", kind: client, attrs: map[string]any{"rpc.service": "harbour.Ledger"}},
			))); err != nil {
				t.Fatal(err)
			}
			now = now.Add(11 * time.Second)
			if err := a.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			now = now.Add(2 * time.Hour) // all is told again
		}
		items, _, err := svc.List(ctx, cmdb.Filter{}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, i := range items {
			kinds[i.Kind]++
		}
		if len(items) != 14 || kinds[cmdb.KindApplication] != 10 || kinds[cmdb.KindQueue] != 1 || kinds[cmdb.KindCache] != 1 || kinds[cmdb.KindExternal] != 2 {
			t.Errorf("%v", kinds)
		}
		relations := 0
		for _, i := range items {
			d, err := svc.Get(ctx, i.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range d.Relations {
				if r.From == i.ID {
					relations++
					if r.Provenance != cmdb.Observed || r.Flow.PerSecond == 0 {
						t.Errorf("%+v", r)
					}
				}
			}
		}
		if relations != 13+5 {
			t.Errorf("%d relations", relations)
		}
	})
}
