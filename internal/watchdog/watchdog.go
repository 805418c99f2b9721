// Package watchdog watches Evenkeel itself: it asks whether everybody who
// should have been told by now was told, and says so where people look.
//
// What is real here. A look recomputes, from the records and not from the path
// that sends, what should have happened by now, and compares it with what did:
// each Check is one such question (messages past their promise, pages that
// never reached the outbox, urgent messages that died, due work that nobody
// did). A difference is a Finding. Findings open an incident on Evenkeel, once,
// told to the admins besides the usual ways; two clean looks in a row resolve
// it.
//
// Invariants:
//   - one open incident, however many findings, looks and replicas: the row of
//     the watchdog is claimed for each look and names the incident;
//   - a check that fails is a finding itself: what cannot be seen is not fine;
//   - a single late second is no finding; each check has its own patience.
//
// What cannot be told from inside, because the inside is what is broken, is
// told by silence: Beat calls an outside heartbeat (a dead man's switch) only
// while looks succeed and find nothing, so that somebody else raises the alarm
// when Evenkeel is down, stuck, cut off, or finds itself failing.
package watchdog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Every is the time between two looks.
const Every = 30 * time.Second

// Finding is one thing that should have happened and did not.
type Finding struct {
	Record ref.Ref   `json:"record"` // what it is about; may be zero
	Since  time.Time `json:"since"`  // when it should have happened
	Text   string    `json:"text"`   // one line, no personal data
}

// Check is one question to the records.
type Check struct {
	Name string // "messages", shown to people
	Look func(q db.Querier, now time.Time) ([]Finding, error)
}

// Incidents opens and ends the incident on Evenkeel itself. Satisfied by
// incident, wired by app.
type Incidents interface {
	// OpenOwn opens an incident and tells the admins; text says what is wrong.
	OpenOwn(tx *db.Tx, title, text string) (id int64, err error)
	// OpenStill reports whether nobody has ended it.
	OpenStill(q db.Querier, id int64) (bool, error)
	// NoteOwn adds to its timeline.
	NoteOwn(tx *db.Tx, id int64, text string) error
	// EndOwn resolves it; doing so again does nothing.
	EndOwn(tx *db.Tx, id int64, text string) error
}

// Service looks.
type Service struct {
	db        *db.DB
	checks    []Check
	incidents Incidents

	// Hidden says which records an actor may not see; nil: none. Set by app.
	Hidden func(ctx context.Context, q db.Querier, records []ref.Ref) (map[ref.Ref]bool, error)

	// Grace is how long after its start this process does not look yet: what
	// stayed undone while it was down is being done.
	Grace time.Duration
	mu    sync.Mutex
	from  time.Time // first look; zero: not asked yet
}

// New returns the watchdog; its checks run in the order given.
func New(d *db.DB, incidents Incidents, checks ...Check) *Service {
	return &Service{db: d, checks: checks, incidents: incidents}
}

// State is what the last look saw.
type State struct {
	LookedAt time.Time // zero: never
	Findings []Finding // empty: all is well
	Incident int64     // the open incident about it; 0 when there is none
	Clean    int       // looks without a finding in a row
}

// Fine reports whether the last look was recent and found nothing.
func (s State) Fine(now time.Time) bool {
	return len(s.Findings) == 0 && !s.LookedAt.IsZero() && now.Sub(s.LookedAt) < 4*Every
}

// Last is what the last look saw, inside a transaction or snapshot; it checks
// no permission.
func (s *Service) Last(q db.Querier) (State, error) {
	row, err := load(q, "")
	return row.State, err
}

// SourceName is the name of the job, for Runner.Kick.
const SourceName = "watchdog"

// Source is the job that looks. Replicas share it: who claims the row looks.
func (s *Service) Source() job.Source {
	return job.Source{
		Name: SourceName,
		Next: func(q db.Querier) (time.Time, error) {
			row, err := load(q, "")
			s.mu.Lock()
			defer s.mu.Unlock()
			if row.next.Before(s.from) {
				return s.from, err
			}
			return row.next, err
		},
		Run: func(ctx context.Context, d *db.DB) (done int, err error) {
			findings, due, err := s.ask(ctx, d)
			if err != nil || !due {
				return 0, errs.Wrap("watchdog.look", err)
			}
			err = d.Write(ctx, actor.Job(SourceName), "looked whether everybody was told", func(tx *db.Tx) error {
				done = 0
				row, err := load(tx, tx.SkipLocked())
				if err != nil || row.next.After(tx.Now) || !row.found {
					tx.Unrecorded("another replica looks")
					return err
				}
				done = 1
				return s.look(tx, row, findings)
			})
			return done, errs.Wrap("watchdog.look", err)
		},
	}
}

