package verify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// world stands in for the practice of changes and for monitoring: what they
// answer is what is tested against.
type world struct {
	metrics []change.Metric
	value   func(query string, at time.Time) float64
	down    error
	alerts  []verify.Alert
	judged  []change.Conclusion
	asked   []string
}

func (w *world) Settings(ctx context.Context) (change.Practice, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return change.Practice{}, err
	}
	return change.Practice{Settings: change.Settings{Metrics: w.metrics}}, nil
}

func (w *world) Judge(ctx context.Context, _ int64, out change.Conclusion) (change.Change, error) {
	_, err := actor.Require(ctx, actor.Respond)
	w.judged = append(w.judged, out)
	return change.Change{}, err
}

func (w *world) Range(_ context.Context, query string, from, to time.Time, step time.Duration) (out []verify.Point, err error) {
	w.asked = append(w.asked, query)
	if w.down != nil {
		return nil, w.down
	}
	for at := from; !at.After(to); at = at.Add(step) {
		out = append(out, verify.Point{At: at, Value: w.value(query, at)})
	}
	return out, nil
}

func (w *world) Began(context.Context, []string, time.Time, time.Time) ([]verify.Alert, error) {
	return w.alerts, nil
}

var deployed = time.Date(2026, 10, 14, 13, 40, 0, 0, time.UTC)

type bundle struct {
	*testing.T
	*verify.Service
	*world
	d   *db.DB
	now *time.Time
	ctx context.Context
	c   change.Change
}

func each(t *testing.T, f func(b *bundle)) {
	now := deployed
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		now = deployed
		w := &world{metrics: []change.Metric{{Name: "Error ratio", Query: `errors{service="{service}"}`, Effect: 0.1, P: 0.01}}}
		w.value = func(_ string, at time.Time) float64 { return 0.02 + 0.001*float64(at.Unix()/60%7) }
		b := &bundle{T: t, Service: verify.New(d, w), world: w, d: d, now: &now, ctx: actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: 3, Person: 3, Role: actor.Requester})}
		b.Service.Metrics, b.Service.Alerts = w, w
		b.c = change.Change{ID: 318, State: change.Verifying, Services: []string{"checkout"}, Environment: "production", StartedAt: deployed.Add(-10 * time.Minute), DeployedAt: deployed, VerifyUntil: deployed.Add(30 * time.Minute)}
		b.write(func(tx *db.Tx) error { return b.row(tx, 318, "checkout", b.c.StartedAt, b.c.DeployedAt) })
		f(b)
	})
}

func (b *bundle) write(f func(tx *db.Tx) error) {
	b.Helper()
	if err := b.d.Write(context.Background(), actor.Job("test"), "a test", func(tx *db.Tx) error { tx.Unrecorded("a test"); return f(tx) }); err != nil {
		b.Fatal(err)
	}
}

// row writes a change of a service as the practice does.
func (b *bundle) row(tx *db.Tx, id int64, service string, started, deployed time.Time) error {
	err := dbtest.Row(tx, "change", map[string]any{"id": id, "service": service, "state": "verifying", "is_open": true, "environment": "production", "started_at": db.Micros(started), "deployed_at": db.Micros(deployed), "commit_sha": ""})
	if err != nil {
		return err
	}
	return dbtest.Row(tx, "change_service", map[string]any{"service": service, "change_id": id, "is_open": true, "from_at": db.Micros(started)})
}

// follow tells the service what became of the change.
func (b *bundle) follow(from, to change.State) {
	b.Helper()
	was := b.c
	was.State, b.c.State = from, to
	b.write(func(tx *db.Tx) error { return b.OnChange(tx, change.Event{Change: b.c, Was: was}) })
}

