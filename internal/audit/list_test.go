package audit

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func (b *bench) list(f Filter, limit int) (indexes []int64, pages int) {
	b.t.Helper()
	cursor := ""
	for {
		p, err := b.s.List(b.ctx, f, cursor, limit)
		if err != nil {
			b.t.Fatal(err)
		}
		pages++
		for _, it := range p.Items {
			indexes = append(indexes, it.Index)
		}
		if p.Next == "" {
			return indexes, pages
		}
		cursor = p.Next
	}
}

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{}) // #0 is the epoch
		b.write(60)                 // #1 to #60
		err := d.Write(b.ctx, actor.Actor{Kind: actor.User, ID: 5}, "test", func(tx *db.Tx) error {
			tx.Record(evidence.Entry{Action: "note.read", Record: ref.N(ref.Incident, 7), Version: 2})
			tx.Record(evidence.Entry{Action: "note.read", Record: ref.S(ref.Service, "checkout")})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.settle()
		for _, c := range []struct {
			name  string
			f     Filter
			want  int
			first int64
		}{
			{"all", Filter{}, 63, 62},
			{"record", Filter{Record: "inc-7"}, 2, 61},
			{"named record", Filter{Record: "SVC checkout"}, 1, 62},
			{"actor", Filter{Actor: "user:5"}, 2, 62},
			{"action", Filter{Action: "note.write"}, 60, 60},
			{"actions", Filter{Action: "note.*"}, 62, 62},
			{"both", Filter{Action: "note.write", Actor: "user:17"}, 60, 60},
			{"neither", Filter{Action: "note.write", Actor: "user:5"}, 0, 0},
			{"record and action", Filter{Record: "INC-7", Action: "note.read"}, 1, 61},
			{"past", Filter{Until: time.Now().Add(-time.Hour)}, 0, 0},
			{"future", Filter{Since: time.Now().Add(time.Hour)}, 0, 0},
			{"today", Filter{Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, 63, 62},
		} {
			for _, limit := range []int{7, 20, 200} {
				got, pages := b.list(c.f, limit)
				if len(got) != c.want || c.want > 0 && got[0] != c.first {
					t.Errorf("%s, %d a page: %d entries %v", c.name, limit, len(got), got)
				}
				if limit == 200 && pages != 1 {
					t.Errorf("%s: %d pages", c.name, pages)
				}
				for i := 1; i < len(got); i++ {
					if got[i] >= got[i-1] {
						t.Fatalf("%s: order %v", c.name, got)
					}
				}
			}
		}
		for _, f := range []Filter{{Record: "INC-x"}, {Action: "a*b"}, {Since: time.Now(), Until: time.Now().Add(-time.Hour)}, {Actor: "\x00"}} {
			if _, err := b.s.List(b.ctx, f, "", 10); !errs.Is(err, errs.Invalid) {
				t.Errorf("%+v: %v", f, err)
			}
		}
		if _, err := b.s.List(b.ctx, Filter{}, "x", 10); !errs.Is(err, errs.Invalid) {
			t.Errorf("cursor: %v", err)
		}
	})
}

