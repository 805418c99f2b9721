package incident

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Spread is a mean with what a mean hides: DOMAIN.md asks for median and
// 90th percentile (nearest rank) always beside it.
type Spread struct {
	N                 int
	Mean, Median, P90 time.Duration
}

// Summary measures the incidents triggered in a period.
type Summary struct {
	Incidents                              int
	ByPriority                             [4]int
	Detect, Acknowledge, Mitigate, Resolve Spread
	Reopened, Reassigned                   int // incidents that were, at least once
}

// measured bounds what one summary reads; a longer period is asked for in parts.
const measured = 200000

// Measured returns the measures of incidents triggered in [from, to) of a
// team and a service (empty = all), without canceled and merged ones, and as
// far as the actor may see them. Errors: Invalid when the period is empty or
// holds more incidents than one summary reads.
func (s *Service) Measured(ctx context.Context, from, to time.Time, team, service string) (sum Summary, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return sum, err
	}
	if !to.After(from) {
		return sum, errs.Wrap("incident.measures", errs.BadField("to", to.Format(time.RFC3339), "give a time after from"))
	}
	args := []any{db.Micros(from), db.Micros(to)}
	cond := ""
	for _, f := range [][2]string{{"team", team}, {"service", service}} {
		if f[1] != "" {
			args = append(args, f[1])
			cond += " AND i." + f[0] + " = $" + itoa(len(args))
		}
	}
	var list []Incident
	err = s.DB.Read(ctx, func(q db.Querier) error {
		cond += visible(who, &args)
		args = append(args, measured+1)
		list, err = db.Collect(q, scanMeasure, `SELECT i.priority, i.started_at, i.triggered_at, i.acknowledged_at, i.mitigated_at, i.resolved_at, i.reopened, i.reassigned
FROM incident i WHERE i.triggered_at >= $1 AND i.triggered_at < $2 AND i.state NOT IN ('canceled', 'merged')`+cond+
			" ORDER BY i.triggered_at, i.id LIMIT $"+itoa(len(args)), args...)
		return err
	})
	if err == nil && len(list) > measured {
		err = errs.BadField("from", from.Format(time.RFC3339), "ask for a shorter period, or one team")
	}
	return summarise(list), errs.Wrap("incident.measures", err)
}

func scanMeasure(r *db.Rows) (i Incident, err error) {
	var started, triggered, acknowledged, mitigated, resolved int64
	err = r.Scan(&i.Priority, &started, &triggered, &acknowledged, &mitigated, &resolved, &i.Reopened, &i.Reassigned)
	i.StartedAt, i.TriggeredAt, i.AcknowledgedAt, i.MitigatedAt, i.ResolvedAt = db.Time(started), db.Time(triggered), db.Time(acknowledged), db.Time(mitigated), db.Time(resolved)
	return
}

func summarise(list []Incident) (sum Summary) {
	var times [4][]time.Duration
	for _, i := range list {
		sum.Incidents++
		sum.ByPriority[i.Priority-1]++
		m := MeasuresOf(i)
		for n, d := range []time.Duration{m.Detect, m.Acknowledge, m.Mitigate, m.Resolve} {
			if d >= 0 {
				times[n] = append(times[n], d)
			}
		}
		sum.Reopened += min(1, m.Reopened)
		sum.Reassigned += min(1, m.Reassigned)
	}
	sum.Detect, sum.Acknowledge, sum.Mitigate, sum.Resolve = spread(times[0]), spread(times[1]), spread(times[2]), spread(times[3])
	return sum
}

func spread(list []time.Duration) (s Spread) {
	if s.N = len(list); s.N == 0 {
		return s
	}
	slices.Sort(list)
	var total time.Duration
	for _, d := range list {
		total += d / time.Duration(s.N) // each part first: a sum of many long ones could overflow
	}
	rank := func(percent int) time.Duration { return list[(s.N*percent+99)/100-1] }
	s.Mean, s.Median, s.P90 = total, rank(50), rank(90)
	return s
}
