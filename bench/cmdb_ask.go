package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// ask measures questions about now.
func (m *estate) ask(b *bench, g *graph.Graph) error {
	v := g.View()
	r := rand.New(rand.NewPCG(1, 1))
	impact := func(item uint32) int {
		return len(v.Impact([]graph.Cause{{Item: item, Level: graph.Down}}, graph.Options{}).Hits)
	}
	var hits int
	random := measure(4000, func(int) { hits = max(hits, impact(1+r.Uint32N(uint32(m.items)))) })
	b.add("map: impact of any item, p99", inMillis(random.p(.99)), "< 10 ms", fmt.Sprintf("median %s, worst %s, at most %d hits", inMillis(random.p(.5)), inMillis(random.p(1)), hits))
	for _, of := range []struct {
		name string
		list []uint32
	}{{"a rack", m.racks}, {"an application", m.apps}, {"one of a group of hubs", m.hubs}} {
		hits = 0
		t := measure(300, func(n int) { hits = max(hits, impact(of.list[n*7919%len(of.list)])) })
		b.add("map: impact of "+of.name+", p99", inMillis(t.p(.99)), "< 10 ms", fmt.Sprintf("median %s, at most %d hits", inMillis(t.p(.5)), hits))
	}
	hub := m.controller
	all, hard := v.Reach(hub, false), v.Reach(hub, true)
	res := v.Impact([]graph.Cause{{Item: hub, Level: graph.Down}}, graph.Options{})
	t := measure(200, func(int) { v.Reach(hub, false) })
	b.add(fmt.Sprintf("map: plain reachability of a hub (%d reached), p99", all), inMillis(t.p(.99)), "< 50 ms", fmt.Sprintf("median %s", inMillis(t.p(.5))))
	b.reach = t.p(.5)
	b.add("map: of these by hard needs; down; degraded; at risk", fmt.Sprintf("%d; %d; %d; %d", hard, res.Down, res.Degraded, res.AtRisk), "", "")
	t = measure(50, func(int) {
		v.Impact([]graph.Cause{{Item: hub, Level: graph.Down}}, graph.Options{Exposed: true, Limit: 1000})
	})
	b.add("map: impact of the hub with all that is exposed, p99", inMillis(t.p(.99)), "", "")
	t = measure(300, func(n int) { v.Needs(m.services[n*31%len(m.services)], 0, 500) })
	b.add("map: all that a service needs, p99", inMillis(t.p(.99)), "", "")
	t = measure(300, func(n int) { v.Neighbours(m.apps[n*31%len(m.apps)], 2, 2000) })
	b.add("map: 2,000 neighbours for drawing, p99", inMillis(t.p(.99)), "", "")
	t = measure(50, func(n int) {
		v.Roots(graph.Symptoms{Alerting: []uint32{m.services[n%len(m.services)], m.apps[n], m.apps[n*3], m.apps[n*7]}})
	})
	b.add("map: roots of four alerts, p99", inMillis(t.p(.99)), "", "")
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
		b.add("map: as of half a year ago, "+p.name+", total", inMillis(c.sum()), "≤ 5× present", fmt.Sprintf("%.1f×", float64(c.sum())/float64(a.sum())))
	}
	start := time.Now()
	d := then.Diff(now, 1000)
	b.add(fmt.Sprintf("map: difference to half a year ago (%d changes)", d.Total), inMillis(time.Since(start)), "", "")
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
	b.add("map: a delta of one relation, p99", inMillis(t.p(.99)), "", "median "+inMillis(t.p(.5)))
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
	b.add("map: packing 5,000 changes (0.1 %) in the background", inMillis(time.Since(start)), "", "")
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
		if again, _, err := graph.ReadSnapshot(f); err == nil {
			g = again
		}
	})
	if g == nil || g.Stats().Relations != was.Relations {
		return fmt.Errorf("the snapshot came back with other relations")
	}
	raw := measure(1, func(int) { data, _ := os.ReadFile(path); bytes.Count(data, []byte{1}) })
	b.add("map: loaded from the snapshot, with history", seconds(t.p(.5)), "< 0.5 s", fmt.Sprintf("%.1f× reading the file", float64(t.p(.5))/float64(raw.p(1))))
	return os.Remove(path)
}
