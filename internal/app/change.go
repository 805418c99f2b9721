package app

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/connect/promquery"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// openChanges makes the practice of changes and those below it.
func (a *App) openChanges(box *secret.Box, guard egress.Guard) error {
	c := change.New(a.db, a.Catalog)
	a.Changes = c
	a.Policies, a.Windows, a.Risk = policy.New(a.db), window.New(a.db, a.Catalog, neighbours{a}, a.Calendars), risk.New(a.db)
	a.Verify, a.Dora = verify.New(a.db, c), dora.New(a.db)
	a.Suspects, a.Packets = suspect.New(a.db, a.CMDB, changeIncidents{a}), packet.New(a.db, a.Audit)

	// What the gate asks of others.
	c.Calendars, c.People = changeHours{a}, neighbours{a}
	c.Policies, c.Windows, c.Weights = policies{a.Policies}, a.Windows, a.Risk
	c.Map, c.Incidents, c.Duty = change.ByCMDB(a.CMDB), changeIncidents{a}, dutyOf{a}
	c.Unregistered = a.proposeService
	c.Mends = a.mends
	c.Verifier = a.Verify
	c.Box, c.Kick, c.BaseURL = box, a.jobs.Kick, a.cfg.PublicURL
	c.Callers = callers(guard)

	// A decision made on other rules is none.
	a.Policies.Bump, a.Windows.Changed, a.Risk.Bump = change.Bump, change.Bump, change.Bump
	a.Policies.Settings = c.PolicySettings
	a.Risk.Levels = c.RiskLevels

	a.Windows.World = a.aroundWindows()
	a.Dora.Record, a.Dora.Kick, a.Dora.Incidents = c, a.jobs.Kick, causesKnown
	a.Suspects.Kick, a.Suspects.Recovered = a.jobs.Kick, c.Recovered
	a.Packets.Public = a.publicIncidents
	a.Verify.Alerts, a.Verify.Around = alertsSince{a}, a.servicesAround
	return a.openMetrics(guard)
}

// openMetrics is where the metrics come from that are compared before and after
// a deployment.
func (a *App) openMetrics(guard egress.Guard) error {
	if a.cfg.PrometheusURL == "" {
		return nil
	}
	g := egress.Guard{Loopback: true, Allow: guard.Allow} // the operator named it
	p, err := promquery.New(promquery.Config{Address: a.cfg.PrometheusURL, Token: a.cfg.PrometheusToken}, g.Client())
	if err == nil {
		a.Verify.Metrics = p
	}
	return err
}

// reactToChanges is who reacts to what, about changes.
func (a *App) reactToChanges() {
	c := a.Changes
	c.On(a.Verify.OnChange) // a deployment that is complete is watched
	c.On(func(tx *db.Tx, e change.Event) error { return a.Suspects.OnChange(tx, e.Change, e.Was) })
	c.On(a.measureChange)
	c.On(a.tellOfChange)
	c.On(func(tx *db.Tx, _ change.Event) error { // a new deadline wakes the runner
		tx.After(func() { a.jobs.Kick(change.DueName) })
		return nil
	})
	a.Catalog.Reactions.Changed = append(a.Catalog.Reactions.Changed, c.OnService) // which repositories deploy it
	a.Suspects.On(a.causeOfIncident)                                               // who broke it: on both records
	a.Incidents.On(a.suspectChanges)                                               // what was changed before?
	a.Alerts.Removed = c.IntegrationRemoved                                        // its credentials go with it
	r := &a.People.Reactions
	r.PersonErased = append(r.PersonErased, c.PersonErased, window.PersonErased)
	r.TeamRemoved = append(r.TeamRemoved, window.TeamRemoved) // a team that windows name stays
}

// measureChange keeps DORA's measures of a change that came to users, or that
// ended; what only waits has none.
func (a *App) measureChange(tx *db.Tx, e change.Event) error {
	if e.Change.DeployedAt.IsZero() && e.Change.State.Open() && e.Was.DeployedAt.IsZero() {
		return nil
	}
	return a.Dora.OnChange(tx, e.Change.ID)
}

