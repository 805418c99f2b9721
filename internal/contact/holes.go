package contact

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// Hole is a person who would not be reached, and why.
type Hole struct {
	Person int64
	Name   string
	Why    string // "has no e-mail address and no verified contact method"
	Grave  bool   // nothing would arrive; otherwise what should comes late or by another way
}

// failing is how many failures in a row make a method not to be relied on.
const failing = 2

// Holes finds who of these people would not be woken by a P1 now, those on
// call for example. It checks no permission.
func Holes(q db.Querier, persons []int64) ([]Hole, error) {
	people, err := auth.People(q, persons)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(q, persons)
	if err != nil {
		return nil, err
	}
	methods, err := methodsOf(q, persons)
	if err != nil {
		return nil, err
	}
	var out []Hole
	seen := map[int64]bool{}
	for _, id := range persons {
		if seen[id] {
			continue
		}
		seen[id] = true
		p, ok := people[id]
		r, chose := rules[id]
		if !chose {
			r = Default()
		}
		h := Hole{Person: id, Name: p.Display}
		switch {
		case !ok || !p.Erased.IsZero():
			h.Why, h.Grave = "is no longer there", true
		case !p.Enabled():
			h.Why, h.Grave = "may not sign in any more", true
		default:
			h.Why, h.Grave = r.hole(methods[id], p.Email != "")
		}
		if h.Why != "" {
			out = append(out, h)
		}
	}
	return out, nil
}

// hole says why a P1 would not reach somebody as they chose; "" = it would.
func (r Rules) hole(methods []Method, email bool) (why string, grave bool) {
	good, bad, dead := 0, "", ""
	for _, l := range r.P1 {
		if l.channel() != "" || l.By == string(notify.Email) && email {
			good++
			continue
		}
		found := false
		for _, m := range methods {
			if !l.names(m) || !m.Usable() {
				continue
			}
			found = true
			if m.Failures >= failing {
				bad = fmt.Sprintf("%s failed %d times in a row", m.Label, m.Failures)
			} else {
				good++
			}
		}
		if !found && l.By != string(notify.Email) {
			dead = fmt.Sprintf("has no verified method for %q", l.By)
		}
	}
	switch {
	case good == 0 && !email && bad != "":
		return "cannot be reached: " + bad + ", and there is no e-mail address", true
	case good == 0 && !email:
		return "has no e-mail address and no verified contact method", true
	case bad != "":
		return bad, false
	case good == 0 && dead != "":
		return dead + " and is told by e-mail only", false
	}
	return "", false
}
