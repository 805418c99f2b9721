package contact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// Leg is one step of a rule.
type Leg struct {
	// By is "email" for the account's address, a kind ("sms": every verified
	// method of the kind), a kind and a label ("sms/Work phone"), or
	// "channel:ops" for a team's channel.
	By    string
	After time.Duration // after the notice; whole seconds
}

// The limits of a rule.
const (
	mostLegs = 6
	maxAfter = time.Hour
)

// kindAndLabel takes a leg's name apart.
func (l Leg) kindAndLabel() (kind notify.ChannelKind, label string) {
	k, label, _ := strings.Cut(l.By, "/")
	return notify.ChannelKind(k), label
}

// channel is the team channel that a leg names, or "".
func (l Leg) channel() string {
	name, ok := strings.CutPrefix(l.By, "channel:")
	if !ok {
		return ""
	}
	return name
}

// String is the stored form: "email", "120 sms/Work phone".
func (l Leg) String() string {
	if l.After == 0 {
		return l.By
	}
	return strconv.Itoa(int(l.After/time.Second)) + " " + l.By
}

// formatLegs and parseLegs are the stored form of a rule, a line each.
func formatLegs(legs []Leg) string {
	lines := make([]string, len(legs))
	for i, l := range legs {
		lines[i] = l.String()
	}
	return strings.Join(lines, "\n")
}

func parseLegs(text string) []Leg {
	out := []Leg{}
	for _, line := range strings.Split(text, "\n") {
		l := Leg{By: strings.TrimSpace(line)}
		if n, by, ok := strings.Cut(l.By, " "); ok {
			if seconds, err := strconv.Atoi(n); err == nil {
				l = Leg{By: by, After: time.Duration(seconds) * time.Second}
			}
		}
		if l.By != "" {
			out = append(out, l)
		}
	}
	return out
}

// Rules are how a person is told. A nil list takes another's legs: P2 those of
// P1; P3 and P4 those of P1 when they wake somebody, and otherwise those of
// Other. An empty list is nothing at all, which only Other, P3 and P4 may be.
type Rules struct {
	P1, P2, P3, P4 []Leg
	Other          []Leg // what wakes nobody
	Zone           string
	Quiet          Quiet
	TestAt         string // clock time of a daily self-test, "08:00"; "" = none

	Version int64     // 0 = never set, the defaults
	Managed string    // "commit 1a2b…" when managed in git; filled by reads of one's own
	Tested  time.Time // when the last self-test was sent

	next time.Time // when the next one is due
	salt []byte
}

// Default is how everybody is told who never chose: by e-mail at once.
func Default() Rules { return Rules{P1: []Leg{{By: "email"}}, Other: []Leg{{By: "email"}}} }

// legs are the legs for a notice.
func (r Rules) legs(need notify.Need) []Leg {
	urgent, set := []Leg(nil), false
	switch need.Priority {
	case "P2":
		urgent, set = r.P2, need.Urgent && r.P2 != nil
	case "P3":
		urgent, set = r.P3, r.P3 != nil
	case "P4":
		urgent, set = r.P4, r.P4 != nil
	}
	switch {
	case set:
		return urgent
	case need.Urgent:
		return r.P1
	}
	return r.Other
}

// ways turns legs into ways by the methods there are. Legs that lead nowhere
// are left out; when none is left of what wakes people, it is the account's
// e-mail address.
func (r Rules) ways(need notify.Need, methods []Method, now time.Time) []notify.Way {
	var from time.Time
	if !need.Urgent || need.Priority == "P3" || need.Priority == "P4" {
		from = r.Quiet.until(r.Zone, now)
	}
	out := []notify.Way{}
	for _, l := range r.legs(need) {
		w := notify.Way{After: l.After, From: from}
		if name := l.channel(); name != "" {
			w.Channel = name
			out = append(out, w)
			continue
		}
		if l.By == string(notify.Email) {
			w.Kind = notify.Email
			out = append(out, w)
			continue
		}
		for _, m := range methods {
			if m.Usable() && l.names(m) {
				w.Method, w.Kind = m.ID, m.Kind
				out = append(out, w)
			}
		}
	}
	if len(out) == 0 && need.Urgent {
		return []notify.Way{{Kind: notify.Email, From: from}}
	}
	return out
}

// names reports whether a leg means a method.
func (l Leg) names(m Method) bool {
	kind, label := l.kindAndLabel()
	return kind == m.Kind && (label == "" || strings.EqualFold(label, m.Label))
}

// check validates rules; known says whether there is a channel of a name.
func (r Rules) check(known func(channel string) (bool, error)) error {
	var f errs.Fields
	for _, list := range []struct {
		field string
		legs  []Leg
		empty string // why it may not be empty
	}{
		{"p1", r.P1, "keep at least one leg for P1, or nobody can wake you"},
		{"p2", r.P2, "keep at least one leg for P2, or leave it out to use those of P1"},
		{"p3", r.P3, ""}, {"p4", r.P4, ""}, {"other", r.Other, ""},
	} {
		if len(list.legs) == 0 && list.empty != "" && (list.field == "p1" || list.legs != nil) {
			f.Add(list.field, "", list.empty)
		}
		if len(list.legs) > mostLegs {
			f.Add(list.field, strconv.Itoa(len(list.legs)), fmt.Sprintf("at most %d legs", mostLegs))
		}
		for i, l := range list.legs {
			field := fmt.Sprintf("%s[%d]", list.field, i)
			if err := l.check(field, &f, known); err != nil {
				return err
			}
			if list.field == "other" && l.After > 0 {
				f.Add(field+".after", l.After.String(), "what wakes nobody is told at once by each of its legs; leave it out")
			}
			if slices.ContainsFunc(list.legs[:i], func(b Leg) bool { return strings.EqualFold(b.By, l.By) }) {
				f.Add(field+".by", l.By, "it stands here twice; once is enough")
			}
		}
	}
	r.Quiet.check(&f)
	checkZone(r.Zone, r.Quiet != (Quiet{}) || r.TestAt != "", &f)
	if _, ok := clock(r.TestAt); r.TestAt != "" && !ok {
		f.Add("self_test", r.TestAt, "write a clock time like 08:00, or leave it empty")
	}
	return f.Err()
}

func (l Leg) check(field string, f *errs.Fields, known func(channel string) (bool, error)) error {
	if l.After < 0 || l.After > maxAfter || l.After%time.Second != 0 {
		f.Add(field+".after", l.After.String(), "use whole seconds, at most an hour")
	}
	if name := l.channel(); name != "" || strings.HasPrefix(l.By, "channel:") {
		ok, err := known(name)
		if err == nil && !ok {
			f.Add(field+".by", l.By, "there is no channel of this name")
		}
		return err
	}
	kind, label := l.kindAndLabel()
	if !slices.Contains(Kinds, kind) || strings.Contains(l.By, "/") && checkLabel(label) != "" || strings.ContainsAny(l.By, "\n\r") {
		f.Add(field+".by", l.By, `use email, webpush, sms, voice or ntfy, one of them with a label like "sms/Work phone", or "channel:" and the name of a channel`)
	}
	return nil
}
