package escalation_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
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

// TestNobodyAnswers: one after the other, then leads and manager for ever.
func TestNobodyAnswers(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.High)
		w.expect(i, &seen, "paged lena, paged mara, paged omar") // on call, manager, executive: not the whole team
		w.at(4.99)
		w.expect(i, &seen, "")
		w.at(5)
		w.expect(i, &seen, "escalated jonas")
		w.at(15)
		w.expect(i, &seen, "escalated priya")
		w.at(25)
		w.expect(i, &seen, "nobody acknowledged mara, nobody acknowledged omar")
		w.at(35)
		w.expect(i, &seen, "nobody acknowledged mara, nobody acknowledged omar")
		w.says(i, "told Mara: step 1 of Payments | step 2 follows in 5 min unless somebody acknowledges", "told Jonas: step 2 of Payments", "told Priya: step 3",
			"Payments is through all its steps and nobody acknowledged | leads and manager are reminded every 10 min", "still nobody acknowledged: reminded Mara and 1 more, reminder 2")
		v, err := w.Escalation.Ladder(w.as("mara"), i.ID)
		w.must(err)
		if v.Ladder.State != escalation.Reminding || len(v.Stages) != 6 || !v.Stages[5].Next || !v.Can.Escalate {
			w.Errorf("%+v", v)
		}
		_, err = w.Incidents.Acknowledge(w.as("mara"), i.ID)
		w.must(err)
		w.sent(i, &seen)
		w.at(60)
		w.expect(i, &seen, "")
	})
}

// TestWhoAcknowledgesStops, is asked how it goes, and others follow.
func TestWhoAcknowledgesStops(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.High)
		w.sent(i, &seen)
		w.at(3)
		_, err := w.Incidents.Acknowledge(w.as("mara"), i.ID)
		w.must(err)
		w.sent(i, &seen)
		w.at(32.9)
		w.expect(i, &seen, "")
		w.at(33)
		w.expect(i, &seen, "no progress mara")
		w.at(63)
		w.expect(i, &seen, "escalated mara")
		w.at(68)
		w.expect(i, &seen, "escalated jonas")
		w.says(i, "asked Mara whether it goes on: no progress since 02:13 UTC", "Payments begins again")
		_, err = w.Incidents.Acknowledge(w.as("jonas"), i.ID) // again: no new state, but the ladder stops
		w.must(err)
		w.at(97)
		w.expect(i, &seen, "")
		_, err = w.Incidents.AddNote(w.as("jonas"), i.ID, incident.Note{Text: "the database is back"})
		w.must(err)
		w.at(126)
		w.expect(i, &seen, "")
		_, err = w.Incidents.Mitigate(w.as("jonas"), i.ID, incident.Fix, "")
		w.must(err)
		w.sent(i, &seen)
		w.at(1000)
		if v, err := w.Escalation.Ladder(w.ctx, i.ID); err != nil || v.Ladder.State != escalation.Done || !v.Ladder.NextAt.IsZero() {
			w.Errorf("%+v %v", v.Ladder, err)
		}
		if got := w.sent(i, &seen); strings.Contains(got, "escalated") || strings.Contains(got, "no progress") {
			w.Error(got)
		}
	})
}

// TestPriorities: a P3 is told quietly to the team and has no ladder; when it
// rises it gets one; when it falls the ladder stops.
func TestPriorities(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.Low)
		if i.Priority != incident.P3 {
			w.Fatal(i.Priority)
		}
		w.expect(i, &seen, "paged jonas, paged mara, paged priya")
		p2, p3 := incident.P2, incident.P3
		i, err := w.Incidents.Edit(w.as("priya"), i.ID, i.Revision, incident.Edit{Priority: &p2})
		w.must(err)
		w.expect(i, &seen, "raised mara, raised omar")
		w.at(5)
		w.expect(i, &seen, "escalated jonas")
		i, err = w.Incidents.Edit(w.as("priya"), i.ID, i.Revision, incident.Edit{Priority: &p3})
		w.must(err)
		w.sent(i, &seen)
		w.at(40)
		w.expect(i, &seen, "")
		w.says(i, "Payments stops: a P3 pages nobody")
	})
}

