package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
)

// itemHealth is what monitoring says of items, by the labels of alerts
// (cmdb.Mentions). It looks at the alerts that fire and at those that ended
// last: an item that one of them names is known to be unwell or well; of any
// other, monitoring never said anything, so that nobody knows. One look serves
// all pages for a few seconds, and which item a text means is remembered a
// little longer, so that storms of alerts cost the map nothing.
type itemHealth struct {
	mu    sync.Mutex
	at    time.Time
	state map[int64]string // ok, degraded, down
	alert []string         // services that have firing alerts, critical or error
	meant map[[2]string]int64
	since time.Time // of meant
}

const (
	healthKept = 3 * time.Second
	meantKept  = time.Minute
	toldMost   = 3000 // alerts that are looked at
)

// wellOf is the health that alerts of a severity leave an item in; 1 is
// critical. An info is for reading and says nothing bad.
func wellOf(severity int, firing bool) string {
	switch {
	case !firing || severity > 3:
		return "ok"
	case severity <= 1:
		return "down"
	}
	return "degraded"
}

var worse = map[string]int{"": 0, "ok": 1, "degraded": 2, "down": 3}

// look returns the state of every item that alerts name, and the services that
// have firing ones.
func (h *itemHealth) look(ctx context.Context, d *db.DB, m *cmdb.Service) (map[int64]string, []string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != nil && time.Since(h.at) < healthKept {
		return h.state, h.alert, nil
	}
	if h.meant == nil || time.Since(h.since) > meantKept {
		h.meant, h.since = map[[2]string]int64{}, time.Now()
	}
	var firing []string
	state := map[int64]string{}
	err := d.Read(ctx, func(q db.Querier) error {
		told, err := toldAlerts(q, toldMost)
		if err != nil {
			return err
		}
		var keys [][2]string
		var asks [][]cmdb.Mention
		for _, t := range told {
			key := [2]string{t.labels, t.source}
			if _, known := h.meant[key]; !known {
				h.meant[key] = 0
				keys, asks = append(keys, key), append(asks, cmdb.Mentions(t.pairs(), t.source))
			}
		}
		items, err := m.Meant(q, asks)
		if err != nil {
			h.meant = nil // what was noted is not known
			return err
		}
		for i, item := range items {
			h.meant[keys[i]] = item.ID
		}
		firing = firing[:0]
		for _, t := range told {
			if t.firing && t.service != "" && t.severity <= 2 {
				firing = append(firing, t.service)
			}
			id := h.meant[[2]string{t.labels, t.source}]
			if s := wellOf(t.severity, t.firing); id != 0 && worse[s] > worse[state[id]] {
				state[id] = s
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(firing)
	h.state, h.alert, h.at = state, slices.Compact(firing), time.Now()
	return h.state, h.alert, nil
}

// healthOfItems says how items are: services by their incidents and alerts,
// all others by the alerts that name them. Who is absent is unknown.
func (a *App) healthOfItems(ctx context.Context, items []cmdb.Item) (map[int64]string, error) {
	var names []string
	for _, i := range items {
		if i.Kind == cmdb.KindService {
			names = append(names, i.Name)
		}
	}
	told, _, err := a.items.look(ctx, a.db, a.CMDB)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for _, i := range items {
		if s := told[i.ID]; s != "" {
			out[i.ID] = s
		}
	}
	if len(names) == 0 {
		return out, nil
	}
	health, err := a.healthOf(ctx, names)
	for _, i := range items {
		if i.Kind == cmdb.KindService {
			out[i.ID] = state(health[i.Name])
		}
	}
	return out, err
}

// unwellItems are items that firing alerts name, but services.
func (a *App) unwellItems(ctx context.Context) (out []int64, err error) {
	told, _, err := a.items.look(ctx, a.db, a.CMDB)
	for id, s := range told {
		if s != "ok" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, err
}