// changeWork is what the practice does by itself.
func (a *App) changeWork() {
	for _, s := range []job.Source{
		a.Changes.Due(),            // planned starts, expiry, ends of verification, reviews
		a.Changes.CallSource(),     // pipelines are told
		a.Changes.DeliverySource(), // old deliveries are forgotten
		a.Verify.Due(),             // deployments are looked at while they are verified
		a.Suspects.Due(),           // who may have broken it
		a.Dora.Sealing(),           // days that are over are packed
	} {
		a.jobs.Add(s)
	}
	a.workers = append(a.workers, func(ctx context.Context) { // repositories of services that were there before the practice
		if err := a.Changes.SyncRepositories(actor.With(ctx, actor.Job("repositories"))); err != nil && ctx.Err() == nil {
			a.log.Error("reading which repositories services are deployed from", "error", err)
		}
	})
}

// policies is the practice of policies as the gate sees it.
type policies struct{ *policy.Service }

// Active returns the policy in force.
func (p policies) Active(q db.Querier) (change.Judge, int64, error) {
	c, id, err := p.Service.Active(q)
	if err != nil || c == nil {
		return nil, id, err
	}
	return c, id, nil
}

// Shadow returns the policy that is tried beside it; nil: none.
func (p policies) Shadow(q db.Querier) (change.Judge, int64, error) {
	c, id, err := p.Service.Shadow(q)
	if err != nil || c == nil {
		return nil, id, err
	}
	return c, id, nil
}

// changeHours are the business hours of teams.
type changeHours struct{ a *App }

// HoursOf returns the business hours of a team.
func (h changeHours) HoursOf(q db.Querier, team string) (change.Hours, error) {
	return neighbours(h).calendarOf(q, team)
}

// PersonByMail finds an active person by mail address.
func (n neighbours) PersonByMail(q db.Querier, address string) (int64, bool, error) {
	if !strings.Contains(address, "@") {
		return 0, false, nil
	}
	p, err := auth.PersonByHandle(q, address) // which takes addresses too
	ok, err := exists(err)
	return p.ID, ok && p.Enabled(), err
}

// dutyOf is who is on call for a service: those whom the policy that serves it,
// or its team, would tell first by their schedules.
type dutyOf struct{ a *App }

// OnCallFor returns the people.
func (d dutyOf) OnCallFor(q db.Querier, service, team string, at time.Time) ([]int64, error) {
	p, ok, err := d.a.Escalation.ServingOf(q, service, team)
	if err != nil || !ok {
		return nil, err
	}
	var out []int64
	for _, name := range p.Spec.Schedules() {
		people, _, err := d.a.OnCall.OnCall(q, name, at)
		if err != nil {
			return nil, err
		}
		out = append(out, people...)
	}
	return out, nil
}

// proposeService puts a service that a pipeline named into the catalog, for its
// team to confirm.
func (a *App) proposeService(tx *db.Tx, service, repository string) error {
	team, err := ownerFor(tx, strings.ToLower(repository))
	if err == nil && team == "" {
		err = errs.E(errs.NotFound, "the service %q is not in the catalog, and nobody could be asked about it: there is no team with a service yet; register it by evenkeel service create", errs.Short(service))
	}
	if err == nil {
		_, err = a.Catalog.Propose(tx, service, team, "pipeline")
	}
	return err
}

// mends reports whether a fix is for a service on which an incident is open.
func (a *App) mends(q db.Querier, c change.Change) (bool, error) {
	list, err := incident.StandingOn(q, c.Services, 1)
	return len(list) > 0, err
}

// publicIncidents are those that everybody may know of.
func (a *App) publicIncidents(q db.Querier, ids []int64) (map[int64]bool, error) {
	return neighbours{a}.SeenIncidents(q, actor.Actor{Kind: actor.User, Role: actor.Requester}, ids)
}

// servicesAround are the other services that some need, and those that go down
// with them.
func (a *App) servicesAround(q db.Querier, list []string) ([]string, error) {
	needs, hit, err := a.neededAndHit(q, list)
	return append(needs, hit...), err
}

func (a *App) neededAndHit(q db.Querier, list []string) (needs, hit []string, err error) {
	if needs, err = a.CMDB.NeededServices(q, list, mostAround); err != nil {
		return nil, nil, err
	}
	b, err := a.CMDB.ImpactOf(q, list)
	for _, h := range b.Services {
		if !h.Cause {
			hit = append(hit, h.Service)
		}
	}
	return needs, hit, err
}

// mostAround bounds the services around a change that are looked at.
const mostAround = 200
