package contact_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

func TestRules(t *testing.T) {
	each(t, func(b *bench) {
		r, err := b.s.Rules(b.mara)
		if err != nil || r.Version != 0 || r.P1[0].By != "email" {
			b.Fatalf("%+v, %v", r, err)
		}
		m := b.verified("Work", "+49 40 1234567")
		r.P1 = []contact.Leg{{By: "sms"}, {By: "email", After: 2 * time.Minute}}
		r.Zone, r.Quiet = "UTC", contact.Quiet{From: "00:00", To: "23:59"}
		if r, err = b.s.SetRules(b.mara, r); err != nil || r.Version != 1 {
			b.Fatalf("%+v, %v", r, err)
		}
		if same, err := b.s.SetRules(b.mara, r); err != nil || same.Version != 1 {
			b.Errorf("nothing changed: %+v, %v", same, err)
		}
		stale := r
		stale.Version = 0
		if _, err := b.s.SetRules(b.mara, stale); !errs.Is(err, errs.Conflict) {
			b.Errorf("a stale edit: %v", err)
		}
		b.ways(notify.Need{Urgent: true, Priority: "P1"}, fmt.Sprintf("[{%d sms  0s} {0 email  2m0s}]", m.ID))
		if err := b.s.Remove(b.mara, m.ID); err != nil {
			b.Fatal(err)
		}
		b.ways(notify.Need{Urgent: true, Priority: "P1"}, "[{0 email  2m0s}]")
		holes := b.holes()
		if len(holes) != 0 {
			b.Errorf("e-mail is left: %+v", holes)
		}
		r.P1 = r.P1[:1]
		if _, err = b.s.SetRules(b.mara, r); err != nil {
			b.Fatal(err)
		}
		if holes := b.holes(); len(holes) != 1 || holes[0].Grave || !strings.Contains(holes[0].Why, "e-mail only") {
			b.Errorf("%+v", holes)
		}
		b.ways(notify.Need{Urgent: true, Priority: "P2"}, "[{0 email  0s}]")
		if _, err := b.s.Rules(actor.With(context.Background(), actor.Actor{Kind: actor.Token, ID: 3, Role: actor.Admin})); !errs.Is(err, errs.Invalid) {
			b.Errorf("a token of nobody: %v", err)
		}
	})
}

func (b *bench) ways(need notify.Need, want string) {
	b.Helper()
	err := b.db.Read(context.Background(), func(q db.Querier) error {
		got, err := b.s.Ways(q, []int64{b.id}, need, b.now)
		text := "["
		for i, w := range got[b.id] {
			if i > 0 {
				text += " "
			}
			text += fmt.Sprintf("{%d %s %s %s}", w.Method, w.Kind, w.Channel, w.After)
		}
		if text += "]"; text != want {
			b.Errorf("%+v: %s, want %s", need, text, want)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) holes() (out []contact.Hole) {
	b.Helper()
	err := b.db.Read(context.Background(), func(q db.Querier) (err error) { out, err = contact.Holes(q, []int64{b.id, b.id}); return err })
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// What people chose before this version stays in force.
func TestOldPreferences(t *testing.T) {
	each(t, func(b *bench) {
		err := b.db.Write(context.Background(), actor.Job("test"), "as it was", func(tx *db.Tx) error {
			tx.Unrecorded("the migration's statement, on its table")
			if _, err := tx.Exec(`INSERT INTO notify_preference (person, urgent, other, version, updated_at) VALUES ($1, 'email channel:pager', '', 3, 1)`, b.id); err != nil {
				return err
			}
			_, err := tx.Exec(contact.MigrateSQL(t))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ways(notify.Need{Urgent: true, Priority: "P1"}, "[{0 email  0s} {0  pager 0s}]")
		b.ways(notify.Need{Urgent: true, Priority: "P4"}, "[{0 email  0s} {0  pager 0s}]")
		b.ways(notify.Need{Priority: "P3"}, "[]")
		r, err := b.s.Rules(b.mara)
		if err != nil || r.Version != 3 {
			b.Fatalf("%+v, %v", r, err)
		}
		r.P1 = r.P1[:1]
		if r, err = b.s.SetRules(b.mara, r); err != nil || r.Version != 4 {
			b.Errorf("%+v, %v", r, err)
		}
	})
}
