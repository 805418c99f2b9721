package incident_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestConcurrentAlertsMakeOneIncident has many senders fire the same key at once.
func TestConcurrentAlertsMakeOneIncident(t *testing.T) {
	each(t, func(b *bench) {
		var wg sync.WaitGroup
		errs := make(chan error, 20)
		for n := range int64(20) {
			wg.Go(func() {
				c := alert.Changes{Opened: []alert.Firing{firing(2*n+1, "k", alert.Error), firing(2*n+2, fmt.Sprint(n), alert.Error)}}
				errs <- b.DB.Write(context.Background(), integration, "alerts", func(tx *db.Tx) error { return b.OnAlerts(tx, &c) })
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			b.must(err)
		}
		rows := b.open()
		if len(rows) != 21 {
			t.Fatalf("%d incidents for 21 keys", len(rows))
		}
		for _, r := range rows {
			if r.GroupKey == "k" && (r.Alerts != 20 || r.AlertsFiring != 20) {
				t.Errorf("20 alerts joined and %d were counted", r.Alerts)
			}
			b.sound(r.ID)
		}
	})
}

// TestConcurrentVerbs has many people press the same and different buttons.
func TestConcurrentVerbs(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "Race"})
		p2 := incident.P2
		verbs := []func(n int64) error{
			func(n int64) error { _, err := b.Acknowledge(responder(n), i.ID); return err },
			func(n int64) error { _, err := b.Assign(responder(n), i.ID, incident.Commander, n, ""); return err },
			func(n int64) error { _, err := b.AddNote(responder(n), i.ID, incident.Note{Text: "x"}); return err },
			func(n int64) error {
				_, err := b.Edit(responder(n), i.ID, i.Revision, incident.Edit{Priority: &p2})
				if errs.Is(err, errs.Conflict) {
					err = nil
				}
				return err
			},
			func(n int64) error { _, err := b.Mitigate(responder(n), i.ID, incident.Restart, ""); return err },
		}
		var wg sync.WaitGroup
		failed := make(chan error, 25)
		for n := range int64(5) {
			for _, v := range verbs {
				wg.Go(func() { failed <- v(n + 1) })
			}
		}
		wg.Wait()
		close(failed)
		for err := range failed {
			b.must(err)
		}
		v, err := b.Page(responder(mara), i.ID)
		b.must(err)
		count := map[incident.EntryKind]int{}
		for n, e := range v.Timeline {
			count[e.Kind]++
			if e.Seq != len(v.Timeline)-n {
				t.Errorf("entry %d has number %d", len(v.Timeline)-n, e.Seq)
			}
		}
		if v.State != incident.Mitigated || count[incident.EntryNote] != 5 || count[incident.EntryPriority] != 1 || count[incident.EntryState] > 3 {
			t.Errorf("%s, %v", v.State, count)
		}
		b.sound(i.ID)
	})
}

// TestParentsMakeNoCircle has two incidents become part of each other at once.
func TestParentsMakeNoCircle(t *testing.T) {
	each(t, func(b *bench) {
		x, y := b.declare(incident.Declaration{Title: "X"}), b.declare(incident.Declaration{Title: "Y"})
		var wg sync.WaitGroup
		for _, p := range [][2]int64{{x.ID, y.ID}, {y.ID, x.ID}} {
			wg.Go(func() { b.SetParent(responder(mara), p[0], p[1]) })
		}
		wg.Wait()
		x, _ = b.Get(responder(mara), x.ID)
		y, _ = b.Get(responder(mara), y.ID)
		if x.Parent != 0 && y.Parent != 0 {
			t.Error("each is part of the other")
		}
	})
}
