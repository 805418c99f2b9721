package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
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

func TestWebhookIsSignedAndRetried(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		key := b.channel("pager", rc, nil)
		rc.answers(func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				w.Header().Set("Retry-After", "90")
				http.Error(w, "busy at "+r.URL.Path, http.StatusServiceUnavailable)
			case 2:
				http.Error(w, "still busy", http.StatusTooManyRequests)
			}
		})
		b.tell(toChannel("k"))
		b.pump()
		d, attempts := b.only()
		if d.State != notify.Queued || d.Attempts != 1 || attempts[0].Outcome != notify.WasFailed {
			b.Fatalf("after a 503: %+v %+v", d, attempts)
		}
		if strings.Contains(d.Error, "SECRETPATH") || !strings.Contains(d.Error, "503") || !strings.Contains(d.Error, "busy at") {
			b.Errorf("error %q must say what came back, without the address", d.Error)
		}
		if wait := d.DueAt.Sub(b.clock.Now()); wait != 90*time.Second {
			b.Errorf("due in %v, want the 90 s asked for", wait)
		}
		b.clock.pass(90 * time.Second)
		b.pump()
		b.clock.pass(5 * time.Second)
		b.pump()
		d, attempts = b.only()
		if d.State != notify.Sent || d.Attempts != 3 || len(attempts) != 3 || d.Error != "" {
			b.Fatalf("at last: %+v %+v", d, attempts)
		}
		bodies, heads := rc.got()
		for i, h := range heads {
			if err := webhook.Verify(h, key, []byte(bodies[i]), time.Now()); err != nil {
				b.Errorf("attempt %d: %v", i+1, err)
			}
			if h.Get("webhook-id") != d.Ref().String() {
				b.Errorf("attempt %d has the id %s, want the same at each: %s", i+1, h.Get("webhook-id"), d.Ref())
			}
		}
		var p webhook.Payload
		if err := json.Unmarshal([]byte(bodies[0]), &p); err != nil || p.Type != "notice.paged" || p.Data.Record != "INC-1042" || !p.Data.Urgent {
			b.Errorf("payload %+v, %v", p, err)
		}
		if strings.Contains(bodies[0], "/do/") {
			b.Error("a channel got a link that acts for a person")
		}
	})
}

func TestRefusedIsDeadAndCanBeRetried(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		rc.answers(func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				http.Error(w, "no such hook", http.StatusNotFound)
			}
		})
		b.tell(toChannel("k"))
		b.pump()
		d, attempts := b.only()
		if d.State != notify.Dead || attempts[0].Outcome != notify.WasRefused || !strings.Contains(d.Error, "404") {
			b.Fatalf("after a 404: %+v %+v", d, attempts)
		}
		w, err := b.s.Watch(b.admin)
		if err != nil || w.Dead != 1 || w.Fine() {
			b.Errorf("watchdog: %+v, %v", w, err)
		}
		if c, _ := b.s.Channel(b.admin, "pager"); c.Health.State() != "failing" || c.Health.Failures != 1 {
			b.Errorf("health %+v", c.Health)
		}
		if err := b.s.Retry(b.admin, d.ID); err != nil {
			b.Fatal(err)
		}
		b.pump()
		if d, _ := b.only(); d.State != notify.Sent || d.Attempts != 2 {
			b.Errorf("after the retry: %+v", d)
		}
		if c, _ := b.s.Channel(b.admin, "pager"); c.Health.State() != "good" || c.Health.Error == "" {
			b.Errorf("health %+v: good again, and still says what the last failure was", c.Health)
		}
		b.mustKind(b.s.Retry(b.admin, d.ID), errs.Conflict, "retry of a sent message")
		b.mustKind(b.s.Retry(b.admin, 999), errs.NotFound, "retry of no message")
		if d := cmp.Diff([]string{"message.queued", "message.dead", "message.retried", "message.sent"}, b.actions("message.")); d != "" {
			b.Errorf("evidence: %s", d)
		}
	})
}

