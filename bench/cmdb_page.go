package main

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// servicePage measures the page of a service that some 30 applications of the
// large map are part of, and that of an item, in the real server.
func (b *bench) servicePage(m *estate, name, url string) error {
	t, err := b.prepare("cmdb-"+name, url)
	if err != nil {
		return err
	}
	err = b.withDB(url, func(d *db.DB) error { return joinService(b.ctx, d, m, "service-1", len(m.apps)/len(m.services)) })
	if err != nil {
		return err
	}
	if err := b.start(t); err != nil {
		return err
	}
	defer t.stop()
	for _, p := range []struct{ name, path string }{
		{"service page", "/services/service-1"},
		{"item page", fmt.Sprintf("/map/items/CI-%d", m.apps[1])},
	} {
		request := func(buf []byte, _ int) []byte { return get(buf, p.path, t.token) }
		if _, err := load(b.ctx, t.addr, 2, time.Second, request); err != nil { // warm, with the map loaded
			return err
		}
		r, err := load(b.ctx, t.addr, 2, b.seconds/2, request)
		if err != nil {
			return err
		}
		b.add(fmt.Sprintf("map: %s, %s at %d items, p99", name, p.name, m.items), inMillis(r.quantile(.99)), "< 50 ms", "median "+inMillis(r.quantile(.5)))
		if r.failed > 0 {
			b.add("… refused, by status", fmt.Sprint(r.statuses), "none", "")
		}
	}
	return nil
}
