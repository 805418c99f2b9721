package dora

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Recorder writes imported deployments as changes that are over. Package
// change does; app wires it.
type Recorder interface {
	// Services returns the catalog's names of what pipelines call services;
	// unknown ones are absent.
	Services(q db.Querier, names []string) (map[string]string, error)
	// RecordPast writes a change that is over, with its evidence, and tells
	// nobody.
	RecordPast(tx *db.Tx, p Past) (id int64, err error)
	// TakenBack notes that a change, recorded before, was rolled back by
	// another one at a time, unless something else is known of it.
	TakenBack(tx *db.Tx, id, by int64, at time.Time) error
}

// Past is a deployment that is over, as it becomes a change.
type Past struct {
	History
	Previous   string
	Returns    bool  // to an earlier artefact
	RollbackOf int64 // the change that it took back; 0: none
	State      string
	OutcomeBy  string
	Rework     bool
}

// historySource names imported deployments among the external keys of changes.
const historySource = "history"

// importAtOnce is how many deployments one transaction takes in.
const importAtOnce = 200

// Imported says what an import did.
type Imported struct {
	Understood
	Added int
	Known int // taken in by an earlier import, or twice in this one
}

// Import takes in deployments that happened before, as changes that are over.
// They may come in any order, and again: a deployment is known by its service,
// environment, artefact and time. dry reads and understands them, and writes
// nothing. Parts are written one after the other, the oldest first, so that an
// import that was interrupted goes on when it is sent again. Errors: Invalid
// with the lines that are wrong, or services that nobody registered.
func (s *Service) Import(ctx context.Context, rows []History, how Reading, dry bool) (done Imported, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil && s.Record == nil {
		err = errs.E(errs.Unavailable, "changes are not in use here")
	}
	if err != nil {
		return done, errs.Wrap("dora.import", err)
	}
	if len(how.Environments) == 0 {
		how.Environments = []string{production}
	}
	list, done, err := s.planImport(ctx, rows, how)
	if err != nil || dry {
		return done, errs.Wrap("dora.import", err)
	}
	ids := make([]int64, len(list)) // of the changes made of them
	for from := 0; from < len(list); from += importAtOnce {
		until := min(from+importAtOnce, len(list))
		err := s.db.Write(ctx, who, "history of changes imported", func(tx *db.Tx) error {
			var keys [][]any
			for i, p := range list[from:until] {
				past := Past{History: p.History, Previous: p.Previous, Returns: p.Returns, State: p.State, OutcomeBy: p.OutcomeBy, Rework: p.Rework}
				switch {
				case p.Took >= 0:
					past.RollbackOf = ids[p.Took]
				case p.TookID > 0:
					past.RollbackOf = p.TookID
				}
				id, err := s.Record.RecordPast(tx, past)
				if err != nil {
					return err
				}
				ids[from+i] = id
				if past.RollbackOf > 0 {
					if err := s.Record.TakenBack(tx, past.RollbackOf, id, p.DeployedAt); err != nil {
						return err
					}
				}
				keys = append(keys, []any{historySource, keyOf(p.History), id})
			}
			return bindHistory(tx, keys)
		})
		if err != nil {
			return done, errs.Wrap("dora.import", err)
		}
		done.Added += until - from
	}
	if s.Kick != nil {
		s.Kick(SourceName)
	}
	return done, nil
}

// planImport checks and understands a history, without what is known of it.
func (s *Service) planImport(ctx context.Context, rows []History, how Reading) (list []planned, done Imported, err error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, done, err
	}
	if err := checkHistory(rows, now); err != nil {
		return nil, done, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if rows, err = s.named(q, rows, how); err != nil {
			return err
		}
		var keys []string
		for _, h := range rows {
			if slices.Contains(how.Environments, h.Environment) {
				keys = append(keys, keyOf(h))
			}
		}
		known, err := knownHistory(q, keys)
		if err != nil {
			return err
		}
		before := len(rows)
		rows = slices.DeleteFunc(slices.Clone(rows), func(h History) bool {
			if !slices.Contains(how.Environments, h.Environment) {
				return false
			}
			key := keyOf(h)
			was := known[key]
			known[key] = true
			return was
		})
		done.Known = before - len(rows)
		how.Ran = func(service, environment string, until time.Time) (Ran, error) {
			return ran(q, service, environment, until)
		}
		list, done.Understood, err = understand(rows, how)
		return err
	})
	return list, done, err
}

// named gives services their names in the catalog. Those of other
// environments may be unknown: nothing is made of them.
func (s *Service) named(q db.Querier, rows []History, how Reading) ([]History, error) {
	seen := map[string]bool{}
	var names []string
	for _, h := range rows {
		if !seen[h.Service] {
			seen[h.Service] = true
			names = append(names, h.Service)
		}
	}
	catalog, err := s.Record.Services(q, names)
	if err != nil {
		return nil, err
	}
	var bad errs.Fields
	out := slices.Clone(rows)
	for i, h := range rows {
		name, ok := catalog[h.Service]
		switch {
		case ok:
			out[i].Service = name
		case seen[h.Service] && slices.Contains(how.Environments, h.Environment):
			seen[h.Service] = false // said once
			if bad.Add("service", h.Service, "register it first: `evenkeel service create`, or in git (line "+strconv.Itoa(h.Line)+")"); len(bad) == 50 {
				return nil, bad.Err()
			}
		}
	}
	return out, bad.Err()
}

// keyOf knows a deployment again.
func keyOf(h History) string {
	sum := sha256.Sum256([]byte(h.Service + "\x00" + h.Environment + "\x00" + artefactOf(h) + "\x00" + strconv.FormatInt(db.Micros(h.DeployedAt), 10)))
	return hex.EncodeToString(sum[:16])
}
