package dora

import (
	"slices"
	"time"
)

// Figures are the measures of a set of changes in a period.
type Figures struct {
	Days         float64 // length of the period so far
	Deployments  int
	PerDay       float64
	ActiveDays   int // with at least one
	Busiest      int // most in one day
	New          int // of the deployments, those that bring something new
	Lead         Spread
	Completed    int
	Failed       Rate // of the completed
	Caused       int  // failed because an incident is confirmed to be caused by it
	Recovery     Spread
	Unrecovered  int // failed, and it is not known when users were served well again
	Rework       Rate
	OutcomeKnown Rate // link coverage: of the deployments
	Bypassed     int
	Waited       time.Duration // for approvals, all steps together

	// Incidents whose cause is confirmed, of all: the other half of link
	// coverage. Of = 0: there was none, or incidents are not in use.
	Linked Rate
}

// counter adds facts up.
type counter struct {
	deployments, isNew, completed, failed, caused, rework, known, bypassed int
	unrecovered                                                            int
	waited                                                                 int64
	lead, recovery                                                         []int64
	day                                                                    []int // deployments by day from the first one
}

// add counts one fact; day is the day's number in the period, -1: not asked for.
func (c *counter) add(f flags, lead, recovery int64, day int) {
	if f&reached == 0 {
		return
	}
	c.deployments++
	c.isNew += one(f, isNew)
	c.completed += one(f, completed)
	c.failed += one(f, failed)
	c.caused += one(f, caused)
	c.rework += one(f, rework)
	c.known += one(f, known)
	c.bypassed += one(f, bypassed)
	if f&hasLead != 0 {
		c.lead = append(c.lead, lead)
	}
	if f&recovered != 0 {
		c.recovery = append(c.recovery, recovery)
	} else if f&failed != 0 {
		c.unrecovered++
	}
	if day >= 0 {
		if day >= len(c.day) {
			c.day = append(c.day, make([]int, day+1-len(c.day))...)
		}
		c.day[day]++
	}
}

func one(f, x flags) int {
	if f&x != 0 {
		return 1
	}
	return 0
}

// figures ends the count; it reorders what was counted.
func (c *counter) figures(p Period) Figures {
	f := Figures{
		Days: p.Days(), Deployments: c.deployments, New: c.isNew, Lead: spreadOf(c.lead), Completed: c.completed,
		Failed: rateOf(c.failed, c.completed), Caused: c.caused, Recovery: spreadOf(c.recovery), Unrecovered: c.unrecovered,
		Rework: rateOf(c.rework, c.deployments), OutcomeKnown: rateOf(c.known, c.deployments), Bypassed: c.bypassed, Waited: micros(c.waited),
	}
	if f.Days > 0 {
		f.PerDay = float64(c.deployments) / f.Days
	}
	if len(c.day) > 0 {
		f.Busiest = slices.Max(c.day)
	}
	for _, n := range c.day {
		if n > 0 {
			f.ActiveDays++
		}
	}
	return f
}

// span is a period in microseconds that is counted. Facts come nearly in the
// order of their times, so the last day found is looked at first.
type span struct {
	Period
	from, to int64
	counter  counter
	daily    bool
	zone     *time.Location
	dayFrom  int64
	dayTo    int64
	dayN     int
}

func spanOf(p Period, daily bool, zone *time.Location) *span {
	return &span{Period: p, from: p.From.UnixMicro(), to: p.To.UnixMicro(), daily: daily, zone: zone, dayN: -1}
}

func (s *span) has(at int64) bool { return at >= s.from && at < s.to }

// day is the number of the local day of a time, from the period's first one.
func (s *span) day(at int64) int {
	if !s.daily {
		return -1
	}
	if at >= s.dayFrom && at < s.dayTo {
		return s.dayN
	}
	local := midnight(time.UnixMicro(at).In(s.zone))
	s.dayFrom, s.dayTo = local.UnixMicro(), local.AddDate(0, 0, 1).UnixMicro()
	first := s.From.In(s.zone)
	// Noon of UTC days: differences are whole days whatever the zone does.
	noon := func(t time.Time) int64 {
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC).Unix()
	}
	s.dayN = int((noon(local) - noon(first)) / 86400)
	return s.dayN
}
