package app

import (
	"fmt"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// mapOf answers, from the map, what incidents ask while alerts arrive: how far
// a failure reaches, and to which service an alert belongs that names none.
// Both are asked once per batch of alerts, not once per alert, and both are
// silent while the map is empty or being loaded: ingestion never waits for it.
type mapOf struct {
	a *App

	mu   sync.Mutex
	view *graph.View // for which blasts hold
	at   time.Time
	last map[string]raised
}

type raised struct {
	steps int
	why   string
}

// blastKept is how long an answer about a service holds while the map stays as
// it is: tiers and titles of services may change without it.
const blastKept = 5 * time.Second

// Raise says that a failure counts one priority higher when, besides the
// service itself, it takes another service of tier 0 down, or at least three
// of tier 0 or 1. Services that only work worse do not count.
func (m *mapOf) Raise(q db.Querier, service string) (int, string, error) {
	v := m.a.CMDB.Graph().View()
	m.mu.Lock()
	if m.view != v || time.Since(m.at) > blastKept {
		m.view, m.at, m.last = v, time.Now(), map[string]raised{}
	}
	r, known := m.last[service]
	m.mu.Unlock()
	if known {
		return r.steps, r.why, nil
	}
	b, err := m.a.CMDB.ImpactOf(q, []string{service})
	if err != nil {
		return 0, "", err
	}
	r.steps, r.why = counts(b.Services)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.view == v && len(m.last) < 10_000 {
		m.last[service] = r
	}
	return r.steps, r.why, nil
}

// counts is the rule of Raise, on the services that are hit, worst first.
func counts(hit []cmdb.ServiceHit) (steps int, why string) {
	var first string
	down, vital, grave := 0, 0, 0
	for _, h := range hit {
		if h.Level != graph.Down || h.Cause {
			continue
		}
		if down++; down == 1 {
			first = h.Service
		}
		if h.Tier == 0 {
			vital++
		}
		if h.Tier == 0 || h.Tier == 1 {
			grave++
		}
	}
	if vital == 0 && grave < 3 {
		return 0, ""
	}
	switch down {
	case 1:
		return 1, "takes " + first + " down"
	case 2:
		return 1, "takes " + first + " and one more service down"
	}
	return 1, fmt.Sprintf("takes %s and %d more services down", first, down-1)
}

// Belong finds the items that firings name by their labels, and the one
// service that each of them belongs to.
func (m *mapOf) Belong(q db.Querier, list []alert.Firing) ([]incident.Belonging, error) {
	out := make([]incident.Belonging, len(list))
	if m.a.CMDB.Graph().View().Top() < 2 {
		return out, nil
	}
	asks := make([][]cmdb.Mention, len(list))
	for i, f := range list {
		asks[i] = cmdb.Mentions(f.Labels, f.Source)
	}
	items, err := m.a.CMDB.Meant(q, asks)
	if err != nil {
		return nil, err
	}
	homes, err := m.a.CMDB.Homes(q, items)
	if err != nil {
		return nil, err
	}
	for i, h := range homes {
		out[i] = incident.Belonging(h)
	}
	return out, nil
}