func TestFaults(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close() // nobody listens there now
	setup(t, func(b *bench) {
		hang := make(chan struct{})
		slow := newReceiver(b)
		b.Cleanup(func() { close(hang) })
		slow.answers(func(_ int, w http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		})
		b.courier.SetTimeout(200 * time.Millisecond)
		b.channel("slow", slow, nil)
		b.channel("gone", slow, func(s *notify.ChannelSpec) { s.URL = "http://" + gone.Addr().String() + "/SECRETPATH" })
		b.channel("meta", slow, func(s *notify.ChannelSpec) { s.URL = "http://169.254.169.254/latest/meta-data" })
		b.channel("moved", slow, func(s *notify.ChannelSpec) {
			rc := newReceiver(b)
			rc.answers(func(_ int, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
			})
			s.URL = rc.URL
		})
		b.post.refuse(func(rcpt string) error {
			if strings.HasPrefix(rcpt, "mara") {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user mara@harbour.example"}
			}
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
		})
		n := page("k")
		n.Channels = true
		b.tell(n)
		b.pump()
		want := map[string]struct {
			state notify.State
			says  string
		}{
			"channel:slow":  {notify.Queued, "no answer in time"},
			"channel:gone":  {notify.Queued, "connection refused"},
			"channel:meta":  {notify.Dead, "169.254.169.254, which is refused"},
			"channel:moved": {notify.Dead, "redirects are not followed"},
			"person:1":      {notify.Dead, "refuses this recipient (550 5.1.1)"},
			"person:2":      {notify.Queued, "451"},
		}
		for _, d := range b.messages(notify.Filter{}) {
			w := want[d.Dest]
			if d.State != w.state || !strings.Contains(d.Error, w.says) || strings.Contains(d.Error, "SECRETPATH") || strings.Contains(d.Error, "mara@") {
				b.Errorf("%s is %s, %q; want %s, %q", d.Dest, d.State, d.Error, w.state, w.says)
			}
			delete(want, d.Dest)
		}
		if len(want) > 0 {
			b.Errorf("no message for %v", want)
		}
	})
}

// A sender that dies between sending and recording leaves its lease; the
// message is sent again with the same id, and the copy is counted.
func TestCrashBetweenSendAndRecord(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		b.tell(toChannel("k"))
		if n, err := b.courier.SendAndDie(context.Background()); n != 1 || err != nil {
			b.Fatal(n, err)
		}
		other := notify.NewCourier(b.s)
		if n, err := other.Pump(context.Background()); n != 0 || err != nil {
			b.Fatalf("a second courier took a leased message: %d, %v", n, err)
		}
		b.clock.pass(time.Minute + time.Second)
		if n, err := other.Pump(context.Background()); n != 1 || err != nil {
			b.Fatalf("after the lease: %d, %v", n, err)
		}
		d, attempts := b.only()
		if d.State != notify.Sent || len(attempts) != 2 || attempts[1].Outcome != notify.WasUnknown || attempts[0].Outcome != notify.WasSent {
			b.Errorf("%+v %+v", d, attempts)
		}
		_, heads := rc.got()
		if len(heads) != 2 || heads[0].Get("webhook-id") != heads[1].Get("webhook-id") {
			b.Errorf("the receiver cannot tell that it is a copy: %v", heads)
		}
		if got := notify.Snapshot(b.s).Repeats; got != 1 {
			b.Errorf("%d repeats counted, want 1", got)
		}
	})
}

// A process that slept longer than its lease must not send.
func TestOldLeaseDoesNotSend(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		b.tell(toChannel("k"))
		claimed, sent, err := b.courier.ClaimAndSleep(context.Background())
		if claimed != 1 || sent != 0 || err != nil {
			b.Fatal(claimed, sent, err)
		}
		if bodies, _ := rc.got(); len(bodies) != 0 {
			b.Error("it sent under a lease that may be another's by now")
		}
	})
}

