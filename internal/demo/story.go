package demo

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// stage is the running demo: the outage that unfolds while one looks, the
// guided tour's line, and the demo's few pages.
type stage struct {
	options Options
	app     *app.App
	org     *org
	mail    *mailbox

	shop     *shop
	rollback string // the shop's own, as changes name it

	mu   sync.Mutex
	line string
}

// Moments of the outage, counted from its begin. Colleagues do their part
// when the visitor has not.
const (
	calmFor   = 12 * time.Second // before it begins
	ackBy     = 75 * time.Second
	noteAt    = 95 * time.Second
	updateBy  = 2 * time.Minute
	restoreBy = 7 * time.Minute
	pause     = 15 * time.Minute // until the next one
)

// play lets the outage happen in the shop, again and again.
func (s *stage) play(ctx context.Context, server string) {
	f := &forge{s, server}
	go newProber(s.shop, server, s.org).run(ctx)
	for round := 1; ctx.Err() == nil && !s.options.Calm; round++ {
		s.say("Minutes ago checkout went out with new tax rules: Changes shows it, still being verified. In a few seconds checkout of Harbour & Co fails. Stay on this page and watch.")
		began := time.Now()
		if _, ok := f.present(ctx); !ok {
			if err := f.release(ctx, round); err != nil && ctx.Err() == nil {
				s.options.Log.Error("the demo's release of checkout does not go out", "error", err)
			}
		}
		if !sleep(ctx, max(calmFor-time.Since(began), time.Second)) {
			return
		}
		s.outage(ctx, f)
		s.say("That was one outage: from the change to the alert, the incident, the rollback, and a cause that is on record. Look at the change, its packet and the measures under Changes, at Evidence, and verify it; or at Map: what did checkout need last Friday at 18:00? The next one comes in a quarter of an hour.")
		if !sleep(ctx, pause) {
			return
		}
	}
	<-ctx.Done() // calm: the shop stays open and nothing breaks
}

// outage is one run of the story. It follows what the incident is, whoever
// made it so. The tax rules write a message for each line of tax; the orders
// queue fills, its consumers are stuck, and checkout with them.
func (s *stage) outage(ctx context.Context, f *forge) {
	began, shop := time.Now(), s.shop
	bad, _ := f.present(ctx)
	shop.breakDown("orders-queue")
	defer shop.repair("orders-queue")
	select {
	case <-shop.asked: // of the time before
	default:
	}
	var noted, updated, back bool
	takeBack := func(who string, i incident.Incident) {
		if back {
			return
		}
		back = true
		if bad.ID != 0 {
			if err := f.rollBack(ctx, who, bad); err != nil && ctx.Err() == nil {
				s.options.Log.Error("the demo's rollback does not go out", "error", err)
			}
		}
		if i.State == incident.Triggered || i.State == incident.Acknowledged { // else somebody said so before it was so
			s.app.Incidents.Mitigate(s.as(ctx, "tom"), i.ID, incident.Rollback, "Rolled checkout back; consumers drain.")
		}
		shop.repair("orders-queue")
	}
	for sleep(ctx, time.Second) {
		past := time.Since(began)
		i, ok := s.current(ctx, began)
		if !ok {
			if past > 2*time.Minute {
				return
			}
			continue
		}
		key := i.Key()
		select {
		case <-shop.asked: // somebody pressed Roll back
			takeBack("mara", i)
		default:
		}
		switch i.State {
		case incident.Triggered:
			s.say(fmt.Sprintf("%s opened by itself from alerts. Open it and press Acknowledge: you take it. Who is told stands beside it, with who else is hit: the map knows what needs what.", key))
			if past > ackBy {
				s.app.Incidents.Acknowledge(s.as(ctx, "jonas"), i.ID)
			}
		case incident.Acknowledged:
			s.say(fmt.Sprintf("%s is acknowledged and the response clock has stopped. What changed? names the tax rules first, with the reasons. Press Roll back… there, or press Mitigated… and choose rollback. The shop recovers.", key))
		default:
			s.say(fmt.Sprintf("%s is mitigated: the service is restored and the clock has stopped. Probes turn green, alerts end, and it resolves by itself. The rollback confirmed what broke it.", key))
			takeBack("tom", i)
			if i.State != incident.Mitigated || past > restoreBy+2*time.Minute {
				return
			}
		}
		if past > noteAt && !noted {
			noted = true
			s.joins(ctx, i.ID, "jonas", incident.Operations)
			s.app.Incidents.AddNote(s.as(ctx, "jonas"), i.ID, incident.Note{Tag: incident.KeyFact,
				Text: "Since the tax rules went out, checkout writes nine messages for one order. The queue was made for one. That fits the release, not the export."})
			if now, err := s.app.Incidents.Get(system(ctx), i.ID); err == nil {
				title := "Checkout is down: orders queue is stuck" // alerts name the first symptom, people what it is
				s.app.Incidents.Edit(s.as(ctx, "jonas"), i.ID, now.Revision, incident.Edit{Title: &title})
			}
		}
		if past > updateBy && !updated && i.State.Open() {
			updated = true
			s.joins(ctx, i.ID, "priya", incident.Communications)
			s.app.Incidents.Publish(s.as(ctx, "priya"), i.ID, incident.Update{Public: true,
				Text: "Most customers cannot complete checkout. Baskets are kept. We have found where orders are stuck and are working on it."})
		}
		if past > restoreBy && i.State == incident.Acknowledged {
			takeBack("tom", i)
		}
	}
}

