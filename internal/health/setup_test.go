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
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
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

// Members and People make the bench a notify.Directory.
func (b *bench) Members(q db.Querier, team string) (out []notify.Member, err error) {
	list, err := auth.Teammates(q, team)
	for _, m := range list {
		out = append(out, notify.Member{Person: m.Person, Email: m.Email, TeamRole: string(m.Role)})
	}
	return out, err
}

func (b *bench) People(db.Querier, []int64) ([]notify.Member, error) { return nil, nil }
