package health

import (
	"cmp"
	"slices"
	"time"
)

// Advice is what to do about an alert that wakes people for nothing.
type Advice string

// The advice, each with what it means.
const (
	Keep      Advice = ""
	Group     Advice = "group"           // one story opens incident after incident: let its rule join them
	Threshold Advice = "raise threshold" // it ends before anybody could do anything: let it fire later
	CloseSelf Advice = "close itself"    // it heals: let it close itself without paging
	Delete    Advice = "delete"          // nobody ever acted upon it: nothing would be missed
)

// Says is the advice as a sentence.
func (a Advice) Says() string {
	switch a {
	case Group:
		return "Group it: let its rule join its firings to one incident, by fewer labels or for longer"
	case Threshold:
		return "Raise its threshold, or let it fire only after it lasted longer: it ends by itself within minutes"
	case CloseSelf:
		return "Let it close itself without paging: it heals"
	case Delete:
		return "Delete it: nobody acted upon it a single time"
	}
	return ""
}

// Alert is how often an alert, by its rule and summary, called for people and
// whether they did anything. Its unit is one alert in one incident.
type Alert struct {
	Rule, Service, Summary string
	Firings                int
	Incidents              int
	Acted                  int           // a person acknowledged, mitigated or resolved the incident
	Noise                  int           // nobody did, and it ended; or it was canceled as none
	Burst                  int           // the most incidents that it was in within GuideShift
	Typical                time.Duration // median from its first firing to its last end; -1: unknown
	Advice                 Advice
}

// Open is in how many incidents it is not known yet, or by none of its own,
// what came of it.
func (a Alert) Open() int { return a.Incidents - a.Acted - a.Noise }

// When advice is given. They are our own, chosen so that a single bad night
// advises nothing.
const (
	groupFrom = 3                // incidents within one shift: more than the guide value by itself
	deleteAt  = 10               // incidents without any action
	noiseFrom = 2                // times noise before anything is advised
	shortLife = 10 * time.Minute // ends before a person paged has looked: SRE book, ch. 11 asks for 5 minutes' response to the most urgent
)

func (a Alert) advice() Advice {
	switch {
	case a.Noise >= deleteAt && a.Acted == 0:
		return Delete
	case a.Burst >= groupFrom:
		return Group
	case a.Noise < noiseFrom || a.Noise <= a.Acted:
		return Keep
	case a.Typical >= 0 && a.Typical <= shortLife:
		return Threshold
	}
	return CloseSelf
}

// Share is a part of a whole; Of = 0: unknown.
type Share struct{ Part, Of int }

// Percent is the share rounded down; -1: unknown.
func (s Share) Percent() int {
	if s.Of == 0 {
		return -1
	}
	return 100 * s.Part / s.Of
}

// alertsOf returns alerts by how often they were noise, then by firings, and
// the share of those acted upon among those of which it is known.
func alertsOf(spells []Spell, incidents map[int64]Incident) (out []Alert, acted Share) {
	type key struct{ rule, service, summary string }
	all := map[key]*Alert{}
	lives, began := map[key][]time.Duration{}, map[key][]time.Time{}
	for _, s := range spells {
		i, ok := incidents[s.Incident]
		if !ok {
			continue
		}
		k := key{s.Rule, s.Service, s.Summary}
		a := all[k]
		if a == nil {
			a = &Alert{Rule: s.Rule, Service: s.Service, Summary: s.Summary}
			all[k] = a
		}
		a.Incidents++
		began[k] = append(began[k], i.Triggered)
		a.Firings += s.Firings
		if !s.Until.IsZero() {
			lives[k] = append(lives[k], max(0, s.Until.Sub(s.From)))
		}
		switch {
		case i.None:
			a.Noise++
		case i.Acted:
			a.Acted++
		case i.Over:
			a.Noise++
		}
	}
	for k, a := range all {
		a.Typical = -1
		if l := spreadOf(lives[k]); l.N > 0 {
			a.Typical = l.Median
		}
		a.Burst = burst(began[k])
		a.Advice = a.advice()
		acted.Part += a.Acted
		acted.Of += a.Acted + a.Noise
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(b.Noise, a.Noise), cmp.Compare(b.Firings, a.Firings), cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Service, b.Service))
	})
	return out, acted
}

// burst is the most times within any GuideShift.
func burst(times []time.Time) (most int) {
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, t := range times {
		for t.Sub(times[first]) >= GuideShift {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
