package incident

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

func TestWhen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
		add := func(id int64, service string, p Priority, state State, began, over time.Time, restricted bool) {
			t.Helper()
			i := Incident{ID: id, Service: service, Priority: p, State: state, TriggeredAt: began, ResolvedAt: over, Restricted: restricted, salt: []byte{1}}
			if err := d.Write(t.Context(), actor.Job("test"), "test", func(tx *db.Tx) error {
				tx.Unrecorded("a test")
				return insert(tx, []Incident{i})
			}); err != nil {
				t.Fatal(err)
			}
		}
		add(1, "checkout", P2, Triggered, at.Add(-time.Hour), time.Time{}, false)
		add(2, "checkout", P1, Acknowledged, at.Add(-40*24*time.Hour), time.Time{}, true)
		add(3, "search", P3, Resolved, at.Add(-2*time.Hour), at.Add(-time.Hour), false)
		add(4, "checkout", P1, Resolved, at.Add(-3*24*time.Hour), at.Add(-2*24*time.Hour), false)
		add(5, "checkout", P1, Canceled, at.Add(-time.Hour), at.Add(-time.Minute), false)
		s := &Service{DB: d}
		err := d.Read(t.Context(), func(q db.Querier) error {
			list, err := StandingOn(q, []string{"checkout", "search"}, 10)
			if err != nil || len(list) != 2 || list[0].ID != 2 || !list[0].Restricted || list[1].ID != 1 {
				t.Errorf("%v %+v", err, list)
			}
			if none, err := StandingOn(q, nil, 10); err != nil || none != nil {
				t.Error(err, none)
			}
			for _, c := range []struct {
				who  actor.Actor
				want []int64
			}{{actor.Job("test"), []int64{1, 3, 2}}, {actor.Actor{Kind: actor.User, ID: 9, Person: 9, Role: actor.Responder}, []int64{1, 3}}} {
				got, more, err := s.During(q, c.who, at.Add(-24*time.Hour), at, 10)
				if err != nil || more || len(got) != len(c.want) {
					t.Fatal(err, more, got)
				}
				for n, id := range c.want {
					if got[n].ID != id {
						t.Errorf("%d: INC-%d, want INC-%d", n, got[n].ID, id)
					}
				}
			}
			if got, more, err := s.During(q, actor.Job("test"), at.Add(-24*time.Hour), at, 1); err != nil || !more || len(got) != 1 {
				t.Error(err, more, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
