package health_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// bench is Harbour & Co's payments team with real people, calendars and
// messages; incidents are those of the map.
type bench struct {
	*testing.T
	*health.Service
	db       *db.DB
	accounts *auth.Service
	cals     *calendar.Service
	ids      map[string]int64

	mu        sync.Mutex
	now       time.Time
	incidents []health.Incident
	hidden    map[int64]bool // from everybody but Mara
	told      []notify.Notice
}

func (b *bench) clock() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
func (b *bench) set(t string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = at(t)
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func (b *bench) seen(who actor.Actor, keep func(i health.Incident) bool) (out []health.Incident, err error) {
	for _, i := range b.incidents {
		if keep(i) && (!b.hidden[i.ID] || who.Person == b.ids["mara"]) {
			out = append(out, i)
		}
	}
	return out, nil
}

// World, of plain data but for calendars and teams.
func (b *bench) Incidents(_ db.Querier, who actor.Actor, team string, from, to time.Time) ([]health.Incident, error) {
	return b.seen(who, func(i health.Incident) bool {
		return i.Team == team && !i.Triggered.Before(from) && i.Triggered.Before(to)
	})
}
func (b *bench) IncidentsBy(_ db.Querier, who actor.Actor, ids []int64) ([]health.Incident, error) {
	return b.seen(who, func(i health.Incident) bool { return slices.Contains(ids, i.ID) })
}
func (b *bench) Spells(_ db.Querier, ids []int64) (out []health.Spell, err error) {
	for _, id := range ids {
		out = append(out, health.Spell{Incident: id, Rule: "default", Summary: "disk is full", Firings: 1, From: at("2026-10-01 00:00"), Until: at("2026-10-01 00:05")})
	}
	return out, nil
}
func (b *bench) Duties(_ db.Querier, team string, from, to time.Time) ([]health.Duty, time.Time, error) {
	return nil, to, nil
}
func (b *bench) Hours(q db.Querier, team string) (health.Hours, error) {
	return b.cals.ByName(q, calendar.Business)
}
func (b *bench) Teams(q db.Querier) (out []string, err error) {
	specs, err := auth.ListTeamSpecs(q)
	for name := range specs {
		out = append(out, name)
	}
	slices.Sort(out)
	return out, err
}

func each(t *testing.T, f func(b *bench)) {
	b := &bench{now: at("2026-09-01 08:00")}
	dbtest.EachWith(t, b.clock, func(t *testing.T, d *db.DB) {
		b.T, b.db, b.ids, b.hidden, b.incidents, b.told = t, d, map[string]int64{}, map[int64]bool{}, nil, nil
		b.set("2026-09-01 08:00")
		var err error
		b.accounts, _, err = auth.New(d, auth.Config{})
		b.ok(err)
		b.cals = calendar.New(d)
		b.Service = health.New(d, b)
		b.Notify = func(tx *db.Tx, n notify.Notice) error { tx.After(func() { b.told = append(b.told, n) }); return nil }
		b.URL = "https://evenkeel.harbour.example/"
		var members []auth.MemberEdit
		for handle, zone := range map[string]string{"mara": "Europe/Berlin", "jonas": "America/Lima"} {
			p, _, err := b.accounts.CreatePerson(b.job(), auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: strings.ToTitle(handle[:1]) + handle[1:], Zone: zone}})
			b.ok(err)
			b.ids[handle] = p.ID
			members = append(members, auth.MemberEdit{Person: handle})
		}
		_, err = b.accounts.CreateTeam(b.job(), "payments", auth.TeamEdit{Title: "Payments", Members: members})
		b.ok(err)
		f(b)
	})
}

func (b *bench) job() context.Context { return actor.With(context.Background(), actor.Job("test")) }
func (b *bench) as(handle string) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: b.ids[handle], Person: b.ids[handle], Role: actor.Responder})
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// page writes an incident and a message about it that reached somebody.
func (b *bench) page(id int64, team, handle, when string, ack time.Duration) {
	b.Helper()
	i := health.Incident{ID: id, Team: team, Title: "Checkout is down", Priority: "P1", State: "resolved", Triggered: at(when).Add(-time.Minute), Acknowledge: ack, Over: true}
	if ack >= 0 {
		i.Acknowledged, i.By, i.Acted = i.Triggered.Add(ack), b.ids[handle], true
	}
	b.incidents = append(b.incidents, i)
	b.ok(b.db.Write(b.job(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Unrecorded("test")
		us := db.Micros(at(when))
		_, err := tx.Exec(`INSERT INTO notify_message (id, key, dest, via, record, reason, person, urgent, restricted, title, body, facts, salt, state, queued_at, promised_at, due_at, expires_at, ended_at, priority)
VALUES ($1, $2, $3, 'email', $4, 'paged', $5, TRUE, FALSE, '', '', '[]', $6, 'sent', $7, $7, $7, $7, $7, 'P1')`,
			id+1000, fmt.Sprintf("k%d", id), fmt.Sprintf("person:%d", b.ids[handle]), ref.N(ref.Incident, id).String(), b.ids[handle], []byte("s"), us)
		return err
	}))
}

