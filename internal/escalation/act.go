package escalation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// SourceName is the name of the due work, for Runner.Kick and evidence.
const SourceName = "escalation"

// batch is the ladders of one transaction and what they do. It is written
// once, at the end, in few statements for all of them.
type batch struct {
	s        *Service
	tx       *db.Tx
	ladders  []Ladder
	fired    []Fired
	requests []Request
	lines    map[int64][]Line
	notices  []notify.Notice
}

func (s *Service) batch(tx *db.Tx) *batch {
	return &batch{s: s, tx: tx, lines: map[int64][]Line{}}
}

// set takes a ladder as it is after its acts.
func (b *batch) set(l Ladder) {
	l.Version++
	b.ladders = append(b.ladders, l)
}

func (b *batch) say(id int64, l Line) { b.lines[id] = append(b.lines[id], l) }

// commit writes everything.
func (b *batch) commit() error {
	if err := b.s.Notify.NotifyAll(b.tx, b.notices); err != nil {
		return err
	}
	if len(b.lines) > 0 {
		if err := b.s.Incidents.Say(b.tx, b.lines); err != nil {
			return err
		}
	} else if len(b.notices) == 0 && len(b.ladders)+len(b.requests) > 0 {
		b.tx.Unrecorded("the next time of a ladder moved")
	}
	if err := saveLadders(b.tx, b.ladders); err != nil {
		return err
	}
	if err := insertFired(b.tx, b.fired); err != nil {
		return err
	}
	if err := saveRequests(b.tx, b.requests); err != nil {
		return err
	}
	if len(b.ladders)+len(b.requests) > 0 {
		b.tx.After(func() { b.s.Kick(SourceName) })
	}
	return nil
}

