package dora

import (
	"slices"
	"time"
)

// sight is one look at facts, in one pass: the period, the one before, the
// points of a trend, the ledger of approvals, and the parts by service or team.
type sight struct {
	filter      Filter
	now, before *span
	points      []*span
	ledger      *ledger
	by          func(c *columns) []uint32 // column whose values are parts; nil: none
	others      bool                      // parts are services: further ones count too
	parts       map[string]*counter

	last     int  // the point that the last fact fell into
	expected bool // room was made
	// tiled says that the points are the period, so that its durations are
	// theirs and need not be gathered twice.
	tiled bool
}

// reach is the time that has to be read.
func (s *sight) reach() (from, to int64) {
	from, to = s.now.from, s.now.to
	if s.before != nil {
		from = min(from, s.before.from)
	}
	if len(s.points) > 0 {
		from, to = min(from, s.points[0].from), max(to, s.points[len(s.points)-1].to)
	}
	return from, to
}

// expect makes room for facts of many days, by the first of them: lists that
// grow to a million are else copied a dozen times.
func (s *sight) expect(facts, days int) {
	if s.expected || s.filter.Team != "" || s.filter.Service != "" {
		return
	}
	s.expected = true
	room := func(p *span, part int64) {
		if p != nil {
			share := float64(p.to-p.from) / float64(part)
			p.counter.lead = slices.Grow(p.counter.lead, int(min(1, share)*float64(facts*days)*1.1))
		}
	}
	from, to := s.reach()
	if !s.tiled {
		room(s.now, to-from)
	}
	room(s.before, to-from)
	for _, p := range s.points {
		room(p, to-from)
	}
}

// take counts the facts of some columns.
func (s *sight) take(c *columns) {
	pass, some := s.passing(c)
	if !some {
		return
	}
	if s.ledger != nil {
		s.ledger.begin(c)
	}
	var part []*counter
	if s.by != nil {
		part = make([]*counter, c.words.len())
	}
	of := func(word uint32) *counter {
		if part[word] == nil {
			name := c.words.at(word)
			if s.parts[name] == nil {
				s.parts[name] = &counter{}
			}
			part[word] = s.parts[name]
		}
		return part[word]
	}
	at, lead, recovery, flag := c.at, c.lead, c.recovery, c.flags
	var group []uint32
	if s.by != nil {
		group = s.by(c)
	}
	drop := flags(0)
	if s.tiled {
		drop = hasLead
	}
	nextStep, nextOther := 0, 0
	for i := range at {
		steps := nextStep
		for nextStep < len(c.steps) && c.steps[nextStep].fact == i {
			nextStep++
		}
		more := nextOther
		for nextOther < len(c.others) && c.others[nextOther].fact == i {
			nextOther++
		}
		if !pass(i) {
			continue
		}
		t := at[i]
		if p := s.point(t); p != nil {
			p.counter.add(flag[i], lead[i], recovery[i], p.day(t))
		}
		if s.before != nil && s.before.has(t) {
			s.before.counter.add(flag[i], lead[i], recovery[i], s.before.day(t))
			for _, x := range c.steps[steps:nextStep] {
				s.before.counter.waited += x.waited
			}
		}
		if !s.now.has(t) {
			continue
		}
		s.now.counter.add(flag[i]&^drop, lead[i], recovery[i], s.now.day(t))
		for _, x := range c.steps[steps:nextStep] {
			s.now.counter.waited += x.waited
		}
		if s.ledger != nil {
			s.ledger.take(c, i, c.steps[steps:nextStep])
		}
		if group != nil {
			of(group[i]).add(flag[i], lead[i], recovery[i], -1)
			if s.others {
				for _, o := range c.others[more:nextOther] {
					of(o.service).add(flag[i], lead[i], recovery[i], -1)
				}
			}
		}
	}
}

// point is the trend's point that a time falls into.
func (s *sight) point(t int64) *span {
	for n := range s.points {
		if p := s.points[(s.last+n)%len(s.points)]; p.has(t) {
			s.last = (s.last + n) % len(s.points)
			return p
		}
	}
	return nil
}

// end gives the period what was gathered by point.
func (s *sight) end() {
	if !s.tiled {
		return
	}
	n := 0
	for _, p := range s.points {
		n += len(p.counter.lead)
	}
	list := slices.Grow(s.now.counter.lead, n)
	for _, p := range s.points {
		list = append(list, p.counter.lead...)
	}
	s.now.counter.lead = list
}

// locate is the zone of days, weeks and months; nil is UTC.
func locate(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}
