package demo

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// history lives through past days: a list of steps in order of time, each one
// a verb somebody used. Between the steps everything that falls due happens at
// its own moment, as it would have.
type history struct {
	a     *app.App
	org   *org
	clock *clock
	rand  *rand.Rand

	steps []step // what is to come, by time, once the days are lived through
	alive bool
	open  map[string][]span // dedup → when stories of it run
	prom  alert.Integration
	ships *shipyard

	rollback string // the shop's own, as changes name it
}

type span struct{ from, to time.Time }

type step struct {
	at time.Time
	do func(ctx context.Context) error
}

// live makes the steps of all days until now and takes them.
func (h *history) live(ctx context.Context, now time.Time) error {
	start := h.clock.now()
	h.open = map[string][]span{}
	var err error
	if h.prom, err = h.a.Alerts.ByName(system(ctx), "prometheus"); err != nil {
		return err
	}
	for day := start; day.Before(now.Add(-5 * time.Hour)); day = day.AddDate(0, 0, 1) {
		for range h.incidentsOf(day) {
			at := day.Add(time.Duration(h.hour() * float64(time.Hour)))
			if at.Before(now.Add(-5 * time.Hour)) {
				story := stories[h.pick()]
				h.tell(story, at, h.minutes(story.median), now)
			}
		}
	}
	h.today(now)
	h.care(start, now)
	h.draw(start, now)
	if err := h.build(ctx, start, now); err != nil {
		return err
	}
	slices.SortStableFunc(h.steps, func(a, b step) int { return a.at.Compare(b.at) })
	sources := append(h.a.Alerts.Sources(), h.a.Incidents.Due(), h.a.Escalation.Due(), h.a.Health.Monthly(), h.a.CMDB.Due(), h.a.CMDB.BaselineSource(), h.a.Changes.Due(), h.a.Suspects.Due(), notify.ByMoment(h.a.Notify, mailTakes))
	h.alive = true
	for len(h.steps) > 0 {
		s := h.steps[0]
		h.steps = h.steps[1:]
		if err := h.until(ctx, sources, s.at); err != nil {
			return err
		}
		if err := s.do(ctx); err != nil && !errs.Is(err, errs.Conflict) { // somebody, or a rule, was faster
			return fmt.Errorf("history at %s: %w", s.at.Format(time.RFC3339), err)
		}
	}
	if err := h.until(ctx, sources, now); err != nil {
		return err
	}
	if _, err := h.a.Audit.Sign(system(ctx)); err != nil {
		return err
	}
	_, err = h.a.Audit.Check(system(ctx)) // as it would have been every day
	return err
}

// mailTakes is how long a message of the past was on its way.
const mailTakes = 1200 * time.Millisecond

