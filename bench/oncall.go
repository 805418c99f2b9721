package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// How large an on-call organisation is measured.
const (
	schedules = 10_000
	crowdSize = 1_300
	ladders   = 50_000
	dueAtOnce = 1_000
	teamMost  = 1_000 // people in one team
)

// oncall measures who is on call, one incident that tells a crowd, and many
// ladders that are due in the same second.
func (b *bench) oncall() error {
	urls, names, done, err := b.targets("oncall")
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		s, err := openSink()
		if err != nil {
			return err
		}
		t, err := b.prepare("oncall-"+name, urls[name])
		if err == nil {
			s.serve(t)
			err = b.oncallOn(t, name, s)
		}
		s.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) oncallOn(t *target, name string, s *sink) error {
	if err := b.crowd(t, crowdSize, 0); err != nil {
		return err
	}
	a, err := app.New(b.ctx, t.cfg, quiet())
	if err != nil {
		return err
	}
	defer a.Close()
	ctx := actor.With(b.ctx, t.organiser)
	if err := b.whoIsOnCall(ctx, a, name); err != nil {
		return err
	}
	a.Start()
	if err := b.tellCrowd(ctx, a, name, s); err != nil {
		return err
	}
	return b.climb(ctx, a, name, s)
}

// crowd makes n people, each in a team of their own with a share of the
// services (so that alerts of many services reach many people), and all of them in teams "everybody-0" and on.
func (b *bench) crowd(t *target, n, services int) error {
	a, err := app.New(b.ctx, t.cfg, quiet(), app.Volatile())
	if err != nil {
		return err
	}
	defer a.Close()
	ctx := actor.With(b.ctx, t.organiser)
	var all []auth.MemberEdit
	for i := range n {
		handle := fmt.Sprintf("person-%d", i)
		if _, _, err := a.People.CreatePerson(ctx, auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: handle}}); err != nil {
			return err
		}
		all = append(all, auth.MemberEdit{Person: handle})
		if _, err := a.People.CreateTeam(ctx, fmt.Sprintf("team-%d", i), auth.TeamEdit{Title: handle, Members: all[i:]}); err != nil {
			return err
		}
	}
	for i := range services {
		if _, err := a.Catalog.Create(ctx, fmt.Sprintf("crowded-%d", i), catalog.Edit{Title: fmt.Sprintf("Crowded %d", i), Team: fmt.Sprintf("team-%d", i%n), Tier: 0, Lifecycle: catalog.Live}); err != nil {
			return err
		}
	}
	for i := 0; i < n; i += teamMost {
		if _, err := a.People.CreateTeam(ctx, fmt.Sprintf("everybody-%d", i/teamMost), auth.TeamEdit{Title: "Everybody", Members: all[i:min(n, i+teamMost)]}); err != nil {
			return err
		}
	}
	return nil
}

