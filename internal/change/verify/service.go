package verify

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Changes is the practice of changes; *change.Service is it.
type Changes interface {
	// Settings tells which metrics are compared.
	Settings(ctx context.Context) (change.Practice, error)
	// Judge sets the outcome before the time is over, and asks for the automatic
	// rollback where settings allow it.
	Judge(ctx context.Context, id int64, out change.Conclusion) (change.Change, error)
}

// Metrics answers what was measured.
type Metrics interface {
	// Range returns a query's readings between two times, one for each step, the
	// earliest first; none when nothing was measured. The query must give one
	// series; several are an error.
	Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]Point, error)
}

// Alerts answers what monitoring says.
type Alerts interface {
	// Began returns alerts of services that began between two times, those that
	// still fire first.
	Began(ctx context.Context, services []string, from, to time.Time) ([]Alert, error)
}

// Service verifies deployments. Make it with New; it satisfies change.Verifier.
type Service struct {
	Metrics Metrics // nil: none are measured
	Alerts  Alerts  // nil: there is no monitoring
	// Around names services around those of a change, whose own changes disturb
	// its readings; nil: nobody knows.
	Around func(q db.Querier, services []string) ([]string, error)

	changes Changes
	db      *db.DB
}

var _ change.Verifier = (*Service)(nil)

// New returns the service on a database. Register OnChange with the practice of
// changes, and Due with the jobs.
func New(d *db.DB, c Changes) *Service { return &Service{db: d, changes: c} }

// idle reports whether there is nobody to ask.
func (s *Service) idle() bool { return s.Metrics == nil && s.Alerts == nil }

// Verification is how a service fared after a change.
type Verification struct {
	Change   int64
	Service  string // the main one
	Looked   time.Time
	Looks    int
	Done     bool
	Deployed time.Time
	Until    time.Time
	Result   Result
	Error    string // of the last look; the result is of the one before

	started time.Time
	next    time.Time
}

// Get returns the verification of a change for its page; NotFound when there
// was none.
func (s *Service) Get(ctx context.Context, id int64) (v Verification, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Verification{}, errs.Wrap("verify.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		var ok bool
		if v, ok, err = read(q, id, ""); err == nil && !ok {
			key := ref.N(ref.Change, id).String()
			err = errs.E(errs.NotFound, "%s was not verified", key).On(key)
		}
		return err
	})
	return v, errs.Wrap("verify.get", err)
}

// OnChange follows a change: a verification begins when its deployment is
// complete and is over when it has an outcome. It is a change.Reaction.
func (s *Service) OnChange(tx *db.Tx, e change.Event) error {
	c := e.Change
	switch {
	case c.State == change.Verifying && (e.Was.State != change.Verifying || !e.Was.VerifyUntil.Equal(c.VerifyUntil)):
		if s.idle() {
			return nil
		}
		return begin(tx, Verification{Change: c.ID, Service: c.Main(), started: c.StartedAt, Deployed: c.DeployedAt, Until: c.VerifyUntil, next: tx.Now.Add(Step)})
	case c.State != change.Verifying && e.Was.State == change.Verifying:
		return end(tx, c.ID)
	}
	return nil
}

// Conclude judges a deployment whose verification is over. What cannot be told
// leaves the outcome that the pipeline reported. Unavailable when sources do not
// answer.
func (s *Service) Conclude(ctx context.Context, c change.Change) (out change.Conclusion, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return change.Conclusion{}, errs.Wrap("verify.conclude", err)
	}
	if s.idle() {
		return change.Conclusion{Outcome: change.Succeeded, Reason: "the deployment was reported complete; nothing is measured after deployments"}, nil
	}
	v := Verification{Change: c.ID, Service: c.Main(), started: c.StartedAt, Deployed: c.DeployedAt, Until: c.VerifyUntil}
	r, err := s.look(ctx, v, c.Services, true)
	if err != nil {
		return change.Conclusion{}, errs.Wrap("verify.conclude", err)
	}
	return conclusion(r), nil
}