// ask runs the checks when a look is due, each on a snapshot of its own: one
// that fails must not take the others with it, nor the transaction that says so.
func (s *Service) ask(ctx context.Context, d *db.DB) (out []Finding, due bool, err error) {
	now, err := d.Now(ctx)
	if err != nil || now.Before(s.start(now)) {
		return nil, false, err
	}
	err = d.Read(ctx, func(q db.Querier) error {
		row, err := load(q, "")
		due = row.found && !row.next.After(now)
		return err
	})
	if err != nil || !due {
		return nil, false, err
	}
	for _, c := range s.checks {
		var list []Finding
		err := d.Read(ctx, func(q db.Querier) (err error) { list, err = c.Look(q, now); return err })
		if err != nil {
			list = []Finding{{Since: now, Text: "the check of " + c.Name + " failed: " + errs.As(err).Text}}
		}
		out = append(out, list...)
	}
	return out[:min(len(out), maxFindings)], true, nil
}

// start is when this process may look first.
func (s *Service) start(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from.IsZero() {
		s.from = now.Add(s.Grace)
	}
	return s.from
}

// maxFindings bounds what one look keeps; more than that says nothing new.
const maxFindings = 100

// look acts on what the checks found.
func (s *Service) look(tx *db.Tx, row row, findings []Finding) error {
	was := row.State
	row.LookedAt, row.Findings, row.next = tx.Now, findings, tx.Now.Add(Every)
	row.Clean++
	if len(findings) > 0 {
		row.Clean = 0
	}
	if len(findings) > 0 && row.Incident != 0 { // somebody ended it, and it goes on: another one
		open, err := s.incidents.OpenStill(tx, row.Incident)
		if err != nil {
			return err
		}
		if !open {
			row.Incident = 0
		}
	}
	switch {
	case len(findings) > 0 && row.Incident == 0:
		id, err := s.incidents.OpenOwn(tx, title(findings), describe(findings))
		if err != nil {
			return err
		}
		row.Incident = id
		tx.Record(evidence.Entry{Action: "watchdog.raised", Record: ref.S(ref.System, "watchdog"), Version: id, Data: map[string]any{"findings": len(findings), "incident": id}})
	case len(findings) > 0 && !same(was.Findings, findings):
		if err := s.incidents.NoteOwn(tx, row.Incident, describe(findings)); err != nil {
			return err
		}
	case row.Incident != 0 && row.Clean >= 2:
		if err := s.incidents.EndOwn(tx, row.Incident, "Two looks in a row found that everybody was told."); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "watchdog.cleared", Record: ref.S(ref.System, "watchdog"), Version: row.Incident, Data: map[string]any{"incident": row.Incident}})
		row.Incident = 0
	}
	tx.Unrecorded("a look that changed nothing")
	return save(tx, row)
}

// same compares findings by what they are about, so that a growing age is no
// news.
func same(a, b []Finding) bool {
	return slices.EqualFunc(a, b, func(x, y Finding) bool { return x.Record == y.Record && x.Text == y.Text })
}

func title(list []Finding) string {
	if len(list) == 1 {
		return "Evenkeel did not tell somebody in time"
	}
	return fmt.Sprintf("Evenkeel did not do %d things in time", len(list))
}

func describe(list []Finding) string {
	var b strings.Builder
	for i, f := range list {
		if i == 20 {
			fmt.Fprintf(&b, "… and %d more", len(list)-i)
			break
		}
		b.WriteString("– ")
		if f.Record != (ref.Ref{}) {
			b.WriteString(f.Record.String() + ": ")
		}
		fmt.Fprintf(&b, "%s (since %s UTC)\n", f.Text, f.Since.UTC().Format("2006-01-02 15:04:05"))
	}
	return strings.TrimSpace(b.String())
}