func TestEntryAndProofs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(299)
		if e, err := b.s.Entry(b.ctx, 7); err != nil || e.Proof != nil {
			t.Errorf("unsigned: %+v %v", e, err)
		}
		c := b.sign()
		b.write(50)
		b.sign()
		e, err := b.s.Entry(b.ctx, 7)
		if err != nil || e.Checkpoint.Size != 300 || len(e.Path) != len(e.Proof.Path) || e.Record != "INC-7" {
			t.Fatalf("%+v %v", e, err)
		}
		// An outsider checks it with tlog and the key alone.
		cp, err := b.key.Public().Open(e.Checkpoint.Note)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(e.Proof.Path, cp.Size, cp.Root, e.Index, tlog.RecordHash([]byte(e.Canonical))); err != nil {
			t.Error(err)
		}
		hash := e.Proof.Leaf
		for _, s := range e.Path {
			if s.Left {
				hash = tlog.NodeHash(s.Hash, hash)
			} else {
				hash = tlog.NodeHash(hash, s.Hash)
			}
		}
		if hash != cp.Root {
			t.Error("the drawn path does not lead to the root")
		}
		if _, err := b.s.Entry(b.ctx, 9999); !errs.Is(err, errs.NotFound) {
			t.Errorf("beyond the end: %v", err)
		}
		p, err := b.s.Consistency(b.ctx, c.Size, 0)
		if err != nil || p.New != 350 || tlog.CheckTree(p.Path, p.New, p.NewRoot, p.Old, p.OldRoot) != nil {
			t.Errorf("%+v %v", p, err)
		}
		if _, err := b.s.Consistency(b.ctx, 500, 400); !errs.Is(err, errs.Invalid) {
			t.Errorf("nonsense sizes: %v", err)
		}
		for path, size := range map[string]int{"0/000": 8192, "0/001.p/44": 44 * 32, "1/000.p/1": 32} {
			level, n, w, err := ParseTilePath(path)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := b.s.Tile(b.ctx, level, n, w); err != nil || len(data) != size {
				t.Errorf("tile %s: %d bytes %v", path, len(data), err)
			}
		}
		level, n, w, err := ParseTilePath("entries/001.p/44")
		if err != nil {
			t.Fatal(err)
		}
		data, err := b.s.Tile(b.ctx, level, n, w)
		if err != nil || !bytes.Contains(data, []byte(`"record":"INC-260"`)) {
			t.Errorf("bundle: %d bytes %v", len(data), err)
		}
		for _, path := range []string{"", "0/0", "9/../1", "entries/x"} {
			if _, _, _, err := ParseTilePath(path); err == nil {
				t.Errorf("tile path %q is accepted", path)
			}
		}
		list, next, err := b.s.Checkpoints(b.ctx, "", 1)
		if err != nil || len(list) != 1 || list[0].Size != 350 || next == "" {
			t.Errorf("%v %q %v", list, next, err)
		}
		if list, next, err = b.s.Checkpoints(b.ctx, next, 1); err != nil || len(list) != 1 || list[0].Size != 300 || next != "" {
			t.Errorf("%v %q %v", list, next, err)
		}
	})
}

func TestExportSelection(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(300)
		for name, c := range map[string]struct {
			f    Filter
			want int64
		}{
			"record": {Filter{Record: "INC-42"}, 1},
			"action": {Filter{Action: "note.*"}, 300},
			"period": {Filter{Since: time.Now().Add(-time.Hour)}, -1},
			"none":   {Filter{Record: "INC-99999"}, 0},
		} {
			b.settle()
			var file bytes.Buffer
			n, err := b.s.Export(b.ctx, &file, c.f)
			if err != nil || n != c.want && c.want >= 0 {
				t.Fatalf("%s: %d entries %v", name, n, err)
			}
			rep, err := evidence.Verify(strings.NewReader(file.String()), evidence.Options{Key: b.key.Public()})
			if err != nil || !rep.OK || !rep.Selection || rep.Entries != n {
				t.Errorf("%s: %+v %v %v", name, rep, rep.Bad, err)
			}
		}
	})
}

func TestPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(300)
		b.sign()
		dbtest.UsesIndex(t, d, byRecordQuery, "INC-1", 1<<40, 50)
		dbtest.UsesIndex(t, d, byIndexQuery, 1<<40, 0, 50)
		dbtest.UsesIndex(t, d, byActorQuery, 1<<40, 0, 50, "system")
		dbtest.UsesIndex(t, d, byActionQuery, 1<<40, 0, 50, "x")
		dbtest.UsesIndex(t, d, entriesQuery, 0, 100, 50)
		dbtest.UsesIndex(t, d, recordEntriesQuery, 0, 100, 50, "INC-1")
		dbtest.UsesIndex(t, d, recordsQuery, "INC-1", 50)
		dbtest.UsesIndex(t, d, claimQuery, "INC-1", 1<<40)
		dbtest.UsesIndex(t, d, checkpointsBelow, 1<<40, 50)
		dbtest.UsesIndex(t, d, checkpointsAbove, 0, 50)
	})
}
