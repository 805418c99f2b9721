package app

import (
	"context"
	"os"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// openPractices makes the practices in the order of their dependencies.
func (a *App) openPractices(ctx context.Context, box *secret.Box, o options) (err error) {
	key, created, err := audit.LoadKey(ctx, a.db, audit.KeySource{Name: a.cfg.LogName, File: a.cfg.LogKey, Value: os.Getenv("EVENKEEL_LOG_KEY")})
	if err != nil {
		return err
	}
	if created {
		a.log.Warn("a key that signs the evidence log was made; keep a copy apart from the database", "file", a.cfg.LogKey)
	}
	if a.Audit, err = audit.New(ctx, a.db, key, audit.Options{Every: a.cfg.Checkpoints, Targets: a.targets(), Log: a.log}); err != nil {
		return err
	}
	a.Calendars = calendar.New(a.db)
	a.Catalog = catalog.New(a.db, neighbours{a})
	a.Scorecards = scorecard.New(a.db, a.Catalog)
	a.Alerts = alert.New(a.db)
	a.Alerts.Box = box
	a.Alerts.Names, a.Alerts.Log, a.Alerts.Visible = neighbours{a}, a.log, neighbours{a}.SeenIncidents
	a.Incidents = incident.New(a.db, a.Catalog, neighbours{a}, neighbours{a}, a.Alerts)
	guard, err := a.guard(o)
	if err != nil {
		return err
	}
	if err := a.openNotify(ctx, box, guard); err != nil {
		return err
	}
	a.openCMDB(box, guard)
	a.openTraces()
	a.OnCall = oncall.New(a.db)
	a.openHealth()
	a.openEscalation()
	a.openWatchdog()
	if err := a.openChanges(box, guard); err != nil {
		return err
	}
	a.links = notify.NewLinks(a.Notify, a.describe, a.linkVerbs())
	a.Receivers = connect.New(a.Alerts, a.log)
	a.Code = ascode.New(a.db, a.kinds()...)
	a.contents()
	return a.Audit.Retain(
		audit.Idempotency(24*time.Hour),
		audit.Policy{Name: "alert-episodes", What: "firings that ended and that no incident tells of",
			Keep: time.Duration(a.cfg.KeepDays) * 24 * time.Hour, Sweep: a.Alerts.SweepEpisodes},
	)
}

// kinds is what can be written as code.
func (a *App) kinds() []ascode.Kind {
	kinds := []ascode.Kind{
		ascode.NewKind("Team", ref.Team, ascode.OrderTeam, ascode.ByName(auth.ListTeamSpecs), ascode.Reporting(a.People.ApplyTeam), a.People.RemoveTeam),
		calendar.AsCode(a.Calendars),
		incident.AsCode(a.Incidents),
		notify.AsCode(a.Notify),
		contact.AsCode(a.Contacts),
		catalog.AsCode(a.Catalog),
		scorecard.AsCode(a.Scorecards),
		oncall.AsCode(a.OnCall),
		escalation.AsCode(a.Escalation),
	}
	kinds = append(kinds, cmdb.AsCode(a.CMDB)...)
	kinds = append(kinds, change.AsCode(a.Changes)...)
	kinds = append(kinds, window.AsCode(a.Windows), policy.AsCode(a.Policies))
	return append(kinds, a.Alerts.Kinds()...)
}

// contents tells the audit how each kind's present content is digested, so
// that an edited row shows.
func (a *App) contents() {
	byRef := func(kind ref.Kind, digest func(q db.Querier, r ref.Ref) (string, error)) {
		a.Audit.Content(kind, func(q db.Querier, key string) (string, error) { return digest(q, ref.Ref{Kind: kind, Key: key}) })
	}
	for _, kind := range []ref.Kind{ref.Person, ref.Token, ref.Team} {
		byRef(kind, auth.DigestOf)
	}
	for _, kind := range []ref.Kind{ref.Alert, ref.Integration, ref.AlertRule, ref.Silence} {
		byRef(kind, a.Alerts.DigestOf)
	}
	byRef(ref.Service, catalog.DigestOf)
	for _, kind := range []ref.Kind{ref.Item, ref.Run, ref.Proposal, ref.ItemKind, ref.Reconcile, ref.Discovery, ref.Baseline} {
		byRef(kind, cmdb.DigestOf)
	}
	byRef(ref.Scorecard, scorecard.DigestOf)
	for _, kind := range []ref.Kind{ref.Change, ref.ChangeModel, ref.Practice} {
		byRef(kind, change.DigestOf)
	}
	byRef(ref.Decision, change.DecisionDigest)
	byRef(ref.Window, window.DigestOf)
	byRef(ref.Policy, policy.DigestOf)
	byRef(ref.RiskModel, risk.DigestOf)
	a.Audit.Content(ref.Matrix, incident.MatrixContent)
	byRef(ref.Calendar, calendar.DigestOf)
	byRef(ref.Message, notify.DigestOf)
	byRef(ref.Escalation, escalation.DigestOf)
	byRef(ref.Schedule, oncall.DigestOf)
	byRef(ref.Cover, oncall.DigestOf)
	byRef(ref.Channel, notify.DigestOf)
	byRef(ref.Method, contact.DigestOf)
	a.Audit.Content(ref.Incident, func(q db.Querier, key string) (string, error) {
		id, err := ref.ID(ref.Incident, key)
		if err != nil {
			return "", err
		}
		sum, _, err := a.Incidents.Content(q, id)
		return sum, err
	})
}

// targets is where checkpoints are published.
func (a *App) targets() (out []audit.Target) {
	if a.cfg.PublishFile != "" {
		out = append(out, audit.File(a.cfg.PublishFile))
	}
	if a.cfg.PublishGit != "" {
		out = append(out, audit.Git(a.cfg.PublishGit))
	}
	if a.cfg.PublishHook != "" {
		out = append(out, audit.Webhook(a.cfg.PublishHook))
	}
	return out
}
