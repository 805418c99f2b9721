package app

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
	"github.com/evenkeel/evenkeel/internal/secret"
)

// openBox reads the key for secrets from the environment or its file, which
// is made at the first start. The database remembers which key it was (not the
// key): a start with another one, or a new file made because the old one is
// not there, would leave channels mute until somebody asks why.
func (a *App) openBox(ctx context.Context) (*secret.Box, error) {
	var have string
	if err := a.db.Read(ctx, func(q db.Querier) (err error) { have, err = secretsKeyID(q); return err }); err != nil {
		return nil, errs.Wrap("app.secrets", err)
	}
	box, where, err := a.readBox(have == "" || a.cfg.NewSecretsKey)
	if err != nil || have == box.KeyID() {
		return box, err
	}
	err = a.db.Write(ctx, actor.Job("secrets"), "the key that encrypts secrets", func(tx *db.Tx) error {
		have, err := secretsKeyID(tx) // another replica may have started first
		if err != nil {
			return err
		}
		if have != "" && !box.Has(have) && !a.cfg.NewSecretsKey {
			return errs.E(errs.Conflict, "%s holds the key %s, but the secrets in this database were encrypted with the key %s; give it that key, and the same one to all replicas. "+
				"To change keys, write the new one first and the old one on a second line. If the old one is lost, start once with --new-secrets-key", where, box.KeyID(), have)
		}
		tx.Record(evidence.Entry{Action: "secrets.key", Record: ref.S(ref.System, "secrets"), Data: map[string]string{"key": box.KeyID(), "former": have}})
		return setSecretsKeyID(tx, box.KeyID())
	})
	return box, errs.Wrap("app.secrets", err)
}

// renew seals anew what earlier keys sealed, at a start that still has them, so
// that they can be dropped from the file afterwards.
func (a *App) renew(ctx context.Context, box *secret.Box) error {
	if !box.Former() {
		return nil
	}
	return errs.Wrap("app.secrets", a.db.Write(ctx, actor.Job("secrets"), "secrets sealed with the present key", func(tx *db.Tx) error {
		done := map[string]int{}
		for what, renew := range map[string]func(tx *db.Tx) (int, error){"channels": a.Notify.Renew, "contact methods": a.Contacts.Renew, "signing tokens": a.Alerts.Renew, "sources of the map": a.CMDB.Renew, "credentials of pipelines": a.Changes.Renew} {
			n, err := renew(tx)
			if err != nil {
				return err
			}
			if n > 0 {
				done[what] = n
			}
		}
		sealed, err := vapidKey(tx)
		if err != nil {
			return err
		}
		if fresh, changed := box.Renew(sealed, boundVAPID); changed {
			done["push key"] = 1
			if err := setVAPIDKey(tx, fresh); err != nil {
				return err
			}
		}
		if len(done) == 0 {
			tx.Unrecorded("nothing was sealed with an earlier key")
			return nil
		}
		tx.Record(evidence.Entry{Action: "secrets.renewed", Record: ref.S(ref.System, "secrets"), Data: done})
		return nil
	}))
}

// readBox returns the keys and where they stand; create makes a missing file.
func (a *App) readBox(create bool) (box *secret.Box, where string, err error) {
	if text := os.Getenv("EVENKEEL_SECRETS_KEY"); text != "" {
		where = "EVENKEEL_SECRETS_KEY"
		box, err = secret.Parse(text)
	} else {
		where = a.cfg.SecretsKey
		box, err = secret.Load(where, create)
	}
	var file *fs.PathError
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist) && !create:
		err = errs.E(errs.Unavailable, "the key that encrypts secrets is not there: put the file %s back, or set EVENKEEL_SECRETS_KEY; "+
			"if it is lost, start once with --new-secrets-key and give the channels their addresses again", where)
	case errors.As(err, &file):
		err = errs.E(errs.Unavailable, "the key for secrets in %s cannot be read or made; check the folder and its permissions, or set EVENKEEL_SECRETS_KEY", where).Because(err)
	default:
		err = errs.E(errs.Invalid, "%s holds no key for secrets", where).Because(err)
	}
	return box, where, err
}