// TestByHand: escalate, snooze, ask, hand over.
func TestByHand(t *testing.T) {
	each(t, func(w *world) {
		seen := 0
		i := w.declare(incident.High, incident.Medium)
		w.sent(i, &seen)
		_, err := w.Escalation.Snooze(w.as("mara"), i.ID, begin.Add(30*time.Minute), "nobody is hurt")
		w.must(err)
		w.at(29)
		w.expect(i, &seen, "breached jonas"[:0])
		_, err = w.Escalation.Snooze(w.as("mara"), i.ID, begin.Add(48*time.Hour), "")
		if !errs.Is(err, errs.Invalid) {
			w.Error(err)
		}
		w.at(30)
		if got := w.sent(i, &seen); !strings.Contains(got, "escalated jonas") {
			w.Error(got)
		}
		_, err = w.Escalation.Escalate(w.as("jonas"), i.ID, "we need the database people")
		w.must(err)
		w.expect(i, &seen, "escalated priya")
		_, err = w.Incidents.Acknowledge(w.as("jonas"), i.ID)
		w.must(err)
		w.sent(i, &seen)
		_, err = w.Escalation.AddResponder(w.as("jonas"), i.ID, escalation.Ask{Team: "platform"}, "is the network all right?")
		w.must(err)
		w.expect(i, &seen, "asked tom")
		w.at(35)
		w.expect(i, &seen, "asked tom")
		v, err := w.Escalation.Answer(w.as("tom"), i.ID, true, "")
		w.must(err)
		if v.Requests[0].State != escalation.Accepted || v.Incident.State != "acknowledged" {
			w.Errorf("%+v", v.Requests)
		}
		_, err = w.Escalation.Handover(w.as("jonas"), i.ID, "priya", "my shift is over")
		w.must(err)
		w.expect(i, &seen, "asked priya")
		_, err = w.Escalation.Answer(w.as("priya"), i.ID, true, "")
		w.must(err)
		now, err := w.Incidents.Get(w.ctx, i.ID)
		w.must(err)
		if now.Commander != w.id["priya"] {
			w.Errorf("%d commands it", now.Commander)
		}
		_, err = w.Escalation.AddResponder(w.as("jonas"), i.ID, escalation.Ask{Person: "omar"}, "")
		w.must(err)
		for m := 40; m <= 55; m += 5 {
			w.at(float64(m))
		}
		w.says(i, "snoozed the escalation until Wed 02:40 UTC | nobody is hurt", "the snooze is over", "escalated | we need the database people", "asked Tom to help", "came to help",
			"asked Priya to take over | my shift is over", "Priya took over", "Omar has not answered for 15 min")
		if got := w.sent(i, &seen); !strings.Contains(got, "no answer jonas") {
			w.Error(got)
		}
		if _, err := w.Escalation.Answer(w.as("lena"), i.ID, true, ""); !errs.Is(err, errs.NotFound) {
			w.Error(err)
		}
	})
}

