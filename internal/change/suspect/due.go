package suspect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// DueName is the name of the due work.
const DueName = "suspects"

// plan is when after an incident opened its suspects are looked for: at once,
// and again because pipelines report late and changes are taken back. After the
// last one, only what happens to a suspect, or to the incident, looks again.
var plan = []time.Duration{time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour}

const (
	soonAfter = 2 * time.Second // something changed: others of the same delivery may follow
	atATime   = 20
)

// OnIncident is the reaction to an incident that was opened, ended, reopened, or
// whose service or beginning changed: its suspects are looked for soon. was is
// the zero value for a new one. Anything else about an incident costs nothing.
func (s *Service) OnIncident(tx *db.Tx, now, was Incident) error {
	if now.ID == was.ID && now.Open == was.Open && now.Began.Equal(was.Began) && now.Over.Equal(was.Over) && slices.Equal(now.Services, was.Services) {
		return nil
	}
	if !now.Over.IsZero() && !now.Over.Equal(was.Over) {
		edges, err := edgesOf(tx, now.ID)
		if err != nil {
			return err
		}
		for _, e := range edges {
			if e.State == Confirmed {
				if err := s.recovered(tx, e.Change, now); err != nil {
					return err
				}
			}
		}
	}
	return s.later(tx, putLook(tx, now.ID, mainOf(now.Services), now.Began, tx.Now.Add(plan[0])))
}

// OnChange is the reaction to a change that started, was deployed, ended, or was
// taken back: incidents that it may have to do with are looked at soon.
func (s *Service) OnChange(tx *db.Tx, now, was change.Change) error {
	if now.StartedAt.IsZero() || now.State == was.State && now.TakenBackBy == was.TakenBackBy && now.StartedAt.Equal(was.StartedAt) && now.DeployedAt.Equal(was.DeployedAt) {
		return nil
	}
	next := tx.Now.Add(soonAfter)
	if err := nudge(tx, now.Services, now.StartedAt.Add(-Tolerance), now.StartedAt.Add(Before), next); err != nil {
		return err
	}
	return s.later(tx, nudgeOf(tx, now.ID, now.RollbackOf, next))
}

func (s *Service) later(tx *db.Tx, err error) error {
	if s.Kick != nil {
		tx.After(func() { s.Kick(DueName) })
	}
	return err
}

// Due is the work of looking for suspects.
func (s *Service) Due() job.Source {
	return job.Source{Name: DueName, Next: firstLook, Run: s.run}
}

// run does a few looks: it ranks on a snapshot, outside of the writing
// transaction, and keeps the outcome if nobody else has looked meanwhile.
func (s *Service) run(ctx context.Context, d *db.DB) (done int, err error) {
	now, err := d.Now(ctx)
	if err != nil {
		return 0, err
	}
	who := actor.Job(DueName)
	var due []look
	seen := map[int64]Incident{}
	finds := map[int64]found{}
	err = d.Read(ctx, func(q db.Querier) error {
		if due, err = dueLooks(q, now, atATime); err != nil || len(due) == 0 {
			return err
		}
		ids := make([]int64, len(due))
		for n, l := range due {
			ids[n] = l.incident
		}
		if seen, err = s.incidents.Seen(q, who, ids); err != nil {
			return err
		}
		for id, i := range seen {
			if finds[id], err = s.find(q, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, errs.Wrap("suspect.due", err)
	}
	for _, l := range due {
		err := d.Write(ctx, who, "suspects of an incident were looked for", func(tx *db.Tx) error {
			ok, err := claimLook(tx, l)
			if err != nil || !ok {
				tx.Unrecorded("another replica has looked")
				return err
			}
			i, there := seen[l.incident]
			if err := s.keep(tx, i, finds[l.incident]); err != nil {
				return err
			}
			l := l // the closure may run again
			l.looks++
			l.next = time.Time{}
			if there && i.Open && l.looks < len(plan) {
				l.next = tx.Now.Add(plan[l.looks])
			}
			return saveLook(tx, l)
		})
		if err != nil {
			return done, errs.Wrap("suspect.due", err)
		}
		done++
	}
	return done, nil
}

// keep writes what a look found: suggestions with their ranks, and what the rule
// confirms. Only a list that became another one is evidence.
func (s *Service) keep(tx *db.Tx, i Incident, f found) error {
	tx.Unrecorded("the suspects are the same as before")
	edges, err := edgesOf(tx, i.ID)
	if err != nil || i.ID == 0 {
		return err
	}
	of := map[int64]Edge{}
	for _, e := range edges {
		of[e.Change] = e
	}
	changed := false
	var list []string
	for n, x := range f.list.Suspects {
		e, ok := of[x.Change]
		delete(of, x.Change)
		if !ok {
			e = Edge{Incident: i.ID, Change: x.Change, State: Suggested, Rule: ByRanking, At: tx.Now, salt: evidence.NewSalt()}
		}
		changed = changed || e.Rank != n+1
		same := ok && e.Rank == n+1 && e.Score == x.Score && slices.Equal(e.Reasons, x.Reasons)
		e.show(f, n, tx.Now)
		list = append(list, fmt.Sprintf("%s %d", e.ChangeKey(), e.Score))
		if e.State == Suggested && e.Rule == ByRanking && confirms(i, x) {
			e.Was, e.State, e.Rule = e.State, Confirmed, ByTakenBack
			if err := s.set(tx, i, &e); err != nil {
				return err
			}
		} else if !same {
			if err := saveEdge(tx, e); err != nil {
				return err
			}
		}
	}
	for _, e := range of { // off the list
		if e.Rank > 0 {
			e.Rank, changed = 0, true
			if err := saveEdge(tx, e); err != nil {
				return err
			}
		}
	}
	if changed {
		tx.Record(evidence.Entry{Action: "cause.suspects", Record: ref.N(ref.Incident, i.ID), Data: map[string]any{"list": list}})
	}
	return nil
}

// show notes that a list has the edge's change at a place, from 0.
func (e *Edge) show(f found, n int, now time.Time) {
	x := f.list.Suspects[n]
	if e.Listed.IsZero() {
		e.Listed, e.Place, e.Latest = now, n+1, PlaceOf(f.latest, x.Change)
	}
	e.Rank, e.Score, e.Relation, e.Steps, e.Reasons = n+1, x.Score, x.Place.Relation, x.Place.Steps, x.Reasons
}
