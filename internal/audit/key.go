package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// rootOfNothing is the tree hash of an empty log, base64.
var rootOfNothing = (&evidence.Tree{}).Root().String()

// KeySource says where the signing key is.
type KeySource struct {
	Value string // the key itself, from the environment (EVENKEEL_LOG_KEY); wins
	File  string // the file that holds it, apart from the database
	Name  string // what a new log is called
}

// LoadKey returns the log's signing key. At the very first start it makes one
// and writes it to the file, readable by its owner only; created is true then.
// A log that exists and whose key is not there is an error: without its key
// nobody could vouch for it any more.
func LoadKey(ctx context.Context, d *db.DB, src KeySource) (key evidence.Key, created bool, err error) {
	var have Epoch
	err = d.Read(ctx, func(q db.Querier) (err error) { have, err = lastEpoch(q); return err })
	fresh := errors.Is(err, db.ErrNoRows)
	if err != nil && !fresh {
		return key, false, errs.Wrap("audit.key", err)
	}
	text, where := src.Value, "EVENKEEL_LOG_KEY"
	if text == "" {
		where = src.File
		data, err := os.ReadFile(src.File)
		switch {
		case err == nil:
			text = string(data)
		case !errors.Is(err, fs.ErrNotExist):
			return key, false, errs.E(errs.Unavailable, "the evidence log's key in %s cannot be read; check its permissions", src.File).Because(err)
		case !fresh:
			return key, false, errs.E(errs.Unavailable, "the evidence log's signing key is not there: put the file %s back, or set EVENKEEL_LOG_KEY; "+
				"the log was begun with the key %s, and without it nobody can vouch for it. If it is lost for good, `evenkeel evidence replace-key` goes on under a new one", src.File, fingerprint(have.Key))
		default:
			key, err = createKey(src)
			return key, err == nil, err
		}
	}
	key, err = evidence.ParseKey(text)
	if err != nil {
		return key, false, errs.E(errs.Invalid, "%s holds no signing key; it is one line that begins with PRIVATE+KEY+", where).Because(err)
	}
	if !fresh {
		err = sameKey(have.Key, key)
	}
	return key, false, err
}

// sameKey refuses a key that is not the log's.
func sameKey(want string, key evidence.Key) error {
	pub, err := evidence.ParsePublic(want)
	if err != nil {
		return errs.Wrap("audit.key", err)
	}
	if !pub.Equal(key.Public()) {
		return errs.E(errs.Conflict, "the signing key given is %s, but this evidence log was begun with %s; give it the key it was begun with, "+
			"and the same one to all replicas", fingerprint(key.Public().String()), fingerprint(want))
	}
	return nil
}

// fingerprint is the short form of a verifier key: name+hash.
func fingerprint(vkey string) string {
	plus := 0
	for i, r := range vkey {
		if r == '+' {
			if plus++; plus == 2 {
				return vkey[:i]
			}
		}
	}
	return vkey
}

func createKey(src KeySource) (evidence.Key, error) {
	key, err := evidence.NewKey(src.Name)
	if err != nil {
		return key, errs.BadField("log-name", src.Name, "name the log like a host: ops.example.org or ops.example.org/evenkeel")
	}
	fail := func(err error) (evidence.Key, error) {
		return evidence.Key{}, errs.E(errs.Unavailable, "cannot write a new signing key to %s; check the folder and its permissions, or set EVENKEEL_LOG_KEY", src.File).Because(err)
	}
	if err := os.MkdirAll(filepath.Dir(src.File), 0o700); err != nil {
		return fail(err)
	}
	err = secret.Keep(src.File, key.Secret()+"\n")
	if errors.Is(err, fs.ErrExist) { // another process was first
		data, err := os.ReadFile(src.File)
		if err != nil {
			return fail(err)
		}
		return evidence.ParseKey(string(data))
	}
	if err != nil {
		return fail(err)
	}
	return key, nil
}
