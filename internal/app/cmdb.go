package app

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// openCMDB makes the practice of configuration items.
func (a *App) openCMDB(box *secret.Box, guard egress.Guard) {
	a.CMDB = cmdb.New(a.db, cmdb.Options{SnapshotDir: a.cfg.Cache, Log: a.log})
	a.CMDB.Box, a.CMDB.Kick, a.CMDB.Readers = box, a.jobs.Kick, a.scheduledSources(guard)
	impact := &mapOf{a: a}
	a.Incidents.Blast, a.Incidents.Map = impact, impact
	a.CMDB.Drifted = a.drifted
	// A service of the catalog is an item of the map, with what it declares to need.
	a.Catalog.Reactions.Changed = append(a.Catalog.Reactions.Changed, a.CMDB.OnService)
}

// mapWork is what the practice does by itself.
func (a *App) mapWork() {
	for _, s := range []job.Source{
		a.CMDB.Due(),             // what is not seen any more, runs that were cut short
		a.CMDB.ReplaySource(),    // changed rules
		a.CMDB.DiscoverySource(), // sources on a schedule
		a.CMDB.BaselineSource(),  // drift
	} {
		a.jobs.Add(s)
	}
	a.workers = append(a.workers, a.mapServices, a.CMDB.SourceWatch())
}

// mapServices brings services that were there before the map was, or that were
// restored from a backup, onto it; those that are there change nothing.
func (a *App) mapServices(ctx context.Context) {
	var all []catalog.Service
	err := a.db.Read(ctx, func(q db.Querier) error {
		all = all[:0]
		return catalog.EachService(q, func(s catalog.Service) error { all = append(all, s); return nil })
	})
	for len(all) > 0 && err == nil && ctx.Err() == nil {
		part := all[:min(len(all), 200)]
		all = all[len(part):]
		err = a.db.Write(ctx, actor.Job("map"), "services on the map", func(tx *db.Tx) error {
			tx.Unrecorded("all services stood on the map already")
			for _, s := range part {
				if err := a.CMDB.OnService(tx, s, append([]string{s.Name}, s.Aliases...)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil && ctx.Err() == nil {
		a.log.Error("bringing services onto the map", "error", err)
	}
}
