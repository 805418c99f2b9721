package audit

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// A log whose key is lost goes on under another one: what was signed stays
// good, whoever checks is told of the change, and nobody who knew the former
// key only takes the new one unasked.
func TestReplaceKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(150)
		first := b.sign()
		b.write(150)
		old, oldKey := b.s, b.key
		file := filepath.Join(t.TempDir(), "new.key")
		for what, args := range map[string][2]string{"no confirmation": {"", Lost}, "another log": {"other.example", Lost}, "no reason": {"harbour.example", "bored"}} {
			if _, err := ReplaceKey(b.ctx, d, KeySource{File: file}, args[0], args[1]); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := ReplaceKey(b.ctx, d, KeySource{Value: oldKey.Secret()}, "harbour.example", Lost); !errs.Is(err, errs.Conflict) {
			t.Errorf("by the same key: %v", err)
		}
		r, err := ReplaceKey(b.ctx, d, KeySource{File: file}, "harbour.example", Lost)
		if err != nil || !r.Created || r.Epoch != 2 || r.Size != 301 || r.Former != oldKey.Public().String() {
			t.Fatalf("%+v %v", r, err)
		}
		b.settle()
		if _, err := old.Sign(b.ctx); !errs.Is(err, errs.Conflict) {
			t.Errorf("a server with the former key goes on signing: %v", err)
		}
		if _, _, err := LoadKey(b.ctx, d, KeySource{Value: oldKey.Secret()}); !errs.Is(err, errs.Conflict) {
			t.Errorf("the former key opens the log: %v", err)
		}
		if _, err := ReplaceKey(b.ctx, d, KeySource{File: file}, "harbour.example", Lost); !errs.Is(err, errs.Conflict) {
			t.Errorf("the same again: %v", err)
		}
		if b.key, _, err = LoadKey(b.ctx, d, KeySource{File: file}); err != nil {
			t.Fatal(err)
		}
		content := b.s.contents
		if b.s, err = New(b.ctx, d, b.key, Options{}); err != nil || b.s.Origin() != "harbour.example/2" {
			t.Fatal(err)
		}
		b.s.contents = content
		if r := b.check(); !r.OK || len(r.Replaced) != 1 || r.Replaced[0].Index != 301 || r.Checkpoints != 1 {
			t.Errorf("before the first signature: %+v %v", r, r.Bad)
		}
		b.write(10)
		b.sign()
		if r := b.check(); !r.OK || len(r.Replaced) != 1 {
			t.Errorf("whole: %+v %v", r, r.Bad)
		}
		if r, err := b.s.carryOut(b.ctx, false); err != nil || !r.OK || r.From == 0 {
			t.Errorf("what is new: %+v %v %v", r, r.Bad, err)
		}

		seal := func(epoch, size int64, root tlog.Hash) (string, error) {
			cp, err := b.key.Sign(epoch, size, root)
			return cp.Note, err
		}
		if info, err := d.Backup(b.ctx, filepath.Join(t.TempDir(), "backup.db"), db.BackupOptions{Seal: seal}); err != nil || info.Checkpoint == "" {
			t.Errorf("a backup afterwards: %+v %v", info, err)
		}

		var out bytes.Buffer
		if _, err := b.s.Export(b.ctx, &out, Filter{}); err != nil {
			t.Fatal(err)
		}
		stranger, _ := evidence.NewKey("harbour.example")
		root, _ := tlog.ParseHash(first.Root)
		forked := root
		forked[0]++
		formerKey, newKey := oldKey.Public(), b.key.Public()
		for _, c := range []struct {
			name  string
			opt   evidence.Options
			fault evidence.Fault
		}{
			{"no key", evidence.Options{}, ""},
			{"the new key", evidence.Options{Key: newKey}, ""},
			{"both keys", evidence.Options{Key: formerKey, Also: []evidence.Public{newKey}}, ""},
			{"both keys, published checkpoint", evidence.Options{Key: newKey, Also: []evidence.Public{formerKey}, Known: []evidence.Known{{Size: first.Size, Root: root, Epoch: 1, Name: "it"}}}, ""},
			{"the former key only", evidence.Options{Key: formerKey}, evidence.Rekeyed},
			{"another key", evidence.Options{Key: stranger.Public()}, evidence.Forged},
			{"a former checkpoint that is not its own", evidence.Options{Key: newKey, Known: []evidence.Known{{Size: 290, Root: forked, Epoch: 1, Name: "it"}}}, evidence.Rewritten},
		} {
			rep, err := evidence.Verify(strings.NewReader(out.String()), c.opt)
			if err != nil || rep.OK != (c.fault == "") || !rep.OK && rep.Bad.Fault != c.fault {
				t.Errorf("%s: %+v %v %v", c.name, rep, rep.Bad, err)
			}
			if rep.OK && (len(rep.Replaced) != 1 || rep.Replaced[0].Because != Lost) {
				t.Errorf("%s: the change is not told: %+v", c.name, rep.Replaced)
			}
			if c.fault == evidence.Rekeyed && (rep.Bad.Index != 301 || !strings.Contains(rep.Bad.Words, newKey.String()) || rep.Signed != first.Size) {
				t.Errorf("%s: %+v", c.name, rep.Bad)
			}
		}
	})
}

// Whoever has a key that was replaced cannot sign with it any more, and
// whoever changed the log cannot cover that with a new key.
func TestReplaceKeyOfAnotherHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(20)
		b.sign()
		thief := b.key
		file := filepath.Join(t.TempDir(), "new.key")
		if _, err := ReplaceKey(b.ctx, d, KeySource{File: file}, "harbour.example", Exposed); err != nil {
			t.Fatal(err)
		}
		b.settle()
		b.write(5)
		key, _, err := LoadKey(b.ctx, d, KeySource{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if b.s, err = New(b.ctx, d, key, Options{}); err != nil {
			t.Fatal(err)
		}
		c := b.sign()
		root, _ := tlog.ParseHash(c.Root)
		forged, err := thief.Sign(1, c.Size, root)
		if err != nil {
			t.Fatal(err)
		}
		b.exec("INSERT INTO evidence_checkpoint (size, epoch, root, at, note) VALUES ($1, 1, $2, 0, $3)", c.Size, c.Root, forged.Note)
		if r, err := b.s.carryOut(b.ctx, true); err != nil || r.OK || r.Bad.Fault != evidence.Forged || !strings.Contains(r.Bad.Words, "had been replaced") {
			t.Errorf("signed with the replaced key: %+v %v", r.Bad, err)
		}
		b.exec("DELETE FROM evidence_checkpoint WHERE size = $1 AND epoch = 1", c.Size)
		b.exec(b.tamper("UPDATE evidence SET entry = replace_user(entry) WHERE idx = 7"))
		again := filepath.Join(t.TempDir(), "again.key")
		if _, err := ReplaceKey(b.ctx, d, KeySource{File: again}, "harbour.example", Lost); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "#7") {
			t.Errorf("a log that was changed: %v", err)
		}
	})
}
