package health

import (
	"cmp"
	"slices"
	"time"
)

// Person is somebody whom a report is about.
type Person struct {
	ID           int64
	Handle, Name string
	Zone         *time.Location
	Since        time.Time // when the account was made: nothing is known before
	Role         string    // in the team: "lead", "member", …; empty: not in it
	Gone         bool      // disabled or erased
}

// Facts is what Compute works on.
type Facts struct {
	Team, Title string
	Zone        *time.Location // of the team's weeks
	Now         time.Time
	Since       time.Time // nothing is known of the time before
	People      []Person
	Pages       []Page     // from the beginning of the 13 weeks or the period, in order of time
	Incidents   []Incident // of the team, triggered since then, in order of time
	Spells      []Spell    // of the team's incidents that were triggered in the period
	Duties      []Duty     // of the team's schedules, within the period
	DutiesSince time.Time  // nothing is known of duties before
}

// Load is what on-call did to one person.
type Load struct {
	Person
	Pages       int      // about incidents of the team
	Elsewhere   int      // … of others
	Weeks       []int    // pages about the team's, by week of the report; -1: unknown
	Sleep       int      // of all pages, in sleep hours
	Nights      []string // interrupted ones, in order
	Weekend     int      // of all pages, at weekends
	Acknowledge Spread
	OnCall      time.Duration // -1: unknown
	MostInShift int           // incidents within 12 hours
	OverGuide   int           // shifts of 12 hours with more than two incidents
}

// Total is all pages.
func (l Load) Total() int { return l.Pages + l.Elsewhere }

// Trend compares the last four whole weeks with those before, of 13.
type Trend struct {
	Known         bool    // at least four whole weeks before the last four are known
	Recent, Ahead float64 // pages a week: in the last four weeks, and ahead of them
	Weeks         int     // how many weeks Ahead is of
}

// Word says where the load goes. Less than one page a week or a fifth of what
// was is no change.
func (t Trend) Word() string {
	d := t.Recent - t.Ahead
	switch {
	case !t.Known:
		return "unknown"
	case max(d, -d) < 1 || max(d, -d) < t.Ahead/5:
		return "steady"
	case d > 0:
		return "rising"
	}
	return "falling"
}

// Report is the on-call health of a team in a period. Where Known is false,
// nothing of the period is known, and its figures mean nothing.
type Report struct {
	Team, Title string
	Period      Period
	Zone        *time.Location
	Now         time.Time
	Since       time.Time // nothing is known of the time before
	Known       bool
	Partly      bool // only the part of the period after Since is known

	Pages   int     // about the team's incidents, to whomever
	PerWeek float64 // of the known part; -1: it is shorter than a week
	Sleep   int
	Nights  int // interrupted by pages about the team's incidents, one for each person
	Weekend int
	Reached int // people

	Incidents      int
	Unacknowledged int // nobody acknowledged them, so far
	Acknowledge    Spread
	OverGuide      int // shifts of 12 hours in which one person had more than two incidents
	MostInShift    int
	Weeks          []Week // 13, the last with the end of the period
	Trend          Trend
	People         []Load
	DutiesSince    time.Time // hours on call are of the time since; the period's end or later: unknown
	Alerts         []Alert
	Acted          Share
	behind         Facts
	answered       map[int64]bool // incidents that count for somebody's own time to acknowledge
}

// HoursKnown reports whether hours on call are known of any part of the period.
func (r *Report) HoursKnown() bool { return r.DutiesSince.Before(r.Period.To) }

// Compute makes a report of facts.
func Compute(p Period, f Facts) Report {
	r := Report{Team: f.Team, Title: f.Title, Period: p, Zone: f.Zone, Now: f.Now, Since: f.Since, PerWeek: -1, DutiesSince: f.DutiesSince, behind: f}
	r.Known, r.Partly = p.To.After(f.Since), p.From.Before(f.Since)
	from := p.From
	if r.Partly {
		from = f.Since
	}
	r.weeks(f)
	r.loads(f)
	for _, pg := range f.Pages {
		if !pg.Own || !r.in(pg.At) {
			continue
		}
		r.Pages++
		r.Sleep += one(pg.Sleep)
		r.Weekend += one(pg.Weekend)
	}
	if week := 7 * 24 * time.Hour; r.Known && p.To.Sub(from) >= week {
		r.PerWeek = float64(r.Pages) / (float64(p.To.Sub(from)) / float64(week))
	}
	byID := map[int64]Incident{}
	var times []time.Duration
	for _, i := range f.Incidents {
		if !r.in(i.Triggered) {
			continue
		}
		byID[i.ID] = i
		if !i.counts() {
			continue
		}
		r.Incidents++
		if i.Acknowledge < 0 {
			r.Unacknowledged++
		} else {
			times = append(times, i.Acknowledge)
		}
	}
	r.Acknowledge = spreadOf(times)
	r.Alerts, r.Acted = alertsOf(f.Spells, byID)
	return r
}

