package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// wireContact connects how people are reached with who hears of it.
func (a *App) wireContact() {
	a.Contacts.Notify = a.Notify
	a.Contacts.Kick = func() { a.jobs.Kick(contact.SelfTestName) }
	a.People.Reactions.PersonErased = append(a.People.Reactions.PersonErased, a.Contacts.Erase)
	a.Notify.OnAttempt(a.Contacts.Hear)
	a.Notify.OnAttempt(a.tellTimeline)
	a.Incidents.On(a.stopLegs)
}

// taken says why the legs that follow are not needed any more.
var taken = map[incident.EventKind]string{
	incident.WasAcknowledged: "somebody acknowledged", incident.WasMitigated: "the service is restored",
	incident.WasResolved: "it is resolved", incident.WasCanceled: "it was no incident", incident.WasMerged: "it was merged into another",
}

// stopLegs ends what was to follow about an incident that somebody took care of.
func (a *App) stopLegs(tx *db.Tx, e incident.Event) error {
	why, ok := taken[e.Kind]
	if !ok {
		return nil
	}
	return a.Notify.Cancel(tx, ref.N(ref.Incident, e.Incident.ID), why)
}

// kindWords are how the timeline names a kind of message.
var kindWords = map[notify.ChannelKind]string{
	notify.Email: "e-mail", notify.SMS: "SMS", notify.Voice: "phone call", notify.WebPush: "push", notify.Ntfy: "ntfy",
	notify.Slack: "Slack", notify.Teams: "Teams", notify.Webhook: "webhook",
}

// tellTimeline writes into incidents' timelines what became of messages about
// them, with what the other side said: one line for all that ended alike, and
// none for tries that are repeated.
func (a *App) tellTimeline(tx *db.Tx, list []notify.Attempted) error {
	type alike struct {
		incident int64
		kind     notify.ChannelKind
		outcome  notify.State
		urgent   bool
	}
	groups := map[alike][]notify.Attempted{}
	var order []alike
	var people []int64
	for _, m := range list {
		id, err := ref.ID(ref.Incident, m.Record.Key)
		if !m.Final || m.Record.Kind != ref.Incident || err != nil {
			continue
		}
		k := alike{id, m.Kind, m.State, m.Urgent}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], m)
		if m.Person != 0 {
			people = append(people, m.Person)
		}
	}
	if len(order) == 0 {
		return nil
	}
	names, err := neighbours{a}.Names(tx, people)
	if err != nil {
		return err
	}
	slices.SortFunc(order, func(x, y alike) int { return int(x.incident - y.incident) })
	for _, k := range order {
		err := a.Incidents.Append(tx, k.incident, deliveryEntry(k.kind, k.outcome, groups[k], names))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

// deliveryEntry words how messages ended: "Told Mara Lindt by SMS", and below
// it what the provider said.
func deliveryEntry(kind notify.ChannelKind, state notify.State, list []notify.Attempted, names map[int64]string) incident.Entry {
	var who []string
	for _, m := range list {
		name := names[m.Person]
		if m.Person == 0 {
			name, _, _ = strings.Cut(strings.TrimPrefix(m.Dest, "channel:"), "/")
		}
		if name != "" && !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	to := strings.Join(who[:min(3, len(who))], ", ")
	if more := len(who) - 3; more > 0 {
		to += fmt.Sprintf(" and %d more", more)
	}
	if to == "" {
		to = "nobody"
	}
	first := list[0]
	e := incident.Entry{Kind: incident.EntryMessage, Text: fmt.Sprintf("Told %s by %s", to, kindWords[kind])}
	if state == notify.Dead {
		e.Text = fmt.Sprintf("Could not tell %s by %s", to, kindWords[kind])
	}
	if len(list) == 1 && first.Attempts > 1 {
		e.Text += fmt.Sprintf(", at attempt %d", first.Attempts)
	}
	if first.Together > 1 {
		e.Text += fmt.Sprintf(", together with %d other messages", first.Together-1)
	}
	e.Detail = first.Answer
	return e
}
