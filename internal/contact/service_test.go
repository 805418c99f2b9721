package contact_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestVerify(t *testing.T) {
	each(t, func(b *bench) {
		m, err := b.s.Add(b.mara, contact.NewMethod{Kind: notify.SMS, Label: " Work  phone ", Address: "+49 40 1234567"})
		if err != nil || m.Label != "Work phone" || m.Masked != "+49 ••• 67" || m.Usable() {
			b.Fatalf("%+v, %v", m, err)
		}
		if _, err := b.s.Test(b.mara, m.ID); !errs.Is(err, errs.Conflict) {
			b.Errorf("a test to an unproved number: %v", err)
		}
		if _, err := b.s.Verify(b.mara, m.ID, "000000"); !errs.Is(err, errs.Invalid) {
			b.Errorf("a code before one was sent: %v", err)
		}
		if _, err := b.s.SendCode(b.mara, m.ID); err != nil {
			b.Fatal(err)
		}
		if _, err := b.s.SendCode(b.mara, m.ID); !errs.Is(err, errs.Limited) {
			b.Errorf("two codes at once: %v", err)
		}
		if _, err := b.s.SendCode(b.other, m.ID); !errs.Is(err, errs.NotFound) {
			b.Errorf("the method of somebody else: %v", err)
		}
		msg, to := b.sms.last()
		code := digits.FindString(msg.Title)
		if to.Phone != "+49401234567" || !strings.Contains(msg.Buttons[0].URL, "/profile/contact/MET-1?code="+code) {
			b.Errorf("%+v to %+v", msg, to)
		}
		wrong := "111111"
		if code == wrong {
			wrong = "222222"
		}
		for range 5 {
			if _, err := b.s.Verify(b.mara, m.ID, wrong); !errs.Is(err, errs.Invalid) {
				b.Errorf("a wrong code: %v", err)
			}
		}
		if _, err := b.s.Verify(b.mara, m.ID, code); !errs.Is(err, errs.Invalid) {
			b.Errorf("the right code after five wrong ones: %v", err)
		}
		b.verified("Home", "+49 30 7654321")
		if _, err := b.s.Add(b.mara, contact.NewMethod{Kind: notify.SMS, Label: "home", Address: "+49 30 1111111"}); !errs.Is(err, errs.Invalid) {
			b.Errorf("a label twice: %v", err)
		}
		if again, err := b.s.Add(b.mara, contact.NewMethod{Kind: notify.SMS, Label: "Home again", Address: "+49307654321"}); err != nil || again.Label != "Home" {
			b.Errorf("the same number again: %+v, %v", again, err)
		}
		list, err := b.s.Methods(b.other)
		if err != nil || len(list) != 0 {
			b.Errorf("somebody else sees %+v, %v", list, err)
		}
	})
}

