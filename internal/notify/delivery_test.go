package notify_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestMailArrives(t *testing.T) {
	setup(t, func(b *bench) {
		b.tell(page("INC-1042/paged"))
		if n := b.pump(); n != 2 {
			b.Fatalf("%d sent, want 2: lead and member", n)
		}
		letters := b.post.letters()
		var to []string
		for _, l := range letters {
			to = append(to, l.to)
		}
		slices.Sort(to)
		if d := cmp.Diff([]string{"jonas@harbour.example", "mara@harbour.example"}, to); d != "" {
			b.Errorf("recipients: %s", d)
		}
		for _, want := range []string{"Subject: [INC-1042] P1 Checkout is down", "Message-ID: <msg-", "In-Reply-To: <inc-1042.", "Auto-Submitted: auto-generated",
			"Every payment fails.", "https://ek.harbour.example/incidents/INC-1042", "https://ek.harbour.example/do/", "text/html"} {
			if !strings.Contains(letters[0].body, want) {
				b.Errorf("the mail lacks %q:\n%s", want, letters[0].body)
			}
		}
		for _, d := range b.messages(notify.Filter{}) {
			if d.State != notify.Sent || d.Attempts != 1 || d.EndedAt.IsZero() || d.Name == "" {
				b.Errorf("%+v", d)
			}
		}
		if d := cmp.Diff([]string{"message.queued", "message.queued", "message.sent", "message.sent"}, b.actions("message.")); d != "" {
			b.Errorf("evidence: %s", d)
		}
	})
}

func TestOneMessageForKeyAndRecipient(t *testing.T) {
	setup(t, func(b *bench) {
		n := page("INC-1042/paged")
		n.Actions = nil
		b.tell(n, n)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { b.tell(n) })
		}
		wg.Wait()
		b.house.teams["payments"] = append(b.house.teams["payments"], notify.Member{Person: 9, Name: "Omar", Email: "omar@harbour.example", TeamRole: "member"})
		b.tell(n) // somebody joined the team: only they are told
		b.pump()
		if got := len(b.post.letters()); got != 3 {
			b.Errorf("%d mails, want 3", got)
		}
	})
}

func TestNothingIsSaidOfWhatDidNotHappen(t *testing.T) {
	setup(t, func(b *bench) {
		err := b.db.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
			tx.Record(evidence.Entry{Action: "incident.opened", Record: inc})
			return errors.Join(b.s.Notify(tx, page("k")), errs.E(errs.Conflict, "changed my mind"))
		})
		b.mustKind(err, errs.Conflict, "rolled back")
		if n := b.pump() + len(b.messages(notify.Filter{})); n != 0 {
			b.Errorf("%d messages of a rolled back change", n)
		}
	})
}

func TestNobodyToTellIsADeadLetter(t *testing.T) {
	setup(t, func(b *bench) {
		n := page("k")
		n.Team = "nosuchteam"
		b.tell(n)
		d, _ := b.only()
		if d.State != notify.Dead || d.Dest != "nobody:nosuchteam" || !strings.Contains(d.Error, "nobody can be told") {
			b.Errorf("%+v", d)
		}
		b.mustKind(b.s.Retry(b.admin, d.ID), errs.Conflict, "retry")
	})
}

func TestRestrictedDisclosesOnlyTheKey(t *testing.T) {
	setup(t, func(b *bench) {
		n := page("k")
		n.Restricted = true
		b.tell(n)
		b.pump()
		for _, l := range b.post.letters() {
			for _, leak := range []string{"Checkout", "checkout", "payment"} {
				if strings.Contains(l.body, leak) {
					b.Errorf("the mail says %q:\n%s", leak, l.body)
				}
			}
			if !strings.Contains(l.body, "INC-1042") {
				b.Error("the mail does not say which record")
			}
		}
	})
}

func TestWatchdog(t *testing.T) {
	setup(t, func(b *bench) {
		notify.Expect(b.s, "incidents", func(_ db.Querier, now time.Time) ([]notify.Expected, error) {
			return []notify.Expected{{Key: "INC-1042/paged", Record: inc, Since: now}, {Key: "INC-1043/paged", Record: inc, Since: now}}, nil
		})
		var at time.Time // when it was said
		notify.Expect(b.s, "by time", func(q db.Querier, now time.Time) ([]notify.Expected, error) {
			return []notify.Expected{{Key: "said then", Record: inc, Since: at, ByTime: true}, {Key: "never then", Record: inc, Since: at.Add(time.Second), ByTime: true}}, nil
		})
		b.tell(page("INC-1042/paged")) // INC-1043 was never said
		at = b.messages(notify.Filter{})[0].QueuedAt
		b.clock.pass(61 * time.Second)
		w, err := b.s.Watch(b.admin)
		if err != nil || len(w.Overdue) != 2 || w.Queued != 2 || len(w.Missing) != 2 || w.Missing[0].Key != "INC-1043/paged" || w.Missing[1].Key != "never then" {
			b.Errorf("%+v, %v", w, err)
		}
		b.pump()
		if w, _ := b.s.Watch(b.admin); len(w.Overdue) != 0 || w.Queued != 0 || w.Mail.State() != "good" {
			b.Errorf("%+v", w)
		}
		b.post.refuse(func(string) error { return &smtp.SMTPError{Code: 550, Message: "no such user"} })
		b.tell(page("INC-1044/paged"))
		b.pump()
		if w, _ := b.s.Watch(b.admin); w.Dead != 2 || w.Mail.State() != "good" {
			b.Errorf("an unknown recipient is no fault of the mail server: %+v", w)
		}
	})
}

func TestHiddenRecordsShowNoText(t *testing.T) {
	setup(t, func(b *bench) {
		hidden := newBench(b, b.db, b.clock, func(o *notify.Options) {
			o.Hidden = func(_ context.Context, _ db.Querier, refs []ref.Ref) (map[ref.Ref]bool, error) {
				return map[ref.Ref]bool{inc: true}, nil
			}
		})
		hidden.tell(page("k"))
		list := hidden.messages(notify.Filter{})
		if len(list) == 0 {
			b.Fatal("a message is missing from the list of all")
		}
		for _, d := range list {
			if said := fmt.Sprintf("%+v", d); !d.Restricted || d.Person != 0 || d.Name != "" || d.Facts != nil || strings.Contains(said, "1042") {
				b.Error(said)
			}
		}
		if list := hidden.messages(notify.Filter{Record: inc}); len(list) != 0 {
			b.Errorf("asking for the record tells that it is there: %+v", list)
		}
	})
}

func TestPrune(t *testing.T) {
	setup(t, func(b *bench) {
		b.tell(page("k"))
		b.pump()
		b.clock.pass(time.Hour)
		b.tell(page("k2"))
		src := notify.Housekeeping(b.s, 30*time.Minute)
		var due time.Time
		if err := b.db.Read(b.admin, func(q db.Querier) (err error) { due, err = src.Next(q); return err }); err != nil || due.IsZero() {
			b.Fatal(due, err)
		}
		if b.clock.Now().Before(due) {
			b.clock.pass(due.Sub(b.clock.Now()))
		}
		n, err := src.Run(context.Background(), b.db)
		if n != 2 || err != nil || len(b.messages(notify.Filter{})) != 2 {
			b.Errorf("%d pruned, %v; %d left", n, err, len(b.messages(notify.Filter{})))
		}
	})
}

var linkIn = regexp.MustCompile(`https://ek\.harbour\.example/do/([A-Za-z0-9_-]{43})`)
