package oncall_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// crew is Harbour & Co with an on-call service, and a clock.
type crew struct {
	*testing.T
	*oncall.Service
	people *auth.Service
	db     *db.DB
	ids    map[string]int64
	seen   chan string // what the change feed told
	mu     sync.Mutex
	now    time.Time
}

func (c *crew) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *crew) set(s string) { c.mu.Lock(); defer c.mu.Unlock(); c.now = utc(s) }

func (c *crew) as(name string) context.Context {
	role := map[string]actor.Role{"mara": actor.Admin, "jonas": actor.Manager, "omar": actor.Auditor}[name]
	if role == "" {
		role = actor.Responder
	}
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: c.ids[name], Person: c.ids[name], Role: role})
}

func (c *crew) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// refused checks kind and, if not empty, the first field.
func (c *crew) refused(what string, err error, kind errs.Kind, field string) {
	c.Helper()
	if !errs.Is(err, kind) {
		c.Errorf("%s: %v, want %v", what, err, kind)
		return
	}
	if field == "" {
		return
	}
	f := errs.As(err).Fields
	if len(f) == 0 || f[0].Name != field || f[0].Remedy == "" {
		c.Errorf("%s: fields %v, want %s", what, f, field)
	}
}

// at says who is on call at a time.
func (c *crew) at(schedule, when string) (out string) {
	c.Helper()
	c.ok(c.db.Read(context.Background(), func(q db.Querier) error {
		people, _, err := c.OnCall(q, schedule, utc(when))
		out = c.handles(people)
		return err
	}))
	return out
}

func (c *crew) handles(people []int64) string {
	var list []string
	for _, p := range people {
		for name, id := range c.ids {
			if id == p {
				list = append(list, name)
			}
		}
	}
	return strings.Join(list, "+")
}

func weekly(people ...string) oncall.Spec {
	l := oncall.LayerSpec{Name: "primary", Start: "2026-06-01T09:00", Every: "P1W"}
	for _, p := range people {
		l.Shifts = append(l.Shifts, []string{p})
	}
	return oncall.Spec{Title: "Payments", Team: "", Zone: "Europe/Berlin", Layers: []oncall.LayerSpec{l}}
}

// each runs f with a fresh organisation on both databases.
func each(t *testing.T, f func(c *crew)) {
	t.Parallel()
	c := &crew{now: utc("2026-06-03 12:00")}
	dbtest.EachWith(t, c.Now, func(t *testing.T, d *db.DB) {
		c.set("2026-06-03 12:00")
		c.T, c.db, c.ids, c.seen = t, d, map[string]int64{}, make(chan string, 1000)
		var err error
		c.people, _, err = auth.New(d, auth.Config{})
		c.ok(err)
		ctx := actor.With(context.Background(), actor.Job("test"))
		for _, name := range []string{"mara", "jonas", "priya", "tom", "lena", "omar"} {
			p, _, err := c.people.CreatePerson(ctx, auth.PersonEdit{Handle: name, Role: actor.Responder, Profile: auth.Profile{Display: strings.ToUpper(name[:1]) + name[1:]}})
			c.ok(err)
			c.ids[name] = p.ID
		}
		c.Service = oncall.New(d)
		d.OnChange(func(list []db.Change) { // after the service's own listener
			for _, ch := range list {
				c.seen <- ch.Record + " " + ch.Action
			}
		})
		c.people.Reactions.PersonDisabled = append(c.people.Reactions.PersonDisabled, c.PersonDisabled)
		c.people.Reactions.PersonErased = append(c.people.Reactions.PersonErased, c.PersonErased)
		f(c)
		c.contentMatchesEvidence()
		c.booksAgree()
	})
}

// booksAgree checks that what was compiled change by change is what another
// replica, which begins with nothing, compiles.
func (c *crew) booksAgree() {
	c.Helper()
	fresh := oncall.New(c.db)
	c.ok(c.db.Read(context.Background(), func(q db.Querier) error {
		have, err := c.Schedules(q)
		if err != nil {
			return err
		}
		want, err := fresh.Schedules(q)
		if err != nil {
			return err
		}
		if !slices.Equal(have.Names(), want.Names()) {
			c.Errorf("schedules %v, stored %v", have.Names(), want.Names())
			return nil
		}
		for _, name := range want.Names() {
			a, _ := have.Rota(name)
			b, _ := want.Rota(name)
			x, y := say(a.Between(utc("2026-05-25 00:00"), utc("2026-08-01 00:00"))), say(b.Between(utc("2026-05-25 00:00"), utc("2026-08-01 00:00")))
			same(c.T, name+" as kept and as stored", x, y)
		}
		return nil
	}))
}

// contentMatchesEvidence checks that each record is what its last entry says.
func (c *crew) contentMatchesEvidence() {
	c.Helper()
	c.ok(c.db.Read(context.Background(), func(q db.Querier) error {
		type row struct{ record, entry string }
		rows, err := db.Collect(q, func(r *db.Rows) (x row, err error) {
			var e []byte
			err = r.Scan(&x.record, &e)
			x.entry = string(e)
			return x, err
		}, "SELECT record, entry FROM evidence ORDER BY leaf_id")
		if err != nil {
			return err
		}
		last := map[string]string{}
		for _, r := range rows {
			last[r.record] = r.entry
		}
		seen := 0
		for record, entry := range last {
			r, err := ref.Parse(record)
			if err != nil || r.Kind != ref.Schedule && r.Kind != ref.Cover {
				continue
			}
			seen++
			var e struct {
				After string `json:"after"`
			}
			if err := json.Unmarshal([]byte(entry), &e); err != nil {
				return err
			}
			digest, err := oncall.DigestOf(q, r)
			if errs.Is(err, errs.NotFound) {
				err = nil
			}
			if err != nil || digest != e.After {
				c.Errorf("%s: content %q, evidence %q (%v)", record, digest, e.After, err)
			}
		}
		if seen == 0 {
			c.Error("no evidence")
		}
		return nil
	}))
}
