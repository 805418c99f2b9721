// Package audit is the reading side of the evidence log: who looks into it,
// proves from it, checks it, signs it and hands it out.
//
// The log is written by db (a leaf in the transaction that it records) and
// defined by evidence (entries, tree, proofs, export). Audit adds:
//
//   - signing: when the log has grown, every minute by default, a checkpoint
//     over everything that has a place in the sequence. Before signing, the
//     tree of the last checkpoint is computed again from what is stored; if it
//     no longer leads to the signed root, nothing is signed, because a log
//     that signs two histories is worth nothing;
//   - publishing checkpoints outside (file, git, webhook): against somebody who
//     holds the key only a copy elsewhere helps;
//   - checking: what is new every few minutes, everything once a day or when
//     somebody asks: entries against the tree, the tree against every
//     checkpoint, and each record's present content against the digest in its
//     last entry;
//   - answering: entries, proofs, tiles, exports;
//   - retention: what other practices may forget, swept with an entry for every
//     sweep. The log itself is never swept.
//
// Epochs: a restore from a backup loses what was logged after it. It therefore
// starts a new epoch with an origin line of its own, so that its checkpoints
// never contradict those published before. The epoch is a row and an entry.
// So does a replaced key (replace.go): nothing is lost then, but who vouches
// for the log is another one.
//
// The signing key is outside the database, in a file or the environment, and
// the same for all replicas. A log whose key is missing or another one does
// not start: see LoadKey.
package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Options are what an operator decides. Zero values mean the defaults.
type Options struct {
	Every      time.Duration // how often a grown log is signed; 60 s
	CheckEvery time.Duration // how often what is new is checked; 5 min
	WholeEvery time.Duration // how often everything is checked; 24 h
	Targets    []Target      // where checkpoints are published
	Log        *slog.Logger
}

// ContentFunc returns the digest of a record's present content, computed as
// the practice computes evidence.Entry.After. An empty digest means that it
// cannot be compared because its salt was erased with personal data; an error
// of kind NotFound (or db.ErrNoRows) that there is no such record.
type ContentFunc func(q db.Querier, key string) (digest string, err error)

// Service answers for the evidence log.
type Service struct {
	d     *db.DB
	key   evidence.Key
	epoch int64
	opt   Options

	contents map[ref.Kind]ContentFunc
	policies []Policy

	mu    sync.Mutex // guards check
	check Progress
}

// New opens the log for signing. At the very first start it begins epoch 1
// with the key; later it refuses a key that is not the log's. It also refuses
// a backup file that somebody opened instead of restoring it.
func New(ctx context.Context, d *db.DB, key evidence.Key, opt Options) (*Service, error) {
	setDefault(&opt.Every, time.Minute)
	setDefault(&opt.CheckEvery, 5*time.Minute)
	setDefault(&opt.WholeEvery, 24*time.Hour)
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	s := &Service{d: d, key: key, opt: opt, contents: map[ref.Kind]ContentFunc{}}
	err := d.Write(ctx, actor.Job("evidence"), "the evidence log was opened for the first time", s.open)
	if err != nil {
		return nil, errs.Wrap("audit.open", err)
	}
	return s, nil
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d <= 0 {
		*d = v
	}
}

// open finds the current epoch, or begins the first.
func (s *Service) open(tx *db.Tx) error {
	if from, err := backupLabel(tx); err != nil {
		return err
	} else if from != "" {
		return errs.E(errs.Conflict, "this database is a backup file; use `evenkeel restore FILE` to bring it into a new database, because a restored log must start a new epoch")
	}
	e, err := lastEpoch(tx)
	switch {
	case err == db.ErrNoRows:
		e = Epoch{Epoch: 1, StartedAt: tx.Now, Root: rootOfNothing, Key: s.key.Public().String(), Reason: "first start"}
		s.epoch = 1
		return s.begin(tx, e)
	case err != nil:
		return err
	}
	if err := sameKey(e.Key, s.key); err != nil {
		return err
	}
	s.epoch = e.Epoch
	return nil
}

func (s *Service) begin(tx *db.Tx, e Epoch) error {
	tx.Record(evidence.Entry{Action: "evidence.epoch", Record: ref.S(ref.System, "evidence"), Version: e.Epoch,
		Data: map[string]any{"epoch": e.Epoch, "size": e.Size, "root": e.Root, "key": e.Key}})
	return insertEpoch(tx, e)
}

// Content registers how a kind of record is compared with its last entry.
// Call it while wiring.
func (s *Service) Content(kind ref.Kind, f ContentFunc) { s.contents[kind] = f }

// Key is the log's verifier key, for auditors.
func (s *Service) Key() evidence.Public { return s.key.Public() }

// Origin is the first line of the checkpoints signed now.
func (s *Service) Origin() string { return evidence.Origin(s.key.Name(), s.epoch) }

// Epoch is a stretch of the log with one origin.
type Epoch struct {
	Epoch     int64     `json:"epoch"`
	StartedAt time.Time `json:"started_at"`
	Size      int64     `json:"size"` // entries before it
	Root      string    `json:"root"` // tree hash over them
	Key       string    `json:"key"`  // verifier key
	Reason    string    `json:"reason"`
}
