package suspect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const (
	mara  = 1
	jonas = 2 // may know of restricted incidents
)

func as(person int64, r actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: person, Person: person, Role: r})
}

func responder() context.Context { return as(mara, actor.Responder) }

// bench is a service over some incidents and a small map: checkout needs
// payments, which needs bank.
type bench struct {
	*testing.T
	*Service
	d         *db.DB
	now       time.Time
	incidents map[int64]Incident
	told      []string
	recovered []int64
}

func (b *bench) Seen(_ db.Querier, who actor.Actor, ids []int64) (map[int64]Incident, error) {
	out := map[int64]Incident{}
	for _, id := range ids {
		if i, ok := b.incidents[id]; ok && (!i.Restricted || who.Kind == actor.System || who.Person == jonas) {
			out[id] = i
		}
	}
	return out, nil
}

func (b *bench) ServicesNear(_ db.Querier, services []string, steps int) (out []cmdb.Near, err error) {
	for _, s := range services {
		out = append(out, cmdb.Near{Service: s, Side: cmdb.SideSame, Hard: true})
		if s == "checkout" {
			out = append(out, cmdb.Near{Service: "payments", Side: cmdb.SideNeeds, Steps: 1, Hard: true}, cmdb.Near{Service: "bank", Side: cmdb.SideNeeds, Steps: 2, Hard: true})
		}
	}
	return out, nil
}

func each(t *testing.T, f func(b *bench)) {
	now := func() time.Time { return began.Add(time.Minute) }
	dbtest.EachWith(t, func() time.Time { return now() }, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, d: d, now: began.Add(time.Minute), incidents: map[int64]Incident{}}
		now = func() time.Time { return b.now }
		b.Service = New(d, b, b)
		b.On(func(_ *db.Tx, e Edge) error {
			b.told = append(b.told, fmt.Sprintf("%s %s %s>%s %s %v", e.Key(), e.ChangeKey(), e.Was, e.State, e.Rule, e.Restricted))
			return nil
		})
		b.Recovered = func(_ *db.Tx, change int64, at time.Time) error {
			b.recovered = append(b.recovered, change)
			return nil
		}
		f(b)
	})
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// ship writes the row of a change that went live so long before the incident,
// and tells of it.
func (b *bench) ship(id int64, before time.Duration, state change.State, services ...string) change.Change {
	b.Helper()
	at := began.Add(-before)
	c := change.Change{ID: id, State: state, Services: services, StartedAt: at.Add(-2 * time.Minute), DeployedAt: at}
	if !state.Open() {
		c.EndedAt = at.Add(30 * time.Minute)
	}
	b.write(c, change.Change{})
	return c
}

func (b *bench) write(c, was change.Change) {
	b.Helper()
	b.must(b.d.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "test", Record: c.Ref()})
		if err := insertChange(tx, c); err != nil {
			return err
		}
		return b.OnChange(tx, c, was)
	}))
}

func (b *bench) incident(i Incident) {
	b.Helper()
	was := b.incidents[i.ID]
	b.incidents[i.ID] = i
	b.must(b.d.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "test", Record: ref.N(ref.Incident, i.ID)})
		return b.OnIncident(tx, i, was)
	}))
}

// pass lets time pass and does what is due.
func (b *bench) pass(d time.Duration) {
	b.Helper()
	for end := b.now.Add(d); ; {
		var next time.Time
		b.must(b.d.Read(context.Background(), func(q db.Querier) (err error) { next, err = b.Due().Next(q); return err }))
		if next.IsZero() || next.After(end) {
			b.now = end
			return
		}
		if next.After(b.now) {
			b.now = next
		}
		if n, err := b.Due().Run(context.Background(), b.d); err != nil || n == 0 {
			b.Fatal(n, err)
		}
	}
}

func (b *bench) list(ctx context.Context, id int64) (out []string) {
	b.Helper()
	v, err := b.Suspects(ctx, id)
	b.must(err)
	for _, r := range v.Rows {
		out = append(out, fmt.Sprintf("CHG-%d %s %s", r.Change, r.Edge.State, r.Edge.Rule))
	}
	return out
}

