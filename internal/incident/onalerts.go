package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
		tallies: map[*change]*tally{}, owners: map[string]owner{}}
	if err := w.load(c); err != nil {
		return errs.Wrap("incident.alerts", err)
	}
	err := w.run(c)
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
	opener   bool // the first of joined opened the incident
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

// fire brings one firing into an incident.
func (w *wave) fire(f alert.Firing) error {
	c, err := w.find(f)
	if err != nil || c == nil {
		return err
	}
	t := w.tally(c)
	t.episodes = append(t.episodes, f.EpisodeID)
	t.joined = append(t.joined, f.Summary)
	t.page = t.page || f.Routing.PageOnJoin
	c.Alerts++
	c.AlertsFiring++
	c.LastAlertAt = w.tx.Now
	return w.ask(c, t, f)
}

// find returns the incident that a firing belongs to: an open one of its key
// within the rule's window, a resolved one within the reopen window, or a new
// one; nil when the routing opens none.
func (w *wave) find(f alert.Firing) (*change, error) {
	if c := w.fresh[f.GroupKey]; c != nil && f.GroupKey != "" {
		return c, nil
	}
	if c := w.at(w.groups[f.GroupKey]); c != nil && f.GroupKey != "" {
		r := f.Routing
		switch {
		case c.State.Open() && (r.Window == 0 || w.tx.Now.Sub(c.LastAlertAt) <= r.Window):
			return c, nil
		case c.State == Resolved && r.Reopen > 0 && r.Open && w.tx.Now.Sub(c.ResolvedAt) <= r.Reopen:
			c.reopen(Triggered, StepReopened)
			c.say(EntryState, "reopened: an alert fires again").Detail = f.Summary
			c.tell(Event{Kind: WasReopened, Page: r.Page})
			return c, nil
		}
	}
	if !f.Routing.Open {
		return nil, nil
	}
	return w.create(f)
}

func (w *wave) create(f alert.Firing) (*change, error) {
	i := Incident{Title: titleOf(f), Origin: ByAlert, Rule: f.RuleName, GroupKey: f.GroupKey, StartedAt: f.StartsAt,
		Impact: Medium, Urgency: Medium, AutoResolve: f.Routing.AutoClose, Team: f.Team, Tier: unknownTier}
	if i.StartedAt.IsZero() || i.StartedAt.After(w.tx.Now) {
		i.StartedAt = w.tx.Now
	}
	o, err := w.owner(f.Service)
	if err != nil {
		return nil, err
	}
	if o.ok {
		i.Service, i.Tier = f.Service, o.tier
		i.Team = cmp.Or(i.Team, o.team)
	}
	m, err := w.s.MatrixFor(w.tx, i.Team)
	if err != nil {
		return nil, err
	}
	c := w.s.blank(w.tx, w.tx.Actor, m, i)
	w.tally(c).opener = true
	w.opened = append(w.opened, c)
	c.tell(Event{Kind: Opened, Page: f.Routing.Page})
	if f.GroupKey != "" {
		w.fresh[f.GroupKey] = c
		if w.groups[f.GroupKey] != 0 {
			w.moved[f.GroupKey] = c
		}
	}
	return c, nil
}

func titleOf(f alert.Firing) string {
	t := strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(f.Summary, "\x00", " "), "\uFFFD")), " ")
	t = cmp.Or(t, f.GroupText, "Alert without a summary")
	for len(t) > MaxTitle-3 {
		_, cut, ok := lastRune(t)
		if !ok {
			break
		}
		if t = cut; len(t) <= MaxTitle-3 {
			return t + "…"
		}
	}
	return t
}

func lastRune(s string) (r rune, rest string, ok bool) {
	n := len(s) - 1
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return 0, s[:max(0, n)], n >= 0
}

func (w *wave) owner(service string) (owner, error) {
	if service == "" {
		return owner{}, nil
	}
	if o, ok := w.owners[service]; ok {
		return o, nil
	}
	team, tier, ok, err := w.s.Catalog.ServiceOf(w.tx, service)
	o := owner{team, tier, ok}
	w.owners[service] = o
	return o, err
}

// ask notes which priority a firing wants for its incident.
func (w *wave) ask(c *change, t *tally, f alert.Firing) error {
	p, why := Priority(f.Routing.Priority), "rule "+f.RuleName
	if p < P1 || p > P4 {
		tier := c.Tier
		if o, err := w.owner(f.Service); err != nil {
			return err
		} else if o.ok {
			tier = o.tier
		}
		p, why = c.m.ForAlert(string(f.Severity), tier)
		if w.s.Blast != nil && f.Service != "" {
			steps, reason, err := w.s.Blast.Raise(w.tx, f.Service)
			if err != nil {
				return err
			}
			if q := raise(p, steps); q < p {
				p, why = q, why+"; "+reason
			}
		}
	}
	if t.best == 0 || p < t.best {
		t.best, t.why = p, why
	}
	return nil
}