// conclusion turns a verdict into an outcome. Whether an unhealthy change is
// rolled back by itself is the practice's to say, by its settings.
func conclusion(r Result) change.Conclusion {
	switch r.Verdict {
	case Unhealthy:
		return change.Conclusion{Outcome: change.Failed, Reason: r.Reason}
	case Inconclusive:
		return change.Conclusion{Outcome: change.Succeeded, Reason: "Inconclusive: " + r.Reason}
	case NoData:
		return change.Conclusion{Outcome: change.Succeeded, Reason: "Not verified: " + r.Reason}
	}
	return change.Conclusion{Outcome: change.Succeeded, Reason: r.Reason}
}

// maxServices bounds how many services of one change are measured.
const maxServices = 5

// look asks all sources, judges, and keeps the result. It is an error when no
// source answered.
func (s *Service) look(ctx context.Context, v Verification, services []string, final bool) (Result, error) {
	settings, err := s.changes.Settings(ctx)
	if err != nil {
		return Result{}, err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return Result{}, err
	}
	p := NewPlan(v.started, v.Deployed, v.Until)
	to := now
	if p.Until.Before(to) {
		to = p.Until
	}
	if len(services) > maxServices {
		services = services[:maxServices]
	}
	series, asked := s.measure(ctx, p, settings.Metrics, services, to)
	var alerts []Alert
	if s.Alerts != nil {
		found, err := s.Alerts.Began(ctx, services, p.Start, to)
		if asked = first(asked, err); err != nil {
			series = append(series, Series{Metric: Metric{Name: "Alerts"}, Failed: "monitoring could not be asked"})
		}
		alerts = found[:min(len(found), 20)]
	}
	if asked.all() {
		return Result{}, s.failed(ctx, v, asked.err)
	}
	var overlaps []Overlap
	err = s.db.Read(ctx, func(q db.Querier) error {
		around := []string{}
		if s.Around != nil {
			if around, err = s.Around(q, services); err != nil {
				return err
			}
		}
		overlaps, err = others(q, v.Change, p, services, around, now)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	r := Judge(p, series, alerts, overlaps, to, final)
	return r, s.keep(ctx, v, r, now)
}

// answers counts who was asked and who did not answer.
type answers struct {
	n, failed int
	err       error // the first failure
}

func first(a answers, err error) answers {
	if a.n++; err != nil {
		if a.failed++; a.err == nil {
			a.err = err
		}
	}
	return a
}

func (a answers) all() bool { return a.n > 0 && a.failed == a.n }

// measure asks for each metric of each service.
func (s *Service) measure(ctx context.Context, p Plan, metrics []change.Metric, services []string, to time.Time) (out []Series, asked answers) {
	if s.Metrics == nil {
		return nil, asked
	}
	for n, svc := range services {
		for _, m := range metrics {
			if n > 0 && !strings.Contains(m.Query, Placeholder) {
				continue // a query that is the same for all is asked once
			}
			one := Series{Metric: Metric{Name: m.Name, Lower: m.Worse == "lower", Effect: cmp.Or(m.Effect, usualEffect), P: cmp.Or(m.P, usualP)}}
			if len(services) > 1 && strings.Contains(m.Query, Placeholder) {
				one.Name += " of " + svc
			}
			points, err := s.Metrics.Range(ctx, strings.ReplaceAll(m.Query, Placeholder, svc), p.From, to, Step)
			if asked = first(asked, err); err != nil {
				one.Failed = fmt.Sprintf("the metric could not be read: %s", said(err))
			}
			one.Points = points
			out = append(out, one)
		}
	}
	return out, asked
}

// What holds for a metric that does not say otherwise.
const (
	usualEffect = 0.1
	usualP      = 0.01
)

// Placeholder stands for the service's name in a metric's query.
const Placeholder = "{service}"