func (b *bench) october() {
	b.page(1, "payments", "mara", "2026-10-05 10:00", 5*time.Minute)
	b.page(2, "payments", "mara", "2026-10-06 23:30", -1)
	b.page(3, "search", "mara", "2026-10-07 10:00", time.Minute)
	b.page(4, "payments", "jonas", "2026-10-08 10:00", 9*time.Minute) // 05:00 in Lima
	b.page(5, "payments", "jonas", "2026-10-20 18:00", 2*time.Minute)
	b.hidden[5] = true
	b.set("2026-11-20 14:00")
}

func TestOf(t *testing.T) {
	each(t, func(b *bench) {
		b.october()
		r, err := b.Of(b.as("mara"), "payments", "2026-10")
		b.ok(err)
		if !r.Known || r.Partly || r.Pages != 4 || r.Sleep != 2 || r.Nights != 2 || r.Incidents != 4 || r.Unacknowledged != 1 || r.Acknowledge.Median != 5*time.Minute || r.HoursKnown() {
			b.Errorf("%+v", r)
		}
		if len(r.Alerts) != 1 || r.Alerts[0].Acted != 3 || r.Alerts[0].Noise != 1 || r.Acted.Percent() != 75 {
			b.Errorf("alerts %+v", r.Alerts)
		}
		mara := r.People[0]
		if mara.Handle != "mara" || mara.Pages != 2 || mara.Elsewhere != 1 || mara.Acknowledge.Median != 4*time.Minute || mara.OnCall >= 0 || mara.Weeks[0] != -1 {
			b.Errorf("mara %+v", mara)
		}
		// The restricted incident is not counted for somebody who may not see it.
		hers, err := b.Of(b.as("jonas"), "payments", "2026-10")
		b.ok(err)
		if hers.Pages != 3 || hers.Incidents != 3 || len(hers.Behind(health.Which{})) != 4 {
			b.Errorf("jonas sees %d pages and %d incidents", hers.Pages, hers.Incidents)
		}
		for period, want := range map[string]errs.Kind{"2026-12": errs.Invalid, "soon": errs.Invalid} {
			if _, err := b.Of(b.as("mara"), "payments", period); !errs.Is(err, want) {
				b.Errorf("%s: %v", period, err)
			}
		}
		if _, err := b.Of(b.as("mara"), "nobody", ""); !errs.Is(err, errs.NotFound) {
			b.Errorf("no team: %v", err)
		}
		if _, err := b.Of(context.Background(), "payments", ""); !errs.Is(err, errs.Unauthenticated) {
			b.Errorf("nobody asks: %v", err)
		}
		before, err := b.Of(b.as("mara"), "payments", "2026-08")
		b.ok(err)
		if before.Known || before.Pages != 0 || before.PerWeek >= 0 {
			b.Errorf("before the team was there: %+v", before)
		}
		b.Kept = 40 * 24 * time.Hour
		kept, err := b.Of(b.as("mara"), "payments", "2026-10")
		b.ok(err)
		if !kept.Partly || !kept.Since.Equal(at("2026-10-11 14:00")) {
			b.Errorf("messages kept for 40 days: known since %s", kept.Since)
		}
	})
}

func TestBehindByPages(t *testing.T) {
	each(t, func(b *bench) {
		b.october()
		var got []int64
		cursor := ""
		for pages := 0; pages == 0 || cursor != ""; pages++ {
			_, list, next, err := b.Service.Behind(b.as("mara"), "payments", "2026-10", health.Ask{}, cursor, 2)
			b.ok(err)
			for _, p := range list {
				got = append(got, p.Incident)
			}
			cursor = next
		}
		if !slices.Equal(got, []int64{5, 4, 3, 2, 1}) {
			b.Errorf("%v", got)
		}
		for _, bad := range []struct {
			ask    health.Ask
			cursor string
			field  string
		}{{health.Ask{Person: "tom"}, "", "person"}, {health.Ask{Only: "lunch"}, "", "only"}, {health.Ask{Week: "2026-10-06"}, "", "week"}, {health.Ask{}, "x", "cursor"}} {
			_, _, _, err := b.Service.Behind(b.as("mara"), "payments", "2026-10", bad.ask, bad.cursor, 2)
			if f := errs.As(err).Fields; !errs.Is(err, errs.Invalid) || len(f) != 1 || f[0].Name != bad.field {
				b.Errorf("%+v %q: %v", bad.ask, bad.cursor, err)
			}
		}
		_, list, next, err := b.Service.IncidentsBehind(b.as("jonas"), "payments", "2026-10", health.AskIncidents{Alert: "disk is full", Rule: "default"}, "", 2)
		b.ok(err)
		if len(list) != 2 || list[0].ID != 4 || next != "INC-2" {
			b.Errorf("%+v, next %q", list, next)
		}
		b.ok(b.db.Read(b.job(), func(q db.Querier) error {
			n, err := b.Service.Pages(q, []int64{b.ids["mara"], b.ids["jonas"]}, at("2026-10-01 00:00"), at("2026-11-01 00:00"))
			if n[b.ids["mara"]] != 3 || n[b.ids["jonas"]] != 2 {
				b.Errorf("pages %v", n)
			}
			return err
		}))
	})
}

