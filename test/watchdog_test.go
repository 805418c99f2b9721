package test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
)

const owned = `apiVersion: evenkeel/v1
kind: Team
metadata: {name: payments}
---
apiVersion: evenkeel/v1
kind: Service
metadata: {name: checkout}
spec: {team: payments, tier: 0}
`

// A page that never got into the outbox is noticed from the incident's row, and
// shown where operators look.
func TestPagesThatWereNeverSentAreNoticed(t *testing.T) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "ek.db") },
		"postgres": func() string { return dbtest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, dir := context.Background(), t.TempDir()
			var past atomic.Int64
			begin := time.Date(2026, 11, 20, 18, 4, 0, 0, time.UTC)
			cfg := config.Config{Listen: "127.0.0.1:0", DB: url(), PublicURL: "http://localhost:8080", KeepDays: 30, Checkpoints: 1e9, SMTPTLS: "none",
				LogKey: filepath.Join(dir, "log.key"), SecretsKey: filepath.Join(dir, "secrets.key")}
			a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), app.Clock(func() time.Time { return begin.Add(time.Duration(past.Load())) }))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			ctx = actor.With(ctx, actor.Job("test"))
			if _, err := a.Code.Apply(ctx, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: owned}}}); err != nil {
				t.Fatal(err)
			}
			i, err := a.Incidents.Declare(ctx, incident.Declaration{Title: "Checkout is down", Service: "checkout", Impact: incident.High, Urgency: incident.High})
			if err != nil {
				t.Fatal(err)
			}
			past.Store(int64(2 * time.Minute))
			if w, err := a.Notify.Watch(ctx); err != nil || len(w.Missing) != 0 || w.Dead != 1 { // the team has no member: said, but to nobody
				t.Fatalf("%+v %v", w, err)
			}
			err = a.DB().Write(ctx, actor.Job("test"), "a fault loses a message", func(tx *db.Tx) error {
				tx.Unrecorded("what a fault does, nobody records")
				_, err := tx.Exec("DELETE FROM notify_message")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			w, err := a.Notify.Watch(ctx)
			if err != nil || w.Fine() || len(w.Missing) != 1 || w.Missing[0].Record != i.Ref() || !w.Missing[0].Since.Equal(begin) {
				t.Fatalf("%+v %v", w, err)
			}
			link, _, err := a.Door.SetupLink(ctx)
			if err != nil {
				t.Fatal(err)
			}
			in, err := a.Door.SetUp(ctx, link.Secret, auth.PersonEdit{Handle: "mara", Profile: auth.Profile{Display: "Mara"}}, password, auth.Client{Address: "127.0.0.1"})
			if err != nil {
				t.Fatal(err)
			}
			for path, says := range map[string]string{"/metrics": `evenkeel_notify_messages{what="missing"} 1`, "/": "1 page was never sent", "/settings/deliveries": "should have been told about INC-1"} {
				rec := httptest.NewRecorder()
				r := httptest.NewRequest("GET", "http://localhost:8080"+path, nil)
				r.AddCookie(cookie(a, in))
				a.Handler().ServeHTTP(rec, r)
				if !strings.Contains(rec.Body.String(), says) {
					t.Errorf("%s does not say %q: %d", path, says, rec.Code)
				}
			}
			// The watchdog makes it an incident on Evenkeel, told to the admins.
			for want := range 2 { // it leaves a server that just started a minute to catch up
				if done, err := a.Watchdog.Source().Run(ctx, a.DB()); done != want || err != nil {
					t.Fatalf("looked %d times, %v", done, err)
				}
				past.Add(int64(time.Minute))
			}
			st, err := a.Watchdog.View(ctx)
			if err != nil || len(st.Findings) == 0 || st.Findings[0].Record != i.Ref() || st.Incident == 0 {
				t.Fatalf("%+v %v", st, err)
			}
			own, err := a.Incidents.Get(ctx, st.Incident)
			if err != nil || own.Priority != incident.P1 || !strings.Contains(own.Summary, i.Key()) {
				t.Errorf("%+v %v", own, err)
			}
			told, err := a.Notify.Messages(ctx, notify.Filter{Record: own.Ref()}, 0, 10)
			if err != nil || !slices.ContainsFunc(told, func(d notify.Delivery) bool { return d.Reason == "watchdog" && d.Person == in.Person.ID }) {
				t.Errorf("the admin was not told: %+v %v", told, err)
			}
		})
	}
}
