package contact_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// line is a transport that keeps what it was given.
type line struct {
	mu   sync.Mutex
	got  []notify.Message
	to   []notify.Target
	fail error
}

func (l *line) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	notify.Answer(ctx, "201 taken")
	l.got, l.to = append(l.got, m), append(l.to, to)
	return nil
}

func (l *line) last() (notify.Message, notify.Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.got) == 0 {
		return notify.Message{}, notify.Target{}
	}
	return l.got[len(l.got)-1], l.to[len(l.to)-1]
}

// directory answers from auth, as app does.
type directory struct{}

func (directory) Members(db.Querier, string) ([]notify.Member, error) { return nil, nil }
func (directory) People(q db.Querier, ids []int64) (out []notify.Member, err error) {
	people, err := auth.People(q, ids)
	for id, p := range people {
		out = append(out, notify.Member{Person: id, Name: p.Display, Email: p.Email, Role: p.Role, Disabled: !p.Enabled()})
	}
	return out, err
}

type bench struct {
	testing.TB
	db    *db.DB
	s     *contact.Service
	n     *notify.Service
	sms   *line
	mail  *line
	now   time.Time
	mara  context.Context
	id    int64
	other context.Context
}

func each(t *testing.T, f func(b *bench)) {
	var now time.Time
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	dbtest.EachWith(t, clock, func(t *testing.T, d *db.DB) {
		now = time.Now().UTC().Truncate(time.Microsecond)
		b := &bench{TB: t, db: d, sms: &line{}, mail: &line{}}
		people, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		root := actor.With(context.Background(), actor.Job("test"))
		for i, handle := range []string{"mara", "jonas"} {
			p, _, err := people.CreatePerson(root, auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: strings.ToUpper(handle[:1]) + handle[1:]}})
			if err != nil {
				t.Fatal(err)
			}
			ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: actor.Responder})
			if i == 0 {
				b.mara, b.id = ctx, p.ID
			} else {
				b.other = ctx
			}
		}
		box, err := secret.Parse(secret.Generate())
		if err != nil {
			t.Fatal(err)
		}
		b.s = contact.New(d, box)
		b.n, err = notify.New(d, notify.Options{BaseURL: "https://ek.harbour.example", Box: box, Directory: directory{}, Book: b.s,
			Transports: map[notify.ChannelKind]notify.Transport{notify.SMS: b.sms, notify.Email: b.mail}})
		if err != nil {
			t.Fatal(err)
		}
		b.s.Notify = b.n
		b.n.OnAttempt(b.s.Hear)
		pass := func(by time.Duration) { mu.Lock(); now = now.Add(by); mu.Unlock() }
		b.now = now
		f(b)
		_ = pass
	})
}

var digits = regexp.MustCompile(`\d{6}`)

// verified adds a number and proves it.
func (b *bench) verified(label, number string) contact.Method {
	b.Helper()
	m, err := b.s.Add(b.mara, contact.NewMethod{Kind: notify.SMS, Label: label, Address: number})
	if err != nil {
		b.Fatal(err)
	}
	if res, err := b.s.SendCode(b.mara, m.ID); err != nil || !res.Sent || res.Answer != "201 taken" {
		b.Fatalf("%+v, %v", res, err)
	}
	msg, _ := b.sms.last()
	if m, err = b.s.Verify(b.mara, m.ID, digits.FindString(msg.Title)); err != nil || !m.Usable() {
		b.Fatalf("%+v, %v", m, err)
	}
	return m
}

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
