package change_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/db"
)

// measured wires the measures as app does.
func measured(y *yard) *dora.Service {
	m := dora.New(y.DB)
	m.Record = y.Service
	y.On(func(tx *db.Tx, e change.Event) error {
		if e.Change.DeployedAt.IsZero() && e.Change.State.Open() {
			return nil // it has not come to users
		}
		return m.OnChange(tx, e.Change.ID)
	})
	return m
}

// History becomes changes that are over, and counts as others do.
func TestHistory(t *testing.T) {
	yards(t, func(y *yard) {
		m := measured(y)
		rows, err := dora.ParseCSV(strings.NewReader(`service,version,committed_at,deployed_at,author,outcome
checkout-app,v1,2026-11-01T09:00:00Z,2026-11-01T10:00:00Z,mara,
checkout,v2,2026-11-02T08:00:00Z,2026-11-02T10:00:00Z,mara,
checkout,v1,,2026-11-02T10:30:00Z,jonas,
search,w1,2026-11-02T09:00:00Z,2026-11-03T09:00:00Z,,failed
`))
		y.must(err)
		done, err := m.Import(person(mara), rows, dora.Reading{}, false)
		y.must(err)
		if got := fmt.Sprint(done.Added, done.Known, done.Returns, done.Assumed); got != "4 0 1 2" {
			y.Error(got)
		}
		again, err := m.Import(person(mara), rows, dora.Reading{}, false)
		y.must(err)
		if again.Added != 0 || again.Known != 4 {
			y.Errorf("%+v", again)
		}
		var got []string
		for id := int64(1); id <= 4; id++ {
			c, err := y.Get(person(jonas), id)
			y.must(err)
			y.sound(c.Ref())
			got = append(got, fmt.Sprintf("%s %s %s by %s, back %d, by %d, rework %t", c.Main(), c.Artefact, c.State, c.OutcomeBy, c.RollbackOf, c.TakenBackBy, c.Rework))
		}
		want := []string{"checkout v1 succeeded by assumed, back 0, by 0, rework false", "checkout v2 rolled back by rollback, back 0, by 3, rework false",
			"checkout v1 succeeded by assumed, back 2, by 0, rework true", "search w1 failed by import, back 0, by 0, rework false"}
		for i := range want {
			if got[i] != want[i] {
				y.Errorf("CHG-%d: %s, want %s", i+1, got[i], want[i])
			}
		}
		if told := y.told(); strings.Contains(told, "ended") || strings.Contains(told, "opened") {
			y.Error(told)
		}
		r, err := m.Report(person(jonas), dora.Query{Period: "2026-11"})
		y.must(err)
		f := r.Figures
		if f.Deployments != 4 || f.Failed.N != 2 || f.Failed.Of != 4 || f.Lead.Median != 2*time.Hour || f.Recovery.N != 1 || f.Recovery.Mean != 30*time.Minute || f.OutcomeKnown.N != 2 || f.Rework.N != 1 {
			y.Errorf("%+v", f)
		}
		// What comes later stands on it: v2 was taken back, so that v1 runs.
		late := dora.History{Service: "checkout", Environment: "production", Artefact: "v3", DeployedAt: time.Date(2026, 11, 5, 10, 0, 0, 0, time.UTC)}
		back := late
		back.Artefact, back.DeployedAt = "v1", late.DeployedAt.Add(time.Hour)
		_, err = m.Import(person(mara), []dora.History{late}, dora.Reading{}, false)
		y.must(err)
		_, err = m.Import(person(mara), []dora.History{back}, dora.Reading{}, false)
		y.must(err)
		if c, err := y.Get(person(mara), 5); err != nil || c.State != change.RolledBack || c.Previous != "v1" || c.TakenBackBy != 6 || c.RecoveredAt.Sub(c.DeployedAt) != time.Hour {
			y.Errorf("%+v, %v", c, err)
		}
		y.sound(change.Change{ID: 5}.Ref())
	})
}

// The figures follow a change through its life.
func TestMeasuredLive(t *testing.T) {
	yards(t, func(y *yard) {
		m := measured(y)
		figures := func() string {
			r, err := m.Report(person(jonas), dora.Query{Period: "1d"})
			y.must(err)
			f := r.Figures
			return fmt.Sprintf("%d deployed, %s, %d known", f.Deployments, fmt.Sprint(f.Failed.N, "/", f.Failed.Of), f.OutcomeKnown.N)
		}
		first := y.ship(change.Change{})
		y.clock.pass(time.Minute)
		if got := figures(); got != "1 deployed, 0/0, 0 known" {
			y.Error(got)
		}
		y.clock.pass(30 * time.Minute)
		y.due()
		if got := figures(); got != "1 deployed, 0/1, 1 known" {
			y.Error(got)
		}
		_, err := y.Correct(person(jonas), first.ID, change.Failed, "cards were refused")
		y.must(err)
		if got := figures(); got != "1 deployed, 1/1, 1 known" {
			y.Error(got)
		}
	})
}