// whoIsOnCall asks for every one of many schedules at once.
func (b *bench) whoIsOnCall(ctx context.Context, a *app.App, name string) error {
	for i := range schedules {
		spec := oncall.Spec{Title: fmt.Sprintf("Schedule %d", i), Team: fmt.Sprintf("team-%d", i%crowdSize), Zone: "Europe/Copenhagen", Layers: []oncall.LayerSpec{
			{Start: "2026-01-05T09:00", Every: "P1W", Shifts: [][]string{{fmt.Sprintf("person-%d", i%crowdSize)}, {fmt.Sprintf("person-%d", (i+1)%crowdSize)}, {fmt.Sprintf("person-%d", (i+7)%crowdSize)}}},
			{Start: "2026-01-05T20:00", Every: "P1D", Shifts: [][]string{{fmt.Sprintf("person-%d", (i+2)%crowdSize)}}, Only: []oncall.WindowSpec{{From: "20:00", To: "08:00"}}}}}
		if _, err := a.OnCall.Create(ctx, fmt.Sprintf("schedule-%d", i), spec); err != nil {
			return err
		}
	}
	var took []time.Duration
	for range 200 {
		began := time.Now()
		list, _, err := a.OnCall.WhoNow(ctx, oncall.Filter{}, "", schedules)
		if err != nil || len(list) != schedules {
			return fmt.Errorf("%d schedules answered: %w", len(list), err)
		}
		took = append(took, time.Since(began))
	}
	first := took[0]
	slices.Sort(took)
	b.add(name+": who is on call in 10,000 schedules, p99", fmt.Sprintf("%.1f ms", millis(took[197])), "< 20 ms", fmt.Sprintf("median %.1f ms, the first time %.0f ms", millis(took[100]), millis(first)))
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// tellCrowd opens one incident that pages everybody.
func (b *bench) tellCrowd(ctx context.Context, a *app.App, name string, s *sink) error {
	before := len(s.wait(0, 0))
	spec := escalation.Spec{Teams: []string{"everybody-0"}, Steps: []escalation.StepSpec{{Notify: []escalation.TargetSpec{{Team: "everybody-0"}, {Team: "everybody-1"}}}}}
	if _, err := a.Escalation.Create(ctx, "everybody", spec); err != nil {
		return err
	}
	began := time.Now()
	if _, err := a.Incidents.Declare(ctx, incident.Declaration{Title: "Everything is down", Team: "everybody-0", Impact: incident.High, Urgency: incident.High}); err != nil {
		return err
	}
	mails := s.wait(before+crowdSize, 30*time.Second)[before:]
	if len(mails) < crowdSize {
		return fmt.Errorf("%d of %d were told", len(mails), crowdSize)
	}
	b.add(name+": one incident, 1,300 people told by a local mail server", fmt.Sprintf("%.2f s", mails[crowdSize-1].Sub(began).Seconds()), "< 2 s", fmt.Sprintf("the first after %d ms", mails[0].Sub(began).Milliseconds()))
	return nil
}

// climb makes many open ladders, of which many are due in the same second, and
// measures until each step is committed and the last message at the mail server.
func (b *bench) climb(ctx context.Context, a *app.App, name string, s *sink) error {
	spec := escalation.Spec{Steps: []escalation.StepSpec{{After: "PT10H", Notify: []escalation.TargetSpec{{Role: "member"}}}}}
	for i := range dueAtOnce {
		spec.Teams = append(spec.Teams, fmt.Sprintf("team-%d", i))
	}
	if _, err := a.Escalation.Create(ctx, "wait", spec); err != nil {
		return err
	}
	for i := range dueAtOnce {
		if _, err := a.Incidents.Declare(ctx, incident.Declaration{Title: fmt.Sprintf("Case of team %d", i), Team: fmt.Sprintf("team-%d", i), Impact: incident.High, Urgency: incident.High}); err != nil {
			return err
		}
	}
	if err := moreLadders(ctx, a.DB()); err != nil {
		return err
	}
	s.wait(1<<30, time.Second) // what declaring said is out
	before := len(s.wait(0, 0))
	now, err := a.DB().Now(ctx)
	if err != nil {
		return err
	}
	due := now.Add(3 * time.Second)
	at := time.Now().Add(3 * time.Second)
	if err := spreadDue(ctx, a.DB(), due, 10*time.Hour); err != nil {
		return err
	}
	a.Escalation.Kick(escalation.SourceName) // as whoever sets a time does
	late, err := lateness(ctx, a.DB(), due, dueAtOnce)
	if err != nil {
		return err
	}
	b.add(name+": 1,000 of 50,000 ladders due within a second, messages committed, p99", fmt.Sprintf("%d ms", late[dueAtOnce*99/100].Milliseconds()), "< 500 ms", fmt.Sprintf("median %d ms", late[dueAtOnce/2].Milliseconds()))
	mails := s.wait(before+dueAtOnce, 30*time.Second)[before:]
	if len(mails) < dueAtOnce {
		return fmt.Errorf("%d of %d due ladders told somebody", len(mails), dueAtOnce)
	}
	b.add(name+": … the last of them at a local mail server, after the second", fmt.Sprintf("%d ms", mails[dueAtOnce-1].Sub(at.Add(time.Second)).Milliseconds()), "", "")
	return nil
}
