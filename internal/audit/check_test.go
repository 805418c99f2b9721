package audit

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestCheckGood(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		if r := b.check(); !r.OK {
			t.Errorf("a new log: %+v", r.Bad)
		}
		for range 3 {
			b.write(130)
			b.sign()
		}
		r := b.check()
		if !r.OK || !r.Whole || r.Records != 390 || r.Checkpoints != 3 || r.Entries != r.Size {
			t.Errorf("%+v %v", r, r.Bad)
		}
		// Only what is new.
		b.write(10)
		if !b.s.begun() {
			t.Fatal("a check is running")
		}
		r, err := b.s.run(b.ctx, actor.Job("evidence"), false)
		if err != nil || !r.OK || r.Whole || r.Known != 1 || r.From != 256 {
			t.Errorf("%+v %v %v", r, r.Bad, err)
		}
		p, err := b.s.CheckProgress(b.ctx)
		if err != nil || p.Running || p.Result == nil || !p.Result.OK {
			t.Errorf("%+v %v", p, err)
		}
		st, err := b.s.Status(b.ctx)
		if err != nil || !st.Good() || st.Check.Whole || !st.Whole.Whole || st.Checkpoint.Size == 0 {
			t.Errorf("%+v %v", st, err)
		}
	})
}

// Every kind of tampering with the tables is found, and the first bad entry
// is named.
func TestTampering(t *testing.T) {
	for _, c := range []struct {
		name  string
		sql   []string
		fault evidence.Fault
		index int64
		words string
	}{
		{"entry edited", []string{"UPDATE evidence SET entry = replace_user(entry) WHERE idx IN (41, 77)"}, evidence.Edited, 41, "INC-41"},
		{"entry of the unfinished tile edited", []string{"UPDATE evidence SET entry = replace_user(entry) WHERE idx = 280"}, evidence.Edited, 280, "INC-280"},
		{"entry deleted", []string{"DELETE FROM evidence WHERE idx = 100"}, evidence.Deleted, 100, "#100"},
		{"entry deleted, others moved up", []string{"DELETE FROM evidence WHERE idx = 100",
			"UPDATE evidence SET idx = idx - 100000 WHERE idx > 100", "UPDATE evidence SET idx = idx + 99999 WHERE idx < 0", "UPDATE evidence_head SET size = size - 1"}, evidence.Deleted, 100, "#100"},
		{"entries swapped", []string{"UPDATE evidence SET idx = -1 WHERE idx = 30", "UPDATE evidence SET idx = 30 WHERE idx = 33", "UPDATE evidence SET idx = 33 WHERE idx = -1"}, evidence.Reordered, 30, "#33"},
		{"entry inserted beyond the end", []string{"INSERT INTO evidence (leaf_id, idx, at, record, version, action, actor, entry) SELECT 900000, 301, at, record, version, action, actor, entry FROM evidence WHERE idx = 5"}, evidence.Inserted, 301, "has 301 entries"},
		{"end deleted", []string{"DELETE FROM evidence WHERE idx >= 290"}, evidence.Truncated, 290, "#290"},
		{"end deleted and head moved", []string{"DELETE FROM evidence WHERE idx >= 290", "UPDATE evidence_head SET size = 290"}, evidence.Truncated, 290, "only 290 are left"},
		{"column edited", []string{"UPDATE evidence SET actor = 'user:1' WHERE idx = 9"}, evidence.Edited, 9, "columns"},
		{"tile edited", []string{"UPDATE evidence_tile SET data = (SELECT entry FROM evidence WHERE idx = 1)"}, evidence.BadTile, 0, ""},
		{"tile deleted", []string{"DELETE FROM evidence_tile"}, evidence.BadTile, 0, "missing"},
		{"checkpoint edited", []string{"UPDATE evidence_checkpoint SET note = replace(note, 'harbour', 'herbour')"}, evidence.Forged, -1, ""},
		{"record edited", []string{"UPDATE note SET text = 'nothing happened' WHERE id = 12"}, evidence.Content, 12, "INC-12 is not what its last entry (#12 note.write"},
		{"record deleted", []string{"DELETE FROM note WHERE id = 13"}, evidence.Content, 13, "INC-13 is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				b := setup(t, d, Options{})
				b.write(150)
				b.sign()
				b.write(150)
				b.sign()
				if r := b.check(); !r.OK || r.Size != 301 {
					t.Fatalf("before: %+v %v", r, r.Bad)
				}
				// The check itself is an entry; take it away so that sizes stay simple.
				b.exec("DELETE FROM evidence WHERE idx = 301")
				b.exec("UPDATE evidence_head SET size = 301")
				for _, sql := range c.sql {
					b.exec(b.tamper(sql))
				}
				r := b.check()
				if r.OK || r.Bad.Fault != c.fault || r.Bad.Index != c.index && c.index >= 0 || !strings.Contains(r.Bad.Words+r.Bad.Record, c.words) {
					t.Errorf("%+v", r.Bad)
				}
				if _, err := b.s.Sign(b.ctx); c.name == "end deleted and head moved" && !errs.Is(err, errs.Conflict) {
					t.Errorf("a broken log was signed: %v", err)
				}
				if c.fault == evidence.Content || c.name == "column edited" || c.fault == evidence.Inserted {
					return // not in the export
				}
				var file bytes.Buffer
				if _, err := b.s.Export(b.ctx, &file, Filter{}); err != nil {
					t.Fatal(err)
				}
				rep, err := evidence.Verify(&file, evidence.Options{Key: b.key.Public()})
				if err != nil || rep.OK || rep.Bad.Fault != c.fault && !strings.HasPrefix(c.name, "end deleted") || rep.Bad.Index != c.index && c.index >= 0 {
					t.Errorf("export: %+v %v", rep.Bad, err)
				}
			})
		})
	}
}

