package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
)

// cmdbPart measures the map of items: a generated one of a million items and
// five million relations with a year of changes, in memory, as a snapshot, and
// in the database.
func (b *bench) cmdbPart() error {
	m := newEstate(b.items)
	before := heap()
	start := time.Now()
	g, err := m.graph(0)
	if err != nil {
		return err
	}
	b.add("map: built in memory", seconds(time.Since(start)), "", "")
	s := g.Stats()
	size := fmt.Sprintf("%d items, %d relations", s.Items, s.Relations)
	b.add("map: present graph, "+size, megabytes(heap()-before), "≤ 250 MB", fmt.Sprintf("%.1f bytes a relation", float64(heap()-before)/float64(s.Relations)))
	if err := m.ask(b, g); err != nil {
		return err
	}
	g = nil

	before = heap()
	if g, err = m.graph(.2); err != nil {
		return err
	}
	past := g.Stats().Past
	b.add(fmt.Sprintf("map: with a year of history, %d former forms", past), megabytes(heap()-before), "≤ 450 MB", "")
	if err := m.askPast(b, g); err != nil {
		return err
	}
	if err := m.change(b, g); err != nil {
		return err
	}
	if err := m.snapshot(b, g); err != nil {
		return err
	}
	m.present, m.past = s.Relations, past
	g = nil
	return b.mapInDatabases(m)
}

// mapInDatabases measures what the same map costs in SQL.
func (b *bench) mapInDatabases(m *estate) error {
	urls, names, done, err := b.targets("cmdb")
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		if err := b.mapInDatabase(m, name, urls[name]); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) mapInDatabase(m *estate, name, url string) error {
	start := time.Now()
	if err := b.withDB(url, func(d *db.DB) error { return fillMap(b.ctx, d, m) }); err != nil {
		return err
	}
	fmt.Printf("    %s: filled in %s\n", name, seconds(time.Since(start)))
	for _, from := range []struct{ what, goal string }{{"the tables", "< 6 s"}, {"the snapshot", "< 0.5 s"}} {
		if err := b.withDB(url, func(d *db.DB) error { return b.coldStart(m, d, name, from.what, from.goal) }); err != nil {
			return err
		}
	}
	return b.withDB(url, func(d *db.DB) error {
		var took time.Duration
		var n int
		for range 2 { // the first one fills the cache
			var err error
			if n, took, err = reachInSQL(b.ctx, d, m.controller); err != nil {
				return err
			}
		}
		b.add(fmt.Sprintf("map: %s, recursive query for the same hub (%d reached)", name, n), seconds(took), "≥ 80× memory", fmt.Sprintf("%.0f× the time in memory", float64(took)/float64(b.reach)))
		return nil
	})
}

func (b *bench) withDB(url string, f func(*db.DB) error) error {
	d, err := db.Open(b.ctx, db.Config{URL: url, Volatile: true, NoFeed: true, Log: quiet()})
	if err != nil {
		return err
	}
	defer d.Close()
	return f(d)
}

// coldStart measures how long a server that starts waits for its map: from the
// tables, or from the snapshot that the one before left.
func (b *bench) coldStart(m *estate, d *db.DB, name, from, goal string) error {
	opt := cmdb.Options{SnapshotDir: filepath.Join(b.dir, "snapshot-"+name), Log: quiet()}
	if err := os.MkdirAll(opt.SnapshotDir, 0o700); err != nil {
		return err
	}
	before := heap()
	start := time.Now()
	s := cmdb.New(d, opt)
	for !s.Ready() && b.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	b.add("map: "+name+", ready from "+from, seconds(time.Since(start)), goal, "")
	for s.Graph().Stats().Past < m.past && b.ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	s.Graph().Wait()
	b.add("map: "+name+", with its history", seconds(time.Since(start)), "", megabytes(heap()-before)+" in use")
	time.Sleep(100 * time.Millisecond) // the service takes note that all is there
	if err := s.Close(); err != nil {
		return err
	}
	if n := s.Graph().Stats(); n.Relations != m.present {
		return fmt.Errorf("%d relations came from %s, not %d", n.Relations, from, m.present)
	}
	return b.ctx.Err()
}

// ask measures questions about now.
func (m *estate) ask(b *bench, g *graph.Graph) error {
	v := g.View()
	r := rand.New(rand.NewPCG(1, 1))
	impact := func(item uint32) int {
		return len(v.Impact([]graph.Cause{{Item: item, Level: graph.Down}}, graph.Options{}).Hits)
	}
	var hits int
	random := measure(4000, func(int) { hits = max(hits, impact(1+r.Uint32N(uint32(m.items)))) })
	b.add("map: impact of any item, p99", millis(random.p(.99)), "< 10 ms", fmt.Sprintf("median %s, worst %s, at most %d hits", millis(random.p(.5)), millis(random.p(1)), hits))
	for _, of := range []struct {
		name string
		list []uint32
	}{{"a rack", m.racks}, {"an application", m.apps}, {"one of a group of hubs", m.hubs}} {
		hits = 0
		t := measure(300, func(n int) { hits = max(hits, impact(of.list[n*7919%len(of.list)])) })
		b.add("map: impact of "+of.name+", p99", millis(t.p(.99)), "< 10 ms", fmt.Sprintf("median %s, at most %d hits", millis(t.p(.5)), hits))
	}
	hub := m.controller
	all, hard := v.Reach(hub, false), v.Reach(hub, true)
	res := v.Impact([]graph.Cause{{Item: hub, Level: graph.Down}}, graph.Options{})
	t := measure(200, func(int) { v.Reach(hub, false) })
	b.add(fmt.Sprintf("map: plain reachability of a hub (%d reached), p99", all), millis(t.p(.99)), "< 50 ms", fmt.Sprintf("median %s", millis(t.p(.5))))
	b.reach = t.p(.5)
	b.add("map: of these by hard needs; down; degraded; at risk", fmt.Sprintf("%d; %d; %d; %d", hard, res.Down, res.Degraded, res.AtRisk), "", "")
	t = measure(50, func(int) {
		v.Impact([]graph.Cause{{Item: hub, Level: graph.Down}}, graph.Options{Exposed: true, Limit: 1000})
	})
	b.add("map: impact of the hub with all that is exposed, p99", millis(t.p(.99)), "", "")
	t = measure(300, func(n int) { v.Needs(m.services[n*31%len(m.services)], 0, 500) })
	b.add("map: all that a service needs, p99", millis(t.p(.99)), "", "")
	t = measure(300, func(n int) { v.Neighbours(m.apps[n*31%len(m.apps)], 2, 2000) })
	b.add("map: 2,000 neighbours for drawing, p99", millis(t.p(.99)), "", "")
	t = measure(50, func(n int) {
		v.Roots(graph.Symptoms{Alerting: []uint32{m.services[n%len(m.services)], m.apps[n], m.apps[n*3], m.apps[n*7]}})
	})
	b.add("map: roots of four alerts, p99", millis(t.p(.99)), "", "")
	return nil
}

