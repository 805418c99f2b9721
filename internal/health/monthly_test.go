package health_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/secret"
)

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