// tamper writes the edit of an entry's bytes in each engine's words.
func (b *bench) tamper(sql string) string {
	edit := "CAST(replace(CAST(entry AS TEXT), 'user:17', 'user:18') AS BLOB)"
	if !b.d.Dialect().SQLite() {
		edit = "convert_to(replace(convert_from(entry, 'UTF8'), 'user:17', 'user:18'), 'UTF8')"
	}
	return strings.ReplaceAll(sql, "replace_user(entry)", edit)
}

// Personal data can be erased, and the log still verifies.
func TestErasure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(20)
		b.sign()
		err := d.Write(b.ctx, mara, "personal data was erased", func(tx *db.Tx) error {
			tx.Record(evidence.Entry{Action: "note.erase", Record: ref.N(ref.Incident, 7), Version: 2})
			_, err := tx.Exec("UPDATE note SET text = '', salt = NULL WHERE id = 7")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		b.settle()
		b.sign()
		if r := b.check(); !r.OK || r.Records != 19 || r.Erased != 1 {
			t.Errorf("%+v %v", r, r.Bad)
		}
		var file bytes.Buffer
		if _, err := b.s.Export(b.ctx, &file, Filter{}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file.String(), "note 7") {
			t.Error("the erased text is in the export")
		}
		if rep, err := evidence.Verify(&file, evidence.Options{Key: b.key.Public()}); err != nil || !rep.OK {
			t.Errorf("%+v %v", rep.Bad, err)
		}
	})
}

func TestPermissions(t *testing.T) {
	b := setup(t, dbtest.SQLite(t), Options{})
	requester := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 3, Role: actor.Requester})
	for name, f := range map[string]func(context.Context) error{
		"list":   func(ctx context.Context) error { _, err := b.s.List(ctx, Filter{}, "", 10); return err },
		"export": func(ctx context.Context) error { _, err := b.s.Export(ctx, &bytes.Buffer{}, Filter{}); return err },
		"check":  func(ctx context.Context) error { _, err := b.s.StartCheck(ctx); return err },
		"tile":   func(ctx context.Context) error { _, err := b.s.Tile(ctx, 0, 0, 1); return err },
	} {
		if err := f(requester); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: a requester gets %v", name, err)
		}
		if err := f(context.Background()); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%s: nobody gets %v", name, err)
		}
	}
	if _, err := b.s.History(requester, ref.N(ref.Incident, 1), "", 10); err != nil {
		t.Errorf("history: %v", err)
	}
}
