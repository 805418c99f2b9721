package incident

import (
	"fmt"
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// OnAlerts is the reaction to alerts: it opens, joins, raises, reopens,
// acknowledges and resolves incidents for a whole batch inside the alerts'
// transaction. However many alerts join one incident, that is one timeline
// entry and one row written per batch. It never refuses an alert because of
// what a sender or a rule says: unknown services and teams are left out.
func (s *Service) OnAlerts(tx *db.Tx, c *alert.Changes) error {
	w := &wave{s: s, tx: tx, known: map[int64]*change{}, fresh: map[string]*change{}, moved: map[string]*change{},
		tallies: map[*change]*tally{}, owners: map[string]owner{}, blasts: map[string]blast{}}
	if err := w.load(c); err != nil {
		return errs.Wrap("incident.alerts", err)
	}
	err := w.locate(c)
	if err == nil {
		err = w.run(c)
	}
	if err == nil {
		err = w.flush()
	}
	return errs.Wrap("incident.alerts", err)
}

// wave is one batch of alerts on its way into incidents.
type wave struct {
	s       *Service
	tx      *db.Tx
	groups  map[string]int64   // key → incident that gathers it
	known   map[int64]*change  // locked incidents of the batch
	fresh   map[string]*change // key → incident opened by this batch
	moved   map[string]*change // key that a former incident no longer gathers
	opened  []*change          // fresh ones in order, also those without a key
	tallies map[*change]*tally
	order   []*change // of tallies
	owners  map[string]owner
	blasts  map[string]blast
	homes   map[int64]Belonging // by episode: of firings that name no service
}

// owner is what the catalog says of a service, asked once per batch.
type owner struct {
	team string
	tier int
	ok   bool
}

// tally is what a batch did to one incident.
type tally struct {
	episodes []int64
	joined   []string // summaries
	raised   []string
	resolved []string
	best     Priority
	why      string
	page     bool
	opener   bool      // the first of joined opened the incident
	home     Belonging // the service that the map gave it
}

// load locks everything the batch may touch, groups first, then incidents in
// the order of their numbers.
func (w *wave) load(c *alert.Changes) (err error) {
	keys, ids := map[string]bool{}, map[int64]bool{}
	for _, list := range [][]alert.Firing{c.Opened, c.Reopened} {
		for _, f := range list {
			if f.GroupKey != "" {
				keys[f.GroupKey] = true
			}
		}
	}
	for _, list := range [][]alert.Firing{c.Raised, c.Acknowledged, c.Resolved} {
		for _, f := range list {
			if f.IncidentID > 0 {
				ids[f.IncidentID] = true
			}
		}
	}
	if w.groups, err = groupsOf(w.tx, slices.Sorted(maps.Keys(keys))); err != nil {
		return err
	}
	for _, id := range w.groups {
		ids[id] = true
	}
	return w.lock(slices.Sorted(maps.Keys(ids)))
}

func (w *wave) lock(ids []int64) error {
	list, err := getMany(w.tx, ids, w.tx.ForUpdate())
	if err != nil {
		return err
	}
	var merged []int64
	for _, i := range list {
		if w.known[i.ID], err = w.s.resume(w.tx, w.tx.Actor, i); err != nil {
			return err
		}
		if i.State == Merged && w.known[i.MergedInto] == nil {
			merged = append(merged, i.MergedInto)
		}
	}
	if len(merged) == 0 {
		return nil
	}
	slices.Sort(merged)
	return w.lock(slices.Compact(merged))
}

// at returns the incident of a number, following merges; nil when there is none.
func (w *wave) at(id int64) *change {
	c := w.known[id]
	for n := 0; c != nil && c.State == Merged && n < 100; n++ {
		c = w.known[c.MergedInto]
	}
	return c
}

func (w *wave) tally(c *change) *tally {
	t := w.tallies[c]
	if t == nil {
		t = &tally{}
		w.tallies[c] = t
		w.order = append(w.order, c)
	}
	return t
}

func (w *wave) run(c *alert.Changes) error {
	for _, list := range [][]alert.Firing{c.Opened, c.Reopened} {
		for _, f := range list {
			if err := w.fire(f); err != nil {
				return err
			}
		}
	}
	for _, f := range c.Raised {
		if x := w.at(f.IncidentID); x != nil && x.State.Open() {
			t := w.tally(x)
			t.raised = append(t.raised, fmt.Sprintf("%s is %s now", f.Summary, f.Severity))
			if err := w.ask(x, t, f); err != nil {
				return err
			}
		} else if x == nil && f.IncidentID == 0 {
			if err := w.fire(f); err != nil { // what may not open an incident as a warning may as critical
				return err
			}
		}
	}
	for _, f := range c.Acknowledged {
		x := w.at(f.IncidentID)
		if x == nil {
			x = w.fresh[f.GroupKey]
		}
		if x != nil && x.State == Triggered {
			if err := x.acknowledge("acknowledged where the alert comes from", f.Integration+": "+f.Summary); err != nil {
				return err
			}
		}
	}
	for _, f := range c.Resolved {
		if x := w.at(f.IncidentID); x != nil {
			t := w.tally(x)
			t.resolved = append(t.resolved, f.Summary)
		}
	}
	return nil
}
