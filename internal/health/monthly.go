package health

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// SourceName is the name of the job, for Runner.Kick.
const SourceName = "health.report"

const (
	// tooLate is how long after a month's first working hour its report is
	// still worth sending.
	tooLate = 7 * 24 * time.Hour
	// lookEvery bounds how long a new team or an edited calendar is overlooked.
	lookEvery = 24 * time.Hour
	// batch is how many teams one transaction deals with.
	batch = 10
)

// Monthly is the due work that tells each team about the month that is over,
// when the business hours of the new month begin. A month is told of once,
// however often it runs and on however many replicas; a team that had no page,
// no incident and nobody on call is told nothing.
func (s *Service) Monthly() job.Source {
	return job.Source{
		Name: SourceName,
		Next: func(q db.Querier) (time.Time, error) {
			at, _, err := nextLook(q, "")
			return at, err
		},
		Run: func(ctx context.Context, d *db.DB) (done int, err error) {
			now, err := d.Now(ctx)
			if err != nil {
				return 0, errs.Wrap(SourceName, err)
			}
			err = d.Read(ctx, func(q db.Querier) error {
				at, found, err := nextLook(q, "")
				if found && !at.After(now) {
					done = 1
				}
				return err
			})
			if err != nil || done == 0 {
				return 0, errs.Wrap(SourceName, err)
			}
			err = d.Write(ctx, actor.Job(SourceName), "monthly report", func(tx *db.Tx) (err error) {
				tx.Unrecorded("a look that sent nothing")
				done, err = s.due(tx)
				return err
			})
			return done, errs.Wrap(SourceName, err)
		},
	}
}

// due sends what is due and says when to look again.
func (s *Service) due(tx *db.Tx) (done int, err error) {
	at, found, err := nextLook(tx, tx.SkipLocked())
	if err != nil || !found || at.After(tx.Now) {
		return 0, err
	}
	teams, err := s.world.Teams(tx)
	if err != nil {
		return 0, err
	}
	next := tx.Now.Add(lookEvery)
	for _, team := range teams {
		if done == batch { // the rest at once, in a transaction of its own
			next = tx.Now
			break
		}
		h, err := s.world.Hours(tx, team)
		if err != nil {
			return 0, err
		}
		month, open, following := turn(h, tx.Now)
		if open.After(tx.Now) {
			following = open
		} else if tx.Now.Sub(open) < tooLate {
			sent, err := s.send(tx, team, month)
			if err != nil {
				return 0, err
			}
			done += sent
		}
		if following.Before(next) {
			next = following
		}
	}
	return max(done, 1), lookAgain(tx, next)
}

// turn returns the month before now, when its report is due, and when the next
// one is. A calendar that never opens does so at the beginning of the month:
// better told on a holiday than never.
func turn(h Hours, now time.Time) (month string, due, following time.Time) {
	local := now.In(h.Zone())
	first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, h.Zone())
	opens := func(t time.Time) time.Time {
		if open, ok := h.NextOpen(t); ok && open.Sub(t) < 28*24*time.Hour {
			return open
		}
		return t
	}
	return first.AddDate(0, -1, 0).Format("2006-01"), opens(first), opens(first.AddDate(0, 1, 0))
}

// send tells a team of a month unless it was told; sent is 1 when it was now.
func (s *Service) send(tx *db.Tx, team, month string) (sent int, err error) {
	if done, err := reported(tx, team, month); err != nil || done {
		return 0, err
	}
	r, err := s.report(tx, everybody, team, month, tx.Now)
	if errs.Is(err, errs.NotFound) { // deleted since it was listed
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	told := r.Known && (r.Pages > 0 || r.Incidents > 0 || r.Total() > 0) && s.Notify != nil
	if told {
		if err := s.Notify(tx, s.notice(r)); err != nil {
			return 0, err
		}
		tx.Record(evidence.Entry{Action: "health.report", Record: ref.S(ref.System, "oncall-health"), Data: map[string]any{"team": team, "month": month, "pages": r.Pages}})
	}
	return 1, noteReport(tx, team, month, r.Pages, told)
}

// Total is how long people were on call, together; 0 when that is not known.
func (r *Report) Total() (sum time.Duration) {
	for _, l := range r.People {
		sum += max(0, l.OnCall)
	}
	return sum
}

// Path is the page that shows a report.
func (r *Report) Path() string { return "/oncall/health?team=" + r.Team + "&period=" + r.Period.Name }

// notice is the monthly report as a quiet message to members and leads.
func (s *Service) notice(r Report) notify.Notice {
	lines := r.Lines()
	if s.URL != "" {
		lines = append(lines, "", "All figures and what is behind them: "+strings.TrimRight(s.URL, "/")+r.Path())
	}
	return notify.Notice{
		Key: "health " + r.Team + " " + r.Period.Name, Record: ref.S(ref.Team, r.Team), Reason: "monthly report",
		Title: "On-call health of " + r.Title + " in " + r.Period.Title, Text: strings.Join(lines, "\n"),
		Team: r.Team, TeamRoles: []string{string(auth.Plain), string(auth.Lead)}, Quiet: true,
	}
}
