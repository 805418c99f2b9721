package window_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type teams struct{}

func (teams) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

type bundle struct {
	*testing.T
	*window.Service
	d         *db.DB
	ctx       context.Context
	calendars *calendar.Service
	edits     int // that Changed was told of
	now       *time.Time
	last      int64 // number of a change
}

// each gives a test an organisation with three services, on both engines, on
// Wednesday 14 October 2026, 12:00 UTC.
func each(t *testing.T, f func(b *bundle)) {
	now := utc("2026-10-14T12:00")
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		people, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		b := &bundle{T: t, d: d, ctx: as(actor.Admin), calendars: calendar.New(d), now: &now}
		for _, team := range []string{"payments", "shop"} {
			if _, err := people.CreateTeam(b.ctx, team, auth.TeamEdit{}); err != nil {
				t.Fatal(err)
			}
		}
		c := catalog.New(d, teams{})
		for name, e := range map[string]catalog.Edit{"checkout": {Team: "shop", Tier: 0}, "payments": {Team: "payments", Tier: 0, Aliases: []string{"pay"}}, "banner": {Team: "shop", Tier: 2}} {
			if _, err := c.Create(b.ctx, name, e); err != nil {
				t.Fatal(err)
			}
		}
		b.Service = window.New(d, c, teams{}, b.calendars)
		b.Changed = func(*db.Tx) error { b.edits++; return nil }
		f(b)
	})
}

func as(role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: role})
}

func (b *bundle) want(what string, err error, kind errs.Kind) {
	b.Helper()
	if !errs.Is(err, kind) {
		b.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func (b *bundle) create(name string, s window.Spec) window.Stored {
	b.Helper()
	w, err := b.Create(b.ctx, name, s)
	if err != nil {
		b.Fatalf("%s: %+v", name, errs.As(err).Fields)
	}
	return w
}

func (b *bundle) current() (set *window.Set, n int64) {
	b.Helper()
	if err := b.d.Read(b.ctx, func(q db.Querier) (err error) { set, n, err = b.Current(q); return err }); err != nil {
		b.Fatal(err)
	}
	return set, n
}

// record is a change as its practice would have stored it.
type record struct {
	title, state, environment       string
	outcome, risk                   string
	services                        []string
	planned, until, started, verify string
	ended                           string
}

// put stores a change and returns its number.
func (b *bundle) put(r record) int64 {
	b.Helper()
	b.last++
	at := func(s string) int64 {
		if s == "" {
			return 0
		}
		return db.Micros(utc(s))
	}
	services, _ := json.Marshal(r.services)
	open := r.ended == ""
	env := r.environment
	if env == "" {
		env = "production"
	}
	team := map[string]string{"payments": "payments"}[r.services[0]]
	if team == "" {
		team = "shop"
	}
	known := map[string]any{"id": b.last, "title": r.title, "state": r.state, "is_open": open, "service": r.services[0], "services": string(services), "team": team, "environment": env,
		"outcome": r.outcome, "risk_level": r.risk, "planned_from": at(r.planned), "planned_to": at(r.until), "started_at": at(r.started), "verify_until": at(r.verify), "ended_at": at(r.ended),
		"type": "normal", "kind": "deploy"}
	var cols []string
	var args []any
	for name, empty := range columns(b.T) {
		v, ok := known[name]
		if !ok {
			v = empty
		}
		cols, args = append(cols, name), append(args, v)
	}
	from := r.started
	if from == "" {
		from = r.planned
	}
	err := b.d.Write(b.ctx, actor.Actor{Kind: actor.System, Name: "test"}, "a change", func(tx *db.Tx) error {
		tx.Unrecorded("stored by the test")
		if _, err := tx.Exec("INSERT INTO change ("+strings.Join(cols, ", ")+") VALUES "+db.Values(1, len(cols)), args...); err != nil {
			return err
		}
		for _, s := range r.services {
			if _, err := tx.Exec("INSERT INTO change_service (service, change_id, is_open, from_at) VALUES ($1, $2, $3, $4)", s, b.last, open, at(from)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return b.last
}

// fields lists what an error finds wrong.
func fields(err error) string {
	var out []string
	for _, f := range errs.As(err).Fields {
		out = append(out, fmt.Sprintf("%s=%s", f.Name, f.Value))
	}
	return strings.Join(out, " ")
}

var column = regexp.MustCompile(`(?m)^\s+(\w+)\s+(BIGINT|SMALLINT|INTEGER|TEXT|BOOLEAN|BYTEA)\b`)

// columns are those of table change, each with a value that says nothing.
func columns(t *testing.T) map[string]any {
	t.Helper()
	file, err := os.ReadFile("../../db/migrations/0018_change.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(file), "CREATE TABLE change (")
	table, _, _ = strings.Cut(table, ");")
	out := map[string]any{}
	for _, m := range column.FindAllStringSubmatch(table, -1) {
		out[m[1]] = map[string]any{"TEXT": "", "BOOLEAN": false, "BYTEA": []byte{1}, "BIGINT": int64(0), "SMALLINT": int64(0), "INTEGER": int64(0)}[m[2]]
	}
	return out
}
