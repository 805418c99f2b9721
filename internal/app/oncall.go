package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/connect/ical"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/oncall/oncallweb"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
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

// suggested bounds how many people and teams forms suggest; any other one can
// be typed.
const suggested = 200

// onCallPages are the pages of schedules.
func (a *App) onCallPages() *oncallweb.Pages {
	return &oncallweb.Pages{
		Shell: a.shell, Oncall: a.OnCall, URL: a.cfg.PublicURL, Read: readCalendar,
		More: onCallTabs[3:], // behind its own
		People: func(ctx context.Context) ([]oncall.Who, error) {
			list, _, err := a.People.People(ctx, auth.PeopleFilter{}, auth.Page{Limit: suggested})
			var out []oncall.Who
			for _, p := range list {
				if p.Enabled() {
					out = append(out, oncall.Who{ID: p.ID, Handle: p.Handle, Display: p.Display})
				}
			}
			return out, err
		},
		Teams: a.teamOptions,
	}
}

// teamOptions are the teams that forms suggest.
func (a *App) teamOptions(ctx context.Context) ([]web.Option, error) {
	list, _, err := a.People.Teams(ctx, auth.Page{Limit: suggested})
	out := make([]web.Option, len(list))
	for i, t := range list {
		out[i] = web.Option{Value: t.Name, Title: t.Title}
	}
	return out, err
}

// feeds serves calendars; each address holds its own secret.
func (a *App) feeds() *ical.Door {
	return &ical.Door{Feeds: a.OnCall.Feeds(), Base: a.cfg.PublicURL}
}

// readCalendar reads a calendar file for the import page.
func readCalendar(file []byte, zone *time.Location, from, to time.Time) (out []oncallweb.Event, left []string, err error) {
	events, notes, err := ical.Read(file, zone, from, to)
	for _, e := range events {
		out = append(out, oncallweb.Event{From: e.From, To: e.To, Summary: e.Summary, People: e.People})
	}
	for _, n := range notes {
		left = append(left, fmt.Sprintf("Line %d: %s", n.Line, n.Text))
	}
	return out, left, err
}

// onCallTabs are the pages of on-call, of all practices.
var onCallTabs = []web.Tab{{Title: "Now", Path: "/oncall"}, {Title: "Schedules", Path: "/oncall/schedules"}, {Title: "My shifts", Path: "/oncall/mine"},
	{Title: "Policies", Path: "/oncall/policies"}, {Title: "Health", Path: "/oncall/health"}}
