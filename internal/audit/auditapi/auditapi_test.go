package auditapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/audit/auditapi"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// server serves the log; the token names the role.
func server(t *testing.T, d *db.DB) (*client.Client, evidence.Key) {
	t.Helper()
	ctx := context.Background()
	key, _, err := audit.LoadKey(ctx, d, audit.KeySource{File: filepath.Join(t.TempDir(), "key"), Name: "harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := audit.New(ctx, d, key, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	auditapi.Register(api.New(mux, "test", ""), s)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		role := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.Token, ID: 4, Role: actor.Role(role)})))
	}))
	t.Cleanup(srv.Close)
	write(t, d, 299)
	return &client.Client{Server: srv.URL, Token: "auditor"}, key
}

func write(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		for i := range n {
			tx.Record(evidence.Entry{Action: "incident.note", Record: ref.N(ref.Incident, int64(i+1)), Version: 1})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPI(t *testing.T) {
	d := dbtest.SQLite(t) // the service is tested on both engines
	c, key := server(t, d)
	ctx := context.Background()
	if _, err := c.SignCheckpoint(ctx); err != nil {
		t.Fatal(err)
	}
	st, err := c.EvidenceStatus(ctx)
	if err != nil || st.Size != 300 || st.Checkpoint.Size != 300 || st.Key != key.Public().String() || len(st.Epochs) != 1 {
		t.Fatalf("%+v %v", st, err)
	}
	l, err := c.Evidence(ctx, client.EvidenceFilter{Action: "incident.*"}, "", 7)
	if err != nil || len(l.Items) != 7 || l.Items[0].Index != 299 || l.Next == "" {
		t.Errorf("%+v %v", l, err)
	}
	if l, err = c.Evidence(ctx, client.EvidenceFilter{Action: "incident.*"}, l.Next, 7); err != nil || l.Items[0].Index != 292 {
		t.Errorf("%+v %v", l, err)
	}
	e, err := c.EvidenceEntry(ctx, 41)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := key.Public().Open(e.Checkpoint.Note)
	if err != nil {
		t.Fatal(err)
	}
	var path tlog.RecordProof
	for _, s := range e.Path {
		h, err := tlog.ParseHash(s)
		if err != nil {
			t.Fatal(err)
		}
		path = append(path, h)
	}
	if err := tlog.CheckRecord(path, cp.Size, cp.Root, 41, tlog.RecordHash([]byte(e.Canonical))); err != nil {
		t.Error(err)
	}
	if p, err := c.EvidenceConsistency(ctx, 100, 0); err != nil || p.New != 300 || len(p.Path) == 0 {
		t.Errorf("%+v %v", p, err)
	}
	if l, err := c.Checkpoints(ctx, "", 10); err != nil || len(l.Items) != 1 {
		t.Errorf("%+v %v", l, err)
	}
	for _, gz := range []bool{false, true} {
		body, err := c.ExportEvidence(ctx, client.EvidenceFilter{}, gz)
		if err != nil {
			t.Fatal(err)
		}
		rep, err := evidence.Verify(body, evidence.Options{Key: key.Public()})
		body.Close()
		if err != nil || !rep.OK || rep.Entries < 301 || rep.Signed != rep.Entries {
			t.Errorf("%+v %v %v", rep, rep.Bad, err)
		}
	}
	if p, err := c.StartEvidenceCheck(ctx); err != nil || !p.Running && p.Result == nil {
		t.Errorf("%+v %v", p, err)
	}
	for {
		p, err := c.EvidenceCheck(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Running {
			if p.Result == nil || !p.Result.OK || !p.Result.Whole {
				t.Errorf("%+v", p)
			}
			break
		}
	}
}

// An outsider's tools: a tlog client reads checkpoint and tiles.
func TestTiles(t *testing.T) {
	c, key := server(t, dbtest.SQLite(t))
	ctx := context.Background()
	c.SignCheckpoint(ctx)
	read := func(path string) []byte {
		t.Helper()
		body, err := c.Stream(ctx, "/api/v1/evidence/"+path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		defer body.Close()
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	cp, err := key.Public().Open(string(read("checkpoint")))
	if err != nil {
		t.Fatal(err)
	}
	tree := tlog.Tree{N: cp.Size, Hash: cp.Root}
	reader := tlog.TileHashReader(tree, tiles(func(t tlog.Tile) []byte { return read(strings.Replace(t.Path(), "tile/8/", "tile/", 1)) }))
	if _, err := tlog.ProveRecord(cp.Size, 7, reader); err != nil {
		t.Error(err)
	}
	bundle := read("tile/entries/001.p/44")
	n := int(bundle[0])<<8 | int(bundle[1])
	if !strings.Contains(string(bundle[2:2+n]), `"record":"INC-256"`) {
		t.Errorf("entry %q", bundle[2:2+n])
	}
}

type tiles func(tlog.Tile) []byte

func (f tiles) Height() int                     { return 8 }
func (f tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (f tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range list {
		out = append(out, f(t))
	}
	return out, nil
}

func TestRefused(t *testing.T) {
	c, _ := server(t, dbtest.SQLite(t))
	for path, status := range map[string]int{
		"/entries?cursor=x":        422,
		"/entries?record=nonsense": 422,
		"/entries?since=yesterday": 422,
		"/entries/5000":            404,
		"/entries/x":               422,
		"/consistency?old=9&new=3": 422,
		"/consistency":             422,
		"/checkpoints/17":          404,
		"/tile/0/x":                404,
		"/tile/9/000":              404,
		"/tile/0/999":              404,
		"/tile/entries/001":        404,
		"/export?until=tomorrow":   422,
		"/export?record=INC-1&x=y": 422, // a mistyped filter must not export everything
		"/export?record=INC-1":     200,
	} {
		body, err := c.Stream(context.Background(), "/api/v1/evidence"+path)
		got := 200
		var p *client.Problem
		if errors.As(err, &p) {
			got = p.Status
		} else if err == nil {
			io.Copy(io.Discard, body)
			body.Close()
		}
		if got != status {
			t.Errorf("%s: %d, want %d", path, got, status)
		}
	}
	c.Token = "requester"
	for _, path := range []string{"", "/entries", "/entries/1", "/checkpoint", "/checkpoints", "/tile/0/000", "/export", "/checks/current", "/retention"} {
		_, err := c.Stream(context.Background(), "/api/v1/evidence"+path)
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != 403 {
			t.Errorf("%s: a requester gets %v", path, err)
		}
	}
}