// Nothing that is stored in plain, and no evidence, has an address.
func TestAddressesAreSealed(t *testing.T) {
	each(t, func(b *bench) {
		m := b.verified("Work", "+49 40 1234567")
		var dump strings.Builder
		err := b.db.Read(context.Background(), func(q db.Querier) error {
			for _, sql := range []string{`SELECT entry FROM evidence`, `SELECT address FROM contact_method`, `SELECT label FROM contact_method`} {
				rows, err := db.Collect(q, func(r *db.Rows) (s []byte, err error) { return s, r.Scan(&s) }, sql)
				if err != nil {
					return err
				}
				for _, s := range rows {
					dump.Write(s)
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if strings.Contains(dump.String(), "1234567") {
			b.Error("the number stands in the database in plain")
		}
		err = b.db.Write(context.Background(), actor.Job("test"), "erased", func(tx *db.Tx) error { return b.s.Erase(tx, b.id) })
		if err != nil {
			b.Fatal(err)
		}
		if list, err := b.s.Methods(b.mara); err != nil || len(list) != 0 {
			b.Errorf("after erasure: %+v, %v", list, err)
		}
		err = b.db.Read(context.Background(), func(q db.Querier) error { _, err := contact.DigestOf(q, m.Ref()); return err })
		if !errs.Is(err, errs.NotFound) {
			b.Errorf("its digest: %v", err)
		}
	})
}

func TestSelfTest(t *testing.T) {
	each(t, func(b *bench) {
		b.verified("Work", "+49 40 1234567")
		r := contact.Default()
		r.P1 = []contact.Leg{{By: "sms"}, {By: "email", After: 5 * time.Minute}}
		r.Zone, r.TestAt = "UTC", b.now.Add(-time.Minute).Format("15:04")
		if _, err := b.s.SetRules(b.mara, r); err != nil {
			b.Fatal(err)
		}
		src := b.s.SelfTests()
		var next time.Time
		if err := b.db.Read(context.Background(), func(q db.Querier) (err error) { next, err = src.Next(q); return err }); err != nil || next.Before(b.now) || next.Sub(b.now) > 24*time.Hour {
			b.Errorf("next at %s, %v", next, err)
		}
		if n, err := src.Run(context.Background(), b.db); err != nil || n != 0 {
			b.Errorf("%d before their time: %v", n, err)
		}
		b.due()
		if n, err := src.Run(context.Background(), b.db); err != nil || n != 1 {
			b.Fatalf("%d tests, %v", n, err)
		}
		if test, err := b.s.LastSelfTest(b.mara); err != nil || test.Done() || len(test.Legs) != 2 {
			b.Errorf("%+v, %v", test, err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- notify.NewCourier(b.n).Run(ctx) }()
		var test contact.SelfTest
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && !test.Good(); {
			var err error
			if test, err = b.s.LastSelfTest(b.mara); err != nil {
				b.Fatal(err)
			}
		}
		stop()
		<-ended
		if !test.Good() || len(b.mail.got) != 1 {
			b.Errorf("%+v", test)
		}
		list, err := b.s.Methods(b.mara)
		if err != nil || list[0].State() != "good" {
			b.Errorf("the method heard of it: %+v, %v", list, err)
		}
	})
}

// due makes the self-test due now.
func (b *bench) due() {
	err := b.db.Write(context.Background(), actor.Job("test"), "due", func(tx *db.Tx) error {
		tx.Unrecorded("time passes")
		_, err := tx.Exec(`UPDATE contact_rule SET test_at = $1`, db.Micros(tx.Now))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestAsCode(t *testing.T) {
	each(t, func(b *bench) {
		kind := contact.AsCode(b.s)
		if kind.Name != "ContactRule" || kind.Ref != ref.ContactRule {
			b.Errorf("%+v", kind)
		}
		empty := []contact.LegSpec{}
		spec := contact.Spec{P1: []contact.LegSpec{{By: "webpush"}, {By: "sms", After: "PT2M"}}, P4: &empty, Zone: "UTC", Quiet: &contact.QuietSpec{From: "22:00", To: "07:00"}}
		apply := func(handle string, s contact.Spec) error {
			return b.db.Write(context.Background(), actor.Job("test"), "apply", func(tx *db.Tx) error {
				tx.Record(evidence.Entry{Action: "test", Record: ref.S(ref.System, "test")})
				return contact.Apply(b.s, tx, handle, s)
			})
		}
		if err := apply("mara", spec); err != nil {
			b.Fatal(err)
		}
		if err := apply("nobody", spec); !errs.Is(err, errs.Invalid) {
			b.Errorf("nobody's rules: %v", err)
		}
		r, err := b.s.Rules(b.mara)
		if err != nil || r.Version != 1 || len(r.P1) != 2 || r.P1[1].After != 2*time.Minute || r.P4 == nil {
			b.Errorf("%+v, %v", r, err)
		}
		if err := apply("mara", contact.SpecOf(r)); err != nil {
			b.Error(err)
		}
		if r, err = b.s.Rules(b.mara); err != nil || r.Version != 1 {
			b.Errorf("applied twice: version %d, %v", r.Version, err)
		}
	})
}

func TestListsUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for query, args := range contact.Queries() {
			dbtest.UsesIndex(t, d, query, args...)
		}
	})
}
