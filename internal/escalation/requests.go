package escalation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Request is a person who was asked about an incident.
type Request struct {
	Incident   int64
	Person     int64
	Kind       RequestKind
	State      RequestState
	AskedBy    int64
	AskedAt    time.Time
	AnsweredAt time.Time
	Reminders  int
	Round      int // asked so often
	NextAt     time.Time
	Note       string
}

// RequestKind is what a person was asked for.
type RequestKind string

// The kinds of requests.
const (
	Help     RequestKind = "help"     // come and help
	Takeover RequestKind = "handover" // take it over; until accepted it stays where it is
)

// RequestState is what became of it.
type RequestState string

// The states of a request.
const (
	Asked    RequestState = "asked"
	Accepted RequestState = "accepted"
	Declined RequestState = "declined"
	Silent   RequestState = "silent" // reminded twice, and no answer; may still accept
	Gone     RequestState = "over"   // the incident was over first
)

const (
	answerWithin  = 5 * time.Minute
	remindersMost = 2
	noteMost      = 1000
)

// Ask names who shall help: a person, or whoever is on call in a schedule, or
// a team's members and leads.
type Ask struct {
	Person   string // handle or key
	Schedule string
	Team     string
}

// AddResponder pages people and asks them to help; each may accept or decline.
// Errors: NotFound; Invalid for a name that means nobody; Conflict when the
// incident is over.
func (s *Service) AddResponder(ctx context.Context, incident int64, ask Ask, note string) (View, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return View{}, errs.Wrap("escalation.responder", err)
	}
	return s.write(ctx, who, "responder", incident, func(b *batch, i Incident) error {
		people, err := s.asked(b.tx, ask)
		if err != nil {
			return err
		}
		return b.ask(i, people, Help, note)
	})
}

// Handover asks a person to take the incident over. It stays with whoever has
// it until that person accepts. Errors as AddResponder.
func (s *Service) Handover(ctx context.Context, incident int64, to, note string) (View, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return View{}, errs.Wrap("escalation.handover", err)
	}
	return s.write(ctx, who, "handover", incident, func(b *batch, i Incident) error {
		people, err := s.asked(b.tx, Ask{Person: to})
		if err != nil {
			return err
		}
		return b.ask(i, people, Takeover, note)
	})
}

// asked finds out whom an Ask means now.
func (s *Service) asked(tx *db.Tx, ask Ask) (people []int64, err error) {
	var t Target
	field := ""
	for _, x := range []struct {
		field, name string
		kind        TargetKind
	}{{"person", ask.Person, OfPerson}, {"schedule", ask.Schedule, OfSchedule}, {"team", ask.Team, OfTeam}} {
		if x.name == "" {
			continue
		}
		if field != "" {
			return nil, errs.BadField(x.field, x.name, "name one only: a person, a schedule or a team")
		}
		field, t = x.field, Target{Kind: x.kind, Name: x.name}
	}
	switch field {
	case "":
		return nil, errs.BadField("person", "", "name a person, a schedule or a team")
	case "person":
		id, ok, err := s.Directory.PersonOf(tx, t.Name)
		if err == nil && !ok {
			err = errs.BadField("person", t.Name, "nobody who may sign in has this handle or key")
		}
		return []int64{id}, err
	}
	r, err := s.reach(tx, Step{Targets: []Target{t}}, moment{at: tx.Now})
	if err == nil && len(r.People) == 0 {
		err = errs.BadField(field, t.Name, strings.Join(r.Lacks, "; "))
	}
	if len(r.People) > 50 {
		err = errs.BadField(field, t.Name, "these are more than 50 people; ask some of them")
	}
	return r.People, err
}

// ask writes requests and their messages.
func (b *batch) ask(i Incident, people []int64, kind RequestKind, note string) error {
	if len([]rune(note)) > noteMost {
		return errs.BadField("note", note, "use at most 1000 characters")
	}
	by := b.tx.Actor.Person
	var list []int64
	for _, p := range people {
		r, there, err := requestOf(b.tx, i.ID, p)
		if err != nil {
			return err
		}
		if p == by && by != 0 || there && r.State == Accepted && kind == Help {
			continue // they are there already
		}
		b.requests = append(b.requests, Request{Incident: i.ID, Person: p, Kind: kind, State: Asked, AskedBy: by, AskedAt: b.tx.Now, Round: r.Round + 1, NextAt: b.tx.Now.Add(answerWithin), Note: note})
		list = append(list, p)
	}
	if len(list) == 0 {
		return errs.E(errs.Conflict, "they work on it already").On(i.Key)
	}
	l := told(Reach{People: list}, "asked %s to help")
	if kind == Takeover {
		l = told(Reach{People: list}, "asked %s to take over")
	}
	l.Kind, l.Person, l.Detail = LineRole, by, note
	b.say(i.ID, l)
	for n := range b.requests {
		b.notices = append(b.notices, request(b.requests[n], i))
	}
	return nil
}