// run lets the monthly report be due as often as it wants to be, and returns
// when it looks again.
func (b *bench) run() (next time.Time) {
	b.Helper()
	src := b.Monthly()
	for range 20 {
		done, err := src.Run(context.Background(), b.db)
		b.ok(err)
		if done == 0 {
			break
		}
	}
	b.ok(b.db.Read(b.job(), func(q db.Querier) (err error) { next, err = src.Next(q); return err }))
	return next
}

func TestMonthly(t *testing.T) {
	each(t, func(b *bench) {
		b.october()
		_, err := b.accounts.CreateTeam(b.job(), "quiet", auth.TeamEdit{Title: "Quiet"})
		b.ok(err)
		b.set("2026-10-31 12:00")
		b.told = nil
		// A Saturday: nothing is due about October yet. September's is long over.
		if next := b.run(); len(b.told) != 0 || !next.Equal(at("2026-11-01 12:00")) {
			b.Fatalf("on the 31st: %d told, next look %s", len(b.told), next)
		}
		b.set("2026-11-01 12:00") // a Sunday
		if b.run(); len(b.told) != 0 {
			b.Fatalf("on a Sunday: %v", b.told)
		}
		b.set("2026-11-02 06:00")
		open := b.run()
		if len(b.told) != 0 || open.Format("2006-01-02") != "2026-11-02" || !open.After(at("2026-11-02 06:00")) {
			b.Fatalf("before business hours: %v, next %s", b.told, open)
		}
		b.set(open.Format("2006-01-02 15:04"))
		b.run()
		if len(b.told) != 1 {
			b.Fatalf("%d reports; one is due, and the quiet team has nothing to hear", len(b.told))
		}
		n := b.told[0]
		if n.Key != "health payments 2026-10" || !n.Quiet || n.Urgent || n.Team != "payments" || n.Title != "On-call health of Payments in October 2026" ||
			!strings.HasPrefix(n.Text, "Load: 3 pages to 2 people") || !strings.Contains(n.Text, "https://evenkeel.harbour.example/oncall/health?team=payments&period=2026-10") || strings.Contains(strings.ToLower(n.Text), "mara") {
			b.Errorf("%+v", n)
		}
		if lines := strings.Split(strings.Split(n.Text, "\n\n")[0], "\n"); len(lines) != 5 {
			b.Errorf("%d lines", len(lines))
		}
		preview, _, err := b.Preview(b.as("jonas"), "payments", "2026-10")
		b.ok(err)
		if preview.Text != n.Text || preview.Title != n.Title {
			b.Errorf("the preview says %q", preview.Text)
		}
		for _, later := range []string{"2026-11-02 15:00", "2026-11-03 15:00", "2026-11-20 15:00"} {
			b.set(later)
			if b.run(); len(b.told) != 1 {
				b.Fatalf("told again at %s", later)
			}
		}
	})
}

func TestNotSentWhenLate(t *testing.T) {
	each(t, func(b *bench) {
		b.october() // the server starts on the 20th
		if next := b.run(); len(b.told) != 0 || !next.Equal(at("2026-11-21 14:00")) {
			b.Errorf("%d told, next look %s", len(b.told), next)
		}
	})
}

// Members and People make the bench a notify.Directory.
func (b *bench) Members(q db.Querier, team string) (out []notify.Member, err error) {
	list, err := auth.Teammates(q, team)
	for _, m := range list {
		out = append(out, notify.Member{Person: m.Person, Email: m.Email, TeamRole: string(m.Role)})
	}
	return out, err
}
func (b *bench) People(db.Querier, []int64) ([]notify.Member, error) { return nil, nil }

// TestReportIsAMessage: the report goes into the outbox, to each member, and
// wakes nobody.
func TestReportIsAMessage(t *testing.T) {
	each(t, func(b *bench) {
		b.october()
		box, err := secret.New(make([]byte, 32))
		b.ok(err)
		out, err := notify.New(b.db, notify.Options{Box: box, Directory: b})
		b.ok(err)
		b.Notify = out.Notify
		b.set("2026-11-02 12:00")
		b.run()
		b.ok(b.db.Read(b.job(), func(q db.Querier) error {
			rows, err := db.Collect(q, func(r *db.Rows) (s string, err error) {
				var urgent bool
				err = r.Scan(&s, &urgent)
				return fmt.Sprintf("%s urgent=%t", s, urgent), err
			}, "SELECT title, urgent FROM notify_message WHERE record = 'TEAM payments' AND reason = 'monthly report'")
			if want := "On-call health of Payments in October 2026 urgent=false"; len(rows) != 2 || rows[0] != want || rows[1] != want {
				b.Errorf("%q", rows)
			}
			return err
		}))
	})
}
