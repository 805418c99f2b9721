package dora

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

var (
	size   = flag.Int("changes", 20_000, "how many changes TestScale measures; 1000000 is what the page promises for")
	rounds = flag.Int("rounds", 5, "how often TestScale asks for each page, at least; a hundred times with a million changes")
	onPG   = flag.Bool("pg", false, "TestScale on PostgreSQL too")
)

// TestScale shows how long the page takes over a year of many changes: figures
// with the year before, twelve months of trend, the ledger, the records. With a
// million it holds the promise of 300 ms at the 99th percentile:
//
//	go test ./internal/change/dora -run Scale -v -changes 1000000
func TestScale(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		if !s.db.Dialect().SQLite() && !*onPG {
			return
		}
		r := rand.New(rand.NewPCG(1, 1))
		year := int64(365 * 24 * time.Hour / time.Microsecond)
		start := time.Now()
		for id := int64(1); id <= int64(*size); {
			write(t, s.db, func(tx *db.Tx) error {
				var rows []row
				var facts []fact
				for range 2000 {
					end := now.UnixMicro() - year + int64(float64(year)*float64(id)/float64(*size)) - 1
					x := row{ID: id, State: "succeeded", Kind: "deploy", Purpose: "feature", Team: fmt.Sprint("team-", r.IntN(300)), Environment: production, Artefact: "v", OutcomeBy: "verification",
						Services: []string{fmt.Sprint("service-", r.IntN(10_000))}, Risk: r.IntN(101), Committed: end - int64(r.ExpFloat64()*float64(20*hour)), Started: end, Deployed: end, Ended: end}
					if r.IntN(20) == 0 {
						x.State, x.Recovered = "rolled back", end+r.Int64N(5*hour)
					}
					if x.Risk > 40 {
						x.Approvals = []approval{{"peer-review", "peer", "approved", end - 9*hour, end - r.Int64N(9*hour)}}
						if x.Risk > 70 && r.IntN(2) == 0 {
							x.Approvals = append(x.Approvals, approval{"board", "board", "approved", end - 90*hour, end - r.Int64N(9*hour)})
						}
					}
					f, _ := factOf(x)
					rows, facts = append(rows, x), append(facts, f)
					if id++; id > int64(*size) {
						break
					}
				}
				if err := put(tx, rows...); err != nil {
					return err
				}
				return putFacts(tx, facts)
			})
		}
		filled := time.Since(start)
		start = time.Now()
		sealAll(t, s)
		t.Logf("%d changes written in %s, sealed in %s", *size, filled.Round(time.Second), time.Since(start).Round(time.Millisecond))
		ctx := as(actor.Auditor)
		for _, ask := range []Query{{Period: "12m"}, {Period: "30d", Trend: "12m"}, {Filter: Filter{Team: "team-7"}, Period: "12m"}, {Filter: Filter{Service: "service-7"}, Period: "12m"}} {
			var took []time.Duration
			for range max(*rounds, *size/10_000) {
				start := time.Now()
				if _, err := s.Report(ctx, ask); err != nil {
					t.Fatal(err)
				}
				if _, _, err := s.Records(ctx, ask, Failures, "", 50); err != nil {
					t.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			p99 := took[(len(took)*99+99)/100-1]
			t.Logf("%+v: median %s, p99 %s", ask.Filter, took[len(took)/2].Round(time.Millisecond/10), p99.Round(time.Millisecond/10))
			if *size >= 1_000_000 && p99 > 300*time.Millisecond {
				t.Errorf("%+v: p99 %s", ask.Filter, p99)
			}
		}
	})
}