func (b *bundle) get() verify.Verification {
	b.Helper()
	v, err := b.Get(b.ctx, 318)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// run does all that is due now.
func (b *bundle) run() (n int) {
	b.Helper()
	for range 10 {
		done, err := b.Due().Run(context.Background(), b.d)
		if err != nil {
			b.Fatal(err)
		}
		if n += done; done == 0 {
			return n
		}
	}
	b.Fatal("due work does not end")
	return n
}

func (b *bundle) next() (at time.Time) {
	b.Helper()
	if err := b.d.Read(context.Background(), func(q db.Querier) (err error) { at, err = b.Due().Next(q); return err }); err != nil {
		b.Fatal(err)
	}
	return at
}

func TestHealthyDeployment(t *testing.T) {
	each(t, func(b *bundle) {
		if _, err := b.Get(b.ctx, 318); !errs.Is(err, errs.NotFound) {
			b.Errorf("before it began: %v", err)
		}
		b.follow(change.InProgress, change.Verifying)
		if at := b.next(); !at.Equal(deployed.Add(time.Minute)) {
			b.Errorf("the first look is at %s", at)
		}
		if b.run() != 0 {
			b.Error("looked before it was due")
		}
		*b.now = deployed.Add(2 * time.Minute)
		if b.run() != 1 || b.get().Result.Verdict != verify.NoData || b.get().Looks != 1 {
			b.Errorf("%+v", b.get())
		}
		*b.now = deployed.Add(18 * time.Minute)
		b.run()
		if v := b.get(); v.Result.Verdict != verify.Healthy || v.Looks != 2 || v.Done || v.Result.Rows[0].After.N != 19 || !v.Looked.Equal(*b.now) {
			b.Errorf("%+v", v)
		}
		if b.asked[0] != `errors{service="checkout"}` {
			b.Errorf("asked for %s", b.asked[0])
		}
		*b.now = deployed.Add(31 * time.Minute)
		out, err := b.Conclude(b.ctx, b.c)
		if err != nil || out.Outcome != change.Succeeded || !strings.HasPrefix(out.Reason, "No significant difference in Error ratio") {
			b.Errorf("%+v, %v", out, err)
		}
		b.follow(change.Verifying, change.Succeeded)
		if v := b.get(); !v.Done || v.Result.Rows[0].After.N != 30 || !b.next().IsZero() {
			b.Errorf("after the end: %+v, next %s", v, b.next())
		}
		if len(b.judged) != 0 {
			b.Errorf("judged early: %+v", b.judged)
		}
	})
}

// A deployment that is surely unhealthy ends at the second look that says so.
func TestUnhealthyDeployment(t *testing.T) {
	each(t, func(b *bundle) {
		b.value = func(_ string, at time.Time) float64 {
			v := 0.02 + 0.001*float64(at.Unix()/60%7)
			if !at.Before(deployed) {
				v *= 3
			}
			return v
		}
		b.follow(change.InProgress, change.Verifying)
		*b.now = deployed.Add(8 * time.Minute)
		if b.run(); len(b.judged) != 0 || b.get().Result.Verdict != verify.Unhealthy {
			b.Fatalf("after one look: %+v, %s", b.judged, b.get().Result.Reason)
		}
		*b.now = deployed.Add(9 * time.Minute)
		if b.run(); len(b.judged) != 1 || b.judged[0].Outcome != change.Failed || !strings.HasPrefix(b.judged[0].Reason, "Error ratio: 0.0") {
			b.Fatalf("after two: %+v", b.judged)
		}
		b.follow(change.Verifying, change.Failed)
		*b.now = deployed.Add(20 * time.Minute)
		if b.run() != 0 {
			b.Error("looked after the end")
		}
	})
}

// Sources that do not answer are told of, and asked again.
func TestSourceDown(t *testing.T) {
	each(t, func(b *bundle) {
		b.follow(change.InProgress, change.Verifying)
		b.down, b.Service.Alerts = errs.E(errs.Unavailable, "the metrics server cannot be reached").Because(errors.New("secret 10.0.0.7")), nil
		*b.now = deployed.Add(10 * time.Minute)
		b.run()
		if v := b.get(); v.Error != "the metrics server cannot be reached" || v.Looks != 0 {
			b.Errorf("%+v", v)
		}
		*b.now = deployed.Add(30 * time.Minute)
		if _, err := b.Conclude(b.ctx, b.c); !errs.Is(err, errs.Unavailable) {
			b.Errorf("concluded from nothing: %v", err)
		}
		b.Service.Alerts = b.world // which answers: there are none
		if out, err := b.Conclude(b.ctx, b.c); err != nil || out.Outcome != change.Succeeded || !strings.HasPrefix(out.Reason, "Not verified: Error ratio: the metric could not be read") {
			b.Errorf("%+v, %v", out, err)
		}
		b.alerts = []verify.Alert{{Key: "ALERT-1", Text: "Orders fail", Severity: "critical", Service: "checkout", At: deployed.Add(time.Minute)}}
		if out, err := b.Conclude(b.ctx, b.c); err != nil || out.Outcome != change.Failed || !strings.Contains(out.Reason, "Orders fail") {
			b.Errorf("%+v, %v", out, err)
		}
		b.Service.Metrics, b.Service.Alerts = nil, nil
		if out, err := b.Conclude(b.ctx, b.c); err != nil || out.Outcome != change.Succeeded || !strings.Contains(out.Reason, "nothing is measured") {
			b.Errorf("without any source: %+v, %v", out, err)
		}
	})
}

// Changes of the same service and of those around it are found and left out.
func TestOtherChanges(t *testing.T) {
	each(t, func(b *bundle) {
		b.Around = func(db.Querier, []string) ([]string, error) { return []string{"payments", "email"}, nil }
		b.write(func(tx *db.Tx) error {
			for _, x := range []struct {
				id         int64
				service    string
				began, end int // minutes from the deployment
				planned    bool
			}{{300, "checkout", -60, -50, false}, {301, "payments", -200, -190, false}, {316, "payments", 20, 0, true}, {317, "storefront", 1, 2, false}, {310, "email", -5, 0, true}} {
				at := func(m int) time.Time { return deployed.Add(time.Duration(m) * time.Minute) }
				if !x.planned {
					if err := b.row(tx, x.id, x.service, at(x.began), at(x.end)); err != nil {
						return err
					}
					continue
				}
				err := dbtest.Row(tx, "change", map[string]any{"id": x.id, "service": x.service, "state": "scheduled", "is_open": true, "planned_from": db.Micros(at(x.began)), "planned_to": db.Micros(at(x.began + 30))})
				if err == nil {
					err = dbtest.Row(tx, "change_service", map[string]any{"service": x.service, "change_id": x.id, "is_open": true, "from_at": db.Micros(at(x.began))})
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		b.follow(change.InProgress, change.Verifying)
		*b.now = deployed.Add(18 * time.Minute)
		b.run()
		r := b.get().Result
		var found []string
		for _, o := range r.Overlaps {
			found = append(found, o.Change)
		}
		if strings.Join(found, " ") != "CHG-300 CHG-316" || !r.Overlaps[0].Same || r.Overlaps[1].Same {
			b.Errorf("%+v", r.Overlaps)
		}
		if n := r.Rows[0].Before.N; n != 40 {
			b.Errorf("%d readings are of the service as it was before", n)
		}
		if r.Phase(len(r.Rows[0].Values)-1) != verify.LeftOut {
			b.Error("what follows CHG-316 is not marked")
		}
	})
}

func TestSeveralServices(t *testing.T) {
	each(t, func(b *bundle) {
		b.metrics = append(b.metrics, change.Metric{Name: "Orders", Query: "sum(orders)", Worse: "lower", Effect: 0.1, P: 0.01})
		b.c.Services = []string{"checkout", "payments"}
		*b.now = deployed.Add(30 * time.Minute)
		if _, err := b.Conclude(b.ctx, b.c); err != nil {
			b.Fatal(err)
		}
		var names []string
		for _, r := range b.get().Result.Rows {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, ", "); got != "Error ratio of checkout, Orders, Error ratio of payments" || !b.get().Result.Rows[1].Lower {
			b.Error(got)
		}
	})
}

func TestQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, q := range verify.Queries {
			dbtest.UsesIndex(t, d, q.SQL, q.Args...)
		}
	})
}
