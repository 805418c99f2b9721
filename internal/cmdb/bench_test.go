package cmdb

import (
	"fmt"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// estate hands over n items with 1.5 relations each, as a cloud's inventory
// does: a third of them databases, hosts and balancers each, in groups.
func estate(account, n int) func(Emit) ([]Remark, error) {
	return func(emit Emit) ([]Remark, error) {
		for i := range n {
			key := fmt.Sprintf("arn:aws:ec2:eu-west-1:%012d:instance/i-%08x", account, i)
			kind := []string{KindHost, KindDatabase, KindBalancer}[i%3]
			err := emit(Record{Item: &Seen{Key: key, Kind: kind, Name: fmt.Sprintf("%s-%d-%d", kind, account, i), Env: "production", Identifiers: []Identifier{{SchemeARN, key}, {SchemeDNS, fmt.Sprintf("ip-%08x.%d.internal", i, account)}},
				Attributes: attrs("type", `"m5.large"`, "zone", `"eu-west-1a"`, "launched", `"2026-09-01T08:00:00Z"`, "index", fmt.Sprint(i))}})
			if err != nil {
				return nil, err
			}
			if i == 0 {
				continue
			}
			to := fmt.Sprintf("arn:aws:ec2:eu-west-1:%012d:instance/i-%08x", account, i/20)
			if err := emit(related(ByKey(key), DependsOn, ByKey(to))); err != nil {
				return nil, err
			}
			if i%2 == 0 {
				if err := emit(related(ByKey(key), Calls, By(SchemeDNS, fmt.Sprintf("ip-%08x.%d.internal", (i*7919)%n, account), ""))); err != nil {
					return nil, err
				}
			}
		}
		return nil, nil
	}
}

func benchImport(b *testing.B, d *db.DB) {
	s := New(d, Options{Log: quiet(), NoGraph: true})
	const n = 40_000
	account := 0
	for b.Loop() {
		account++
		scope := fmt.Sprint(account)
		r, _, err := s.Import(mara(), RunHeader{Source: "aws", Scope: scope, Complete: true}, estate(account, n))
		if err != nil || r.State != RunApplied {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

func BenchmarkImportSQLite(b *testing.B)   { benchImport(b, dbtest.SQLite(b)) }
func BenchmarkImportPostgres(b *testing.B) { benchImport(b, dbtest.Postgres(b)) }
