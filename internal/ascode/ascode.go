// Package ascode keeps an organisation's settings in files: `evenkeel plan`,
// `apply` and `export` on a directory of YAML documents.
//
// A document has apiVersion, kind, metadata.name and spec. Kinds are registered
// by the practices through NewKind; this package knows none of them. What
// happens to a directory:
//
//  1. Load reads all files (load.go), builds values with their positions
//     (tree.go), checks each document against its kind's JSON Schema
//     (check.go) and decodes its spec strictly. Faults of all files come back
//     together, each with file:line:column and what would be right.
//  2. Plan runs the real thing, in one transaction that is then rolled back:
//     list all records, apply every document in order of dependency, remove
//     what is managed and gone from the directory, list again, compare field
//     by field. So a plan shows the effect itself, not a guess at it, and
//     finds what only the database knows (a team that does not exist).
//  3. Apply does the same and commits, with the digest of the plan that the
//     person saw: if the effect would now be another, it is refused.
//
// Invariants:
//   - One transaction, so a directory is applied whole or not at all.
//   - Applying twice changes nothing the second time.
//   - A record is managed (table managed) from its first apply until it is
//     removed from the directory of the same source. Managed records refuse
//     edits by hand (Guard); records that no file names are left alone.
//   - The practices record evidence for each record they change; an entry on
//     "SYS as-code" names commit, source and every record touched.
//   - A file's fault never reaches a user as an internal error.
package ascode

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Service plans, applies and exports.
type Service struct {
	db     *db.DB
	kinds  []Kind // by Order
	loader *Loader
}

// New returns the service for the given kinds.
func New(d *db.DB, kinds ...Kind) *Service {
	kinds = slices.Clone(kinds)
	slices.SortStableFunc(kinds, func(a, b Kind) int { return cmp.Compare(a.Order, b.Order) })
	return &Service{db: d, kinds: kinds, loader: NewLoader(kinds...)}
}

// Kinds returns the registered kinds in order of dependency.
func (s *Service) Kinds() []Kind { return slices.Clone(s.kinds) }

// Schema returns the JSON Schema of a kind, by its name in any case.
func (s *Service) Schema(kind string) ([]byte, error) {
	for _, k := range s.kinds {
		if lower(k.Name) == lower(kind) {
			return k.Schema, nil
		}
	}
	return nil, errs.E(errs.NotFound, "there is no kind %q; there are %s", errs.Short(kind), s.loader.names())
}

// Counts says how many records a plan or apply touches.
type Counts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Adopted   int `json:"adopted"` // unchanged, but managed in git from now on
	Removed   int `json:"removed"`
	Unchanged int `json:"unchanged"`
}

// Touched is how many records are not left as they are.
func (c Counts) Touched() int { return c.Created + c.Changed + c.Adopted + c.Removed }

// Apply is one apply that changed something.
type Apply struct {
	ID     int64
	At     time.Time
	Actor  string // pseudonym, "token:4"
	Person int64  // the person behind it; 0 for machines
	Source string
	Commit string
	Counts Counts // Unchanged is not kept
}

// Record is one managed record.
type Record struct {
	Management
	Ref ref.Ref
	At  time.Time // last apply that changed it
}

// Applies lists applies, newest first, before the given id (0: from the
// newest), and says whether there are more.
func (s *Service) Applies(ctx context.Context, before int64, limit int) (list []Apply, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("ascode.applies", err)
	}
	if before <= 0 {
		before = 1<<63 - 1
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = listApplies(q, before, limit+1)
		return err
	})
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, errs.Wrap("ascode.applies", err)
}

// Managed lists the managed records of a kind by name, after the given name,
// and says whether there are more.
func (s *Service) Managed(ctx context.Context, kind ref.Kind, after string, limit int) (list []Record, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("ascode.managed", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = listManaged(q, kind, after, limit+1)
		return err
	})
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, errs.Wrap("ascode.managed", err)
}