// joins lets a colleague take a role that nobody has.
func (s *stage) joins(ctx context.Context, id int64, who string, role incident.Role) {
	if i, err := s.app.Incidents.Get(system(ctx), id); err == nil && i.Who(role) == 0 {
		s.app.Incidents.Assign(s.as(ctx, who), id, role, s.org.people[who].Person, "")
	}
}

// current is the incident of this outage.
func (s *stage) current(ctx context.Context, began time.Time) (incident.Incident, bool) {
	rows, _, err := s.app.Incidents.List(system(ctx), incident.Filter{From: began.Add(-time.Second)}, "", 20)
	if err != nil {
		return incident.Incident{}, false
	}
	for _, r := range rows {
		if r.Rule == "order-path" { // whichever of its services was noticed first
			i, err := s.app.Incidents.Get(system(ctx), r.ID)
			return i, err == nil
		}
	}
	return incident.Incident{}, false
}

func (s *stage) as(ctx context.Context, who string) context.Context {
	return actor.With(ctx, s.org.people[who])
}

func (s *stage) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = line
}

// tour is the line of the guided tour on every page.
func (s *stage) tour(context.Context) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line
}

// routes are the demo's own pages: coming in without a password, from this
// machine's own browser, and the mail that was delivered.
func (s *stage) routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /demo/enter", s.enter)
}

func (s *stage) enter(w http.ResponseWriter, r *http.Request) error {
	in, err := s.app.Door.SignIn(r.Context(), "mara", Password, auth.ClientOf(r))
	if err != nil {
		return err
	}
	s.app.Door.SetCookie(w, r, in)
	return web.Redirect(w, r, web.LocalPath(r.URL.Query().Get("next"), "/"), "")
}

// find recalls the organisation of a kept demo.
func find(ctx context.Context, a *app.App) (*org, error) {
	o := &org{people: map[string]actor.Actor{}}
	err := a.DB().Read(ctx, func(q db.Querier) error {
		for _, p := range cast {
			person, err := auth.PersonByHandle(q, p.Handle)
			if err != nil {
				return err
			}
			o.people[p.Handle] = actor.Actor{Kind: actor.User, ID: person.ID, Person: person.ID, Role: person.Role, Name: person.Display, From: "demo"}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	ctx = actor.With(ctx, o.people["mara"])
	return o, o.tokens(ctx, a)
}

// sleep waits and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