// until lets everything that falls due before t happen at its moment.
func (h *history) until(ctx context.Context, sources []job.Source, t time.Time) error {
	for {
		var first job.Source
		var at time.Time
		err := h.a.DB().Read(ctx, func(q db.Querier) error {
			for _, s := range sources {
				next, err := s.Next(q)
				if err != nil {
					return err
				}
				if !next.IsZero() && next.Before(t) && (at.IsZero() || next.Before(at)) {
					first, at = s, next
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if at.IsZero() {
			h.clock.move(t)
			return nil
		}
		if at.After(h.clock.now()) {
			h.clock.move(at)
		}
		if done, err := first.Run(ctx, h.a.DB()); err != nil {
			return err
		} else if done == 0 {
			h.clock.move(h.clock.now().Add(time.Millisecond))
		}
	}
}

// incidentsOf draws how many incidents a day has: fewer at weekends, and fewer
// as the months go by, because Harbour & Co learns.
func (h *history) incidentsOf(day time.Time) int {
	mean := 1.9
	if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
		mean = 0.7
	}
	if time.Since(day) < 40*24*time.Hour {
		mean *= 0.7
	}
	n := 0
	for p := h.rand.Float64(); p < mean/(mean+1) && n < 5; p = h.rand.Float64() {
		n++
	}
	return n
}

// hour draws the hour of the day, mostly in shop hours.
func (h *history) hour() float64 {
	if h.rand.Float64() < 0.75 {
		return 7 + 12*h.rand.Float64()
	}
	return 24 * h.rand.Float64()
}

// pick draws a story by its weight.
func (h *history) pick() int {
	total := 0
	for _, s := range stories {
		total += s.weight
	}
	n := h.rand.IntN(total)
	for i, s := range stories {
		if n -= s.weight; n < 0 {
			return i
		}
	}
	return 0
}

// minutes draws a duration around a median, long-tailed as repairs are.
func (h *history) minutes(median float64) time.Duration {
	f := median * (0.45 + h.rand.ExpFloat64()*0.8)
	return time.Duration(f * float64(time.Minute)).Truncate(time.Second)
}

// add puts a step in its place; what follows from a step may add more.
func (h *history) add(at time.Time, do func(ctx context.Context) error) {
	n := len(h.steps)
	if h.alive {
		n, _ = slices.BinarySearchFunc(h.steps, at, func(s step, t time.Time) int {
			if s.at.After(t) {
				return 1
			}
			return -1 // behind those of the same time
		})
	}
	h.steps = slices.Insert(h.steps, n, step{at, do})
}

func (h *history) as(who string) func(ctx context.Context) context.Context {
	return func(ctx context.Context) context.Context { return actor.With(ctx, h.org.people[who]) }
}

// tell adds the steps of one story that begins at t and lasts so long; false if
// it cannot be.
func (h *history) tell(s story, t time.Time, lasts time.Duration, now time.Time) bool {
	prom := h.prom
	end := t.Add(lasts)
	quiet := end.Add(20 * time.Minute)
	if end.After(now.Add(-time.Hour)) || slices.ContainsFunc(h.open[s.dedup], func(x span) bool { return x.from.Before(quiet) && t.Before(x.to) }) {
		return false
	}
	h.open[s.dedup] = append(h.open[s.dedup], span{t, quiet})
	ingest := func(ctx context.Context, e alert.Event) (int64, error) {
		rec, err := h.a.Alerts.Ingest(actor.With(ctx, prom.Actor("demo")), prom, []alert.Event{e})
		if err != nil || len(rec.Alerts) == 0 {
			return 0, err
		}
		return rec.Alerts[0], nil
	}
	var id int64 // of the incident, once it is there
	found := func(ctx context.Context) (int64, error) {
		if id == 0 {
			open := true
			rows, _, err := h.a.Incidents.List(ctx, incident.Filter{Service: s.service, Open: &open}, "", 5)
			if err != nil || len(rows) == 0 {
				return 0, cmp.Or(err, error(errs.E(errs.Conflict, "no incident is open")))
			}
			id = rows[0].ID
		}
		return id, nil
	}
	on := func(at time.Time, who string, do func(ctx context.Context, id int64) error) {
		h.add(at, func(ctx context.Context) error {
			ctx = h.as(who)(ctx)
			id, err := found(ctx)
			if err != nil {
				return err
			}
			return do(ctx, id)
		})
	}
	h.add(t, func(ctx context.Context) error { _, err := ingest(ctx, s.event(t)); return err })
	if h.rand.Float64() < s.heals { // gone before anybody came
		h.add(t.Add(lasts/3), func(ctx context.Context) error { _, err := ingest(ctx, s.end(t, t.Add(lasts/3))); return err })
		return true
	}
	ack := t.Add(min(h.minutes(s.ack), lasts*3/4))
	on(ack, s.who, func(ctx context.Context, id int64) error {
		if _, err := h.a.Incidents.Acknowledge(ctx, id); err != nil {
			return err
		}
		_, err := h.a.Incidents.Assign(ctx, id, incident.Commander, h.org.people[s.who].Person, "")
		return err
	})
	if len(s.notes) > 0 {
		note := s.notes[h.rand.IntN(len(s.notes))]
		on(ack.Add((end.Sub(ack))/2), s.who, func(ctx context.Context, id int64) error {
			_, err := h.a.Incidents.AddNote(ctx, id, incident.Note{Text: note})
			return err
		})
	}
	if s.update != "" {
		on(ack.Add(2*time.Minute), "priya", func(ctx context.Context, id int64) error {
			_, err := h.a.Incidents.Publish(ctx, id, incident.Update{Text: s.update, Public: true})
			return err
		})
	}
	on(end, s.who, func(ctx context.Context, id int64) error {
		_, err := h.a.Incidents.Mitigate(ctx, id, s.how, "")
		return err
	})
	h.add(end.Add(time.Minute), func(ctx context.Context) error { _, err := ingest(ctx, s.end(t, end)); return err })
	on(end.Add(12*time.Minute), s.who, func(ctx context.Context, id int64) error {
		_, err := h.a.Incidents.Resolve(ctx, id, s.how, "")
		return err
	})
	return true
}

func system(ctx context.Context) context.Context { return actor.With(ctx, actor.Job("demo")) }