// TestHolesAndRefusals: what is wrong is refused; what becomes wrong is shown,
// and passed over at once when it matters.
func TestHolesAndRefusals(t *testing.T) {
	each(t, func(w *world) {
		spec := func(steps ...escalation.StepSpec) escalation.Spec { return escalation.Spec{Steps: steps} }
		tell := func(t ...escalation.TargetSpec) escalation.StepSpec { return escalation.StepSpec{Notify: t} }
		w.must(w.apply(org + policy + `---
apiVersion: evenkeel/v1
kind: Service
metadata: {name: ledger}
spec: {team: platform, tier: 1, aliases: [book]}
`))
		for want, s := range map[string]escalation.Spec{
			"tells nobody":                {},
			"this step reaches nobody":    spec(tell()),
			"exactly one":                 spec(tell(escalation.TargetSpec{Person: "mara", Team: "payments"})),
			"there is no such schedule":   spec(tell(escalation.TargetSpec{Schedule: "none"})),
			"there is no such team":       spec(tell(escalation.TargetSpec{Team: "none"})),
			"nobody who may sign in has":  spec(tell(escalation.TargetSpec{Person: "nobody"})),
			"the team has nobody in":      spec(tell(escalation.TargetSpec{Team: "platform", Role: "manager"})),
			"there is no such channel":    spec(tell(escalation.TargetSpec{Channel: "none"})),
			"there is no such escalation": spec(tell(escalation.TargetSpec{Policy: "none"})),
			"round in a circle":           spec(tell(escalation.TargetSpec{Policy: "new"})),
			"use PT0S to PT24H":           spec(escalation.StepSpec{After: "PT25H", Notify: []escalation.TargetSpec{{Person: "mara"}}}),
			"there is no such service":    spec(escalation.StepSpec{Notify: []escalation.TargetSpec{{Person: "mara"}}, When: &escalation.WhenSpec{Services: []string{"none"}}}),
			"page nobody in the teams":    {Teams: []string{"platform"}, Steps: []escalation.StepSpec{{Notify: []escalation.TargetSpec{{Person: "mara"}}, When: &escalation.WhenSpec{Priorities: []string{"P3", "P4"}}}}},
			"serves none of them":         {Services: []string{"ledger"}, Steps: []escalation.StepSpec{{Notify: []escalation.TargetSpec{{Person: "mara"}}, When: &escalation.WhenSpec{Services: []string{"checkout"}}}}},
			"another name of ledger":      {Services: []string{"book"}, Steps: []escalation.StepSpec{tell(escalation.TargetSpec{Person: "mara"})}},
			"serves it already":           {Teams: []string{"payments"}, Steps: []escalation.StepSpec{tell(escalation.TargetSpec{Person: "mara"})}},
		} {
			if _, err := w.Escalation.Create(w.ctx, "new", s); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
				w.Errorf("%v does not say %q", err, want)
			}
		}
		a, err := w.Escalation.Create(w.ctx, "a", spec(tell(escalation.TargetSpec{Person: "tom"})))
		w.must(err)
		_, err = w.Escalation.Create(w.ctx, "b", spec(tell(escalation.TargetSpec{Person: "jonas"}), tell(escalation.TargetSpec{Policy: "a"})))
		w.must(err)
		if _, err := w.Escalation.Edit(w.ctx, "a", a.Version, spec(tell(escalation.TargetSpec{Policy: "b"}))); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "circle") {
			w.Error(err)
		}
		if err := w.Escalation.Delete(w.ctx, "a"); !errs.Is(err, errs.Conflict) {
			w.Error(err)
		}
		if err := w.OnCall.Delete(w.ctx, "payments-primary"); !errs.Is(err, errs.Conflict) {
			w.Errorf("a schedule that a policy names: %v", err)
		}
		if h, err := w.Escalation.HolesNow(w.ctx); err != nil || len(h) != 0 {
			w.Error(h, err)
		}
		tom, err := w.People.Person(w.ctx, "tom")
		w.must(err)
		_, err = w.People.Disable(w.ctx, tom.ID)
		w.must(err)
		h, err := w.Escalation.HolesNow(w.ctx)
		if err != nil || len(h) != 2 || !h[0].All || h[0].Policy != "a" || h[1].Policy != "b" || h[1].Step != 2 {
			w.Errorf("%+v %v", h, err)
		}
		f, err := w.Escalation.Preview(w.ctx, "payments", nil, escalation.Suppose{At: time.Date(2026, 11, 22, 1, 10, 0, 0, time.UTC)})
		if err != nil || len(f.Stages) != 4 || f.Names[f.Stages[0].People[0]] != "Mara" || f.Names[f.Stages[1].People[0]] != "Jonas" || !f.Stages[1].At.Equal(f.At.Add(5*time.Minute)) {
			w.Errorf("%+v %v", f, err)
		}
	})
}

// TestAsCode: applied twice is no change, exported is what was written, and
// policies may name one another in any order.
func TestAsCode(t *testing.T) {
	each(t, func(w *world) {
		more := policy + `---
apiVersion: evenkeel/v1
kind: EscalationPolicy
metadata: {name: first}
spec: {steps: [{notify: [{role: lead}]}, {after: 5m, round_robin: true, when: {hours: other, priorities: [P1]}, notify: [{team: payments}]}, {notify: [{policy: second}]}]}
---
apiVersion: evenkeel/v1
kind: EscalationPolicy
metadata: {name: second}
spec: {services: [checkout], repeat: 2, steps: [{notify: [{person: jonas}]}]}
`
		w.must(w.apply(org + more))
		plan, err := w.Code.Plan(w.ctx, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: org + more}}})
		w.must(err)
		if len(plan.Changes) != 0 {
			w.Errorf("applying it again would change %+v", plan.Changes)
		}
		seen := 0
		i := w.declare(incident.High, incident.High)
		w.expect(i, &seen, "paged jonas, paged lena, paged omar") // the service's own policy beats its team's
		nowhere := strings.Replace(more, "[{policy: second}]", "[{policy: none}]", 1)
		if err := w.apply(org + nowhere); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "no such escalation policy") || !strings.Contains(err.Error(), "org.yaml:") {
			w.Errorf("a policy that no file and no record has: %v", err)
		}
		// The team moves to another policy in one go.
		moved := strings.Replace(strings.Replace(more, "  teams: [payments]\n", "", 1), "spec: {steps: [{notify: [{role: lead}]}", "spec: {teams: [payments], steps: [{notify: [{role: lead}]}", 1)
		w.must(w.apply(org + moved))
		if err := w.apply(org + strings.Replace(more, "spec: {steps: [{notify: [{role: lead}]}", "spec: {teams: [payments], steps: [{notify: [{role: lead}]}", 1)); !errs.Is(err, errs.Invalid) {
			w.Errorf("a team of two policies: %v", err)
		}
	})
}