// request words a request, or its reminder.
func request(r Request, i Incident) notify.Notice {
	n := notify.Notice{
		Key:    fmt.Sprintf("%s request %d/%d/%d", ref.N(ref.Incident, r.Incident), r.Person, r.Round, r.Reminders),
		Record: ref.N(ref.Incident, r.Incident), Reason: "asked", Urgent: true, Priority: i.Priority, Persons: []int64{r.Person}, Restricted: i.Restricted,
		Title: fmt.Sprintf("%s %s %s", i.Priority, i.Key, i.Title), Text: "You are asked to help with this. Accept or decline on its page.",
		Actions: []notify.Action{{Verb: "accept", Label: "I am coming"}, {Verb: "decline", Label: "I cannot"}},
	}
	if r.Kind == Takeover {
		n.Text = "You are asked to take this over. Accept or decline on its page."
		n.Actions[0].Label = "I take it"
	}
	if r.Reminders > 0 {
		n.Text = "You have not answered yet. " + n.Text
	}
	if r.Note != "" {
		n.Facts = append(n.Facts, notify.Fact{Name: "Note", Value: r.Note})
	}
	return n
}

// Answer accepts or declines what the actor was asked about an incident.
// Accepting makes them a participant, or gives them the incident. Again
// changes nothing. Errors: NotFound when they were not asked; Conflict when
// the incident is over.
func (s *Service) Answer(ctx context.Context, incident int64, accept bool, note string) (View, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return View{}, errs.Wrap("escalation.answer", err)
	}
	return s.write(ctx, who, "answer", incident, func(b *batch, i Incident) error {
		r, ok, err := requestOf(b.tx, incident, who.Person)
		if err == nil && (!ok || who.Person == 0) {
			err = errs.E(errs.NotFound, "you were not asked about it").On(i.Key)
		}
		if err != nil {
			return err
		}
		want := Declined
		if accept {
			want = Accepted
		}
		if r.State == want {
			return nil
		}
		r.State, r.AnsweredAt, r.NextAt = want, b.tx.Now, time.Time{}
		b.requests = append(b.requests, r)
		if err := s.Notify.CancelFor(b.tx, ref.N(ref.Incident, incident), who.Person, "answered"); err != nil {
			return err
		}
		if !accept {
			b.say(incident, Line{Kind: LineRole, Person: who.Person, Text: "cannot come", Detail: note})
			b.report(r, i, "declined", "Whom you asked cannot come. Ask somebody else.")
			return nil
		}
		if r.Kind == Takeover {
			return s.Incidents.HandOver(b.tx, incident, who.Person, note)
		}
		return s.Incidents.Admit(b.tx, incident, who.Person, Line{Kind: LineRole, Person: who.Person, Text: "came to help", Detail: note})
	})
}

// remind asks again, or gives up and tells who asked.
func (b *batch) remind(r Request, i Incident) {
	switch {
	case !i.Open():
		r.State, r.NextAt = Gone, time.Time{}
	case r.Reminders < remindersMost:
		r.Reminders++
		r.NextAt = b.tx.Now.Add(answerWithin)
		b.notices = append(b.notices, request(r, i))
	default:
		r.State, r.NextAt = Silent, time.Time{}
		b.say(i.ID, Line{Kind: LineClock, Subject: r.Person, Text: fmt.Sprintf("{subject} has not answered for %s", spoken(b.tx.Now.Sub(r.AskedAt).Truncate(time.Minute)))})
		b.report(r, i, "no answer", "Whom you asked has not answered. Ask somebody else.")
	}
	b.requests = append(b.requests, r)
}

// report tells whoever asked what became of it.
func (b *batch) report(r Request, i Incident, reason, text string) {
	if r.AskedBy != 0 {
		b.notices = append(b.notices, notify.Notice{
			Key:    fmt.Sprintf("%s request %d/%d %s", ref.N(ref.Incident, r.Incident), r.Person, r.Round, reason),
			Record: ref.N(ref.Incident, r.Incident), Reason: reason, Urgent: true, Priority: i.Priority, Persons: []int64{r.AskedBy}, Restricted: i.Restricted,
			Title: fmt.Sprintf("%s %s %s", i.Priority, i.Key, i.Title), Text: text,
		})
	}
}
