package dora

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Service measures the changes of one database.
type Service struct {
	db *db.DB

	// Incidents counts the incidents that were triggered in [from, to), of a
	// team and a service (empty = all), and those of them whose cause is
	// confirmed; adopted is false when incidents are not in use. nil: they are
	// not.
	Incidents func(q db.Querier, from, to time.Time, team, service string) (confirmed, all int, adopted bool, err error)
	// Record writes imported deployments as changes; nil: Import is unavailable.
	Record Recorder
	// Kick wakes due work by name; nil: it wakes by itself.
	Kick func(name string)
}

// New returns the service. App calls OnChange whenever a change changed, and
// runs Sealing.
func New(d *db.DB) *Service { return &Service{db: d} }

// Query asks for figures.
type Query struct {
	Filter
	Period   string         // see ParsePeriod; empty: "30d". Ignored with From and To
	From, To time.Time      // any two times
	By       Width          // of the trend; empty: by the trend's length
	Trend    string         // period of the trend; empty: that of the figures
	Zone     *time.Location // of days, weeks and months; nil: UTC
}

// Report is what the page shows.
type Report struct {
	Period   Period
	Before   Period
	Figures  Figures
	Previous Figures // of the period before
	Trend    []Point
	By       Width
	Ledger   []Step
	Maturity Maturity
	Since    time.Time // of the first change measured at all; before it nothing is known. Zero: there is none
}

// Point is one point of a trend.
type Point struct {
	Period
	Known   bool // it lies, at least in part, after the first change measured
	Figures Figures
}

// Report measures the changes of a period, the same time before, and a trend,
// with the ledger of approvals. Errors: Invalid.
func (s *Service) Report(ctx context.Context, ask Query) (r Report, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return r, errs.Wrap("dora.report", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error { r, err = s.report(q, ask); return err })
	return r, errs.Wrap("dora.report", err)
}

func (s *Service) report(q db.Querier, ask Query) (r Report, err error) {
	if err := ask.Filter.check(); err != nil {
		return r, err
	}
	now, err := s.db.Now(q.Context())
	if err != nil {
		return r, err
	}
	zone := locate(ask.Zone)
	if r.Period, r.Before, err = ask.period(now); err != nil {
		return r, err
	}
	over := r.Period
	if ask.Trend != "" {
		if over, _, err = ParsePeriod(ask.Trend, zone, now); err != nil {
			return r, err
		}
	}
	var points []Period
	if r.By, points, err = pointsOf(ask.By, over.From, over.To, zone); err != nil {
		return r, err
	}
	seen := &sight{filter: ask.Filter, now: spanOf(r.Period, true, zone), before: spanOf(r.Before, true, zone), ledger: newLedger()}
	for _, p := range points {
		seen.points = append(seen.points, spanOf(p, false, zone))
	}
	seen.tiled = points[0].From.Equal(r.Period.From) && over.To.Equal(r.Period.To)
	first, err := firstFact(q, 0)
	if err != nil {
		return r, err
	}
	if err := look(q, seen); err != nil {
		return r, err
	}
	seen.end()
	r.Since = db.Time(first)
	var other sync.WaitGroup // finding quantiles is a quarter of the work
	other.Go(func() {
		r.Figures, r.Previous = seen.now.counter.figures(r.Period), seen.before.counter.figures(r.Before)
	})
	for _, p := range seen.points {
		r.Trend = append(r.Trend, Point{p.Period, first > 0 && p.to > first, p.counter.figures(p.Period)})
	}
	r.Ledger = seen.ledger.list()
	other.Wait()
	r.Maturity = MaturityOf(r.Figures)
	for p, f := range map[*Period]*Figures{&r.Period: &r.Figures, &r.Before: &r.Previous} {
		if err := s.linked(q, *p, ask.Filter, f); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (ask Query) period(now time.Time) (Period, Period, error) {
	if !ask.From.IsZero() || !ask.To.IsZero() {
		return Between(ask.From, ask.To, now)
	}
	return ParsePeriod(ask.Period, locate(ask.Zone), now)
}

// linked fills in how many incidents have a confirmed cause.
func (s *Service) linked(q db.Querier, p Period, f Filter, to *Figures) error {
	if s.Incidents == nil {
		return nil
	}
	confirmed, all, adopted, err := s.Incidents(q, p.From, p.To, f.Team, f.Service)
	if err == nil && adopted {
		to.Linked = rateOf(confirmed, all)
	}
	return err
}

func (f Filter) check() error {
	var bad errs.Fields
	for name, v := range map[string]string{"team": f.Team, "service": f.Service, "environment": f.Environment, "kind": f.Kind} {
		if len(v) > 300 || strings.ContainsRune(v, 0) {
			bad.Add(name, v, "give a name")
		}
	}
	return bad.Err()
}
