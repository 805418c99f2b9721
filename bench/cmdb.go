package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
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
	if err := b.mapInDatabases(m); err != nil {
		return err
	}
	return b.imports()
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
	err := b.withDB(url, func(d *db.DB) error {
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
	if err != nil {
		return err
	}
	return b.servicePage(m, name, url)
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

func megabytes(n int64) string        { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
func seconds(d time.Duration) string  { return fmt.Sprintf("%.2f s", d.Seconds()) }
func inMillis(d time.Duration) string { return fmt.Sprintf("%.3g ms", millis(d)) }
