package health

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Page is one time that somebody was told urgently.
type Page struct {
	ID       int64 // the message that reached them first
	Person   int64
	At       time.Time
	Incident int64
	Title    string // of the incident
	Priority string
	Reason   string
	Own      bool   // about an incident of the team in question
	Sleep    bool   // in the person's sleep hours
	Weekend  bool   // on a Saturday or Sunday where the person is
	Night    string // the night that it interrupted, "2026-10-25"; empty when not in sleep hours
}

// PagesOf turns messages into pages: the legs of one notice are one page, at
// the time of the first that reached the person, and so is what went together
// as one message. Messages about incidents that known does not have are left
// out: they are not about incidents, or not to be seen.
func pagesOf(woke []notify.Woke, known map[int64]Incident, team string, zone func(person int64) *time.Location) (out []Page) {
	woke = slices.Clone(woke)
	slices.SortFunc(woke, func(a, b notify.Woke) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	type notice struct {
		person int64
		key    string
	}
	type carried struct{ person, by int64 }
	told, went := map[notice]bool{}, map[carried]bool{}
	for _, w := range woke {
		id, err := ref.ID(ref.Incident, w.Record.String())
		i, ok := known[id]
		if err != nil || w.Record.Kind != ref.Incident || !ok || told[notice{w.Person, w.Key}] {
			continue
		}
		told[notice{w.Person, w.Key}] = true
		if w.Carrier != 0 {
			if went[carried{w.Person, w.Carrier}] {
				continue
			}
			went[carried{w.Person, w.Carrier}] = true
		}
		p := Page{ID: w.ID, Person: w.Person, At: w.At, Incident: id, Title: i.Title, Priority: cmp.Or(w.Priority, i.Priority), Reason: w.Reason, Own: i.Team == team}
		local := w.At.In(zone(w.Person))
		p.Night, p.Sleep = night(local)
		p.Weekend = local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		out = append(out, p)
	}
	return out
}

// night returns the night that a local time is in, by the day on which it
// begins; ok is false outside sleep hours.
func night(local time.Time) (name string, ok bool) {
	switch h := local.Hour(); {
	case h >= SleepFrom:
		return local.Format(time.DateOnly), true
	case h < SleepTo:
		return time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, time.UTC).Format(time.DateOnly), true
	}
	return "", false
}

// burden compares pages to one person, in order of time, with the guide value:
// the most incidents within any GuideShift, and how many such shifts, none
// overlapping another, held more than GuideIncidents.
func burden(pages []Page) (most, over int) {
	var free time.Time // a shift counted as over ends then
	for i, p := range pages {
		incidents := map[int64]bool{}
		for _, next := range pages[i:] {
			if next.At.Sub(p.At) >= GuideShift {
				break
			}
			incidents[next.Incident] = true
		}
		most = max(most, len(incidents))
		if len(incidents) > GuideIncidents && !p.At.Before(free) {
			over++
			free = p.At.Add(GuideShift)
		}
	}
	return most, over
}
