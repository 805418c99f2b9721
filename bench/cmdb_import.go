package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
)

// scopeSize is how many items one run of the import brings.
const scopeSize = 40_000

// imports measures runs of sources, durable as in use, and how soon another
// replica sees what one has written.
func (b *bench) imports() error {
	urls, names, done, err := b.targets("cmdb_import")
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		if err := b.importsInto(name, urls[name]); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) importsInto(name, url string) error {
	d, err := db.Open(b.ctx, db.Config{URL: url, Log: quiet()})
	if err != nil {
		return err
	}
	defer d.Close()
	ctx := actor.With(b.ctx, actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
	s := cmdb.New(d, cmdb.Options{Log: quiet(), NoGraph: true})
	defer s.Close()
	scopes := min(max(b.items/200_000, 1), 5)
	run := func(scope int) error {
		r, _, err := s.Import(ctx, cmdb.RunHeader{Source: "aws", Scope: fmt.Sprint(scope), Complete: true}, inventory(scope, scopeSize))
		if err == nil && r.State != cmdb.RunApplied {
			err = fmt.Errorf("%s is %s", r.Ref(), r.State)
		}
		return err
	}
	goal := map[string]string{"SQLite": "≥ 20,000/s", "PostgreSQL": "≥ 10,000/s"}[name]
	for _, of := range []struct{ what, goal string }{{"new items with 1.5 relations and 2 identifiers each", goal}, {"the same once more", ""}} {
		start := time.Now()
		for scope := range scopes {
			if err := run(scope); err != nil {
				return err
			}
		}
		b.add("map: "+name+", import, "+of.what, perSecond(float64(scopes*scopeSize)/time.Since(start).Seconds()), of.goal, "")
	}
	return b.follows(ctx, d, name, url)
}

// inventory is what a cloud account holds.
func inventory(account, n int) func(cmdb.Emit) ([]cmdb.Remark, error) {
	return func(emit cmdb.Emit) ([]cmdb.Remark, error) {
		kinds := []string{cmdb.KindHost, cmdb.KindDatabase, cmdb.KindBalancer}
		key := func(i int) string { return fmt.Sprintf("arn:aws:ec2:eu-west-1:%012d:instance/i-%08x", account, i) }
		dns := func(i int) string { return fmt.Sprintf("ip-%08x.%d.internal", i, account) }
		for i := range n {
			kind := kinds[i%len(kinds)]
			err := emit(cmdb.Record{Item: &cmdb.Seen{Key: key(i), Kind: kind, Name: fmt.Sprintf("%s-%d-%d", kind, account, i), Env: "production",
				Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeARN, Value: key(i)}, {Scheme: cmdb.SchemeDNS, Value: dns(i)}},
				Attributes:  map[string]json.RawMessage{"type": json.RawMessage(`"m5.large"`), "zone": json.RawMessage(`"eu-west-1a"`), "index": json.RawMessage(fmt.Sprint(i))}}})
			if err == nil && i > 0 {
				err = emit(cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(key(i)), Kind: cmdb.DependsOn, To: cmdb.ByKey(key(i / 20))}})
			}
			if err == nil && i > 0 && i%2 == 0 {
				err = emit(cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(key(i)), Kind: cmdb.Calls, To: cmdb.By(cmdb.SchemeDNS, dns((i*7919)%n), "")}})
			}
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

// follows measures the time from a commit until the graph of another replica
// has it. SQLite has one process, so that there it is another graph in it.
func (b *bench) follows(ctx context.Context, d *db.DB, name, url string) error {
	far := d
	if !d.Dialect().SQLite() {
		var err error
		if far, err = db.Open(b.ctx, db.Config{URL: url, Log: quiet()}); err != nil {
			return err
		}
		defer far.Close()
	}
	here, there := cmdb.New(d, cmdb.Options{Log: quiet(), NoGraph: true}), cmdb.New(far, cmdb.Options{Log: quiet()})
	defer here.Close()
	defer there.Close()
	for !there.Ready() && b.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	var failed error
	t := measure(100, func(n int) {
		was := there.Graph().Stats().Items
		err := d.Write(ctx, actor.Job("bench"), "an item", func(tx *db.Tx) error {
			_, err := here.Observe(tx, "bench", "", []cmdb.Record{{Item: &cmdb.Seen{Key: fmt.Sprint(n), Kind: cmdb.KindHost, Name: fmt.Sprint("late-", n)}}})
			return err
		})
		if err != nil {
			failed = err
		}
		for failed == nil && there.Graph().Stats().Items == was && b.ctx.Err() == nil {
			time.Sleep(200 * time.Microsecond)
		}
	})
	if failed == nil {
		b.add("map: "+name+", from a write to the graph of another replica, p99", inMillis(t.p(.99)), "< 1 s", "median "+inMillis(t.p(.5)))
	}
	return failed
}