// flush turns the tallies into entries and events and writes everything.
func (w *wave) flush() error {
	if err := w.tell(); err != nil {
		return err
	}
	if len(w.opened) > 0 {
		if err := w.s.open(w.tx, w.opened); err != nil {
			return err
		}
		fresh, moved := map[string]int64{}, map[string]int64{}
		for key, c := range w.fresh {
			if w.moved[key] != nil {
				moved[key] = c.ID
			} else {
				fresh[key] = c.ID
			}
		}
		if err := claimGroups(w.tx, fresh, moved); err != nil {
			return err
		}
	}
	links := map[int64]int64{}
	for c, t := range w.tallies {
		for _, e := range t.episodes {
			links[e] = c.ID
		}
	}
	if len(links) > 0 && w.s.Alerts != nil {
		if err := w.s.Alerts.LinkEpisodes(w.tx, links); err != nil {
			return err
		}
	}
	for _, c := range w.opened {
		if err := c.react(); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.known)) {
		if err := w.known[id].commit("incident.alerts"); err != nil {
			return err
		}
	}
	return nil
}

func (w *wave) tell() error {
	var again []string
	for _, c := range w.opened {
		if c.GroupKey != "" && w.groups[c.GroupKey] != 0 {
			again = append(again, c.GroupKey)
		}
	}
	times, err := repeats(w.tx, again, w.tx.Now)
	if err != nil {
		return err
	}
	for _, c := range w.order {
		t := w.tallies[c]
		if c.fresh {
			w.tellOpened(c, t, times[c.GroupKey])
		} else {
			w.tellJoined(c, t)
		}
		if err := w.tellResolved(c, t); err != nil {
			return err
		}
	}
	return nil
}

func (w *wave) tellOpened(c *change, t *tally, former []time.Time) {
	c.Priority, c.PriorityWhy, c.alertPriority = t.best, t.why, t.best
	c.Steps[0].Priority = t.best
	c.add(Entry{Kind: EntryState, Text: "Alert opened this incident: " + t.joined[0], Detail: fmt.Sprintf("%s: %s", c.Priority, c.PriorityWhy)})
	if n := len(t.joined); n > 1 {
		c.add(Entry{Kind: EntryAlert, Text: summed("joined", t.joined[1:])})
	}
	n := 1
	for _, at := range former {
		if w.tx.Now.Sub(at) <= c.m.ReviewWithin {
			n++
		}
	}
	if c.Priority >= P3 && c.m.ReviewRepeats > 0 && n >= c.m.ReviewRepeats {
		c.persists(fmt.Sprintf("%d times in %s", n, short(c.m.ReviewWithin)))
	}
}

// persists marks an incident for the weekly review.
func (c *change) persists(why string) {
	c.Persistent = why
	c.say(EntryClock, "marked for the weekly review: %s", why)
	c.tell(Event{Kind: BecamePersistent})
}

func (w *wave) tellJoined(c *change, t *tally) {
	if len(t.joined) > 0 {
		c.add(Entry{Kind: EntryAlert, Text: summed("joined", t.joined)})
	}
	if len(t.raised) > 0 {
		c.add(Entry{Kind: EntryAlert, Text: summed("became more severe", t.raised)})
	}
	// A person may have set another priority by hand: only an alert that is
	// worse than all alerts before it overrules that.
	worse := t.best != 0 && (c.alertPriority == 0 || t.best < c.alertPriority)
	if worse {
		c.alertPriority = t.best
	}
	if worse && t.best < c.Priority && c.State.Open() {
		c.prioritise(t.best, t.why)
	} else if len(t.joined) > 0 {
		c.tell(Event{Kind: AlertJoined, Page: t.page && c.State.Open()})
	}
}

func (w *wave) tellResolved(c *change, t *tally) error {
	n := len(t.resolved)
	if n == 0 {
		return nil
	}
	c.AlertsFiring = max(0, c.AlertsFiring-n)
	text := summed("resolved", t.resolved)
	if c.AlertsFiring == 0 {
		text += "; none is firing any more"
	}
	c.add(Entry{Kind: EntryAlert, Text: text})
	if c.AlertsFiring > 0 || !c.AutoResolve || !c.State.Open() {
		return nil
	}
	return c.resolve(cmp.Or(c.How, SelfRecovered), "resolved by itself: all alerts have resolved", "")
}

// summed tells about one alert or many in one line.
func summed(what string, list []string) string {
	const shown = 3
	if len(list) == 1 {
		return "Alert " + what + ": " + list[0]
	}
	text := fmt.Sprintf("%d alerts %s: %s", len(list), what, strings.Join(list[:min(shown, len(list))], ", "))
	if n := len(list) - shown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