// act notes what a ladder did. With own, its steps are told by messages of
// their own; without, the caller's message tells them.
func (b *batch) act(p *Plan, after Ladder, i Incident, acts []Act, own bool) (told Reach) {
	for n, a := range acts {
		switch a.Kind {
		case ActTell, ActSkip, ActEmpty, ActRemind, ActNudge:
			b.fired = append(b.fired, Fired{Incident: i.ID, Run: a.Run, Round: a.Round, Step: a.Step, Kind: a.Kind, Due: a.Due, At: b.tx.Now, Reach: a.Reach, Why: strings.Join(append(a.Reach.Lacks, nonEmpty(a.Why)...), "; ")})
		}
		if l, ok := line(p, after, a, slices.IndexFunc(acts[n+1:], func(x Act) bool { return x.Kind == ActTell }) < 0); ok {
			b.say(i.ID, l)
		}
		if a.Kind != ActTell && a.Kind != ActRemind && a.Kind != ActNudge {
			continue
		}
		told.People = merge(told.People, a.Reach.People)
		told.Channels = merge(told.Channels, a.Reach.Channels)
		if own {
			b.notices = append(b.notices, notice(p, i, a, b.tx.Now))
		}
	}
	return told
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func merge[T comparable](a, b []T) []T {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// line words an act for the timeline. last is false when the same moment tells
// somebody after it.
func line(p *Plan, after Ladder, a Act, last bool) (Line, bool) {
	step := fmt.Sprintf("step %d of %s", a.Step+1, p.Title)
	if a.Round > 0 && a.Step >= 0 {
		step += fmt.Sprintf(", round %d", a.Round+1)
	}
	switch a.Kind {
	case ActTell:
		l := told(a.Reach, "told %s: "+step)
		if last {
			l.Detail = next(p, after)
		}
		if len(a.Reach.Lacks) > 0 {
			l.Detail = strings.Join(append(a.Reach.Lacks, nonEmpty(l.Detail)...), "; ")
		}
		return l, true
	case ActSkip:
		return Line{Kind: LineTold, Text: step + " passed over: " + a.Why}, true
	case ActEmpty:
		return Line{Kind: LineClock, Text: step + " reaches nobody: " + strings.Join(a.Reach.Lacks, "; "), Detail: "the next step follows at once"}, true
	case ActRound:
		return Line{Kind: LineClock, Text: "nobody acknowledged: " + p.Title + " begins again, " + a.Why}, true
	case ActOver:
		return Line{Kind: LineClock, Text: p.Title + " is through all its steps and nobody acknowledged", Detail: "leads and manager are reminded every " + spoken(p.RepeatAfter)}, true
	case ActRemind:
		return told(a.Reach, fmt.Sprintf("still nobody acknowledged: reminded %%s, reminder %d", a.Round)), true
	case ActNudge:
		l := told(a.Reach, "asked %s whether it goes on: "+a.Why)
		l.Kind, l.Detail = LineClock, p.Title+" begins again in "+spoken(p.AckEscalate)+" if nothing happens"
		return l, true
	case ActAgain:
		return Line{Kind: LineClock, Text: a.Why + ": " + p.Title + " begins again"}, true
	case ActWake:
		return Line{Kind: LineState, Text: a.Why + ": " + p.Title + " goes on"}, true
	case ActTaken:
		return Line{Kind: LineState, Text: "somebody works on it: " + p.Title + " stops"}, true
	case ActEnd:
		if after.Cause != "" && !strings.HasPrefix(after.Cause, "the incident is ") || strings.HasPrefix(after.Cause, "the incident is restricted") {
			return Line{Kind: LineState, Text: p.Title + " stops: " + after.Cause}, true
		}
	}
	return Line{}, false
}

// told puts the people of a reach into a sentence: the first by name, the
// others by number.
func told(r Reach, format string) Line {
	l := Line{Kind: LineTold}
	var who []string
	if len(r.People) > 0 {
		l.Subject = r.People[0]
		who = append(who, "{subject}")
	}
	if n := len(r.People) - 1; n > 0 {
		who = append(who, fmt.Sprintf("%d more", n))
	}
	if len(r.Channels) > 0 {
		who = append(who, "#"+strings.Join(r.Channels, ", #"))
	}
	if len(who) == 0 {
		who = []string{"nobody, because nobody can be told"}
	}
	l.Text = fmt.Sprintf(format, strings.Join(who, " and "))
	return l
}

// next says what a ladder does if nothing happens.
func next(p *Plan, l Ladder) string {
	if l.State != Climbing {
		return ""
	}
	in := spoken(l.NextAt.Sub(l.ToldAt))
	switch {
	case l.Step < len(p.Steps):
		return fmt.Sprintf("step %d follows in %s unless somebody acknowledges", l.Step+1, in)
	case l.Round < p.Repeat:
		return fmt.Sprintf("round %d begins in %s unless somebody acknowledges", l.Round+2, in)
	}
	return "leads and manager are reminded in " + in + " unless somebody acknowledges"
}

// notice words an act for those it tells.
func notice(p *Plan, i Incident, a Act, now time.Time) notify.Notice {
	n := notify.Notice{
		Key:    noticeKey(i.ID, a.Run, a.Round, a.Step),
		Record: ref.N(ref.Incident, i.ID), Reason: "escalated", Urgent: true, Priority: i.Priority, Persons: a.Reach.People, Named: a.Reach.Channels,
		Title: fmt.Sprintf("%s %s %s", i.Priority, i.Key, i.Title),
		Facts: []notify.Fact{{Name: "Priority", Value: i.Priority}, {Name: "State", Value: i.State}},
	}
	for _, f := range []notify.Fact{{Name: "Service", Value: i.Service}, {Name: "Team", Value: i.Team}} {
		if f.Value != "" {
			n.Facts = append(n.Facts, f)
		}
	}
	if i.Alerts > 0 {
		n.Facts = append(n.Facts, notify.Fact{Name: "Alerts firing", Value: fmt.Sprint(i.Alerts)})
	}
	if i.Triggered {
		n.Actions = append(n.Actions, notify.Action{Verb: "acknowledge", Label: "Acknowledge"})
	}
	n.Actions = append(n.Actions, notify.Action{Verb: "escalate", Label: "Wake the next one"}, notify.Action{Verb: "mitigate", Label: "Service restored"})
	for_ := spoken(max(now.Sub(i.Since), time.Minute).Truncate(time.Minute))
	switch {
	case a.Kind == ActNudge:
		n.Reason, n.Text = "no progress", "You work on this, and there was "+a.Why+". Say how it stands, ask for help or hand it over; otherwise others are told again in "+spoken(p.AckEscalate)+"."
	case a.Kind == ActRemind:
		n.Reason, n.Text = "nobody acknowledged", fmt.Sprintf("Everybody that %s names was told, and nobody has acknowledged for %s. Find somebody, or take it yourself.", p.Title, for_)
	case i.Working:
		n.Text = fmt.Sprintf("Help is needed: step %d of %s.", a.Step+1, p.Title)
	case a.Step == 0 && a.Round == 0 && a.Run == 1:
		n.Reason, n.Text = "paged", "Nobody works on it yet: acknowledge if you do."
	default:
		n.Text = fmt.Sprintf("Nobody has acknowledged for %s. You are step %d of %s: acknowledge if you take it.", for_, a.Step+1, p.Title)
	}
	return n
}

func noticeKey(incident int64, run, round, step int) string {
	return fmt.Sprintf("%s ladder %d/%d/%d", ref.N(ref.Incident, incident), run, round, step)
}

// planByID returns a plan; plans never change, so each is read once.
func (s *Service) planByID(q db.Querier, id string) (*Plan, error) {
	if p, ok := s.plans.Load(id); ok {
		return p.(*Plan), nil
	}
	p, err := readPlan(q, id)
	if errors.Is(err, db.ErrNoRows) {
		err = fmt.Errorf("the plan %s of a ladder is gone", id)
	}
	if err == nil {
		s.plans.Store(id, p)
	}
	return p, err
}

// system is who climbs.
var system = actor.Job(SourceName)