func (r *Report) in(t time.Time) bool { return !t.Before(r.Period.From) && t.Before(r.Period.To) }

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// weeks fills the 13 weeks and the trend.
func (r *Report) weeks(f Facts) {
	r.Weeks = weeksUntil(r.Period.To, f.Since, r.Zone)
	for _, p := range f.Pages {
		if w := weekOf(r.Weeks, p.At); w >= 0 && p.Own && p.At.Before(r.Period.To) {
			r.Weeks[w].Pages++
			r.Weeks[w].Sleep += one(p.Sleep)
		}
	}
	var whole []Week
	for _, w := range r.Weeks {
		if w.Whole {
			whole = append(whole, w)
		}
	}
	mean := func(list []Week) (sum float64) {
		for _, w := range list {
			sum += float64(w.Pages) / float64(len(list))
		}
		return sum
	}
	if n := len(whole) - 4; n >= 4 {
		r.Trend = Trend{true, mean(whole[n:]), mean(whole[:n]), n}
	}
}

// loads fills what every person carried.
func (r *Report) loads(f Facts) {
	pages := map[int64][]Page{}
	for _, p := range f.Pages {
		pages[p.Person] = append(pages[p.Person], p)
	}
	var answers map[int64][]time.Duration
	answers, r.answered = answersOf(f, r)
	onCall := hours(f.Duties, f.DutiesSince)
	for _, person := range f.People {
		l := Load{Person: person, OnCall: -1, Acknowledge: spreadOf(answers[person.ID])}
		if r.HoursKnown() {
			l.OnCall = onCall[person.ID]
		}
		for _, w := range r.Weeks {
			n := 0
			if !w.Known || !w.To.After(person.Since) {
				n = -1
			}
			l.Weeks = append(l.Weeks, n)
		}
		var within []Page
		var ours []string // nights interrupted for the team's sake
		own := false
		for _, p := range pages[person.ID] {
			if w := weekOf(r.Weeks, p.At); w >= 0 && p.Own && p.At.Before(r.Period.To) {
				l.Weeks[w] = max(l.Weeks[w], 0) + 1
			}
			if !r.in(p.At) {
				continue
			}
			within = append(within, p)
			own = own || p.Own
			l.Pages += one(p.Own)
			l.Elsewhere += one(!p.Own)
			l.Sleep += one(p.Sleep)
			l.Weekend += one(p.Weekend)
			if p.Sleep && !slices.Contains(l.Nights, p.Night) {
				l.Nights = append(l.Nights, p.Night)
			}
			if p.Sleep && p.Own && !slices.Contains(ours, p.Night) {
				ours = append(ours, p.Night)
			}
		}
		r.Nights += len(ours)
		l.MostInShift, l.OverGuide = burden(within)
		r.MostInShift, r.OverGuide = max(r.MostInShift, l.MostInShift), r.OverGuide+l.OverGuide
		r.Reached += one(own)
		if r.shown(l) {
			r.People = append(r.People, l)
		}
	}
	slices.SortStableFunc(r.People, func(a, b Load) int { return cmp.Or(cmp.Compare(b.Total(), a.Total()), cmp.Compare(a.Name, b.Name)) })
}

// shown reports whether a person has a line: who responds for the team, and
// whoever carried something. Managers who were told of nothing have none.
func (r *Report) shown(l Load) bool {
	busy := l.Total() > 0 || l.OnCall > 0 || slices.ContainsFunc(l.Weeks, func(n int) bool { return n > 0 })
	return busy || !l.Gone && (l.Role == "member" || l.Role == "lead")
}

// answersOf is how long each person took from their first page about an
// incident of the team to acknowledging it, and which incidents these are.
func answersOf(f Facts, r *Report) (out map[int64][]time.Duration, counted map[int64]bool) {
	type told struct{ person, incident int64 }
	first := map[told]time.Time{}
	for _, p := range f.Pages {
		if _, ok := first[told{p.Person, p.Incident}]; !ok {
			first[told{p.Person, p.Incident}] = p.At
		}
	}
	out, counted = map[int64][]time.Duration{}, map[int64]bool{}
	for _, i := range f.Incidents {
		at, ok := first[told{i.By, i.ID}]
		if ok && i.counts() && r.in(i.Triggered) && !i.Acknowledged.Before(at) {
			out[i.By] = append(out[i.By], i.Acknowledged.Sub(at))
			counted[i.ID] = true
		}
	}
	return out, counted
}

// hours is how long each person was on call since a time: duties on two
// schedules at once count once.
func hours(duties []Duty, since time.Time) map[int64]time.Duration {
	duties = slices.Clone(duties)
	slices.SortFunc(duties, func(a, b Duty) int { return a.From.Compare(b.From) })
	out, until := map[int64]time.Duration{}, map[int64]time.Time{}
	for _, d := range duties {
		for _, p := range d.People {
			from := d.From
			for _, t := range []time.Time{since, until[p]} {
				if t.After(from) {
					from = t
				}
			}
			if d.Until.After(from) {
				out[p] += d.Until.Sub(from)
				until[p] = d.Until
			}
		}
	}
	return out
}
