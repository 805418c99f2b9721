package app

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// wireOnCall is what schedules ask of others, and others of schedules.
func (a *App) wireOnCall() {
	a.OnCall.KnownTeam = neighbours{a}.TeamExists
	a.OnCall.InUse = func(q db.Querier, name string) ([]ref.Ref, error) { // a schedule that policies name stays
		return a.Escalation.UsersOf(q, ref.S(ref.Schedule, name))
	}
	a.OnCall.Told = a.tellOffer
	r := &a.People.Reactions
	r.PersonDisabled = append(r.PersonDisabled, a.OnCall.PersonDisabled) // who is gone is not on call
	r.PersonErased = append(r.PersonErased, a.OnCall.PersonErased)
	r.TeamRemoved = append(r.TeamRemoved, oncall.TeamRemoved) // a team that has schedules stays
}

// tellOffer tells those concerned of an offered swap. Names are left out: they
// are on the page, and go from there when somebody is erased.
func (a *App) tellOffer(tx *db.Tx, o oncall.Offer) error {
	b, err := a.OnCall.Schedules(tx)
	if err != nil {
		return err
	}
	title, zone := o.Schedule, o.From.Location()
	var crew []int64
	if r, ok := b.Rota(o.Schedule); ok {
		crew, zone = r.People(), r.Zone()
		if r.Spec().Title != "" {
			title = r.Spec().Title
		}
	}
	n := notify.Notice{Key: fmt.Sprintf("%s %s", o.Ref(), o.State), Record: o.Ref(), Reason: "swap " + string(o.State), Persons: []int64{o.Person}}
	switch o.State {
	case oncall.Offered:
		n.Title, n.Persons = "A shift is offered to you: "+title, []int64{o.To}
		if o.To == 0 {
			n.Title = "A shift is offered: " + title
			n.Persons = slices.DeleteFunc(slices.Clone(crew), func(p int64) bool { return p == o.Person })
		}
	case oncall.Accepted:
		n.Title = "Your shift is taken over: " + title
	case oncall.Declined:
		n.Title = "Your offer was declined, the shift is still yours: " + title
	default:
		if o.To == 0 {
			return nil
		}
		n.Title, n.Persons = "An offer was withdrawn: "+title, []int64{o.To}
	}
	n.Persons = slices.DeleteFunc(n.Persons, func(p int64) bool { return p == tx.Actor.Person })
	if len(n.Persons) == 0 {
		return nil
	}
	const form = "Mon 2 Jan 15:04 MST"
	n.Facts = []notify.Fact{{Name: "From", Value: o.From.In(zone).Format(form)}, {Name: "Until", Value: o.Until.In(zone).Format(form)}}
	if !o.ReturnTo.IsZero() {
		n.Facts = append(n.Facts, notify.Fact{Name: "In return, from", Value: o.ReturnFrom.In(zone).Format(form)},
			notify.Fact{Name: "until", Value: o.ReturnTo.In(zone).Format(form)})
	}
	return a.Notify.Notify(tx, n)
}
