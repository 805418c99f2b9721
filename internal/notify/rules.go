package notify

import (
	"slices"
	"time"
)

// State is where a message stands.
type State string

// The states. queued → sending → sent, or back to queued after a failure that
// may pass, or to dead; a dead message is queued again by hand. What is not
// out when somebody acknowledged is canceled.
const (
	Queued  State = "queued"
	Sending State = "sending"
	Sent    State = "sent"
	Dead    State = "dead"
	// Canceled: not sent, because nobody needs it any more. It ends a message
	// that was to follow another one to the same person.
	Canceled State = "canceled"
)

// States lists all states, those that need attention first.
var States = []State{Dead, Queued, Sending, Sent, Canceled}

// Transition is one move of a message.
type Transition struct {
	From, To State // From "" = it did not exist
	Why      string
}

// Transitions are all moves; docs/practice/notifications.md draws them.
var Transitions = []Transition{
	{"", Queued, "notice given"},
	{"", Dead, "nobody to send to"},
	{Queued, Sending, "claimed"},
	{Sending, Sent, "taken"},
	{Sending, Queued, "failed"},
	{Sending, Dead, "refused or too old"},
	{Queued, Canceled, "somebody acknowledged"},
	{Sending, Canceled, "failed after that"},
	{Sent, Dead, "returned by the service"},
	{Dead, Queued, "retried by hand"},
}

// Outcome is how one attempt ended.
type Outcome string

// The outcomes.
const (
	WasSent    Outcome = "sent"
	WasFailed  Outcome = "failed"  // may pass; tried again
	WasRefused Outcome = "refused" // the other side said it never will take it
	WasUnknown Outcome = "unknown" // the sender stopped before recording; perhaps sent
)

// How long things may take. An urgent message that is hours old helps nobody,
// so it stops being tried earlier; it stays visible.
const (
	urgentGrace  = time.Minute // after which an unsent message is overdue
	otherGrace   = 15 * time.Minute
	urgentMaxAge = 4 * time.Hour
	otherMaxAge  = 48 * time.Hour
)

// recipient is one to tell.
type recipient struct {
	dest   string // identity, half of the idempotency key
	via    string // "email", "sms", "channel:ops", or "" when there is no way
	person int64
	leg    int           // 0 = the first message to the person
	after  time.Duration // after the notice
	from   time.Time     // not before
	lack   string        // why it cannot be delivered
}

// recipients decides who is told a notice, and how. Everybody is told once by
// each of their ways: a channel that several prefer gets one message. An
// urgent notice always has at least one recipient; when nobody can be reached
// it is one that says so.
func recipients(n Notice, members, people []Member, ways map[int64][]Way, channels map[string]Channel) []recipient {
	var out []recipient
	seen := map[string]bool{}
	add := func(r recipient) {
		if !seen[r.dest] {
			seen[r.dest] = true
			out = append(out, r)
		}
	}
	channel := func(c Channel) {
		if c.Spec.Kind != Email {
			add(recipient{dest: c.via(), via: c.via()})
		}
		// One message an address: a retry for one must not repeat the others.
		for _, a := range c.Spec.Addresses {
			add(recipient{dest: c.dest(a), via: c.via()})
		}
	}
	person := func(m Member) {
		if m.Disabled {
			return
		}
		list, ok := ways[m.Person]
		if !ok {
			list = []Way{ByEmail}
		}
		for leg, w := range legs(list, n.Urgent) {
			if w.Channel != "" {
				if c, known := channels[w.Channel]; known && c.takes(n) {
					channel(c)
					continue
				}
				// A preferred channel that is gone must not leave an urgent
				// notice unsaid: e-mail is what everybody has.
				if !n.Urgent {
					continue
				}
				w = Way{Kind: Email, From: w.From}
			}
			r := recipient{dest: w.dest(m.Person), via: string(w.Kind), person: m.Person, leg: leg, after: w.After, from: w.From}
			if w.Method == 0 && m.Email == "" {
				r.via, r.lack = "", "this person has no e-mail address"
			}
			add(r)
		}
	}
	roles := n.TeamRoles
	if len(roles) == 0 {
		roles = []string{"member", "lead"}
	}
	if n.Team != "" {
		for _, m := range members {
			if slices.Contains(roles, m.TeamRole) {
				person(m)
			}
		}
	}
	for _, m := range people {
		if slices.Contains(n.Persons, m.Person) {
			person(m)
		}
	}
	for _, name := range n.Named {
		if c, ok := channels[name]; ok && c.takes(n) {
			channel(c)
		}
	}
	if n.Channels {
		for _, name := range sortedKeys(channels) {
			if c := channels[name]; c.Spec.Team == n.Team && n.Team != "" && c.takes(n) {
				channel(c)
			}
		}
	}
	if n.Urgent && !slices.ContainsFunc(out, func(r recipient) bool { return r.via != "" }) {
		lack := "nobody can be told: the team has no member in the asked role with a way to be reached"
		if n.Team == "" {
			lack = "nobody can be told: no person named here can be reached"
		}
		add(recipient{dest: "nobody:" + n.Team, lack: lack})
	}
	return out
}

