package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Message is the wording of an event, the same for every channel.
type Message struct {
	Reason string // a fixed word: "paged", "joined", "raised", "update" …
	Title  string // "P1 INC-1042 Checkout is down"
	Text   string // one or two sentences: what happened and what is expected
	Facts  []Fact
	Urgent bool     // may wake people
	Verbs  []Verb   // what the reader is asked to do: links are added
	To     Audience // nobody when it has no member
}

// Fact is one labelled line of a message.
type Fact struct{ Name, Value string }

// Audience is who gets a message. For a restricted incident Team, Manager and
// Executive are never set; People and Roles name everyone who may know.
type Audience struct {
	Team      string   // of this team …
	Members   bool     // … the members (or who is on call)
	Manager   bool     // … its manager
	Executive bool     // … its executive
	Channels  bool     // … and its channels
	People    []int64  // these people besides
	Roles     []string // people with these organisation roles (restricted incidents only)
	When      When
}

// Nobody reports whether no one is to be told.
func (a Audience) Nobody() bool {
	return a.When == TellNone || a.When == "" || len(a.People) == 0 && len(a.Roles) == 0 && (a.Team == "" || !a.Members && !a.Manager && !a.Executive && !a.Channels)
}

// Viewers are who may see a restricted incident, besides those who have a part in it.
type Viewers struct {
	People []int64  `json:"people,omitempty"`
	Roles  []string `json:"roles,omitempty"` // organisation roles: "admin", "auditor" …
}

// plan is how one kind of event is told.
type plan struct {
	reason  string
	loud    bool // may page, when the priority pages
	leaders bool // manager and executive hear it, too, when the priority tells them
	verbs   []Verb
	text    func(e Event) string
}

// plans says which events are told at all: what begins, gets worse, ends or
// needs somebody. The rest is seen on the pages.
var plans = map[EventKind]plan{
	Opened: {"paged", true, true, []Verb{VerbAcknowledge, VerbMitigate}, func(e Event) string {
		if e.Incident.Origin == ByAlert {
			return "An alert opened this incident. Nobody works on it yet: acknowledge if you do."
		}
		return "A person declared this incident. Nobody works on it yet: acknowledge if you do."
	}},
	PriorityRaised: {"raised", true, true, []Verb{VerbAcknowledge, VerbMitigate}, func(e Event) string {
		return fmt.Sprintf("The priority rose from %s to %s: %s.", e.Was.Priority, e.Incident.Priority, e.Incident.PriorityWhy)
	}},
	Escalated: {"escalated", true, true, []Verb{VerbAcknowledge, VerbMitigate}, func(e Event) string {
		return fmt.Sprintf("The priority rose from %s to %s, because the service is still not restored: %s.", e.Was.Priority, e.Incident.Priority, e.Incident.PriorityWhy)
	}},
	WasReopened: {"reopened", true, true, []Verb{VerbAcknowledge, VerbMitigate}, func(e Event) string {
		return "It was thought to be over, and is not."
	}},
	AlertJoined: {"joined", true, false, []Verb{VerbMitigate}, func(e Event) string { return e.Entry.Text + "." }},
	ClockBreached: {"breached", true, true, []Verb{VerbAcknowledge, VerbMitigate}, func(e Event) string {
		if e.Clock == ResponseClock {
			return fmt.Sprintf("Nobody acknowledged within the response target of %s.", e.Policy.Response)
		}
		return fmt.Sprintf("The service was not restored within the resolution target of %s.", e.Policy.Resolution)
	}},
	UpdateDue:       {"update due", false, false, nil, func(e Event) string { return "The promised public status update is due." }},
	WasAcknowledged: {"acknowledged", false, false, nil, func(e Event) string { return "Somebody works on it." }},
	WasMitigated: {"mitigated", false, true, nil, func(e Event) string {
		by := ""
		if e.Incident.How != "" {
			by = " " + e.Incident.How.By() + ","
		}
		return fmt.Sprintf("The service is restored%s after %s.", by, spoken(MeasuresOf(e.Incident).Mitigate))
	}},
	WasResolved: {"resolved", false, true, nil, func(e Event) string {
		if e.Incident.How == "" {
			return "It is resolved."
		}
		return fmt.Sprintf("It is resolved, restored %s, %s after it began.", e.Incident.How.By(), spoken(MeasuresOf(e.Incident).Resolve))
	}},
	WasCanceled:     {"canceled", false, true, nil, func(e Event) string { return "It was no incident." }},
	UpdatePublished: {"update", false, true, nil, func(e Event) string { return e.Entry.Text }},
	RoleAssigned: {"assigned", true, false, nil, func(e Event) string {
		return fmt.Sprintf("You are %s of this incident now.", e.Role)
	}},
	Reassigned: {"reassigned", true, false, []Verb{VerbAcknowledge}, func(e Event) string {
		return "It was moved to your team."
	}},
}

