package app

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/live"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// work lists everything that runs by itself.
func (a *App) work() {
	a.jobs.Add(a.Incidents.Due())          // clocks: breaches, escalation, closing
	a.jobs.Add(a.Escalation.Due())         // ladders: the next step, reminders
	a.jobs.Add(a.Scorecards.Due())         // how well services are kept
	a.jobs.Add(a.People.Housekeeping())    // sessions and links that have ended
	a.jobs.Add(a.Audit.Signer())           // checkpoints of the evidence log
	a.jobs.Add(a.Audit.Publisher())        // … and publishing them outside
	for _, s := range a.Alerts.Sources() { // timers of alerts, silences, heartbeats
		a.jobs.Add(s)
	}
	a.jobs.Add(notify.Housekeeping(a.Notify, time.Duration(a.cfg.KeepDays)*24*time.Hour)) // messages long delivered

	a.jobs.Add(a.Watchdog.Source()) // whether all of that, and all messages, were done in time
	if a.beat != nil {              // … told outside by silence when they were not
		a.workers = append(a.workers, func(ctx context.Context) { a.beat.Run(ctx, a.db, a.Watchdog) })
	}

	a.jobs.Add(a.Health.Monthly()) // what on-call did to people last month

	a.jobs.Add(a.Contacts.SelfTests()) // whether people would be reached

	a.mapWork()
	a.changeWork()

	a.courier = notify.NewCourier(a.Notify)
	a.workers = append(a.workers, func(ctx context.Context) { // messages
		if err := a.courier.Run(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("delivery of messages ended", "error", err)
		}
	})
	a.db.OnChange(func(changes []db.Change) { // open pages
		out := make([]live.Change, len(changes))
		for i, c := range changes {
			out[i] = live.Change{Record: c.Record, Version: c.Version}
		}
		a.hub.Publish(out)
	})
}
