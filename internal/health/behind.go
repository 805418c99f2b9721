package health

import (
	"slices"
	"time"
)

// Which names the pages behind a figure. The zero value is all of the period.
type Which struct {
	Person int64
	Only   string    // "", "own", "elsewhere", "sleep", "weekend", "night 2026-10-25"
	Week   time.Time // Monday of a week of the pictures instead of the period; zero: the period
}

// Behind returns the pages that a figure counts, the newest first.
func (r *Report) Behind(w Which) (out []Page) {
	for _, p := range r.behind.Pages {
		in := r.in(p.At)
		if !w.Week.IsZero() {
			in = !p.At.Before(w.Week) && p.At.Before(w.Week.AddDate(0, 0, 7)) && p.At.Before(r.Period.To)
		}
		if !in || w.Person != 0 && p.Person != w.Person {
			continue
		}
		switch w.Only {
		case "own":
			in = p.Own
		case "elsewhere":
			in = !p.Own
		case "sleep":
			in = p.Sleep
		case "weekend":
			in = p.Weekend
		case "":
		default:
			in = p.Sleep && w.Only == "night "+p.Night
		}
		if in {
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}

// About returns the incidents of the period, the newest first, that a person
// acknowledged (0: all) and, when alert is set, that alert was in.
func (r *Report) About(person int64, alert *Alert) (out []Incident) {
	for _, i := range r.behind.Incidents {
		if !r.in(i.Triggered) || person != 0 && i.By != person {
			continue
		}
		if alert != nil && !slices.ContainsFunc(r.behind.Spells, func(s Spell) bool {
			return s.Incident == i.ID && s.Rule == alert.Rule && s.Service == alert.Service && s.Summary == alert.Summary
		}) {
			continue
		}
		out = append(out, i)
	}
	slices.Reverse(out)
	return out
}

// Name returns somebody of the report's facts.
func (r *Report) Name(person int64) (Person, bool) {
	i := slices.IndexFunc(r.behind.People, func(p Person) bool { return p.ID == person })
	if i < 0 {
		return Person{}, false
	}
	return r.behind.People[i], true
}