// Message words the event and says who is to be told, by the policy of the
// incident's priority. Messages that nobody gets have To.Nobody().
func (e Event) Message() Message {
	p, ok := plans[e.Kind]
	if !ok || e.quiet() {
		return Message{}
	}
	i := e.Incident
	m := Message{Reason: p.reason, Title: fmt.Sprintf("%s %s %s", i.Priority, i.Key(), i.Title), Text: p.text(e), Facts: e.facts(), To: e.audience(p)}
	m.Urgent = p.loud && m.To.When == Page && i.State.Open()
	if !m.Urgent && m.To.When == Page && !e.day() {
		m.To.When = Now
	}
	for _, v := range p.verbs {
		if slices.ContainsFunc(Transitions, func(t Transition) bool { return t.Verb == v && t.From == i.State }) {
			m.Verbs = append(m.Verbs, v)
		}
	}
	return m
}

// quiet are events that the rule (not the priority) keeps from people.
func (e Event) quiet() bool {
	return (e.Kind == Opened || e.Kind == AlertJoined || e.Kind == WasReopened && e.Who.Person == 0) && !e.Page
}

// day reports whether the priority tells people in business hours only.
func (e Event) day() bool { return e.Policy.Tell.When == Quiet }

func (e Event) audience(p plan) Audience {
	t, i := e.Policy.Tell, e.Incident
	a := Audience{When: t.When}
	if e.Kind == RoleAssigned { // a person was asked to do something: always told, at once
		if e.Who.Person == e.Person {
			return Audience{}
		}
		a.People = []int64{e.Person}
		if a.When == TellNone {
			a.When = Quiet
		}
		return a
	}
	if i.Restricted {
		a.People, a.Roles = e.Viewers.People, e.Viewers.Roles
		return a
	}
	a.Team, a.Members, a.Channels = i.Team, t.Team, t.Team
	a.Manager, a.Executive = t.Manager && p.leaders, t.Executive && p.leaders
	for _, person := range i.Assigned {
		if person > 0 && !slices.Contains(a.People, person) {
			a.People = append(a.People, person)
		}
	}
	if e.Kind == UpdateDue { // the one who writes updates, or who commands
		if one := firstOf(i.Who(Communications), i.Who(Commander)); one > 0 {
			return Audience{People: []int64{one}, When: a.When}
		}
	}
	return a
}

func firstOf(ids ...int64) int64 {
	for _, id := range ids {
		if id > 0 {
			return id
		}
	}
	return 0
}

func (e Event) facts() []Fact {
	i := e.Incident
	list := []Fact{{"Priority", i.Priority.String() + " " + i.Priority.Word() + ", " + i.PriorityWhy}, {"State", string(i.State)}}
	for _, f := range []Fact{{"Service", i.Service}, {"Team", i.Team}, {"War room", i.WarRoom}} {
		if f.Value != "" {
			list = append(list, f)
		}
	}
	if i.WarRoom == "" && e.Policy.WarRoom > 0 && i.State.Open() && i.State != Mitigated {
		list = append(list, Fact{"War room", "none yet; open one within " + short(e.Policy.WarRoom)})
	}
	list = append(list, Fact{"Triggered", i.TriggeredAt.UTC().Format("Mon 2 Jan 15:04 UTC")})
	if i.AlertsFiring > 0 {
		list = append(list, Fact{"Alerts firing", fmt.Sprint(i.AlertsFiring)})
	}
	if i.State == Triggered && !e.Policy.Response.Zero() {
		list = append(list, Fact{"Acknowledge within", e.Policy.Response.String()})
	}
	if i.State.Open() && !e.Policy.Resolution.Zero() && i.State != Mitigated {
		list = append(list, Fact{"Restore within", e.Policy.Resolution.String()})
	}
	return list
}

// spoken is a duration as people say it: "42 min", "3 h 20 min", "2 d 4 h".
func spoken(d time.Duration) string {
	d = d.Round(time.Minute)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{days, "d"}, {hours, "h"}, {minutes, "min"}} {
		if p.n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.unit))
		}
	}
	if len(parts) == 0 {
		return "less than a minute"
	}
	return strings.Join(parts, " ")
}