// askPast measures questions about a time half a year ago.
func (m *estate) askPast(b *bench, g *graph.Graph) error {
	now, then := g.View(), g.AsOf(m.now-180*86400)
	type pair struct {
		name string
		ask  func(v *graph.View, n int)
	}
	items := make([]uint32, 2000)
	r := rand.New(rand.NewPCG(2, 2))
	for i := range items {
		items[i] = 1 + r.Uint32N(uint32(m.items))
	}
	for _, p := range []pair{
		{"impact of any item", func(v *graph.View, n int) {
			v.Impact([]graph.Cause{{Item: items[n], Level: graph.Down}}, graph.Options{})
		}},
		{"plain reachability of a hub", func(v *graph.View, n int) {
			if n < 50 {
				v.Reach(m.controller, false)
			}
		}},
		{"all that a service needs", func(v *graph.View, n int) {
			if n < 200 {
				v.Needs(m.services[n*31%len(m.services)], 0, 500)
			}
		}},
	} {
		a := measure(len(items), func(n int) { p.ask(now, n) })
		c := measure(len(items), func(n int) { p.ask(then, n) })
		b.add("map: as of half a year ago, "+p.name+", total", millis(c.sum()), "≤ 5× present", fmt.Sprintf("%.1f×", float64(c.sum())/float64(a.sum())))
	}
	start := time.Now()
	d := then.Diff(now, 1000)
	b.add(fmt.Sprintf("map: difference to half a year ago (%d changes)", d.Total), millis(time.Since(start)), "", "")
	return nil
}

// change measures deltas and packing.
func (m *estate) change(b *bench, g *graph.Graph) error {
	r := rand.New(rand.NewPCG(3, 3))
	revision := int64(1000)
	one := func(n int) graph.Delta {
		var d graph.Delta
		for range n {
			revision++
			e := m.edge(r, m.now+revision)
			e.Revision = revision
			d.Edges = append(d.Edges, e)
		}
		return d
	}
	t := measure(2000, func(int) { g.Apply(one(1)) })
	b.add("map: a delta of one relation, p99", millis(t.p(.99)), "", "median "+millis(t.p(.5)))
	start := time.Now()
	for range 200 {
		d, err := graph.Decode(one(500).Encode())
		if err == nil {
			err = g.Apply(d)
		}
		if err != nil {
			return err
		}
	}
	b.add("map: relations in deltas of 500, with packing and unpacking", perSecond(100_000/time.Since(start).Seconds()), "", "")
	g.Wait()
	for range 10 {
		if err := g.Apply(one(500)); err != nil {
			return err
		}
	}
	start = time.Now()
	g.Compact()
	b.add("map: packing 5,000 changes (0.1 %) in the background", millis(time.Since(start)), "", "")
	return nil
}

// snapshot measures writing and reading a file.
func (m *estate) snapshot(b *bench, g *graph.Graph) error {
	path := filepath.Join(b.dir, "map.snapshot")
	start := time.Now()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := g.WriteSnapshot(f, 1); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	b.add("map: snapshot written", seconds(time.Since(start)), "", megabytes(info.Size()))
	was := g.Stats()
	g = nil
	runtime.GC()
	t := measure(3, func(int) {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		g, _, err = graph.ReadSnapshot(f)
	})
	if g == nil || g.Stats().Relations != was.Relations {
		return fmt.Errorf("the snapshot came back with other relations")
	}
	raw := measure(1, func(int) { data, _ := os.ReadFile(path); bytes.Count(data, []byte{1}) })
	b.add("map: loaded from the snapshot, with history", seconds(t.p(.5)), "< 0.5 s", fmt.Sprintf("%.1f× reading the file", float64(t.p(.5))/float64(raw.p(1))))
	return os.Remove(path)
}

// times are the durations of the same thing done often, sorted.
type times []time.Duration

func measure(n int, f func(int)) times {
	out := make(times, n)
	for i := range n {
		start := time.Now()
		f(i)
		out[i] = time.Since(start)
	}
	slices.Sort(out)
	return out
}

// p is a quantile, nearest rank.
func (t times) p(q float64) time.Duration { return t[max(0, int(q*float64(len(t))+.999999)-1)] }

func (t times) sum() (d time.Duration) {
	for _, x := range t {
		d += x
	}
	return d
}

// heap is what is in use after collecting garbage.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func megabytes(n int64) string       { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
func millis(d time.Duration) string {
	return fmt.Sprintf("%.3g ms", float64(d.Microseconds())/1000)
}
