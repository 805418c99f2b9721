package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

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
	if t.home.Service != "" {
		c.add(Entry{Kind: EntryLink, Text: "Service " + t.home.Service + " by the map", Detail: t.home.Why})
	}
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
