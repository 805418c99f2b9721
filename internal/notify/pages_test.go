package notify

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// TestWoke: urgent messages that reached people are found by person and by
// record, with an index.
func TestWoke(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, wokeByPerson, 1, 2, 3)
		dbtest.UsesIndex(t, d, wokeByRecord+db.In(1, 2)+` ORDER BY record, id`, "INC-1", "INC-2")

		noon := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
		inc := func(id int64) ref.Ref { return ref.N(ref.Incident, id) }
		put := func(id, person int64, urgent bool, state State, record ref.Ref, queued, ended time.Time) row {
			r := newRow(queued, queued, id, Notice{Key: record.String() + " opened", Record: record, Reason: "paged", Urgent: urgent, Priority: "P1"}, recipient{dest: "person:" + ref.N(ref.Person, id).Key, person: person, via: "email"})
			r.State, r.EndedAt = state, ended
			return r
		}
		rows := []row{
			put(1, 7, true, Sent, inc(1), noon, noon.Add(time.Second)),
			put(2, 7, true, Sent, inc(2), noon.Add(-time.Minute), noon), // queued before, arrived at the beginning
			put(3, 7, true, Sent, inc(3), noon, noon.Add(time.Hour)),    // arrived at the end: not in it any more
			put(4, 7, false, Sent, inc(4), noon, noon),                  // nobody was woken
			put(5, 7, true, Dead, inc(5), noon, noon),                   // never arrived
			put(6, 8, true, Sent, inc(1), noon, noon),
			put(7, 0, true, Sent, inc(1), noon, noon), // a team's channel
		}
		err := d.Write(t.Context(), actor.Job("test"), "test", func(tx *db.Tx) error {
			tx.Unrecorded("test")
			for _, r := range rows {
				if _, err := insertMessages(tx, []row{r}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(q db.Querier) error {
			list, err := WokeBetween(q, []int64{7, 9}, noon, noon.Add(time.Hour))
			if err != nil {
				return err
			}
			if len(list) != 2 || list[0].ID != 2 || list[1].ID != 1 || list[1].Record != inc(1) || list[1].Priority != "P1" || !list[1].At.Equal(noon.Add(time.Second)) {
				t.Errorf("by person: %+v", list)
			}
			list, err = WokeAbout(q, []ref.Ref{inc(1), inc(5), inc(99)})
			if len(list) != 2 || list[0].Person != 7 || list[1].Person != 8 {
				t.Errorf("by record: %+v", list)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