// legs are the ways that a notice goes by. What follows later is for what
// wakes people: it stops when somebody acknowledges, which nothing else does.
// The first way never waits.
func legs(ways []Way, urgent bool) []Way {
	if len(ways) == 0 {
		return nil
	}
	first := slices.MinFunc(ways, func(a, b Way) int { return int(a.After - b.After) }).After
	out := make([]Way, 0, len(ways))
	for _, w := range ways {
		w.After -= first
		if urgent || w.After == 0 {
			out = append(out, w)
		}
	}
	slices.SortStableFunc(out, func(a, b Way) int { return int(a.After - b.After) })
	return out
}

func sortedKeys(m map[string]Channel) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// backoff is how long to wait after the n-th failed attempt (from 1): 2 s,
// doubling up to 10 minutes, with random in [0,1) spreading it over the upper
// half of that, so that messages which failed together do not return together.
// An asked-for wait is honoured when it is longer, up to an hour.
func backoff(n int, asked time.Duration, random float64) time.Duration {
	d := 10 * time.Minute
	if n < 10 {
		d = min(d, 2*time.Second<<max(n-1, 0))
	}
	d = d/2 + time.Duration(random*float64(d/2))
	return max(d, min(asked, time.Hour))
}

// after decides what becomes of a message after an attempt: its state, and
// when it is next due if it is queued again.
func after(outcome Outcome, attempt int, asked time.Duration, now, expires time.Time, random float64) (State, time.Time) {
	switch outcome {
	case WasSent:
		return Sent, time.Time{}
	case WasRefused:
		return Dead, time.Time{}
	}
	due := now.Add(backoff(attempt, asked, random))
	if due.After(expires) {
		return Dead, time.Time{}
	}
	return Queued, due
}

// lanes is how far the places of a via are given away: from when the next
// urgent message, and the next other one, may go.
type lanes struct{ urgent, all time.Time }

// burst is how many messages may go at once after a pause, at the least; at
// high rates it is what goes in a second.
const burst = 5

// place gives a message its place: the time it may be sent, now or later. It
// is the generic cell rate algorithm with two lanes: an urgent message waits
// only for urgent ones before it, and pushes the others back; others wait for
// all. Places are kept, so nothing is overtaken and nothing starves.
func (l lanes) place(now time.Time, perMinute int, urgent bool) (lanes, time.Time) {
	step := time.Minute / time.Duration(perMinute)
	slack := step * time.Duration(max(burst, perMinute/60)-1)
	at := func(free time.Time) time.Time {
		if t := free.Add(-slack); t.After(now) {
			return t
		}
		return now
	}
	next := func(free time.Time) time.Time {
		if free.Before(now) {
			free = now
		}
		return free.Add(step)
	}
	when := at(l.all)
	if urgent {
		when = at(l.urgent)
		l.urgent = next(l.urgent)
	}
	l.all = next(l.all)
	return l, when
}