// TestChannels: a step may tell a channel of any team.
func TestChannels(t *testing.T) {
	each(t, func(w *world) {
		w.must(w.apply(strings.Replace(org+policy, "{person: priya}]", "{person: priya}, {channel: bridge}]", 1) + `---
apiVersion: evenkeel/v1
kind: Channel
metadata: {name: bridge}
spec: {kind: email, team: platform, addresses: [bridge@harbour.example]}
`))
		i, seen := w.declare(incident.High, incident.High), 0
		w.at(5)
		w.sent(i, &seen)
		w.at(15)
		w.expect(i, &seen, "escalated nobody, escalated priya") // the address is nobody of ours
		w.says(i, "told Priya and #bridge: step 3 of Payments")
	})
}

// TestKilled: a process that ends at any moment loses nothing.
func TestKilled(t *testing.T) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "ek.db") },
		"postgres": func() string { return dbtest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			where, dir, clock := url(), t.TempDir(), &atomic.Int64{}
			w := open(t, where, dir, clock)
			w.people()
			w.must(w.apply(org + policy))
			i, seen := w.declare(incident.High, incident.High), 0
			w.sent(i, &seen)
			ids := w.id
			w.Close()
			w = open(t, where, dir, clock)
			w.id = ids
			w.at(7)
			w.expect(i, &seen, "escalated jonas")
			w.at(17) // ten minutes after Jonas was told, late as that was
			w.expect(i, &seen, "escalated priya")
		})
	}
}

// TestReplicas: three programs on one database climb the same ladders at the
// same moment while people acknowledge; every step fires once.
func TestReplicas(t *testing.T) {
	url, dir, clock := dbtest.PostgresURL(t), t.TempDir(), &atomic.Int64{}
	w := open(t, url, dir, clock)
	w.people()
	w.must(w.apply(org + policy))
	const n = 150
	var list []incident.Incident
	for range n {
		list = append(list, w.declare(incident.High, incident.High))
	}
	worlds := []*world{w, open(t, url, dir, clock), open(t, url, dir, clock)}
	clock.Store(int64(5 * time.Minute))
	var wg sync.WaitGroup
	for _, x := range worlds {
		for range 2 {
			wg.Go(func() {
				for quiet := 0; quiet < 3; {
					done, err := x.Escalation.Due().Run(x.ctx, x.DB())
					if err != nil {
						t.Error(err)
						return
					}
					if done == 0 {
						quiet++
					}
				}
			})
		}
	}
	wg.Go(func() {
		for _, i := range list[:30] {
			if _, err := w.Incidents.Acknowledge(w.as("mara"), i.ID); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	w.climb()
	told := 0
	w.must(w.DB().Read(w.ctx, func(q db.Querier) error {
		type row struct{ dest, key string }
		rows, err := db.Collect(q, func(r *db.Rows) (x row, err error) { return x, r.Scan(&x.key, &x.dest) }, "SELECT key, dest FROM notify_message WHERE reason = 'escalated'")
		seen := map[row]bool{}
		for _, x := range rows {
			if seen[x] {
				t.Errorf("%v twice", x)
			}
			seen[x] = true
		}
		told = len(rows)
		return err
	}))
	if told < n-30 || told > n {
		t.Errorf("%d steps fired for %d ladders of which 30 were being acknowledged", told, n)
	}
	for _, i := range list {
		v, err := w.Escalation.Ladder(w.ctx, i.ID)
		w.must(err)
		if v.Ladder.State == escalation.Climbing && v.Ladder.Step != 2 || v.Ladder.State != escalation.Climbing && v.Ladder.State != escalation.Acknowledged {
			t.Errorf("%s: %s at step %d", i.Key(), v.Ladder.State, v.Ladder.Step)
		}
	}
	if watch, err := w.Notify.Watch(w.ctx); err != nil || len(watch.Missing) > 0 {
		t.Errorf("the watchdog misses %v %v", watch.Missing, err)
	}
}
