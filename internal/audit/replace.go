package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Why a key may be replaced.
const (
	Lost    = "lost"    // nobody has it any more
	Exposed = "exposed" // somebody else may have it
)

var becauseWords = map[string]string{Lost: "the signing key was lost", Exposed: "the signing key may have been copied"}

// ReplacedKey says what ReplaceKey did.
type ReplacedKey struct {
	Epoch   int64  `json:"epoch"`  // begins with it
	Size    int64  `json:"size"`   // entries before it
	Former  string `json:"former"` // verifier keys
	Key     string `json:"key"`
	Where   string `json:"where"`   // where the new key stands
	Created bool   `json:"created"` // it was made and written there
}

// ReplaceKey begins a new epoch of the log under another key: the one in src,
// or a new one that is written to src.File. confirm must be the log's name, so
// that nobody does this by mistake or to the wrong log.
//
// The whole log is checked first under the key it has had: a log that was
// changed does not get a new key, which would cover the change. What was
// signed stays, and verifies with the former key; the epoch's entry says when
// and why the key was replaced, and every check of the log repeats it. Nothing
// is lost, so published checkpoints of the former key still bind.
//
// Run again after a crash it goes on where it stopped: a key that stands in
// the file already is used. Servers that have the former key sign nothing more
// and must be started anew.
func ReplaceKey(ctx context.Context, d *db.DB, src KeySource, confirm, because string) (ReplacedKey, error) {
	if becauseWords[because] == "" {
		return ReplacedKey{}, errs.BadField("because", because, "say lost or exposed")
	}
	var have Epoch
	err := d.Read(ctx, func(q db.Querier) (err error) { have, err = lastEpoch(q); return err })
	if errors.Is(err, db.ErrNoRows) {
		return ReplacedKey{}, errs.E(errs.Conflict, "this evidence log has not begun, so it has no key to replace; start the server")
	}
	if err != nil {
		return ReplacedKey{}, errs.Wrap("audit.replace", err)
	}
	former, err := evidence.ParsePublic(have.Key)
	if err != nil {
		return ReplacedKey{}, errs.Wrap("audit.replace", err)
	}
	if confirm != former.Name() {
		return ReplacedKey{}, errs.BadField("confirm", confirm, "give the log's name, "+former.Name()+
			", to confirm that its key is to be replaced for good: every later check of the log will say so")
	}
	if err := good(ctx, d, former); err != nil {
		return ReplacedKey{}, errs.Wrap("audit.replace", err)
	}
	src.Name = former.Name()
	key, out, err := nextKey(src, former)
	if err != nil {
		return out, err
	}
	out.Former, out.Key = have.Key, key.Public().String()
	err = d.Write(ctx, actor.Job("replace-key"), "the evidence log's key was replaced", func(tx *db.Tx) error {
		now, err := lastEpoch(tx)
		if err != nil {
			return err
		}
		if now != have {
			return errs.E(errs.Conflict, "somebody else began epoch %d of the log meanwhile; look at `evenkeel evidence status`", now.Epoch)
		}
		log, err := db.NewEvidenceLog(tx)
		if err != nil {
			return err
		}
		root, err := evidence.NewReader(log).Root(log.Size())
		if err != nil {
			return err
		}
		out.Epoch, out.Size = have.Epoch+1, log.Size()
		e := Epoch{Epoch: out.Epoch, StartedAt: tx.Now, Size: out.Size, Root: root.String(), Key: out.Key, Reason: becauseWords[because]}
		tx.Record(evidence.Entry{Action: "evidence.epoch", Record: ref.S(ref.System, "evidence"), Version: e.Epoch,
			Data: map[string]any{"epoch": e.Epoch, "size": e.Size, "root": e.Root, "key": e.Key, "former": have.Key, "because": because}})
		return insertEpoch(tx, e)
	})
	return out, errs.Wrap("audit.replace", err)
}

// good checks the whole log under its present key.
func good(ctx context.Context, d *db.DB, key evidence.Public) error {
	log, err := d.OpenEvidenceLog(ctx)
	if err != nil {
		return err
	}
	defer log.Close()
	rep, err := evidence.Check(log, 0, evidence.Options{Key: key})
	if err == nil && !rep.OK {
		err = errs.E(errs.Conflict, "the evidence log does not verify, and a new key would cover that up: %s Restore a backup from before, and replace the key there", rep.Bad.Words)
	}
	return err
}

// nextKey is the key that the log goes on with.
func nextKey(src KeySource, former evidence.Public) (key evidence.Key, out ReplacedKey, err error) {
	text := src.Value
	out.Where = "EVENKEEL_LOG_KEY"
	if text == "" {
		out.Where = src.File
		data, err := os.ReadFile(src.File)
		if errors.Is(err, fs.ErrNotExist) {
			out.Created = true
			key, err = createKey(src)
			return key, out, err
		}
		if err != nil {
			return key, out, errs.E(errs.Unavailable, "the file %s cannot be read; check its permissions, or name another one", src.File).Because(err)
		}
		text = string(data)
	}
	if key, err = evidence.ParseKey(text); err != nil {
		return key, out, errs.E(errs.Invalid, "%s holds no signing key; name a file that does not exist, and a key is made", out.Where).Because(err)
	}
	if key.Public().SameKey(former) {
		return key, out, errs.E(errs.Conflict, "%s holds the key that the log has; there is nothing to replace. If others may have it, move it away first", out.Where)
	}
	if key.Name() != former.Name() {
		return key, out, errs.E(errs.Conflict, "%s holds a key for the log %s, but this one is %s; move it away, and a key is made", out.Where, key.Name(), former.Name())
	}
	return key, out, nil
}

// KeyOf is the verifier key that an epoch's checkpoints are signed with.
func (s *Service) KeyOf(ctx context.Context, epoch int64) (key string, err error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return "", err
	}
	key = s.key.Public().String()
	err = s.d.Read(ctx, func(q db.Querier) error {
		list, err := epochs(q)
		for _, e := range list {
			if e.Epoch == epoch {
				key = e.Key
			}
		}
		return err
	})
	return key, errs.Wrap("audit.key", err)
}