func TestSuspectsOfAnIncident(t *testing.T) {
	each(t, func(b *bench) {
		b.ship(11, 26*time.Hour, change.Succeeded, "checkout")
		b.ship(12, 15*time.Minute, change.Verifying, "payments")
		b.ship(13, 8*time.Minute, change.Verifying, "checkout")
		b.ship(14, 2*time.Minute, change.Verifying, "somewhere")
		b.ship(15, -time.Hour, change.Verifying, "checkout")
		b.incident(Incident{ID: 7, Title: "Payments fail", Open: true, Services: []string{"checkout"}, Began: began})
		want := []string{"CHG-13 suggested ranked", "CHG-12 suggested ranked", "CHG-11 suggested ranked"}
		if got := b.list(responder(), 7); !slices.Equal(got, want) { // before anybody has looked
			t.Errorf("%q", got)
		}
		b.pass(2 * time.Second)
		if got := b.list(responder(), 7); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		of, err := b.OfChange(responder(), 12)
		b.must(err)
		if len(of) != 1 || of[0].Incident.Title != "Payments fail" || of[0].Edge.Place != 2 || of[0].Edge.Latest != 2 || of[0].Edge.Relation != Needs || len(of[0].Edge.Reasons) < 2 {
			t.Errorf("%+v", of)
		}
		if of, err = b.OfChange(responder(), 14); err != nil || len(of) != 0 {
			t.Errorf("%+v %v", of, err)
		}

		// A pipeline reports late: the change is on the list at the next look.
		b.ship(16, 5*time.Minute, change.Verifying, "bank", "checkout")
		b.pass(3 * time.Second)
		if of, err = b.OfChange(responder(), 16); err != nil || len(of) != 1 || of[0].Edge.Relation != Same {
			t.Errorf("%+v %v", of, err)
		}

		// People say what it was, once, and nobody else does.
		_, err = b.Confirm(as(mara, actor.Requester), 7, 12, "")
		if !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		for range 2 {
			e, err := b.Confirm(responder(), 7, 12, "the token lacked a scope")
			b.must(err)
			if e.State != Confirmed || e.Person != mara || e.Rule != ByPerson {
				t.Errorf("%+v", e)
			}
		}
		_, err = b.Reject(responder(), 7, 13, "")
		b.must(err)
		if got := b.list(responder(), 7); len(got) != 4 || got[0] != "CHG-12 confirmed person" || got[3] != "CHG-13 rejected person" {
			t.Errorf("%q", got)
		}
		if want := []string{"INC-7 CHG-12 suggested>confirmed person false", "INC-7 CHG-13 suggested>rejected person false"}; !slices.Equal(b.told, want) {
			t.Errorf("%q", b.told)
		}
		b.must(b.d.Read(context.Background(), func(q db.Querier) error {
			caused, err := Caused(q, []int64{11, 12, 13})
			if len(caused) != 1 || !caused[12] {
				t.Errorf("%v", caused)
			}
			return err
		}))
		// A look does not undo what was said.
		b.pass(time.Hour)
		if got := b.list(responder(), 7); len(got) != 4 || got[0] != "CHG-12 confirmed person" {
			t.Errorf("%q", got)
		}
		if _, err = b.Reopen(responder(), 7, 12, "wrong incident"); err != nil || b.list(responder(), 7)[0] == "CHG-12 confirmed person" {
			t.Error(err)
		}
		for what, err := range map[string]error{
			"no incident": second(b.Confirm(responder(), 99, 12, "")), "no change": second(b.Confirm(responder(), 7, 99, "")),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		planned := change.Change{ID: 20, State: change.Scheduled, Services: []string{"checkout"}}
		b.write(planned, change.Change{})
		for what, err := range map[string]error{
			"not started": second(b.Confirm(responder(), 7, 20, "")), "long": second(b.Reject(responder(), 7, 12, strings.Repeat("x", MaxNote+1))), "bytes": second(b.Reject(responder(), 7, 12, "\xff")),
		} {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// What was taken back while the incident lasted is its cause, by rule, until a
// person says that it was not.
func TestTakenBackConfirms(t *testing.T) {
	each(t, func(b *bench) {
		b.ship(11, 20*time.Minute, change.Succeeded, "payments")
		bad := b.ship(12, 10*time.Minute, change.Verifying, "payments")
		b.incident(Incident{ID: 7, Open: true, Services: []string{"checkout"}, Began: began})
		b.now = began.Add(10 * time.Minute)
		b.pass(time.Minute)
		if len(b.told) > 0 {
			t.Errorf("%q", b.told)
		}
		back := change.Change{ID: 13, State: change.Verifying, Services: []string{"payments"}, RollbackOf: 12, Returns: true, StartedAt: began.Add(12 * time.Minute), DeployedAt: began.Add(14 * time.Minute)}
		b.write(back, change.Change{})
		was := bad
		bad.State, bad.TakenBackBy, bad.EndedAt = change.RolledBack, 13, began.Add(14*time.Minute)
		b.write(bad, was)
		b.pass(5 * time.Second)
		if want := []string{"INC-7 CHG-12 suggested>confirmed taken back false"}; !slices.Equal(b.told, want) {
			t.Errorf("%q", b.told)
		}
		if got := b.list(responder(), 7); got[0] != "CHG-12 confirmed taken back" {
			t.Errorf("%q", got)
		}
		_, err := b.Reject(responder(), 7, 12, "was taken back to be safe")
		b.must(err)
		b.incident(Incident{ID: 7, Services: []string{"checkout"}, Began: began, Over: began.Add(20 * time.Minute)})
		b.pass(7 * time.Hour)
		if got := b.list(responder(), 7); got[len(got)-1] != "CHG-12 rejected person" || len(b.told) != 2 {
			t.Errorf("%q %q", got, b.told)
		}

		// One that was taken back before, or after the incident, did not cause it by rule.
		for id, at := range map[int64]time.Duration{31: -3 * time.Minute, 32: 40 * time.Minute} {
			c := b.ship(id, 30*time.Minute, change.RolledBack, "docs")
			was := c
			c.EndedAt = began.Add(at)
			b.write(c, was)
		}
		b.incident(Incident{ID: 8, Services: []string{"docs"}, Began: began, Over: began.Add(20 * time.Minute)})
		b.pass(time.Hour)
		if got := b.list(responder(), 8); !slices.Equal(got, []string{"CHG-32 suggested ranked", "CHG-31 suggested ranked"}) {
			t.Errorf("%q", got)
		}
	})
}

// A restricted incident leaves no trace for those who may not know of it: not
// in lists, not on the change, not in errors, not in evidence about the change.
func TestRestrictedLeavesNoTrace(t *testing.T) {
	each(t, func(b *bench) {
		b.ship(12, 10*time.Minute, change.Verifying, "payments")
		b.incident(Incident{ID: 9, Title: "Leaked credentials", Open: true, Restricted: true, Services: []string{"payments"}, Began: began})
		b.pass(time.Minute)
		knows := as(jonas, actor.Responder)
		_, err := b.Confirm(knows, 9, 12, "")
		b.must(err)
		if of, err := b.OfChange(knows, 12); err != nil || len(of) != 1 {
			t.Errorf("%+v %v", of, err)
		}
		if !slices.Equal(b.told, []string{"INC-9 CHG-12 suggested>confirmed person true"}) {
			t.Errorf("%q", b.told)
		}
		for _, ctx := range []context.Context{responder(), as(5, actor.Admin)} {
			none := second(b.Suspects(ctx, 99)).Error()
			for what, err := range map[string]error{"list": second(b.Suspects(ctx, 9)), "confirm": second(b.Confirm(ctx, 9, 12, "")), "reject": second(b.Reject(ctx, 9, 12, "")), "reopen": second(b.Reopen(ctx, 9, 12, ""))} {
				if !errs.Is(err, errs.NotFound) || what == "list" && strings.ReplaceAll(err.Error(), "INC-9", "INC-99") != none {
					t.Errorf("%s: %v", what, err)
				}
			}
			if of, err := b.OfChange(ctx, 12); err != nil || len(of) != 0 {
				t.Errorf("%+v %v", of, err)
			}
			m, rows, err := b.Measured(ctx)
			if err != nil || m.Incidents != 1 || len(rows) != 0 {
				t.Errorf("%+v %+v %v", m, rows, err)
			}
		}
		if len(b.recovered) > 0 {
			t.Errorf("%v", b.recovered)
		}
		over := b.incidents[9]
		over.Open, over.Over = false, b.now
		b.incident(over)
		if !slices.Equal(b.recovered, []int64{12}) {
			t.Errorf("%v", b.recovered)
		}
		m, rows, err := b.Measured(knows)
		if err != nil || m.MRR != 1 || m.First != 1 || len(rows) != 1 {
			t.Errorf("%+v %+v %v", m, rows, err)
		}
	})
}

// Without a service an incident has only what is fresh to suspect.
func TestIncidentWithoutService(t *testing.T) {
	each(t, func(b *bench) {
		b.ship(11, 20*time.Minute, change.Verifying, "payments")
		b.ship(12, 20*time.Hour, change.Verifying, "payments")
		b.incident(Incident{ID: 7, Open: true, Began: began})
		b.pass(time.Minute)
		if got := b.list(responder(), 7); !slices.Equal(got, []string{"CHG-11 suggested ranked"}) {
			t.Errorf("%q", got)
		}
	})
}