func TestUrgentPassesAFlood(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("chat", rc, func(s *notify.ChannelSpec) { s.PerMinute = 60 })
		for i := range 30 {
			n := toChannel(fmt.Sprintf("update/%d", i))
			n.Urgent = false
			b.tell(n)
		}
		if n := b.pump(); n != 5 {
			b.Fatalf("%d went at once, want a burst of 5", n)
		}
		b.tell(toChannel("paged"))
		if n := b.pump(); n != 1 {
			b.Fatalf("the urgent message did not go at once: %d", n)
		}
		if bodies, _ := rc.got(); !strings.Contains(bodies[5], `"urgent":true`) {
			b.Errorf("sixth body: %s", bodies[5])
		}
		for range 40 {
			b.clock.pass(time.Second)
			b.pump()
		}
		if bodies, _ := rc.got(); len(bodies) != 31 {
			b.Errorf("%d arrived, want all 31: delayed, never dropped", len(bodies))
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

func TestMaxAge(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		rc.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		b.channel("pager", rc, nil)
		b.tell(toChannel("k"))
		for range 60 {
			b.pump()
			b.clock.pass(10 * time.Minute)
		}
		d, attempts := b.only()
		if d.State != notify.Dead || d.EndedAt.Sub(d.QueuedAt) > 4*time.Hour+10*time.Minute || len(attempts) < 20 {
			b.Errorf("%+v, %d attempts", d, len(attempts))
		}
		if w, _ := b.s.Watch(b.admin); len(w.Overdue) != 0 || w.Dead != 1 {
			b.Errorf("%+v", w)
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

// officeHours opens at a fixed time.
type officeHours time.Time

func (h officeHours) NextOpen(db.Querier, string, time.Time) (time.Time, error) {
	return time.Time(h), nil
}

func TestQuietWaitsForOfficeHours(t *testing.T) {
	setup(t, func(b *bench) {
		opens := b.clock.Now().Add(9 * time.Hour)
		rc := newReceiver(b)
		quiet := newBench(b, b.db, b.clock, func(o *notify.Options) { o.Hours = officeHours(opens) })
		quiet.channel("pager", rc, func(s *notify.ChannelSpec) { s.Urgency = notify.TakesUrgent })
		n := page("k")
		n.Urgent, n.Quiet, n.Channels = false, true, true
		quiet.tell(n)
		if sent := quiet.pump(); sent != 0 {
			b.Errorf("%d sent at night", sent)
		}
		if w, _ := quiet.s.Watch(b.admin); len(w.Overdue) != 0 {
			b.Error("what waits for the morning is not overdue")
		}
		b.clock.pass(9 * time.Hour)
		if sent := quiet.pump(); sent != 2 {
			b.Errorf("%d sent in the morning, want 2 mails and no pager", sent)
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

// The courier's loop: woken by the commit, no polling.
func TestWokenByCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { // on the real clock
		b := newBench(t, d, nil, nil)
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		arrived := make(chan struct{}, 100)
		rc.answers(func(int, http.ResponseWriter, *http.Request) { arrived <- struct{}{} })
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- b.courier.Run(ctx) }()
		start := time.Now()
		for i := range 20 {
			b.tell(toChannel(fmt.Sprint(i)))
		}
		for range 20 {
			<-arrived
		}
		if took := time.Since(start); took > 10*time.Second {
			b.Errorf("20 messages took %v: the courier polls instead of being woken", took)
		}
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		for _, d := range b.messages(notify.Filter{}) {
			if d.State != notify.Sent {
				b.Errorf("%s is %s after the courier ended: outcomes under way must be recorded", d.Ref(), d.State)
			}
		}
	})
}

// Several replicas share the work: nothing is lost and nothing is sent twice.
func TestReplicasShareTheWork(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		for i := range 150 {
			b.tell(toChannel(fmt.Sprint(i)))
		}
		var wg sync.WaitGroup
		for range 4 {
			c := notify.NewCourier(b.s)
			wg.Go(func() {
				for quiet := 0; quiet < 3; {
					n, err := c.Pump(context.Background())
					if err != nil {
						b.Error(err)
						return
					}
					if n > 0 {
						quiet = 0
					} else {
						quiet++
					}
				}
			})
		}
		wg.Wait()
		b.pump()
		_, heads := rc.got()
		seen := map[string]int{}
		for _, h := range heads {
			seen[h.Get("webhook-id")]++
		}
		if len(seen) != 150 || len(heads) != 150 {
			b.Errorf("%d messages arrived %d times, want 150 once each", len(seen), len(heads))
		}
	})
}

// By moment, each message is sent some time after it is due, and what that
// says about it is by the moved clock.
func TestByMoment(t *testing.T) {
	setup(t, func(b *bench) {
		source := notify.ByMoment(b.s, time.Second)
		next := func() (at time.Time) {
			if err := b.db.Read(context.Background(), func(q db.Querier) (err error) { at, err = source.Next(q); return err }); err != nil {
				b.Fatal(err)
			}
			return at
		}
		if at := next(); !at.IsZero() {
			b.Errorf("nothing waits, and is due at %s", at)
		}
		b.tell(page("INC-1042/paged"))
		said := b.clock.Now()
		at := next()
		if !at.Equal(said.Add(time.Second)) {
			b.Fatalf("due at %s, want a second after %s", at, said)
		}
		b.clock.pass(time.Second)
		n, err := source.Run(context.Background(), b.db)
		if err != nil || n != 2 {
			b.Fatalf("%d sent, %v", n, err)
		}
		for _, m := range b.messages(notify.Filter{}) {
			if m.State != notify.Sent || !m.EndedAt.Equal(at) {
				b.Errorf("%s at %s, want sent at %s", m.State, m.EndedAt, at)
			}
		}
		if at := next(); !at.IsZero() {
			b.Errorf("all is sent, and something is due at %s", at)
		}
	})
}
