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
			var due bool
			var p plan
			err = d.Read(ctx, func(q db.Querier) error {
				at, found, err := nextLook(q, "")
				if due = found && !at.After(now); due && err == nil {
					p, err = s.plan(q, now)
				}
				return err
			})
			if err != nil || !due {
				return 0, errs.Wrap(SourceName, err)
			}
			err = d.Write(ctx, actor.Job(SourceName), "monthly report", func(tx *db.Tx) error {
				done = 0
				tx.Unrecorded("a look that sent nothing")
				at, found, err := nextLook(tx, tx.SkipLocked())
				if err != nil || !found || at.After(tx.Now) {
					return err // another replica was faster
				}
				done = 1
				for _, r := range p.due {
					if err := s.send(tx, r); err != nil {
						return err
					}
				}
				return lookAgain(tx, p.next)
			})
			return done, errs.Wrap(SourceName, err)
		},
	}
}

// plan is what one transaction is to do; it is computed before that, so that
// reading months of records holds nobody up.
type plan struct {
	due  []Report
	next time.Time // when to look again
}

func (s *Service) plan(q db.Querier, now time.Time) (p plan, err error) {
	teams, err := s.world.Teams(q)
	if err != nil {
		return p, err
	}
	p.next = now.Add(lookEvery)
	for _, team := range teams {
		if len(p.due) == batch { // the rest at once, in a transaction of its own
			p.next = now
			return p, nil
		}
		h, err := s.world.Hours(q, team)
		if err != nil {
			return p, err
		}
		month, open, following := turn(h, now)
		switch {
		case open.After(now):
			following = open
		case now.Sub(open) < tooLate:
			sent, err := reported(q, team, month)
			if err != nil {
				return p, err
			}
			if !sent {
				r, err := s.report(q, everybody, team, month, now)
				if err != nil {
					return p, err
				}
				p.due = append(p.due, r)
			}
		}
		if following.Before(p.next) {
			p.next = following
		}
	}
	return p, nil
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

// send tells a team of a month unless it was told meanwhile.
func (s *Service) send(tx *db.Tx, r Report) error {
	if sent, err := reported(tx, r.Team, r.Period.Name); err != nil || sent {
		return err
	}
	told := r.Known && (r.Pages > 0 || r.Incidents > 0 || r.Total() > 0) && s.Notify != nil
	if told {
		if err := s.Notify(tx, s.notice(r)); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "health.report", Record: ref.S(ref.System, "oncall-health"), Data: map[string]any{"team": r.Team, "month": r.Period.Name, "pages": r.Pages}})
	}
	return noteReport(tx, r.Team, r.Period.Name, r.Pages, told)
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
		Title: "On-call health of " + r.Title + " in " + within(r.Period.Title), Text: strings.Join(lines, "\n"),
		Team: r.Team, TeamRoles: []string{string(auth.Plain), string(auth.Lead)}, Quiet: true,
	}
}

// within puts a period's title into a sentence: "the last 13 weeks".
func within(title string) string {
	if rest, ok := strings.CutPrefix(title, "Last "); ok {
		return "the last " + rest
	}
	return title
}
