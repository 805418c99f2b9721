package escalation_test

import (
	"context"
	"io"
	"log/slog"
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
)

// world is the whole product with a clock that the test moves. Nothing runs by
// itself: climb does what is due.
type world struct {
	*app.App
	testing.TB
	ctx   context.Context
	clock *atomic.Int64
	id    map[string]int64 // handle → person
}

var begin = time.Date(2026, 11, 18, 2, 10, 0, 0, time.UTC) // a Wednesday night

const org = `apiVersion: evenkeel/v1
kind: Team
metadata: {name: payments}
spec: {members: [{person: mara, role: lead}, {person: jonas}, {person: priya}, {person: omar, role: manager}, {person: lena, role: executive}]}
---
apiVersion: evenkeel/v1
kind: Team
metadata: {name: platform}
spec: {members: [{person: tom}]}
---
apiVersion: evenkeel/v1
kind: Service
metadata: {name: checkout}
spec: {team: payments, tier: 0}
---
apiVersion: evenkeel/v1
kind: Schedule
metadata: {name: payments-primary}
spec:
  zone: Europe/Berlin
  team: payments
  layers: [{start: "2026-01-05T09:00", every: P1W, shifts: [[jonas], [mara]]}]
`

const policy = `---
apiVersion: evenkeel/v1
kind: EscalationPolicy
metadata: {name: payments}
spec:
  title: Payments
  teams: [payments]
  steps:
    - notify: [{schedule: payments-primary}]
    - {after: PT5M, notify: [{next_of: payments-primary}]}
    - {after: PT10M, notify: [{person: priya}]}
`

// open starts the product on a database that may have been used before.
func open(t testing.TB, url, dir string, clock *atomic.Int64) *world {
	t.Helper()
	cfg := config.Config{Listen: "127.0.0.1:0", DB: url, PublicURL: "http://localhost:8080", KeepDays: 30, Checkpoints: 1e9, SMTPTLS: "none",
		LogKey: filepath.Join(dir, "log.key"), SecretsKey: filepath.Join(dir, "secrets.key")}
	a, err := app.New(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), app.Clock(func() time.Time { return begin.Add(time.Duration(clock.Load())) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return &world{App: a, TB: t, ctx: actor.With(context.Background(), actor.Job("test")), clock: clock, id: map[string]int64{}}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) apply(text string) error {
	_, err := w.Code.Apply(w.ctx, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: text}}})
	return err
}

// people makes the demo organisation's people.
func (w *world) people() {
	for _, h := range []string{"mara", "jonas", "priya", "tom", "lena", "omar"} {
		p, _, err := w.People.CreatePerson(w.ctx, auth.PersonEdit{Handle: h, Email: h + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: strings.ToUpper(h[:1]) + h[1:]}})
		w.must(err)
		w.id[h] = p.ID
	}
}

func (w *world) as(handle string) context.Context {
	id := w.id[handle]
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: id, Person: id, Role: actor.Responder, Name: handle})
}

// each runs a story on both engines, with the organisation and its policy.
func each(t *testing.T, f func(w *world)) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "ek.db") },
		"postgres": func() string { return dbtest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, url(), t.TempDir(), &atomic.Int64{})
			w.people()
			w.must(w.apply(org + policy))
			f(w)
		})
	}
}

// at moves the clock to a minute of the story and does what is due then, in
// steps, as the runner would.
func (w *world) at(minute float64) {
	w.Helper()
	w.clock.Store(int64(minute * float64(time.Minute)))
	w.climb()
}

func (w *world) climb() {
	w.Helper()
	for range 100 {
		n, err := w.Escalation.Due().Run(w.ctx, w.DB())
		w.must(err)
		if n == 0 {
			return
		}
	}
	w.Fatal("the due work does not end")
}

// sent lists who was sent what, each as "priority-free reason handle", since
// the last call.
func (w *world) sent(i incident.Incident, seen *int) string {
	w.Helper()
	var out []string
	w.must(w.DB().Read(w.ctx, func(q db.Querier) error {
		type m struct {
			id, person int64
			reason     string
		}
		list, err := db.Collect(q, func(r *db.Rows) (x m, err error) { return x, r.Scan(&x.id, &x.person, &x.reason) },
			"SELECT id, person, reason FROM notify_message WHERE record = $1 ORDER BY id", i.Ref().String())
		if err != nil {
			return err
		}
		for _, x := range list[min(*seen, len(list)):] {
			who := "nobody"
			for h, id := range w.id {
				if id == x.person {
					who = h
				}
			}
			out = append(out, x.reason+" "+who)
		}
		*seen = len(list)
		return nil
	}))
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (w *world) expect(i incident.Incident, seen *int, want string) {
	w.Helper()
	if got := w.sent(i, seen); got != want {
		w.Errorf("%s after: sent [%s], want [%s]", time.Duration(w.clock.Load()), got, want)
	}
}

func (w *world) declare(impact, urgency incident.Level) incident.Incident {
	w.Helper()
	i, err := w.Incidents.Declare(w.ctx, incident.Declaration{Title: "Checkout is down", Service: "checkout", Impact: impact, Urgency: urgency})
	w.must(err)
	return i
}

func (w *world) says(i incident.Incident, parts ...string) {
	w.Helper()
	list, _, err := w.Incidents.Timeline(w.ctx, i.ID, incident.TimelineFilter{OldestFirst: true}, "", 200)
	w.must(err)
	var all strings.Builder
	for _, e := range list {
		all.WriteString(e.Text + " | " + e.Detail + "\n")
	}
	for _, p := range parts {
		if !strings.Contains(all.String(), p) {
			w.Errorf("the timeline does not say %q:\n%s", p, all.String())
		}
	}
}
