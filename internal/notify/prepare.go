package notify

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// courier is who delivers.
var courier = actor.Job("notify")

// addresses is what sending a batch needs beside the messages.
type addresses struct {
	people   map[int64]Member
	channels map[string]Channel
	links    map[int64][]link
	reach    map[int64]Reach // of contact methods
	o        *Options
}

// load reads people, channels and links of a batch in a few queries.
func (s *Service) load(q db.Querier, rows []row) (addresses, error) {
	a := addresses{people: map[int64]Member{}, o: &s.o}
	var people, withLinks, methods []int64
	var names []string
	for _, r := range rows {
		if r.Person != 0 {
			people = append(people, r.Person)
			withLinks = append(withLinks, r.ID)
			if id := r.Method(); id != 0 {
				methods = append(methods, id)
			}
		} else if name, ok := strings.CutPrefix(r.Via, "channel:"); ok {
			names = append(names, name)
		}
	}
	var err error
	if a.channels, err = channelsFor(q, "", names); err != nil {
		return a, err
	}
	if len(people) == 0 {
		return a, nil
	}
	found, err := s.o.Directory.People(q, people)
	if err != nil {
		return a, err
	}
	for _, m := range found {
		a.people[m.Person] = m
	}
	if len(methods) > 0 && s.o.Book != nil {
		if a.reach, err = s.o.Book.Reach(q, methods); err != nil {
			return a, err
		}
	}
	a.links, err = linksOf(q, withLinks)
	return a, err
}

// rate is how many messages a minute a via takes.
func (a addresses) rate(via string) int {
	if c, ok := a.channels[strings.TrimPrefix(via, "channel:")]; ok {
		return c.Spec.rate()
	}
	return a.o.pace(ChannelKind(via))
}

// prepare turns a row into what is sent. The address is the present one, not
// that of when the message was queued: people correct them.
func (s *Service) prepare(r row, a addresses) errand {
	j := errand{row: r, message: Message{
		ID: r.Ref().String(), At: r.QueuedAt, Record: r.Record.String(), URL: s.o.BaseURL + r.Record.Path(),
		Reason: r.Reason, Urgent: r.Urgent, Priority: r.Priority, Title: r.Title, Text: r.Text, Facts: r.Facts, Restrict: r.Restricted,
	}}
	for _, l := range a.links[r.ID] {
		token, err := s.o.Box.Open(l.sealed, boundTo(l.hash))
		if err != nil {
			s.o.Log.Error("link cannot be read with this key; the message goes without it", "message", r.ID, "err", err)
			continue
		}
		label := l.label
		if label == "" {
			label = l.verb
		}
		j.message.Buttons = append(j.message.Buttons, Button{Verb: l.verb, Label: label, URL: s.linkURL(string(token))})
	}
	j.message.Buttons = append(j.message.Buttons, Button{Label: "Open " + r.Record.String(), URL: j.message.URL})
	if r.Person != 0 {
		a.person(&j)
		return j
	}
	c, ok := a.channels[strings.TrimPrefix(r.Via, "channel:")]
	switch {
	case !ok:
		j.fail = &Failure{Text: "the channel was deleted", Permanent: true, Recipient: true}
	case c.Spec.Disabled:
		j.fail = &Failure{Text: "the channel is turned off", Permanent: true, Recipient: true}
	}
	j.channel = c
	if c.Spec.Kind != Email || j.fail != nil {
		return j
	}
	for _, a := range c.Spec.Addresses {
		if c.dest(a) == r.Dest {
			j.channel.Spec.Addresses = []string{a}
			return j
		}
	}
	j.fail = &Failure{Text: "the address was taken off the channel", Permanent: true, Recipient: true}
	return j
}

// person fills in where a message to a person goes.
func (a addresses) person(j *errand) {
	r := j.row
	m, ok := a.people[r.Person]
	if !ok || m.Disabled {
		j.fail = &Failure{Text: "the person's account is no longer active", Permanent: true, Recipient: true}
	}
	to := Reach{Person: r.Person, Kind: Email, Target: Target{Addresses: []string{m.Email}}}
	if id := r.Method(); id != 0 {
		to, ok = a.reach[id]
		switch {
		case !ok || to.Person != r.Person:
			to.Lack = "the contact method was removed"
		case to.Lack == "" && to.Kind == Email && len(to.Target.Addresses) == 0:
			to.Lack = "the contact method has no address"
		}
	} else if m.Email == "" {
		to.Lack = "this person has no e-mail address"
	}
	if j.fail == nil && to.Lack != "" {
		j.fail = &Failure{Text: to.Lack, Permanent: true, Recipient: true}
	}
	to.Target.Person = r.Person
	j.channel.Spec.Kind, j.target = to.Kind, &to.Target
}
