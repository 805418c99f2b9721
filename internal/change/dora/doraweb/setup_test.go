package doraweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/change/dora/doraweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/web"
)

// bench is the measures of Harbour & Co on a server.
type bench struct {
	*testing.T
	db    *db.DB
	url   string
	theme web.Theme
	now   time.Time
	pages *doraweb.Pages
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: b.theme, Zone: "Europe/Berlin"}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

var mara = actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Responder, Name: "Mara Lindt"}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, now: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC), theme: web.Light}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: func() time.Time { return b.now }, Volatile: true, Log: slog.New(slog.DiscardHandler)})
	b.must(err)
	t.Cleanup(func() { d.Close() })
	b.db = d
	mux := http.NewServeMux()
	shell := &web.Shell{Org: "Harbour & Co", Now: func() time.Time { return b.now }, Profiles: b, Nav: []web.NavItem{{ID: "changes", Title: "Changes", Path: "/changes", Icon: "git-pull-request", Group: 1, Tab: true}}}
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), mara)))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	mux.HandleFunc("GET /assets/", web.Assets)
	b.pages = &doraweb.Pages{Shell: shell, Dora: dora.New(d),
		Tabs: []web.Tab{{Title: "List", Path: "/changes"}, {Title: "Calendar", Path: "/changes/calendar"}, {Title: "Measures", Path: "/changes/measures"}, {Title: "Approval ledger", Path: "/changes/ledger"}},
		Teams: func(context.Context) ([]web.Option, error) {
			return []web.Option{{Value: "payments", Title: "Payments"}, {Value: "shop", Title: "Shop"}}, nil
		},
		People: func(context.Context, []int64) (map[int64]string, error) {
			return map[int64]string{1: "Mara Lindt"}, nil
		}}
	b.pages.Dora.Incidents = func(db.Querier, time.Time, time.Time, string, string) (int, int, bool, error) { return 7, 9, true, nil }
	b.pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

// seed is fifty days of three services: every third change goes through the
// board, a few fail.
func (b *bench) seed() {
	b.Helper()
	us := func(t time.Time) int64 { return db.Micros(t) }
	first := b.now.AddDate(0, 0, -50)
	b.must(b.db.Write(context.Background(), actor.Job("test"), "changes", func(tx *db.Tx) error {
		tx.Unrecorded("stored by the test")
		for i := range 400 {
			service, team := [][2]string{{"checkout", "shop"}, {"payments", "payments"}, {"storefront", "shop"}}[i%3][0], [][2]string{{"checkout", "shop"}, {"payments", "payments"}, {"storefront", "shop"}}[i%3][1]
			at := first.Add(time.Duration(i) * 3 * time.Hour)
			list, _ := json.Marshal([]string{service})
			bad := i%17 == 4
			row := map[string]any{"id": i + 1, "title": fmt.Sprintf("%s %d.%d", service, i/40, i%40), "type": "normal", "kind": "deploy", "purpose": "feature", "state": "succeeded", "service": service, "services": string(list), "team": team, "environment": "production",
				"artefact": fmt.Sprint("v", i), "risk": i * 7 % 90, "started_at": us(at), "deployed_at": us(at.Add(6 * time.Minute)), "ended_at": us(at.Add(36 * time.Minute)), "committed_at": us(at.Add(-time.Duration(2+i%30) * time.Hour)), "outcome_by": "verification", "requested_at": us(at.Add(-time.Hour))}
			if bad {
				row["state"], row["recovered_at"], row["outcome_by"] = "failed", us(at.Add(time.Duration(20+i%50)*time.Minute)), "incident"
				row["caused"] = 1
			}
			if i%17 == 5 {
				row["purpose"], row["rework"] = "fix", true
			}
			if i%9 == 0 {
				row["outcome_by"] = ""
			}
			if err := insert(tx, "change", columns(b.T, "change"), row); err != nil {
				return err
			}
			if i%3 == 0 {
				step := map[string]any{"id": i + 1, "change_id": i + 1, "rule": "board-review", "who": "board", "state": "approved", "asked_at": us(at.Add(-time.Duration(1+i%11) * time.Hour)), "decided_at": us(at.Add(-10 * time.Minute)), "person": 1, "via": "page"}
				if err := insert(tx, "change_approval", columns(b.T, "change_approval"), step); err != nil {
					return err
				}
			}
			if i%8 == 0 {
				step := map[string]any{"id": 1000 + i, "change_id": i + 1, "rule": "budget-guard", "who": "peer", "state": []string{"approved", "rejected"}[i/8%9/8], "asked_at": us(at.Add(-time.Duration(5+i%50) * time.Minute)), "decided_at": us(at.Add(-2 * time.Minute)), "outside": "lena-k", "via": "review"}
				if err := insert(tx, "change_approval", columns(b.T, "change_approval"), step); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	_, err := b.pages.Dora.Rebuild(actor.With(context.Background(), actor.Job("test")))
	b.must(err)
}

func insert(tx *db.Tx, table string, all, known map[string]any) error {
	var cols []string
	var args []any
	for name, v := range all {
		if x, ok := known[name]; ok {
			v = x
		}
		cols, args = append(cols, name), append(args, v)
	}
	_, err := tx.Exec("INSERT INTO "+table+" ("+strings.Join(cols, ", ")+") VALUES "+db.Values(1, len(cols)), args...)
	return err
}

var column = regexp.MustCompile(`(?m)^\s+(\w+)\s+(BIGINT|SMALLINT|INTEGER|TEXT|BOOLEAN|BYTEA)\b`)

// columns are those of a table, each with a value that says nothing.
func columns(t *testing.T, table string) map[string]any {
	t.Helper()
	file, err := os.ReadFile("../../../db/migrations/0018_change.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(file), "CREATE TABLE "+table+" (")
	text, _, _ = strings.Cut(text, ");")
	out := map[string]any{}
	for _, m := range column.FindAllStringSubmatch(text, -1) {
		out[m[1]] = map[string]any{"TEXT": "", "BOOLEAN": false, "BYTEA": []byte{1}, "BIGINT": int64(0), "SMALLINT": int64(0), "INTEGER": int64(0)}[m[2]]
	}
	return out
}

func (b *bench) get(path string) (int, string) {
	b.Helper()
	res, err := http.Get(b.url + path)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, string(body)
}
